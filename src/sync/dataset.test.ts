/** Datasets: one numbering over all rows, parts that read nothing, and the same answers however they are cut. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { counted, counter, countingTrace, handMatched, rowByRow } from "../../test/hand-matched.ts";
import { datasetSuite } from "../testkit/index.ts";
import { concat, filter, slice, subset } from "./choose.ts";
import { type Dataset, dataset, locate } from "./dataset.ts";
import { mapTraces, pick } from "./pick.ts";
import type { Sensor } from "./sensor.ts";
import { trace } from "./trace.ts";
import { batches, samples } from "./walk.ts";

type Counts = Dataset<{ count: Sensor<{ value: { kind: "f64" } }> }>;

/** Traces of these lengths, whose counters go on from one to the next: the value of a row is its number. */
function counts(lengths: readonly number[]): Counts {
  let base = 0;
  return dataset(
    lengths.map((length, i) => {
      base += length;
      return countingTrace(`trace ${i}`, length, base - length);
    }),
  );
}

async function values(data: Counts): Promise<number[]> {
  return (await Array.fromAsync(samples(data))).map(({ count }) => count.value);
}

const numbers = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);

let reads = 0;
const suite = datasetSuite(
  async () =>
    dataset({
      traces: 4,
      async lengths() {
        reads++;
        return [3, 0, 5, 0];
      },
      trace: (i) => countingTrace(`trace ${i}`, [3, 0, 5, 0][i]!),
    }),
  { reads: () => reads },
);
for (const { name, run } of suite) test(`a dataset: ${name}`, run);
for (const { name, run } of datasetSuite(async () => counts([]))) test(`a dataset without a trace: ${name}`, run);
for (const { name, run } of datasetSuite(async () => {
  const data = counts([5, 2, 0, 9]);
  return slice(concat(subset(data, { traces: [3, 1] }), subset(data, { traces: [0, 2] })), { from: 3, step: 2 });
}))
  test(`a dataset of parts: ${name}`, run);

const LENGTHS = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 12 });

test("each row is found in its trace, by its place among the trace's rows", () => {
  fc.assert(
    fc.property(LENGTHS, (lengths) => {
      const offsets = new Float64Array(lengths.length + 1);
      for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
      const found = numbers(0, offsets.at(-1)!).map((row) => {
        const number = locate(offsets, row);
        return [number, row - offsets[number]!];
      });
      assert.deepEqual(
        found,
        lengths.flatMap((length, i) => numbers(0, length).map((row) => [i, row])),
      );
    }),
  );
});

test("offsets are exact to 2⁵³, and what is no row is refused", () => {
  const top = 2 ** 53 - 1;
  const offsets = Float64Array.of(0, 0, 5, 5, top - 1, top, top);
  assert.deepEqual(
    [0, 4, 5, top - 2, top - 1].map((row) => locate(offsets, row)),
    [1, 1, 3, 3, 4],
  );
  for (const row of [-1, top, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => locate(offsets, row), { code: "usage" }, String(row));
  for (const empty of [Float64Array.of(0), Float64Array.of(0, 0), new Float64Array()])
    assert.throws(() => locate(empty, 0), {
      code: "usage",
      message: "Cannot find row 0: rows must be from 0 up and below 0, got 0",
    });
});

test("a dataset's samples are those of its traces, one trace behind the other", () =>
  fc.assert(
    fc.asyncProperty(LENGTHS, async (lengths) => {
      const data = counts(lengths);
      const length = await data.length();
      assert.equal(
        length,
        lengths.reduce((sum, own) => sum + own, 0),
      );
      assert.deepEqual(await values(data), numbers(0, length));
      for (const row of numbers(0, length)) {
        assert.equal((await data.sample(row)).count.value, row);
        const place = await data.locate(row);
        assert.equal((await data.trace(place.trace).sample(place.row)).count.value, row);
      }
    }),
  ));

test("a slice has the rows that it says, whatever the traces and the step, and of a slice likewise", () =>
  fc.assert(
    fc.asyncProperty(LENGTHS, fc.nat(60), fc.nat(60), fc.integer({ min: 1, max: 9 }), async (lengths, a, b, step) => {
      const data = counts(lengths);
      const length = await data.length();
      const [from, to] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
      const part = slice(data, { from, to, step });
      const expected = numbers(from, to, step);
      assert.deepEqual(await values(part), expected);
      assert.equal(await part.length(), expected.length);
      assert.equal(part.traces, data.traces);
      assert.deepEqual(
        await values(slice(part, { from: Math.min(1, expected.length), step: 2 })),
        expected.filter((_, i) => i % 2 === 1),
      );
      for (const row of expected.keys()) assert.equal((await part.sample(row)).count.value, expected[row]);
    }),
  ));

test("rows picked by number or by mask are those, and segments do not join over what is left out", () =>
  fc.assert(
    fc.asyncProperty(LENGTHS, fc.infiniteStream(fc.boolean()), async (lengths, chance) => {
      const data = counts(lengths);
      const mask = Uint8Array.from({ length: await data.length() }, () => (chance.next().value ? 255 : 0));
      const rows = Uint32Array.from(mask.keys()).filter((row) => mask[row] !== 0);
      for (const part of [subset(data, { rows }), subset(data, { mask })]) {
        assert.deepEqual(await values(part), [...rows]);
        for (let i = 0; i < part.traces; i++) {
          const { length, segments } = await part.trace(i).match();
          const { value } = (await part.trace(i).read({ from: 0, to: length })).count.columns;
          for (let k = 1; k < length; k++) {
            const isNext = value.data[k] === value.data[k - 1]! + 1;
            assert.equal(segments[k]! - segments[k - 1]!, isNext ? 0 : 1);
          }
        }
      }
    }),
  ));

test("a slice with a step keeps the segments of the whole, and a picked part counts them from 0", async () => {
  const index = { count: [0, 1, 2, 3, 4, 5, 6] };
  const synchronization = handMatched({ index, segments: [0, 0, 0, 1, 1, 1, 2] });
  const data = dataset([trace({ name: "drive", sensors: { count: counter(7) }, synchronization })]);
  const segments = async (part: Dataset) => [...(await part.trace(0).match()).segments];
  assert.deepEqual(await segments(slice(data, { from: 2, step: 2 })), [0, 1, 2]);
  assert.deepEqual(await segments(slice(data, { from: 3, to: 6 })), [0, 0, 0]);
  assert.deepEqual(await segments(subset(data, { rows: Uint32Array.of(1, 2, 3, 5) })), [0, 0, 1, 2]);
});

test("a part's match is the whole's at its rows", async () => {
  const between = { count: { before: [0, 1, 2], after: [1, 2, 2], weight: [0.5, 0.25, 0] } };
  const synchronization = handMatched({ index: { count: [0, 1, 2] }, between });
  const data = dataset([trace({ name: "drive", sensors: { count: counter(3) }, synchronization })]);
  const whole = await data.trace(0).match();
  const part = await slice(data, { from: 1 }).trace(0).match();
  assert.deepEqual(
    [part.times, part.refRows, part.index.count, part.dt.count, part.valid.count],
    [whole.times, whole.refRows, whole.index.count, whole.dt.count, whole.valid.count].map((list) => list.subarray(1)),
  );
  assert.deepEqual(part.between.count, {
    before: Uint32Array.of(1, 2),
    after: Uint32Array.of(2, 2),
    weight: Float64Array.of(0.25, 0),
  });
});

test("traces are taken by number, in the order given, or by a predicate, and joined", () =>
  fc.assert(
    fc.asyncProperty(LENGTHS, fc.array(fc.nat(), { maxLength: 6 }), async (lengths, asked) => {
      const data = counts(lengths);
      const chosen = lengths.length === 0 ? [] : asked.map((number) => number % lengths.length);
      const offsets = await data.offsets();
      const rows = (number: number) => numbers(offsets[number]!, offsets[number + 1]!);
      const part = subset(data, { traces: chosen });
      assert.deepEqual(await values(part), chosen.flatMap(rows));
      const long = await filter(data, async (one) => (await one.length()) > 3);
      const longOnes = [...lengths.keys()].filter((i) => lengths[i]! > 3);
      assert.deepEqual(await values(long), longOnes.flatMap(rows));
      const both = concat(part, data, long, counts([]));
      assert.deepEqual(await values(both), [...chosen, ...lengths.keys(), ...longOnes].flatMap(rows));
    }),
  ));

test("a slice of a concat of a subset reads nothing, until a row is wanted", async () => {
  let [made, told] = [0, 0];
  const reads: { times: number; samples: number }[] = [];
  const data = dataset({
    traces: 1000,
    lengths: async () => {
      told++;
      return new Uint32Array(1000).fill(10);
    },
    trace(number) {
      made++;
      const count = counted(counter(10, number * 10));
      reads.push(count.reads);
      return trace({ name: `trace ${number}`, sensors: { count }, synchronization: rowByRow });
    },
  });
  const part = subset(data, { traces: numbers(100, 600) });
  const whole = slice(concat(part, part, data), { from: 5003, step: 3 });
  const marked = subset(whole, { rows: Uint32Array.of(1, 400) });
  const named = mapTraces(marked, (one) => pick(one, { number: "count" }));
  assert.deepEqual([made, told], [0, 0]);
  assert.equal(await whole.length(), Math.ceil((20000 - 5003) / 3));
  assert.equal(await named.length(), 2);
  assert.deepEqual([made, told], [0, 1]);
  assert.equal((await named.sample(1)).number.value, 1000 + 3 + 3 * 400);
  assert.deepEqual([made, reads], [1, [{ times: 1, samples: 1 }]]);
});

test("lengths that are not told are asked for, of the traces that are in, once", async () => {
  const made: number[] = [];
  const data = dataset({
    traces: 100,
    trace(number) {
      made.push(number);
      return countingTrace(`trace ${number}`, number);
    },
  });
  const part = subset(data, { traces: [7, 3] });
  assert.deepEqual([await part.length(), await part.lengthOf(1), await part.length()], [10, 3, 10]);
  assert.deepEqual(made, [7, 3]);
  assert.equal(await data.length(), (99 * 100) / 2);
});

test("a trace that was just asked for is the same; of many, few are kept", () => {
  let made = 0;
  const data = dataset({
    traces: 1000,
    trace(number) {
      made++;
      return countingTrace(`trace ${number}`, 1);
    },
  });
  assert.equal(data.trace(5), data.trace(5));
  for (let i = 0; i < 1000; i++) data.trace(i);
  assert.equal(made, 1000);
  data.trace(999);
  data.trace(5);
  assert.equal(made, 1001);
});

test("a length that is not the trace's is found out when a row of it is wanted", async () => {
  const data = dataset({ traces: 2, lengths: [3, 4], trace: (i) => countingTrace(`trace ${i}`, 3) });
  assert.equal((await data.sample(2)).count.value, 2);
  const part = slice(concat(data), { from: 3, to: 4 });
  for (const work of [data.sample(3), data.trace(1).read({ from: 0, to: 1 }), part.sample(0), part.trace(1).match()])
    await assert.rejects(work, {
      code: "damaged",
      message: /^Cannot read trace trace 1: .* 4 rows of it, got 3;/,
    });
});

test("lengths that are none are refused, and there may be none at all", async () => {
  const data = (lengths: ArrayLike<number>) => dataset({ traces: 2, lengths, trace: () => countingTrace("a", 0) });
  for (const lengths of [[1], [1, 2, 3], [1, -1], [1, 0.5], [1, Number.NaN], [2 ** 53 - 1, 1]])
    await assert.rejects(data(lengths).offsets(), { code: "damaged" }, String(lengths));
  assert.deepEqual(await data([2 ** 53 - 2, 1]).offsets(), Float64Array.of(0, 2 ** 53 - 2, 2 ** 53 - 1));
  for (const traces of [-1, 0.5, Number.NaN])
    assert.throws(() => dataset({ traces, trace: () => countingTrace("a", 0) }), { code: "usage" });
  const none = dataset<Record<string, Sensor>>([]);
  assert.deepEqual([await none.length(), await none.offsets()], [0, Float64Array.of(0)]);
  await assert.rejects(none.sample(0), { code: "usage" });
  assert.throws(() => none.trace(0), {
    code: "usage",
    message: "Cannot give trace 0: numbers must be from 0 up and below 0",
  });
});

test("parts that are none are refused", async () => {
  const data = counts([3, 0, 4]);
  for (const options of [
    { from: -1 },
    { from: 0.5 },
    { from: 2, to: 1 },
    { step: 0 },
    { step: 0.5 },
    { to: Number.NaN },
  ])
    assert.throws(() => slice(data, options), { code: "usage" }, JSON.stringify(options));
  for (const options of [{ from: 8 }, { to: 8 }])
    await assert.rejects(slice(data, options).length(), { code: "usage", message: /rows must be within 0 to 7/ });
  for (const traces of [[3], [-1], [0.5]]) assert.throws(() => subset(data, { traces }), { code: "usage" });
  for (const rows of [Uint32Array.of(1, 1), Uint32Array.of(2, 1)])
    assert.throws(() => subset(data, { rows }), { code: "usage" });
  await assert.rejects(subset(data, { rows: Uint32Array.of(7) }).length(), { code: "usage" });
  await assert.rejects(subset(data, { mask: new Uint8Array(6) }).length(), { code: "usage" });
  const none = counts([]);
  for (const part of [
    slice(none, { from: 1 }),
    subset(none, { rows: Uint32Array.of(0) }),
    subset(none, { mask: new Uint8Array(1) }),
  ])
    await assert.rejects(part.length(), { code: "usage" });
});

test("batches hold rows of one trace each, in order, of the size asked for", async () => {
  const data = counts([5, 0, 3]);
  const found = await Array.fromAsync(batches(data, { batchRows: 2 }));
  assert.deepEqual(
    found.map(({ trace: number, from, length, sensors }) => [
      number,
      from,
      [...sensors.count.columns.value.data],
      length,
    ]),
    [
      [0, 0, [0, 1], 2],
      [0, 2, [2, 3], 2],
      [0, 4, [4], 1],
      [2, 0, [5, 6], 2],
      [2, 2, [7], 1],
    ],
  );
  for (const batchRows of [0, 0.5, -1]) await assert.rejects(batches(data, { batchRows }).next(), { code: "usage" });
});
