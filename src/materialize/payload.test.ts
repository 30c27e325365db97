/** Samples straight from the rows, and by way of sorted runs: the same bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryWorkspace } from "../../test/memory-workspace.ts";
import { bytesOf, type Workspace } from "../core/index.ts";
import { mdsLayout } from "../formats/mds/index.ts";
import { orderFile, RECORD_WORDS, writeOrder } from "./order.ts";
import { payloads, scatter } from "./payload.ts";
import { ROWS_FILE, SOURCES_FILE, TIMES_FILE } from "./row-layout.ts";
import type { DatasetSpec } from "./spec.ts";
import { type Trace, type TraceTable, traceTable } from "./traces.ts";

function specOf(size: number, stride: number): DatasetSpec {
  const features = { name: "features", type: { kind: "f32", shape: [size, 2] } } as const;
  const mds = mdsLayout(
    { features: features.type },
    { style: "ndarray", shardBytes: 2 ** 20, compression: undefined, hashes: [] },
  );
  const numbers = { unitRows: 1, groupRows: 1, unitsPerTask: 1, firstPart: { train: 0, validation: 0, test: 0 } };
  const counts = { train: [0], validation: [0], test: [0] };
  const rest = { ids: [], formats: [], byteStreamSplit: false, sources: [], createdBy: "test" };
  return {
    seed: "1",
    window: { size, stride },
    columns: [features],
    times: "stamps",
    mds,
    counts,
    ...numbers,
    ...rest,
  };
}

function put(workspace: Workspace, name: string, values: ArrayBufferView): void {
  using writer = workspace.writer(name);
  writer.write(bytesOf(values));
  writer.close();
}

/** Traces one after the other, each value telling its row. */
function tracks(lengths: readonly number[]) {
  const workspace = memoryWorkspace();
  let firstRow = 0;
  const traces = lengths.map((rows, i): Trace => {
    firstRow += rows;
    return { id: `trace ${i}`, entity: `${i}`, split: "train", firstRow: firstRow - rows, rows };
  });
  put(
    workspace,
    ROWS_FILE,
    Float32Array.from({ length: firstRow * 2 }, (_, i) => i),
  );
  put(
    workspace,
    TIMES_FILE,
    Float64Array.from({ length: firstRow }, (_, i) => 1.7e9 + i / 4),
  );
  put(
    workspace,
    SOURCES_FILE,
    Uint32Array.from({ length: firstRow }, (_, i) => i % 7),
  );
  return { workspace, table: traceTable(traces) };
}

function all(workspace: Workspace, table: TraceTable, spec: DatasetSpec) {
  const records = new Uint32Array(workspace.read(orderFile("train"))!.buffer);
  using samples = payloads(workspace, table, spec, { split: "train", records });
  return Array.from({ length: records.length / RECORD_WORDS }, (_, i) => {
    const features = new Float32Array(spec.window.size * 2);
    samples.read(i, bytesOf(features));
    const row = table.firstRow[records[i * RECORD_WORDS + 2]!]! + records[i * RECORD_WORDS + 3]!;
    const { tStart, tEnd, source } = samples;
    return { row, features, tStart, tEnd, source };
  });
}

const lengths = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });

test("a sample is its rows, with its times and its source, straight or from runs of any length", () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(lengths, shape, fc.integer({ min: 1, max: 30 }), (list, [size, stride], runSamples) => {
      const { workspace, table } = tracks(list);
      const spec = specOf(size, stride);
      const [total = 0] = writeOrder(workspace, table, "train", { ...spec, parts: 1, memoryBytes: 500 });
      const direct = all(workspace, table, spec);
      for (const { row, features, tStart, tEnd, source } of direct) {
        assert.deepEqual(
          [...features],
          Array.from({ length: size * 2 }, (_, i) => row * 2 + i),
        );
        assert.deepEqual([tStart, tEnd, source], [1.7e9 + row / 4, 1.7e9 + (row + size - 1) / 4, row % 7]);
      }
      const twoPass = { ...spec, runSamples };
      writeOrder(workspace, table, "train", { ...twoPass, parts: 1, memoryBytes: 500 });
      let scattered = 0;
      for (let run = 0; run < Math.ceil(total / runSamples); run++) {
        scattered += scatter(workspace, table, twoPass, { split: "train", run });
      }
      assert.equal(scattered, total);
      assert.deepEqual(all(workspace, table, twoPass), direct);
    }),
    { numRuns: 150 },
  );
});
