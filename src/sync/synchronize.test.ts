/** The synchronizations: against the plain form, their laws, and the smallest case of each thing that could go wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyMost, anySensors, anyTimes, type PlainOptions, plainMatch } from "../../test/sync-plain.ts";
import { WindrowError } from "../core/index.ts";
import type { SyncSpec } from "./sync-spec.ts";
import type { IndexMap, Synchronization, Timestamps } from "./synchronization.ts";
import { empty, interpolate, nearest, next, previous, synchronization } from "./synchronize.ts";

const anyRule = fc.constantFrom("nearest", "previous", "next", "interpolate" as const);
const anyPlain: fc.Arbitrary<PlainOptions> = fc.record({
  rule: anyRule,
  reference: fc.constantFrom("a", "b"),
  most: anyMost,
  overlap: fc.boolean(),
  isStrict: fc.boolean(),
});

function specOf({ rule, reference, most, overlap, isStrict }: PlainOptions): SyncSpec {
  const far = rule === "interpolate" ? { maxGapSeconds: most } : { toleranceSeconds: most, strictTolerance: isStrict };
  return { rule, reference, overlap, ...far };
}

const list = (map: IndexMap) => Object.fromEntries(Object.entries(map).map(([name, at]) => [name, Array.from(at)]));

test("it equals the plain form, every sample looked at for every row", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, (timestamps, options) => {
      const sync = synchronization(specOf(options));
      const match = sync.match(timestamps);
      const rows = plainMatch(timestamps, options);
      assert.deepEqual(
        Array.from(match.refRows),
        rows.map(({ row }) => row),
      );
      for (const name of ["a", "b", "c"] as const) {
        const found = rows.map(({ of }) => of[name]!);
        const { before, after, weight } = match.between[name] ?? {};
        if (options.rule === "interpolate")
          assert.deepEqual(
            rows.map((_, i) => [before?.[i], after?.[i], weight?.[i]]),
            found,
          );
        const numbers = found.map((each) => (typeof each === "number" ? each : each[2] > 0.5 ? each[1] : each[0]));
        assert.deepEqual(Array.from(match.index[name]), numbers);
        assert.ok(match.index[name] instanceof Uint32Array);
      }
      assert.deepEqual(sync(timestamps), match.index);
    }),
    { numRuns: 1500, seed: 1 },
  );
});

test("of the reference each row has the very sample, and later rows have later ones", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, (timestamps, options) => {
      const match = synchronization(specOf(options)).match(timestamps);
      const own = Array.from(match.index[options.reference as "a"]);
      assert.deepEqual(own, Array.from(match.refRows));
      assert.ok(own.every((at, i) => i === 0 || at > own[i - 1]!));
      for (const at of Object.values(match.index)) assert.ok(at.every((one, i) => i === 0 || one >= at[i - 1]!));
    }),
    { numRuns: 300, seed: 2 },
  );
});

test("previous is never later, next never earlier, and nearest no farther than both", () => {
  fc.assert(
    fc.property(anySensors, ({ a, b }) => {
      const of = (rule: SyncSpec["rule"]) =>
        synchronization({
          rule,
          reference: "a",
          overlap: false,
          missing: "keep",
          toleranceSeconds: Number.POSITIVE_INFINITY,
        }).match({ a, b }).dt.b;
      const [before, after, near] = [of("previous"), of("next"), of("nearest")];
      assert.ok(before.every((dt) => !(dt > 0)) && after.every((dt) => !(dt < 0)));
      for (const [i, dt] of near.entries()) {
        const both = [before[i]!, after[i]!].filter((each) => !Number.isNaN(each)).map(Math.abs);
        assert.equal(Math.abs(dt), Math.min(...both));
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

test("all clocks shifted by the same change nothing", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (timestamps, options, ticks) => {
      // Shifts by whole 2⁻¹⁰ s are exact; so is a tolerance between two of these, whatever is added to it for rounding.
      const spec = specOf({ ...options, isStrict: false, most: options.most + 2 ** -11 });
      const shifted = Object.fromEntries(
        Object.entries(timestamps).map(([name, times]) => [name, times.map((time) => time + ticks / 1024)]),
      );
      assert.deepEqual(list(synchronization(spec)(shifted)), list(synchronization(spec)(timestamps)));
    }),
    { numRuns: 300, seed: 4 },
  );
});

test("a greater tolerance never loses a row", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, anyMost, (timestamps, options, more) => {
      const rows = (most: number) => synchronization(specOf({ ...options, most })).match(timestamps).refRows;
      const all = new Set(rows(options.most + more));
      assert.ok(rows(options.most).every((row) => all.has(row)));
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("the order of the sensors' names changes nothing", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, (timestamps, options) => {
      const reversed: Timestamps = Object.fromEntries(Object.entries(timestamps).reverse());
      const sync = synchronization(specOf(options));
      assert.deepEqual(list(sync(reversed)), list(sync(timestamps)));
    }),
    { numRuns: 200, seed: 6 },
  );
});

test("times in any order, sorted, give the samples that ascending ones give", () => {
  fc.assert(
    fc.property(anySensors, anyPlain, fc.infiniteStream(fc.nat()), (timestamps, options, chance) => {
      const orders = Object.entries(timestamps).map(([name, times]) => {
        const keys = Array.from(times, () => chance.next().value!);
        // Equal stamps keep their order, as a stable sort finds them.
        const order = Array.from(times.keys()).sort((x, y) => keys[x]! - keys[y]!);
        const groups = new Map<number, number[]>();
        for (const at of order)
          groups.set(
            times[at]!,
            [...(groups.get(times[at]!) ?? []), at].sort((x, y) => x - y),
          );
        return [name, order.map((at) => groups.get(times[at]!)!.shift()!)] as const;
      });
      const mixed = Object.fromEntries(
        orders.map(([name, order]) => [name, Float64Array.from(order, (at) => timestamps[name as "a"][at]!)]),
      );
      const found = synchronization({ ...specOf(options), onUnsorted: "sort" })(mixed);
      const ascending = synchronization(specOf(options))(timestamps);
      const back = orders.map(([name, order]) => [name, Array.from(found[name]!, (at) => order[at]!)]);
      assert.deepEqual(Object.fromEntries(back), list(ascending));
    }),
    { numRuns: 300, seed: 7 },
  );
});

test("query times in any order give what they give in order", () => {
  fc.assert(
    fc.property(anySensors, anyTimes, anyRule, fc.boolean(), ({ a, b }, asked, rule, isUnique) => {
      const times = asked.toReversed();
      const unique = rule === "nearest" && isUnique ? ("perSensor" as const) : undefined;
      // Distinct, since of equal query times the first in order is served first.
      const distinct = times.filter((time, i) => time !== times[i - 1]);
      const spec = { rule, overlap: false, missing: "keep", unique } as const;
      const forth = synchronization({ ...spec, times: distinct.toReversed() })({ a, b });
      const back = synchronization({ ...spec, times: distinct })({ a, b });
      assert.deepEqual(Array.from(back.a), Array.from(forth.a).reverse());
      assert.deepEqual(Array.from(back.b), Array.from(forth.b).reverse());
    }),
    { numRuns: 300, seed: 8 },
  );
});

test("each sample is used once where that is asked for, and rows are those that nearest would give at the most", () => {
  fc.assert(
    fc.property(anySensors, anyMost, (timestamps, toleranceSeconds) => {
      const { index } = nearest({ reference: "a", toleranceSeconds, unique: "perSensor" }).match(timestamps);
      for (const at of Object.values(index)) assert.equal(new Set(at).size, at.length);
    }),
    { numRuns: 200, seed: 9 },
  );
});

const S = { ref: Float64Array.of(0, 0.1, 0.2), cam: Float64Array.of(0.02, 0.12, 0.15) };

test("a tolerance holds its own value, whatever binary makes of it, unless it is strict", () => {
  const cam = (strictTolerance: boolean) =>
    Array.from(nearest({ reference: "ref", toleranceSeconds: 0.05, strictTolerance })(S).cam);
  assert.deepEqual(cam(false), [0, 1, 2]);
  assert.deepEqual(cam(true), [0, 1]);
});

test("a sensor may have a tolerance of its own; others keep a tenth of a second", () => {
  const sync = nearest({ reference: "ref", toleranceSecondsOf: { cam: 0.03 } });
  assert.deepEqual(list(sync({ ...S, slow: Float64Array.of(0.3) })), { ref: [], cam: [], slow: [] });
  assert.deepEqual(list(sync({ ...S, slow: Float64Array.of(0.2) })), { ref: [1], cam: [1], slow: [0] });
});

test("rows that miss a sensor are kept where that is asked for, with −1", () => {
  const match = next({ reference: "ref", overlap: false, missing: "keep" }).match(S);
  assert.deepEqual(match.index.cam, Int32Array.of(0, 1, -1));
  assert.deepEqual(match.valid.cam, Uint8Array.of(1, 1, 0));
  assert.deepEqual([match.asked, match.missing], [3, { ref: 0, cam: 1 }]);
  assert.ok(Number.isNaN(match.dt.cam[2]));
});

test("an optional sensor drops no row and bounds no trace", () => {
  const gps = Float64Array.of(0.1);
  const match = interpolate({ reference: "ref", optional: ["gps"] }).match({ ref: S.ref, gps });
  assert.deepEqual(list(match.index), { ref: [0, 1, 2], gps: [-1, 0, -1] });
  assert.deepEqual(match.between.gps?.weight, Float64Array.of(Number.NaN, 0, Number.NaN));
  assert.deepEqual(list(interpolate({ reference: "ref" })({ ref: S.ref, gps })), { ref: [1], gps: [0] });
});

test("a required sensor without samples leaves no row, an optional one leaves them all", () => {
  const none = new Float64Array();
  for (const rule of ["nearest", "previous", "next", "interpolate"] as const) {
    const at = (spec: Partial<SyncSpec>) =>
      list(synchronization({ rule, reference: "ref", ...spec })({ ref: S.ref, none }));
    assert.deepEqual(at({}), { ref: [], none: [] });
    assert.deepEqual(at({ optional: ["none"] }), { ref: [0, 1, 2], none: [-1, -1, -1] });
    assert.deepEqual(list(synchronization({ rule, reference: "none" })({ ref: S.ref, none })), { ref: [], none: [] });
  }
});

test("one sample is the nearest of all", () => {
  const one = Float64Array.of(0.1);
  assert.deepEqual(list(nearest({ reference: "ref" })({ ref: S.ref, one })), { ref: [0, 1, 2], one: [0, 0, 0] });
});

test("the ends of a trace count, unless the last is left out", () => {
  const b = Float64Array.of(0.1, 0.2);
  const rows = (spec: Partial<SyncSpec>) =>
    Array.from(synchronization({ rule: "next", reference: "ref", ...spec })({ ref: S.ref, b })["ref"]!);
  assert.deepEqual(rows({}), [1, 2]);
  assert.deepEqual(rows({ endExclusive: true }), [1]);
  assert.deepEqual(rows({ margin: [{ seconds: 0 }, { seconds: 0 }] }), [1, 2]);
  assert.deepEqual(rows({ margin: [{ samples: 1 }, { samples: 0 }] }), [2]);
  assert.deepEqual(rows({ margin: [{ samples: 9 }, { samples: 9 }] }), []);
  assert.deepEqual(rows({ margin: [{ seconds: 0.05 }, { seconds: 0 }] }), [2]);
  assert.deepEqual(rows({ margin: [{ seconds: 9 }, { seconds: 9 }] }), []);
});

test("without overlap a margin is of the query times", () => {
  const spec = { rule: "nearest", reference: "ref", margin: [{ seconds: 0.1 }, { seconds: 0.05 }] } as const;
  assert.deepEqual(list(synchronization(spec)(S))["ref"], [1]);
});

test("a union has each time once, and near ones as the earliest", () => {
  const b = Float64Array.of(0.1, 0.13, 0.15, 0.2);
  const times = (mergeSeconds?: number) =>
    Array.from(previous({ union: ["ref", "b", "b"], mergeSeconds, overlap: false }).match({ ref: S.ref, b }).times);
  // Nothing is before 0 in b.
  assert.deepEqual(times(), [0.1, 0.13, 0.15, 0.2]);
  // 0.13 is near 0.1; 0.15 is near 0.13, which is gone.
  assert.deepEqual(times(0.04), [0.1, 0.15, 0.2]);
});

test("a grid begins at a whole period after the phase, and no error adds up", () => {
  const ref = Float64Array.of(0.95, 3600.05);
  const { times, segments } = previous({ grid: { rateHz: 10 } }).match({ ref });
  assert.deepEqual([times.length, times[0], times[35_990]], [35_991, 1, 10 * 0.1 + 35_990 * 0.1]);
  assert.ok(segments.every((segment) => segment === 0));
  const half = previous({ grid: { periodSeconds: 2, phaseSeconds: 0.5 } }).match({ ref: Float64Array.of(1, 7) });
  assert.deepEqual(Array.from(half.times), [2.5, 4.5, 6.5]);
  const kept = nearest({ grid: { periodSeconds: 1 }, overlap: false }).match({
    a: Float64Array.of(0),
    b: Float64Array.of(2),
  });
  assert.deepEqual([kept.asked, kept.length], [3, 0]);
});

test("only what is past is matched where that is asked for", () => {
  const { dt } = nearest({ reference: "ref", causalOnly: true }).match(S);
  assert.deepEqual(
    Array.from(dt.cam, (each) => each <= 0),
    [true, true],
  );
});

test("of samples with equal times one may be left, numbers are still those of the recording", () => {
  const b = Float64Array.of(0, 0, 0.1, 0.2, 0.2, 0.2);
  const at = (spec: Partial<SyncSpec>) =>
    Array.from(synchronization({ rule: "nearest", reference: "ref", ...spec })({ ref: S.ref, b })["b"]!);
  assert.deepEqual(at({}), [0, 2, 3]);
  assert.deepEqual(at({ dedupe: "keepLast" }), [1, 2, 5]);
  const own = (dedupe: "none" | "keepFirst" | "keepLast") =>
    Array.from(nearest({ reference: "b", dedupe })({ b })["b"]!);
  assert.deepEqual(own("none"), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(own("keepFirst"), [0, 2, 3]);
  assert.deepEqual(own("keepLast"), [1, 2, 5]);
});

test("a gap begins a segment, five periods of the reference if nothing is said", () => {
  const ref = Float64Array.of(0, 1, 2, 7, 12.1, 13);
  const of = (breakSeconds?: number) => Array.from(nearest({ reference: "ref", breakSeconds }).match({ ref }).segments);
  assert.deepEqual(of(), [0, 0, 0, 0, 1, 1]);
  assert.deepEqual(of(0.95), [0, 1, 2, 3, 4, 4]);
  assert.deepEqual(of(Number.POSITIVE_INFINITY), [0, 0, 0, 0, 0, 0]);
  // Rows that are dropped leave a gap; times that go back end a segment.
  const b = Float64Array.of(0, 13);
  assert.deepEqual(Array.from(nearest({ reference: "ref" }).match({ ref, b }).segments), [0, 1]);
  assert.deepEqual(Array.from(nearest({ times: Float64Array.of(0, 1, 0.5) }).match({ ref }).segments), [0, 0]);
  assert.deepEqual(Array.from(nearest({ times: Float64Array.of(0, 1, 0) }).match({ ref }).segments), [0, 0, 1]);
});

test("a clock is corrected before all else", () => {
  const b = S.ref.map((time) => 2 * time + 100);
  const sync = nearest({
    reference: "ref",
    clocks: { b: { scale: 0.5, offsetSeconds: -100 } },
    toleranceSeconds: 0.001,
  });
  assert.deepEqual(list(sync({ ref: S.ref, b })), { ref: [0, 1, 2], b: [0, 1, 2] });
  const about = nearest({
    reference: "ref",
    clocks: { b: { scale: 0.5, offsetSeconds: -100.1, originSeconds: 100.2 } },
    toleranceSeconds: 0.001,
  });
  assert.deepEqual(list(about({ ref: S.ref, b })), { ref: [0, 1, 2], b: [0, 1, 2] });
});

test("the empty one matches nothing", () => {
  const match = empty().match(S);
  assert.deepEqual([match.length, match.index.cam.length, list(empty()(S))], [0, 0, { ref: [], cam: [] }]);
});

test("names of any kind are names", () => {
  const timestamps = JSON.parse('{"__proto__": 0, "constructor": 0, "toString": 0}');
  for (const name of Object.keys(timestamps))
    Object.defineProperty(timestamps, name, { value: S.ref, enumerable: true });
  assert.deepEqual(Object.keys(nearest({ reference: "constructor" })(timestamps)), [
    "__proto__",
    "constructor",
    "toString",
  ]);
});

function refused(sync: () => Synchronization, timestamps: Timestamps = S): string {
  let message = "";
  assert.throws(
    () => sync().match(timestamps),
    (error) => {
      assert.ok(error instanceof WindrowError && error.code === "usage", String(error));
      message = error.message;
      return true;
    },
  );
  return message;
}

test("times that are no numbers or go back are refused with sensor and place", () => {
  const at = (...times: number[]) =>
    refused(() => nearest({ reference: "ref" }), { ref: S.ref, cam: Float64Array.from(times) });
  assert.match(at(0, Number.NaN, 1), /cam must be finite, got NaN at sample 1/);
  assert.match(at(0, 1, Number.POSITIVE_INFINITY), /cam must be finite, got Infinity at sample 2/);
  assert.match(at(Number.NEGATIVE_INFINITY, 1), /got -Infinity at sample 0/);
  assert.match(at(0, 2, 1.5, 0), /cam go back at sample 2, got 1.5 after 2/);
  assert.match(at(0, 2, 1, Number.NaN), /got NaN at sample 3/);
  const sorting = () => nearest({ reference: "ref", onUnsorted: "sort" });
  assert.match(refused(sorting, { ref: Float64Array.of(2, 1, Number.NaN) }), /ref must be finite, got NaN at sample 2/);
  const clocks = { cam: { originSeconds: -1e300, scale: 1e9 } };
  assert.match(
    refused(() => nearest({ reference: "ref", clocks })),
    /Infinity after its clock was corrected/,
  );
});

test("names that no sensor has are refused, with those that there are", () => {
  const specs: readonly SyncSpec[] = [
    { rule: "nearest", reference: "x" },
    { rule: "nearest", union: ["ref", "x"] },
    { rule: "nearest", reference: "ref", toleranceSecondsOf: { x: 1 } },
    { rule: "nearest", reference: "ref", clocks: { x: {} } },
    { rule: "nearest", reference: "ref", optional: ["x"] },
  ];
  for (const spec of specs)
    assert.match(
      refused(() => synchronization(spec)),
      /got x; there are ref, cam/,
    );
  assert.match(
    refused(() => nearest({ reference: "x" }), {}),
    /there are none/,
  );
});

test("a grid that nothing bounds, or that is as fine as dust, is refused", () => {
  const optional = ["ref", "cam"];
  assert.match(
    refused(() => previous({ grid: { rateHz: 1 }, optional })),
    /needs a required sensor/,
  );
  assert.match(
    refused(() => previous({ grid: { rateHz: 1 } }), {}),
    /needs a required sensor/,
  );
  assert.match(
    refused(() => previous({ grid: { periodSeconds: 1e-300 } })),
    /too many rows/,
  );
});
