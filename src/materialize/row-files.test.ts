/** Rows of several columns, of any shape and of varying size: what goes in as batches comes out as windows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryWorkspace } from "../../test/memory-workspace.ts";
import {
  type Batch,
  bytesOf,
  type ColumnType,
  isNumeric,
  NUMERIC_ARRAYS,
  valuesPerRow,
  type Workspace,
} from "../core/index.ts";
import { mdsLayout } from "../formats/mds/index.ts";
import { orderFile, RECORD_WORDS, writeOrder } from "./order.ts";
import { payloads, scatter } from "./payload.ts";
import { rowFiles } from "./row-files.ts";
import { rowLayout, VALUES_FILE } from "./row-layout.ts";
import { type DatasetSpec, lengthsColumn, sampleSchema, windowColumn } from "./spec.ts";
import { type Trace, type TraceTable, traceTable } from "./traces.ts";
import { windowPlacer } from "./window-placer.ts";

const encoder = new TextEncoder();

type Fields = Readonly<Record<string, ColumnType>>;

const field: fc.Arbitrary<ColumnType> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("bool", "u8", "i16", "f32", "f64", "i64"),
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constantFrom("u8", "f16", "u32", "f64") }),
  fc.record({ kind: fc.constantFrom("str", "bytes") }),
);
const fields: fc.Arbitrary<Fields> = fc
  .array(field, { minLength: 1, maxLength: 5 })
  .map((list) => Object.fromEntries(list.map((type, i) => [`c${i}`, type])));

/** Something that tells rows, columns and places in them apart; every third row repeats the value of the one before. */
function batchOf(columns: Fields, from: number, to: number): Batch {
  const entries = Object.entries(columns).map(([name, type], c) => {
    const own = (row: number) => (row * 7 + c * 3) % 11;
    const rows = Array.from({ length: to - from }, (_, i) => from + i);
    if (!isNumeric(type.kind)) {
      const texts = rows.map((row) => row - (row % 3 === 2 ? 1 : 0)).map((row) => `é${row}`.repeat(own(row)));
      return [name, { data: type.kind === "str" ? texts : texts.map((text) => encoder.encode(text)) }] as const;
    }
    const data = new NUMERIC_ARRAYS[type.kind](rows.length * valuesPerRow(type));
    const bytes = bytesOf(data);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (from * (bytes.length / rows.length) + i + 31 * c) % 251;
    return [name, { data }] as const;
  });
  return { length: to - from, columns: Object.fromEntries(entries) };
}

function specOf(columns: Fields, size: number, stride: number): DatasetSpec {
  const window = { size, stride };
  const cut = Object.entries(columns).map(([name, type]) => windowColumn(name, type, size));
  const mds = mdsLayout(sampleSchema({ columns: cut, ids: [], window }));
  const numbers = { unitRows: 1, groupRows: 1, unitsPerTask: 1, firstPart: { train: 0, validation: 0, test: 0 } };
  const counts = { train: [0], validation: [0], test: [0] };
  const rest = { ids: [], formats: [], byteStreamSplit: false, sources: [], createdBy: "test" };
  return { seed: "1", window, columns: cut, times: "spans", mds, counts, ...numbers, ...rest };
}

/** One sample as it must be, from the rows alone. */
function expected(columns: Fields, row: number, size: number): Record<string, unknown> {
  const { columns: values } = batchOf(columns, row, row + size);
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, { kind }]) => {
      const { data } = values[name]!;
      if (isNumeric(kind)) return [[name, [...bytesOf(data as Uint8Array)]]];
      if (size === 1) return [[name, data[0]]];
      const each = (data as (string | Uint8Array)[]).map((one) =>
        typeof one === "string" ? encoder.encode(one) : one,
      );
      return [
        [name, Uint8Array.from(each.flatMap((one) => [...one]))],
        [lengthsColumn(name), each.map(({ length }) => length)],
      ];
    }),
  );
}

function got(spec: DatasetSpec, batch: Batch): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sampleSchema(spec)).map(([name, { kind }]) => {
      const { data } = batch.columns[name]!;
      if (!isNumeric(kind)) return [name, data[0]];
      return [name, name.endsWith("_lengths") ? [...(data as Uint32Array)] : [...bytesOf(data as Uint8Array)]];
    }),
  );
}

function emptyBatch(spec: DatasetSpec): Batch {
  const entries = Object.entries(sampleSchema(spec)).map(([name, type]) => {
    const data = isNumeric(type.kind) ? new NUMERIC_ARRAYS[type.kind](valuesPerRow(type)) : [""];
    return [name, { data }] as const;
  });
  return { length: 1, columns: Object.fromEntries(entries) };
}

/** Writes rows in batches. */
function ingest(
  workspace: Workspace,
  columns: Fields,
  spec: DatasetSpec,
  rows: { total: number; batch: number },
): void {
  using files = rowFiles(workspace, spec);
  for (let from = 0; from < rows.total; from += rows.batch) {
    const to = Math.min(rows.total, from + rows.batch);
    const times = Float64Array.from({ length: 2 * (to - from) }, (_, i) => from + (i >> 1) + (i % 2) * 0.5);
    files.append({ batch: batchOf(columns, from, to), times, source: 3 });
  }
  files.close();
}

/** Stretches of one trace, with gaps between them. */
function stretchesOf(list: readonly { rows: number; gap: number; step: number }[]): Trace[] {
  let [firstRow, firstStart] = [0, 0];
  return list.map(({ rows, gap, step }) => {
    const trace = { id: "t", entity: "e", split: "train", firstRow, rows, firstStart, step } as const;
    firstRow += rows;
    firstStart += rows * step + gap + 1;
    return trace;
  });
}

/** The row at which each window begins, by its start. */
function windowsOf(traces: readonly Trace[], { size, stride }: DatasetSpec["window"]): ReadonlyMap<number, number> {
  const windows = traces.flatMap(({ rows, firstRow, firstStart = 0, step = 1 }) =>
    Array.from({ length: rows }, (_, at) => at)
      .filter((at) => at % stride === 0 && at + size <= rows)
      .map((at) => [firstStart + at * step, firstRow + at] as const),
  );
  return new Map(windows);
}

/** Orders the windows, and scatters them where there are to be runs. */
function order(workspace: Workspace, table: TraceTable, spec: DatasetSpec): Uint32Array {
  const [total = 0] = writeOrder(workspace, table, "train", { ...spec, parts: 1, memoryBytes: 500 });
  const runs = spec.runSamples === undefined ? 0 : Math.ceil(total / spec.runSamples);
  for (let run = 0; run < runs; run++) scatter(workspace, table, spec, { split: "train", run });
  return new Uint32Array(workspace.read(orderFile("train"))!.buffer);
}

test("every window of every stretch is its rows, in any layout, in one pass and in two, however the rows came in batches", () => {
  const shape = fc.record({ size: fc.integer({ min: 1, max: 5 }), stride: fc.integer({ min: 1, max: 4 }) });
  const stretch = fc.record({ rows: fc.nat(12), gap: fc.nat(3), step: fc.integer({ min: 1, max: 3 }) });
  const stretches = fc.array(stretch, { minLength: 1, maxLength: 4 });
  const runs = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
  fc.assert(
    fc.property(
      fields,
      shape,
      stretches,
      fc.tuple(fc.integer({ min: 1, max: 9 }), runs),
      (columns, window, list, how) => {
        const [batch, runSamples] = how;
        const workspace = memoryWorkspace();
        const spec = { ...specOf(columns, window.size, window.stride), ...(runSamples && { runSamples }) };
        ingest(workspace, columns, spec, { total: list.reduce((sum, { rows }) => sum + rows, 0), batch });
        const traces = stretchesOf(list);
        const table = traceTable(traces);
        const records = order(workspace, table, spec);
        using samples = payloads(workspace, table, spec, { split: "train", records });
        using values = workspace.reader(VALUES_FILE);
        const room = emptyBatch(spec);
        const place = windowPlacer(spec, room, values);
        const rowOf = windowsOf(traces, window);
        assert.equal(records.length / RECORD_WORDS, rowOf.size);
        for (let record = 0; record < rowOf.size; record++) {
          const row = rowOf.get(records[record * RECORD_WORDS + 3]!)!;
          place(0, (bytes) => samples.read(record, bytes));
          assert.deepEqual(got(spec, room), expected(columns, row, window.size));
          assert.deepEqual([samples.tStart, samples.tEnd, samples.source], [row, row + window.size - 0.5, 3]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a value that several rows share is stored once, and counts for each of them", () => {
  const workspace = memoryWorkspace();
  const spec = { ...specOf({ image: { kind: "bytes" } }, 2, 1), times: "stamps" } as const;
  using files = rowFiles(workspace, spec);
  const [a, b] = [new Uint8Array(10).fill(1), new Uint8Array(4).fill(2)];
  files.append({
    batch: { length: 3, columns: { image: { data: [a, a, b] } } },
    times: new Float64Array(3),
    source: 0,
  });
  files.append({ batch: { length: 1, columns: { image: { data: [b] } } }, times: new Float64Array(1), source: 0 });
  assert.deepEqual(files.close(), { image: { mean: 7, largest: 10 } });
  assert.equal(workspace.files.get(VALUES_FILE)?.length, 14);
});

test("rows without a column, or with too few values or times, are refused", () => {
  const spec = specOf({ a: { kind: "f32", shape: [2] }, b: { kind: "str" } }, 1, 1);
  using files = rowFiles(memoryWorkspace(), spec);
  const [a, b] = [{ data: new Float32Array(4) }, { data: ["x", "y"] }];
  const rows =
    (columns: Batch["columns"], times = 4) =>
    () =>
      files.append({ batch: { length: 2, columns }, times: new Float64Array(times), source: 0 });
  assert.throws(rows({ a }), { code: "internal", message: /column b/ });
  assert.throws(rows({ a: { data: new Float32Array(3) }, b }), { code: "internal", message: /column a/ });
  assert.throws(rows({ a, b: { data: ["x"] } }), { code: "internal", message: /column b/ });
  assert.throws(rows({ a, b: { data: new Float32Array(2) } }), { code: "internal", message: /column b/ });
  assert.throws(rows({ a, b }, 2), { code: "internal", message: /times/ });
  assert.equal(rowLayout(spec).rowBytes, 8 + 16);
});
