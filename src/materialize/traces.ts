/** The traces that windows are cut from, as columns, and their file in the workspace. */

import { bytesOf, WindrowError, type Workspace } from "../core/index.ts";
import type { Split } from "../order/index.ts";

/** The splits, each at the place that codes for it. */
export const SPLITS = ["train", "validation", "test"] as const satisfies readonly Split[];

/**
 * A stretch of one trace, in which windows are cut: rows `firstRow` to `firstRow + rows` of the rows file. Several may have one id, as
 * where a trace has gaps; their starts tell their windows apart.
 */
export interface Trace {
  /** Names the trace. */
  readonly id: string;
  /** What splits are made by: a vessel, a driver, a patient. */
  readonly entity: string;
  readonly split: Split;
  readonly firstRow: number;
  readonly rows: number;
  /** Number of the first row within the trace, which names the window that begins there; 0 where absent. */
  readonly firstStart?: number;
  /** From the number of one row to that of the next, as where only every so many rows are kept; 1 where absent. */
  readonly step?: number;
}

/** Traces in columns, ordered by id (UTF-8 bytes), then first start, so that comparing places compares both. */
export interface TraceTable {
  readonly length: number;
  /** Ids and entities one after the other as UTF-8; trace i's are `[offsets[i], offsets[i + 1])`. */
  readonly ids: Uint8Array;
  readonly idOffsets: Uint32Array;
  readonly entities: Uint8Array;
  readonly entityOffsets: Uint32Array;
  readonly split: Uint8Array;
  readonly firstRow: Float64Array;
  readonly rows: Uint32Array;
  readonly firstStart: Uint32Array;
  readonly step: Uint32Array;
}

const FILE = "traces.bin";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function texts(values: readonly string[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const joined = encoder.encode(values.join(""));
  const offsets = new Uint32Array(values.length + 1);
  let at = 0;
  for (const [index, value] of values.entries()) {
    at += encoder.encode(value).length;
    offsets[index + 1] = at;
  }
  return { bytes: joined, offsets };
}

/** By code points, which is the order of UTF-8 bytes. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    if (difference === 0) continue;
    const highA = isSurrogate(a.charCodeAt(i));
    return highA === isSurrogate(b.charCodeAt(i)) ? difference : highA ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

/** One more than the number of a stretch's last row; one without rows keeps its start to itself. */
function behind({ firstStart = 0, rows, step = 1 }: Trace): number {
  return firstStart + Math.max(0, rows - 1) * step + 1;
}

/** Refuses stretches of one trace that share a start, as two windows would have one name. */
function checkStarts(sorted: readonly Trace[]): void {
  for (const [i, trace] of sorted.entries()) {
    const { id, firstStart = 0 } = trace;
    const before = sorted[i - 1];
    const isShared = before?.id === id && behind(before) > firstStart;
    if (isShared) throw new WindrowError("damaged", `Cannot order the samples: two traces have the name ${id}`);
    if (behind(trace) > 2 ** 32) {
      throw new WindrowError(
        "unsupported",
        `Cannot order the samples: ${id} must end below row 2³², got row ${behind(trace)}`,
      );
    }
  }
}

/**
 * A table of the traces.
 * @throws WindrowError `damaged` when two of one id overlap, `unsupported` for a trace of more than 2³² rows.
 */
export function traceTable(traces: readonly Trace[]): TraceTable {
  const sorted = [...traces].sort(
    (a, b) => compareText(a.id, b.id) || (a.firstStart ?? 0) - (b.firstStart ?? 0) || a.firstRow - b.firstRow,
  );
  checkStarts(sorted);
  const ids = texts(sorted.map((trace) => trace.id));
  const entities = texts(sorted.map((trace) => trace.entity));
  return {
    length: sorted.length,
    ids: ids.bytes,
    idOffsets: ids.offsets,
    entities: entities.bytes,
    entityOffsets: entities.offsets,
    split: Uint8Array.from(sorted, (trace) => SPLITS.indexOf(trace.split)),
    firstRow: Float64Array.from(sorted, (trace) => trace.firstRow),
    rows: Uint32Array.from(sorted, (trace) => trace.rows),
    firstStart: Uint32Array.from(sorted, (trace) => trace.firstStart ?? 0),
    step: Uint32Array.from(sorted, (trace) => trace.step ?? 1),
  };
}

/** The row of a stretch, from 0 up, at which its window of this start begins. */
export function rowOfStart(traces: TraceTable, trace: number, start: number): number {
  return (start - traces.firstStart[trace]!) / traces.step[trace]!;
}

/** The row of the rows file at which a window of a trace begins. */
export function windowRow(traces: TraceTable, trace: number, start: number): number {
  return traces.firstRow[trace]! + rowOfStart(traces, trace, start);
}

/** The id of a trace. */
export function traceId(traces: TraceTable, trace: number): string {
  return decoder.decode(traces.ids.subarray(traces.idOffsets[trace]!, traces.idOffsets[trace + 1]!));
}

/** The entity of a trace. */
export function traceEntity(traces: TraceTable, trace: number): string {
  return decoder.decode(traces.entities.subarray(traces.entityOffsets[trace]!, traces.entityOffsets[trace + 1]!));
}

/** Bytes of the longest id. */
export function longestId(traces: TraceTable): number {
  let longest = 0;
  for (let i = 0; i < traces.length; i++) longest = Math.max(longest, traces.idOffsets[i + 1]! - traces.idOffsets[i]!);
  return longest;
}

function columnsOf(traces: Omit<TraceTable, "length">): (Uint8Array | Uint32Array | Float64Array)[] {
  return [
    traces.firstRow,
    traces.rows,
    traces.firstStart,
    traces.step,
    traces.idOffsets,
    traces.entityOffsets,
    traces.split,
    traces.ids,
    traces.entities,
  ];
}

/** Writes the table to the workspace: three lengths as u64, then the columns, widest values first. */
export function writeTraces(workspace: Workspace, traces: TraceTable): void {
  using writer = workspace.writer(FILE);
  writer.write(
    bytesOf(BigUint64Array.of(BigInt(traces.length), BigInt(traces.ids.length), BigInt(traces.entities.length))),
  );
  for (const column of columnsOf(traces)) writer.write(bytesOf(column));
  writer.close();
}

/** Reads the table back. */
export function readTraces(workspace: Workspace): TraceTable {
  const bytes = workspace.read(FILE);
  if (bytes === undefined)
    throw new WindrowError("missing", `Cannot go on: ${FILE} is not in the temporary folder; run the command again`);
  const { buffer } = bytes;
  const [n, idBytes, entityBytes] = Array.from(new BigUint64Array(buffer, 0, 3), Number) as [number, number, number];
  let at = 24;
  const next = (length: number): number => {
    const from = at;
    at += length;
    return from;
  };
  return {
    length: n,
    firstRow: new Float64Array(buffer, next(8 * n), n),
    rows: new Uint32Array(buffer, next(4 * n), n),
    firstStart: new Uint32Array(buffer, next(4 * n), n),
    step: new Uint32Array(buffer, next(4 * n), n),
    idOffsets: new Uint32Array(buffer, next(4 * (n + 1)), n + 1),
    entityOffsets: new Uint32Array(buffer, next(4 * (n + 1)), n + 1),
    split: new Uint8Array(buffer, next(n), n),
    ids: new Uint8Array(buffer, next(idBytes), idBytes),
    entities: new Uint8Array(buffer, next(entityBytes), entityBytes),
  };
}
