/** The inner loops of shards: values between columns and samples. */

/** Rows of a column as bytes: `width` of them for each row, `step` apart. */
export interface RowBytes {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly width: number;
  readonly step: number;
}

// Up to here a loop over bytes beats the call that copies a range: `set` needs a view of the source for each row.
const SHORT = 32;

/** Copies rows to where `cursor` points in `out`, and moves it behind them. */
export function copyRows(out: Uint8Array, cursor: Float64Array, { bytes, from, width, step }: RowBytes): void {
  const rows = cursor.length;
  let source = from;
  if (step === width && rows > 1 && cursor[rows - 1] === cursor[0]! + width * (rows - 1)) {
    out.set(bytes.subarray(from, from + width * rows), cursor[0]!);
    for (let row = 0; row < rows; row++) cursor[row]! += width;
    return;
  }
  for (let row = 0; row < rows; row++, source += step) {
    const at = cursor[row]!;
    if (width <= SHORT) for (let i = 0; i < width; i++) out[at + i] = bytes[source + i]!;
    else out.set(bytes.subarray(source, source + width), at);
    cursor[row] = at + width;
  }
}

/** Copies one value for each row to where `cursor` points, and moves it behind them. */
export function copyValues(out: Uint8Array, cursor: Float64Array, values: readonly Uint8Array[]): void {
  for (let row = 0; row < cursor.length; row++) {
    const value = values[row]!;
    out.set(value, cursor[row]!);
    cursor[row]! += value.length;
  }
}

/** Writes the length of each row's value as uint32 to where `cursor` points, and moves it behind it. */
export function copyLengths(out: Uint8Array, cursor: Float64Array, lengths: readonly Uint8Array[] | number): void {
  for (let row = 0; row < cursor.length; row++) {
    const length = typeof lengths === "number" ? lengths : lengths[row]!.length;
    const at = cursor[row]!;
    out[at] = length;
    out[at + 1] = length >>> 8;
    out[at + 2] = length >>> 16;
    out[at + 3] = length >>> 24;
    cursor[row] = at + 4;
  }
}

/** Gathers rows that begin at `starts` of `bytes` into one column of `width` bytes a row. */
export function gatherRows(bytes: Uint8Array, starts: Float64Array, width: number): Uint8Array<ArrayBuffer> {
  const rows = starts.length;
  const out = new Uint8Array(rows * width);
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    const source = starts[row]!;
    if (width <= SHORT) for (let i = 0; i < width; i++) out[at + i] = bytes[source + i]!;
    else out.set(bytes.subarray(source, source + width), at);
  }
  return out;
}

/** Samples of the same size, side by side. */
export interface EvenSamples {
  readonly bytes: Uint8Array;
  readonly step: number;
  readonly rows: number;
}

/** Whether each of some samples takes `step` bytes, by where they begin. */
export function areEven(
  offsets: Uint32Array,
  rows: { readonly from: number; readonly to: number },
  step: number,
): boolean {
  for (let row = rows.from; row < rows.to; row++) if (offsets[row + 1]! - offsets[row]! !== step) return false;
  return true;
}

/** Whether each sample has these bytes at this place. */
export function haveBytes({ bytes, step, rows }: EvenSamples, at: number, same: Uint8Array): boolean {
  for (let row = 0, from = at; row < rows; row++, from += step) {
    for (let i = 0; i < same.length; i++) if (bytes[from + i] !== same[i]) return false;
  }
  return true;
}

/** Copies one column of samples to its own rows, from byte `to` of `out` on. */
export function scatterRows(
  { bytes, step, rows }: EvenSamples,
  column: { readonly at: number; readonly bytes: number },
  out: Uint8Array,
  to: number,
): void {
  const width = column.bytes;
  let source = column.at;
  for (let row = 0, at = to; row < rows; row++, at += width, source += step) {
    if (width <= SHORT) for (let i = 0; i < width; i++) out[at + i] = bytes[source + i]!;
    else out.set(bytes.subarray(source, source + width), at);
  }
}
