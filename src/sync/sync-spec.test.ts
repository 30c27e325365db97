/** What cannot be asked for, and what holds where nothing is said. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { resolvedSpec, type SyncSpec } from "./sync-spec.ts";
import { nearest, synchronization } from "./synchronize.ts";

test("what cannot be, or would have no effect, is refused in one line", () => {
  const wrong: readonly [SyncSpec, RegExp][] = [
    [{ rule: "nearest" }, /exactly one of reference, union, grid and times .* got none/],
    [{ rule: "nearest", reference: "a", grid: { rateHz: 1 } }, /got reference and grid/],
    [{ rule: "nearest", union: [] }, /union must name a sensor/],
    [{ rule: "nearest", reference: "a", mergeSeconds: 1 }, /only for a union/],
    [{ rule: "nearest", union: ["a"], mergeSeconds: -1 }, /merged must be .* got -1/],
    [{ rule: "nearest", reference: "a", toleranceSeconds: -0.1 }, /the tolerance must be .* got -0.1/],
    [{ rule: "nearest", reference: "a", toleranceSeconds: Number.NaN }, /the tolerance must be .* got NaN/],
    [{ rule: "next", reference: "a", toleranceSecondsOf: { b: -1 } }, /the tolerance of b must be .* got -1/],
    [{ rule: "interpolate", reference: "a", toleranceSeconds: 1 }, /interpolate takes a greatest gap/],
    [{ rule: "interpolate", reference: "a", toleranceSecondsOf: {} }, /interpolate takes a greatest gap/],
    [{ rule: "interpolate", reference: "a", maxGapSeconds: Number.NaN }, /got NaN/],
    [{ rule: "nearest", reference: "a", maxGapSeconds: 1 }, /only for interpolate, got nearest/],
    [{ rule: "next", reference: "a", causalOnly: true }, /causal only has a meaning only for nearest and previous/],
    [{ rule: "previous", reference: "a", unique: "perSensor" }, /unique has a meaning only for nearest/],
    [{ rule: "nearest", reference: "a", unique: "perSensor", causalOnly: true }, /not for causal only/],
    [{ rule: "nearest", reference: "a", epsilonSeconds: Number.POSITIVE_INFINITY }, /got Infinity/],
    [{ rule: "nearest", reference: "a", breakSeconds: -1 }, /got -1/],
    [{ rule: "nearest", reference: "a", margin: [{ seconds: -1 }, { samples: 0 }] }, /a margin must be .* got -1/],
    [{ rule: "nearest", reference: "a", margin: [{ samples: 0 }, { samples: 0.5 }] }, /whole number .* got 0.5/],
    [{ rule: "nearest", reference: "a", clocks: { b: { scale: 0 } } }, /scale above 0, got 0/],
    [{ rule: "nearest", reference: "a", clocks: { b: { offsetSeconds: Number.NaN } } }, /finite offset/],
    [{ rule: "nearest", reference: "a", optional: ["a"] }, /the reference a cannot be optional/],
    [{ rule: "nearest", grid: {} }, /a rate or a period/],
    [{ rule: "nearest", grid: { rateHz: 1, periodSeconds: 1 } }, /and not both/],
    [{ rule: "nearest", grid: { rateHz: 0 } }, /above 0, got 0/],
    [{ rule: "nearest", grid: { periodSeconds: -1 } }, /above 0, got -1/],
    [{ rule: "nearest", grid: { periodSeconds: 1, phaseSeconds: Number.NaN } }, /phase must be finite, got NaN/],
    [{ rule: "nearest", times: Float64Array.of(0, Number.NaN) }, /query times must be finite, got NaN at 1/],
    [{ rule: "empty", reference: "a" }, /empty takes no options, got reference/],
  ];
  for (const [spec, message] of wrong) assert.throws(() => synchronization(spec), { code: "usage", message });
});

test("rows keep to what all sensors cover, but not for nearest with tolerances at given times", () => {
  const overlap = (spec: SyncSpec) => resolvedSpec(spec)?.hasOverlap;
  const times = Float64Array.of(0);
  assert.equal(overlap({ rule: "nearest", reference: "a" }), false);
  assert.equal(overlap({ rule: "nearest", times, toleranceSeconds: 3 }), false);
  assert.equal(overlap({ rule: "nearest", reference: "a", toleranceSeconds: Number.POSITIVE_INFINITY }), true);
  assert.equal(overlap({ rule: "nearest", reference: "a", toleranceSecondsOf: { b: Number.POSITIVE_INFINITY } }), true);
  assert.equal(overlap({ rule: "nearest", grid: { rateHz: 1 } }), true);
  assert.equal(overlap({ rule: "nearest", union: ["a"] }), true);
  for (const rule of ["previous", "next", "interpolate"] as const) assert.equal(overlap({ rule, times }), true);
  assert.equal(overlap({ rule: "next", times, overlap: false }), false);
});

test("what a synchronization was made from is plain data, the same for the same options", () => {
  const options = { reference: "a", toleranceSecondsOf: { c: 1, b: Number.POSITIVE_INFINITY }, optional: ["c", "b"] };
  const { spec } = nearest(options);
  assert.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
  const other = { ...options, toleranceSecondsOf: { b: Number.POSITIVE_INFINITY, c: 1 }, optional: ["b", "c"] };
  assert.equal(JSON.stringify(nearest(other).spec), JSON.stringify(spec));
  assert.notDeepEqual(nearest({ ...options, toleranceSeconds: 1 }).spec, spec);
  const at = (...times: number[]) => nearest({ times: Float64Array.from(times) }).spec;
  assert.notDeepEqual(at(0, 1, 3), at(0, 2, 3));
});

test("query times that change afterwards change nothing", () => {
  const times = Float64Array.of(0);
  const sync = nearest({ times });
  times[0] = 5;
  assert.deepEqual(sync.match({ a: Float64Array.of(0) }).times, Float64Array.of(0));
});
