/** Where a sample's bytes are: in the rows file, or in a sorted run that the scatter pass wrote. */

import { bytesOf, type RandomReader, type Workspace } from "../core/index.ts";
import type { Split } from "../order/index.ts";
import { byKey, enumerate, RECORD_WORDS, type SplitTraces, splitTraces } from "./order.ts";
import { ROWS_FILE, rowLayout, SOURCES_FILE, TIMES_FILE } from "./row-layout.ts";
import type { DatasetSpec } from "./spec.ts";
import { rowOfStart, type TraceTable, windowRow } from "./traces.ts";

/** f64 t_start, f64 t_end, u32 source, four bytes of nothing. */
const META_BYTES = 24;

/** Gives samples by their record in the order file. */
export interface Payloads extends Disposable {
  /** Fills `into` with the rows of the sample's window, and notes when it begins and ends and from which input it is. */
  read(record: number, into: Uint8Array): void;
  readonly tStart: number;
  readonly tEnd: number;
  readonly source: number;
}

/** Reads windows from the rows file. */
function fromRows(workspace: Workspace, table: TraceTable, spec: DatasetSpec, records: Uint32Array): Payloads {
  const rows = workspace.reader(ROWS_FILE);
  const times = workspace.reader(TIMES_FILE);
  const sources = workspace.reader(SOURCES_FILE);
  const { rowBytes } = rowLayout(spec);
  const timesOfRow = spec.times === "spans" ? 2 : 1;
  const time = new Float64Array(1);
  const source = new Uint32Array(1);
  const timeBytes = bytesOf(time);
  const sourceBytes = bytesOf(source);
  const timeAt = (place: number): number => {
    times.readInto(place * 8, timeBytes);
    return time[0]!;
  };
  const payloads = {
    tStart: 0,
    tEnd: 0,
    source: 0,
    read(record: number, into: Uint8Array): void {
      const row = windowRow(table, records[record * RECORD_WORDS + 2]!, records[record * RECORD_WORDS + 3]!);
      rows.readInto(row * rowBytes, into);
      payloads.tStart = timeAt(row * timesOfRow);
      payloads.tEnd = timeAt((row + spec.window.size) * timesOfRow - 1);
      sources.readInto(row * 4, sourceBytes);
      payloads.source = source[0]!;
    },
    [Symbol.dispose](): void {
      rows[Symbol.dispose]();
      times[Symbol.dispose]();
      sources[Symbol.dispose]();
    },
  };
  return payloads;
}

/** The file of a sorted run. */
function runFile(split: Split, run: number): string {
  return `run-${split}-${run}.bin`;
}

/** The ordinal of a window of a trace; `offset` is its first row within the stretch. */
function ordinalOf(table: SplitTraces, trace: number, offset: number, stride: number): number {
  let from = 0;
  let to = table.traces.length;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (table.traces[middle]! <= trace) from = middle;
    else to = middle;
  }
  return table.firstOrdinal[from]! + offset / stride;
}

/** Reads windows from sorted runs. */
function fromRuns(
  workspace: Workspace,
  split: Split,
  table: TraceTable,
  options: { spec: DatasetSpec; runSamples: number; records: Uint32Array },
): Payloads {
  const { spec, runSamples, records } = options;
  const of = splitTraces(table, split, spec.window);
  const total = of.firstOrdinal.at(-1)!;
  const opened: RandomReader[] = Array.from({ length: Math.ceil(total / runSamples) }, (_, run) =>
    workspace.reader(runFile(split, run)),
  );
  const { windowBytes } = rowLayout(spec);
  const meta = new DataView(new ArrayBuffer(META_BYTES));
  const metaBytes = bytesOf(meta);
  const payloads = {
    tStart: 0,
    tEnd: 0,
    source: 0,
    read(record: number, into: Uint8Array): void {
      const at = record * RECORD_WORDS;
      const trace = records[at + 2]!;
      const offset = rowOfStart(table, trace, records[at + 3]!);
      const run = opened[Math.floor(ordinalOf(of, trace, offset, spec.window.stride) / runSamples)]!;
      const place = records[at + 4]! * (META_BYTES + windowBytes);
      run.readInto(place, metaBytes);
      run.readInto(place + META_BYTES, into);
      payloads.tStart = meta.getFloat64(0, true);
      payloads.tEnd = meta.getFloat64(8, true);
      payloads.source = meta.getUint32(16, true);
    },
    [Symbol.dispose](): void {
      for (const reader of opened) reader[Symbol.dispose]();
    },
  };
  return payloads;
}

/** The samples of some records of a split. */
export function payloads(
  workspace: Workspace,
  table: TraceTable,
  spec: DatasetSpec,
  of: { readonly split: Split; readonly records: Uint32Array },
): Payloads {
  return spec.runSamples === undefined
    ? fromRows(workspace, table, spec, of.records)
    : fromRuns(workspace, of.split, table, { spec, runSamples: spec.runSamples, records: of.records });
}

/** Writes one sorted run: the windows with ordinals of that run, in order of their keys (the first of the two passes). */
export function scatter(
  workspace: Workspace,
  table: TraceTable,
  spec: DatasetSpec,
  of: { readonly split: Split; readonly run: number },
): number {
  const runSamples = spec.runSamples ?? 0;
  const traces = splitTraces(table, of.split, spec.window);
  const range = { from: of.run * runSamples, to: Math.min(traces.firstOrdinal.at(-1)!, (of.run + 1) * runSamples) };
  const samples = enumerate(table, traces, spec, range);
  const order = byKey(samples);
  const records = new Uint32Array(samples.length * RECORD_WORDS);
  for (let i = 0; i < samples.length; i++) {
    records[i * RECORD_WORDS + 2] = samples.trace[i]!;
    records[i * RECORD_WORDS + 3] = samples.start[i]!;
  }
  using rows = fromRows(workspace, table, spec, records);
  using writer = workspace.writer(runFile(of.split, of.run));
  const record = new Uint8Array(META_BYTES + rowLayout(spec).windowBytes);
  const meta = new DataView(record.buffer, 0, META_BYTES);
  const window = record.subarray(META_BYTES);
  for (const row of order) {
    rows.read(row, window);
    meta.setFloat64(0, rows.tStart, true);
    meta.setFloat64(8, rows.tEnd, true);
    meta.setUint32(16, rows.source, true);
    writer.write(record);
  }
  writer.close();
  return samples.length;
}
