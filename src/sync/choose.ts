/** Datasets of parts of others: a slice of the rows, some of the traces, several datasets as one. All read nothing until they are read. */

import { WindrowError } from "../core/index.ts";
import { type ChosenRows, chosenRows } from "./chosen-rows.ts";
import { type Dataset, dataset, locate } from "./dataset.ts";
import { once } from "./once.ts";
import { lowerBound } from "./rows.ts";
import type { Sensors } from "./sensor.ts";
import type { Trace } from "./trace.ts";

/** Which rows of a dataset a slice has. */
export interface SliceOptions {
  /** First row; 0 where absent. */
  readonly from?: number;
  /** One past the last row; the length where absent. */
  readonly to?: number;
  /** From one row to the next; 1 where absent. */
  readonly step?: number;
}

/** Which part of a dataset is meant: traces by their numbers, rows by their global numbers, which ascend, or by one byte a row, not 0 where it is in. */
export type Part =
  | { readonly traces: ArrayLike<number> }
  | { readonly rows: Uint32Array }
  | { readonly mask: Uint8Array };

/** Given the offsets of the whole, which rows of each trace are in. */
type RowsOfTraces = (offsets: Float64Array) => (trace: number) => ChosenRows;

/** A dataset of the same traces with some of their rows each. */
function withRows<T extends Sensors>(data: Dataset<T>, rowsOfTraces: RowsOfTraces): Dataset<T> {
  const rowsOf = once(async () => rowsOfTraces(await data.offsets()));
  return dataset({
    traces: data.traces,
    lengths: async () => {
      const rows = await rowsOf();
      return Float64Array.from({ length: data.traces }, (_, i) => rows(i).length);
    },
    trace: (i) => chosenRows(data.trace(i), async () => (await rowsOf())(i)),
  });
}

/**
 * The rows from `from` on and below `to`, every `step`-th, counted through all traces. Traces keep their numbers; those outside have no rows.
 * @throws WindrowError `usage` for numbers that are none; once it is read, for rows that are not there.
 *
 * @example
 * const everyTenth = slice(drives, { from: 1000, step: 10 });
 */
export function slice<T extends Sensors>(data: Dataset<T>, options: SliceOptions): Dataset<T> {
  const { from = 0, to, step = 1 } = options;
  const fail = (fault: string) => new WindrowError("usage", `Cannot slice a dataset: ${fault}`);
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (!isCount(from) || !isCount(to ?? from) || from > (to ?? from))
    throw fail(`from and to must be whole numbers from 0 up, from at most to, got ${from} and ${to}`);
  if (!isCount(step) || step < 1) throw fail(`step must be a whole number from 1 up, got ${step}`);
  return withRows(data, (offsets) => {
    const length = offsets[data.traces]!;
    const last = to ?? length;
    if (from > length || last > length) throw fail(`rows must be within 0 to ${length}, got ${from} to ${last}`);
    return (trace) => {
      const [start, end] = [offsets[trace]!, Math.min(offsets[trace + 1]!, last)];
      // The first row of the slice that is not before this trace.
      const first = start <= from ? from : from + Math.ceil((start - from) / step) * step;
      return { from: first - start, step, length: Math.max(0, Math.ceil((end - first) / step)) };
    };
  });
}

/**
 * A part of a dataset: some of its traces, or some of its rows. The numbers or the mask are held, not copied. Of rows that are left out, see
 * `Match.segments`: what was picked does not join over them.
 * @throws WindrowError `usage` for traces that are not there and rows that do not ascend; once it is read, for rows that are not there, and a mask of another length.
 *
 * @example
 * const training = subset(drives, { traces: [0, 2, 5] });
 */
export function subset<T extends Sensors>(data: Dataset<T>, part: Part): Dataset<T> {
  if ("traces" in part) return tracesOf(data, part.traces);
  return "rows" in part ? pickedRows(data, part.rows) : maskedRows(data, part.mask);
}

function tracesOf<T extends Sensors>(data: Dataset<T>, numbers: ArrayLike<number>): Dataset<T> {
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (Number.isInteger(number) && number >= 0 && number < data.traces) continue;
    throw noPart(`traces must be from 0 up and below ${data.traces}, got ${number}`);
  }
  return dataset({
    traces: numbers.length,
    lengths: async () => {
      const lengths = new Float64Array(numbers.length);
      for (let i = 0; i < lengths.length; i++) lengths[i] = await data.lengthOf(numbers[i]!);
      return lengths;
    },
    trace: (i) => data.trace(numbers[i]!),
  });
}

function noPart(fault: string): WindrowError {
  return new WindrowError("usage", `Cannot take a part of a dataset: ${fault}`);
}

function pickedRows<T extends Sensors>(data: Dataset<T>, rows: Uint32Array): Dataset<T> {
  const place = rows.findIndex((row, i) => i > 0 && row <= rows[i - 1]!);
  if (place >= 0) throw noPart(`rows must ascend, got ${rows[place]} behind ${rows[place - 1]}`);
  return withRows(data, (offsets) => {
    const length = offsets[data.traces]!;
    const last = rows.at(-1) ?? -1;
    if (last >= length) throw noPart(`rows must be below ${length}, got ${last}`);
    return (trace) => {
      const start = offsets[trace]!;
      const own = rows.subarray(lowerBound(rows, start), lowerBound(rows, offsets[trace + 1]!));
      return own.map((row) => row - start);
    };
  });
}

function maskedRows<T extends Sensors>(data: Dataset<T>, mask: Uint8Array): Dataset<T> {
  return withRows(data, (offsets) => {
    const length = offsets[data.traces]!;
    if (mask.length !== length) throw noPart(`the mask must have ${length} bytes, one a row, got ${mask.length}`);
    return (trace) => {
      const own = mask.subarray(offsets[trace]!, offsets[trace + 1]!);
      return new Uint32Array(own.length).map((_, row) => row).filter((row) => own[row] !== 0);
    };
  });
}

/**
 * Several datasets as one, their traces one behind the other.
 *
 * @example
 * const both = concat(city, highway);
 */
export function concat<T extends Sensors>(...parts: readonly Dataset<T>[]): Dataset<T> {
  const starts = new Float64Array(parts.length + 1);
  for (const [i, { traces }] of parts.entries()) starts[i + 1] = starts[i]! + traces;
  return dataset({
    traces: starts[parts.length]!,
    lengths: async () => {
      const offsets = await Promise.all(parts.map((part) => part.offsets()));
      const lengths = new Float64Array(starts[parts.length]!);
      for (const [i, own] of offsets.entries())
        for (let k = 0; k + 1 < own.length; k++) lengths[starts[i]! + k] = own[k + 1]! - own[k]!;
      return lengths;
    },
    trace(number) {
      const part = locate(starts, number);
      return parts[part]!.trace(number - starts[part]!);
    },
  });
}

/**
 * The traces that a predicate is true of. It is asked once for each trace, in order; no more of a trace is read than what it asks for.
 *
 * @example
 * const long = await filter(drives, async (trace) => (await trace.length()) >= 1000);
 * const night = await filter(drives, ({ name }) => name.endsWith("night"));
 */
export async function filter<T extends Sensors>(
  data: Dataset<T>,
  predicate: (trace: Trace<T>, number: number) => boolean | Promise<boolean>,
): Promise<Dataset<T>> {
  const numbers: number[] = [];
  for (let i = 0; i < data.traces; i++) if (await predicate(data.trace(i), i)) numbers.push(i);
  return tracesOf(data, Uint32Array.from(numbers));
}
