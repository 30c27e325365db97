/** The training order: that of the keys, by a plain sort, whatever the memory, the runs or the parts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryWorkspace } from "../../test/memory-workspace.ts";
import { partOf, sampleKey } from "../order/index.ts";
import { byKey, orderFile, RECORD_WORDS, splitTraces, writeOrder } from "./order.ts";
import { SPLITS, type Trace, type TraceTable, traceId, traceTable } from "./traces.ts";

const traces: fc.Arbitrary<Trace[]> = fc
  .uniqueArray(
    fc.record({ id: fc.string({ minLength: 1, maxLength: 6 }), rows: fc.nat(60), split: fc.constantFrom(...SPLITS) }),
    {
      selector: ({ id }) => id,
      maxLength: 12,
    },
  )
  .map((list) => list.map(({ id, rows, split }, i) => ({ id, entity: id, split, rows, firstRow: 100 * i })));

interface Sample {
  readonly key: bigint;
  readonly trace: number;
  readonly start: number;
}

/** All windows of the training split in the order of their names, each with its key. */
function samples(table: TraceTable, window: { size: number; stride: number }, seed: bigint): Sample[] {
  const found: Sample[] = [];
  for (let trace = 0; trace < table.length; trace++) {
    if (table.split[trace] !== 0) continue;
    for (let start = 0; start + window.size <= table.rows[trace]!; start += window.stride) {
      found.push({ key: sampleKey(traceId(table, trace), start, seed), trace, start });
    }
  }
  return found;
}

const inOrder = (a: Sample, b: Sample) =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : a.trace - b.trace || a.start - b.start;

/** The records that `writeOrder` wrote, with the place in their run. */
function written(table: TraceTable, options: Parameters<typeof writeOrder>[3]) {
  const workspace = memoryWorkspace();
  const counts = writeOrder(workspace, table, "train", options);
  const words = new Uint32Array(workspace.read(orderFile("train"))!.buffer);
  const records = Array.from({ length: words.length / RECORD_WORDS }, (_, i) => {
    const [low = 0, high = 0, trace = 0, start = 0, place = 0] = words.subarray(
      i * RECORD_WORDS,
      (i + 1) * RECORD_WORDS,
    );
    return { key: (BigInt(high) << 32n) | BigInt(low), trace, start, place };
  });
  return { counts, records };
}

const budgets = fc.constantFrom(60, 200, 1000, 100_000);
const windows = fc.record({ size: fc.integer({ min: 1, max: 20 }), stride: fc.integer({ min: 1, max: 25 }) });

test("records are the windows sorted by key, whatever the memory, and parts are ranges of the keys", () => {
  fc.assert(
    fc.property(
      traces,
      windows,
      budgets,
      fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 1, max: 5 })),
      (list, window, memoryBytes, [seed, parts]) => {
        const table = traceTable(list);
        const { counts, records } = written(table, { seed: String(seed), window, parts, memoryBytes });
        const expected = samples(table, window, seed).sort(inOrder);
        assert.deepEqual(
          records.map(({ place: _, ...sample }) => sample),
          expected,
        );
        const part = ({ key }: Sample) => partOf(Number(key >> 32n), Number(key & 0xffff_ffffn), parts);
        assert.deepEqual(
          counts,
          Array.from({ length: parts }, (_, i) => expected.filter((sample) => part(sample) === i).length),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test("a record's place is its rank in its run, whatever the memory", () => {
  fc.assert(
    fc.property(traces, windows, budgets, fc.integer({ min: 1, max: 40 }), (list, window, memoryBytes, runSamples) => {
      const table = traceTable(list);
      const { records } = written(table, { seed: "7", window, parts: 1, memoryBytes, runSamples });
      const all = samples(table, window, 7n);
      const runs = Array.from({ length: Math.ceil(all.length / runSamples) }, (_, run) =>
        all.slice(run * runSamples, (run + 1) * runSamples).sort(inOrder),
      );
      const places = new Map(runs.flatMap((run) => run.map(({ trace, start }, place) => [`${trace}/${start}`, place])));
      for (const { trace, start, place } of records) assert.equal(place, places.get(`${trace}/${start}`));
    }),
    { numRuns: 150 },
  );
});

test("equal keys are ordered by trace, then start", () => {
  const tied = {
    length: 4,
    keys: BigUint64Array.of(5n, 5n, 5n, 1n),
    trace: Uint32Array.of(2, 1, 1, 9),
    start: Uint32Array.of(0, 8, 4, 0),
  };
  assert.deepEqual([...byKey(tied)], [3, 2, 1, 0]);
});

test("traces without a window, and those of other splits, are left out", () => {
  const trace = (id: string, rows: number, split: Trace["split"]): Trace => ({
    id,
    entity: id,
    rows,
    split,
    firstRow: 0,
  });
  const table = traceTable([
    trace("a", 9, "train"),
    trace("b", 10, "train"),
    trace("c", 99, "test"),
    trace("d", 14, "train"),
  ]);
  const { traces: chosen, firstOrdinal } = splitTraces(table, "train", { size: 10, stride: 2 });
  assert.deepEqual(
    [[...chosen], [...firstOrdinal]],
    [
      [1, 3],
      [0, 1, 4],
    ],
  );
});
