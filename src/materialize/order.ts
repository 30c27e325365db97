/** Finds the training order: every window's key, sorted, in a file of records (DESIGN §2, idea 1). */

import { bytesOf, type Workspace } from "../core/index.ts";
import { orderByKey, partOf, type Split, seedOf, writeSampleKey } from "../order/index.ts";
import { windowCount } from "../window/index.ts";
import type { DatasetSpec } from "./spec.ts";
import { SPLITS, type TraceTable } from "./traces.ts";

/** u32 words of a record: key (low, high), trace, start, place in its run. */
export const RECORD_WORDS = 5;
/** Bytes of a record. */
export const RECORD_BYTES = 4 * RECORD_WORDS;
/** Memory that a record takes while it is sorted: its columns twice, and the sort's own. */
const SORTING_BYTES = 56;

/** The file that holds a split's records in training order. */
export function orderFile(split: Split): string {
  return `order-${split}.bin`;
}

/** Windows in the order of traces and starts; a window's place in it is its ordinal. */
export interface Samples {
  readonly length: number;
  readonly keys: BigUint64Array;
  readonly trace: Uint32Array;
  readonly start: Uint32Array;
}

/** Traces of a split that have a window, and the ordinal of the first window of each. */
export interface SplitTraces {
  readonly traces: Uint32Array;
  /** One more than there are traces; the last is the number of windows. */
  readonly firstOrdinal: Float64Array;
}

/** Which traces a split holds. */
export function splitTraces(table: TraceTable, split: Split, window: DatasetSpec["window"]): SplitTraces {
  const code = SPLITS.indexOf(split);
  const chosen: number[] = [];
  const firstOrdinal = [0];
  let total = 0;
  for (let trace = 0; trace < table.length; trace++) {
    if (table.split[trace] !== code) continue;
    const windows = windowCount(table.rows[trace]!, window);
    if (windows === 0) continue;
    chosen.push(trace);
    total += windows;
    firstOrdinal.push(total);
  }
  return { traces: Uint32Array.from(chosen), firstOrdinal: Float64Array.from(firstOrdinal) };
}

/** The place of the last entry of ascending `values` that is not above `value`. */
function lastNotAbove(values: Float64Array, value: number): number {
  let from = 0;
  let to = values.length;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (values[middle]! <= value) from = middle;
    else to = middle;
  }
  return from;
}

/** The windows with ordinals `from` to `to`, with their keys. */
export function enumerate(
  table: TraceTable,
  of: SplitTraces,
  spec: Pick<DatasetSpec, "seed" | "window">,
  range: { from: number; to: number },
): Samples {
  const length = range.to - range.from;
  const keys = new BigUint64Array(length);
  const words = new Uint32Array(keys.buffer);
  const trace = new Uint32Array(length);
  const start = new Uint32Array(length);
  const seed = seedOf(BigInt(spec.seed));
  let place = lastNotAbove(of.firstOrdinal, range.from);
  for (let at = 0; at < length; at++) {
    const ordinal = range.from + at;
    while (of.firstOrdinal[place + 1]! <= ordinal) place++;
    const which = of.traces[place]!;
    trace[at] = which;
    start[at] =
      table.firstStart[which]! + (ordinal - of.firstOrdinal[place]!) * spec.window.stride * table.step[which]!;
    writeSampleKey(table.ids, table.idOffsets[which]!, table.idOffsets[which + 1]!, start[at]!, seed, words, at);
  }
  return { length, keys, trace, start };
}

/** Rows of `samples` by key; ties by trace id (tables are in order of id), then start. */
export function byKey(samples: Samples): Uint32Array {
  return orderByKey(
    samples.keys,
    (a, b) => samples.trace[a]! - samples.trace[b]! || samples.start[a]! - samples.start[b]!,
  );
}

/** Those of the samples whose keys lie in slice `slice` of `slices` equal ranges of the key space. */
function inSlice(samples: Samples, slice: number, slices: number): Samples {
  if (slices === 1) return samples;
  const words = new Uint32Array(samples.keys.buffer);
  const rows: number[] = [];
  for (let i = 0; i < samples.length; i++) if (partOf(words[2 * i + 1]!, words[2 * i]!, slices) === slice) rows.push(i);
  const take = <A extends Uint32Array | BigUint64Array>(from: A, into: A): A => {
    for (const [at, row] of rows.entries()) into[at] = from[row]!;
    return into;
  };
  return {
    length: rows.length,
    keys: take(samples.keys, new BigUint64Array(rows.length)),
    trace: take(samples.trace, new Uint32Array(rows.length)),
    start: take(samples.start, new Uint32Array(rows.length)),
  };
}

function joined(blocks: readonly Samples[], runs: readonly Uint32Array[]): { samples: Samples; run: Uint32Array } {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const samples = {
    length,
    keys: new BigUint64Array(length),
    trace: new Uint32Array(length),
    start: new Uint32Array(length),
  };
  const run = new Uint32Array(length);
  let at = 0;
  for (const [index, block] of blocks.entries()) {
    samples.keys.set(block.keys, at);
    samples.trace.set(block.trace, at);
    samples.start.set(block.start, at);
    run.set(runs[index]!, at);
    at += block.length;
  }
  return { samples, run };
}

/** Each sample's place in its run, which is sorted by key as well; `before` counts what earlier slices had. */
function placesInRun(block: Samples, before: number): Uint32Array {
  const places = new Uint32Array(block.length);
  for (const [place, row] of byKey(block).entries()) places[row] = before + place;
  return places;
}

const WRITE_RECORDS = 65_536;

/**
 * Writes a split's records in training order and counts them by part. Windows are found anew for each slice of the key space,
 * so that memory is bounded by `memoryBytes` and no temporary file is needed; the order is the same for any number of slices.
 */
export function writeOrder(
  workspace: Workspace,
  table: TraceTable,
  split: Split,
  options: Pick<DatasetSpec, "seed" | "window"> & {
    readonly runSamples?: number;
    readonly parts: number;
    readonly memoryBytes: number;
  },
): number[] {
  const of = splitTraces(table, split, options.window);
  const total = of.firstOrdinal.at(-1)!;
  const slices = Math.max(1, Math.ceil((total * SORTING_BYTES) / options.memoryBytes));
  const runSamples = options.runSamples ?? Math.max(1, Math.ceil(options.memoryBytes / SORTING_BYTES));
  const runs = Math.ceil(total / runSamples);
  const inRunBefore = new Uint32Array(runs);
  const counts = new Array<number>(options.parts).fill(0);
  using writer = workspace.writer(orderFile(split));
  for (let slice = 0; slice < slices; slice++) {
    const blocks: Samples[] = [];
    const places: Uint32Array[] = [];
    for (let run = 0; run < runs; run++) {
      const range = { from: run * runSamples, to: Math.min(total, (run + 1) * runSamples) };
      const block = inSlice(enumerate(table, of, options, range), slice, slices);
      blocks.push(block);
      places.push(placesInRun(block, inRunBefore[run]!));
      inRunBefore[run] = inRunBefore[run]! + block.length;
    }
    const { samples, run } = joined(blocks, places);
    writeRecords(samples, run, byKey(samples), (records, length) => {
      for (let i = 0; i < length; i++) {
        const part = partOf(records[i * RECORD_WORDS + 1]!, records[i * RECORD_WORDS]!, options.parts);
        counts[part] = counts[part]! + 1;
      }
      writer.write(bytesOf(records.subarray(0, length * RECORD_WORDS)));
    });
  }
  writer.close();
  return counts;
}

function writeRecords(
  samples: Samples,
  run: Uint32Array,
  order: Uint32Array,
  write: (records: Uint32Array, length: number) => void,
): void {
  const words = new Uint32Array(samples.keys.buffer);
  const records = new Uint32Array(WRITE_RECORDS * RECORD_WORDS);
  for (let from = 0; from < order.length; from += WRITE_RECORDS) {
    const to = Math.min(order.length, from + WRITE_RECORDS);
    for (let i = from; i < to; i++) {
      const row = order[i]!;
      const at = (i - from) * RECORD_WORDS;
      records[at] = words[2 * row]!;
      records[at + 1] = words[2 * row + 1]!;
      records[at + 2] = samples.trace[row]!;
      records[at + 3] = samples.start[row]!;
      records[at + 4] = run[row]!;
    }
    write(records, to - from);
  }
}
