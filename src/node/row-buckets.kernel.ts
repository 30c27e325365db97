/** The loops over rows in buckets: rows go in as columns, are put in order, and come out as columns. */

import { NO_KEY } from "./key-numbers.kernel.ts";

/**
 * How a row lies in memory: its doubles, the time first, then its singles, then two whole numbers: its file and its key's number.
 * The row is padded to whole doubles, so that one buffer is looked at as all three.
 */
export interface RowLayout {
  readonly doubles: number;
  readonly singles: number;
  /** Length of a row in doubles. */
  readonly width: number;
}

export function rowLayout(doubles: number, singles: number): RowLayout {
  return { doubles, singles, width: doubles + Math.ceil((singles + 2) / 2) };
}

/** Rows in a buffer. */
export interface Rows {
  readonly buffer: ArrayBuffer;
  readonly doubles: Float64Array;
  readonly singles: Float32Array;
  readonly wholes: Uint32Array;
}

export function rowsIn(buffer: ArrayBuffer): Rows {
  return {
    buffer,
    doubles: new Float64Array(buffer),
    singles: new Float32Array(buffer),
    wholes: new Uint32Array(buffer),
  };
}

/** Columns of rows. */
export interface RowColumns {
  readonly doubles: readonly Float64Array[];
  readonly singles: readonly Float32Array[];
}

/** The open block of each bucket: `used` rows of `capacity`, side by side. */
export interface OpenBlocks {
  readonly rows: Rows;
  readonly capacity: number;
  readonly used: Uint32Array;
}

/**
 * Deals rows, from row `from` on, to the blocks of their buckets; rows without a key are left out. Stops before a row whose block is full
 * and gives that row.
 */
export function dealRows(
  blocks: OpenBlocks,
  layout: RowLayout,
  columns: RowColumns,
  rows: { readonly numbers: Uint32Array; readonly file: number; readonly from: number; readonly length: number },
): number {
  const { used, capacity } = blocks;
  const { doubles, singles, wholes } = blocks.rows;
  const { numbers, file, length } = rows;
  const { width } = layout;
  const buckets = used.length;
  for (let i = rows.from; i < length; i++) {
    const number = numbers[i]!;
    if (number === NO_KEY) continue;
    const bucket = number % buckets;
    const at = used[bucket]!;
    if (at === capacity) return i;
    const place = (bucket * capacity + at) * width;
    for (let j = 0; j < layout.doubles; j++) doubles[place + j] = columns.doubles[j]![i]!;
    const after = 2 * (place + layout.doubles);
    for (let j = 0; j < layout.singles; j++) singles[after + j] = columns.singles[j]![i]!;
    wholes[after + layout.singles] = file;
    wholes[after + layout.singles + 1] = number;
    used[bucket] = at + 1;
  }
  return length;
}

/** Where the rows of a file come after a later one of the same key. */
export interface LastTimes {
  times: Float64Array;
  files: Float64Array;
}

/** Counts the rows that come after a later one of the same key and file; keeps the latest time of each key. */
export function countReordered(
  last: LastTimes,
  times: Float64Array,
  rows: { readonly numbers: Uint32Array; readonly file: number; readonly length: number },
): number {
  const { numbers, file, length } = rows;
  let reordered = 0;
  for (let i = 0; i < length; i++) {
    const number = numbers[i]!;
    if (number === NO_KEY) continue;
    const time = times[i]!;
    if (last.files[number] === file && time < last.times[number]!) {
      reordered += 1;
      continue;
    }
    last.files[number] = file;
    last.times[number] = time;
  }
  return reordered;
}

/** The places of `length` rows in order: by key's number, then by time, ties as they stand. All numbers are `bucket` modulo `buckets`. */
export function rowOrder(
  rows: Rows,
  layout: RowLayout,
  length: number,
  keys: { readonly bucket: number; readonly buckets: number; readonly length: number },
): Uint32Array {
  const { doubles, wholes } = rows;
  const { width } = layout;
  const { buckets } = keys;
  const numberAt = 2 * layout.doubles + layout.singles + 1;
  const ends = new Uint32Array(Math.ceil(keys.length / buckets) + 1);
  for (let i = 0; i < length; i++) {
    const group = (wholes[2 * i * width + numberAt]! - keys.bucket) / buckets;
    ends[group] = ends[group]! + 1;
  }
  let sum = 0;
  for (let group = 0; group < ends.length; group++) {
    const count = ends[group]!;
    ends[group] = sum;
    sum += count;
  }
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const group = (wholes[2 * i * width + numberAt]! - keys.bucket) / buckets;
    const at = ends[group]!;
    order[at] = i;
    ends[group] = at + 1;
  }
  let from = 0;
  for (let group = 0; group < ends.length; group++) {
    const to = ends[group]!;
    let i = from + 1;
    while (i < to && doubles[order[i]! * width]! >= doubles[order[i - 1]! * width]!) i += 1;
    if (i < to) order.subarray(from, to).sort((a, b) => doubles[a * width]! - doubles[b * width]! || a - b);
    from = to;
  }
  return order;
}

/** Copies the rows at `order[from … from + length)` one behind the other, from the start of `into`. */
export function gatherRows(
  rows: Rows,
  layout: RowLayout,
  picked: { readonly order: Uint32Array; readonly from: number; readonly length: number },
  into: Rows,
): void {
  const { width } = layout;
  for (let i = 0; i < picked.length; i++) {
    const place = picked.order[picked.from + i]! * width;
    for (let j = 0; j < width; j++) into.doubles[i * width + j] = rows.doubles[place + j]!;
  }
}

/** Columns that rows are spread into: `keys` and `files` beside those of the row. */
export interface SpreadColumns extends RowColumns {
  readonly keys: Float64Array;
  readonly files: Float64Array;
}

/** Spreads the rows at `order[from … from + length)` into columns, from place `at` on. Without an order they are taken as they stand. */
export function spreadRows(
  rows: Rows,
  layout: RowLayout,
  picked: { readonly order?: Uint32Array; readonly from: number; readonly length: number },
  into: { readonly columns: SpreadColumns; readonly at: number; key(number: number): number },
): void {
  const { doubles, singles, wholes } = rows;
  const { order } = picked;
  const { columns } = into;
  let number = -1;
  let key = Number.NaN;
  for (let i = 0; i < picked.length; i++) {
    const from = picked.from + i;
    const place = (order === undefined ? from : order[from]!) * layout.width;
    const to = into.at + i;
    for (let j = 0; j < layout.doubles; j++) columns.doubles[j]![to] = doubles[place + j]!;
    const after = 2 * (place + layout.doubles);
    for (let j = 0; j < layout.singles; j++) columns.singles[j]![to] = singles[after + j]!;
    columns.files[to] = wholes[after + layout.singles]!;
    const next = wholes[after + layout.singles + 1]!;
    if (next !== number) {
      number = next;
      key = into.key(number);
    }
    columns.keys[to] = key;
  }
}
