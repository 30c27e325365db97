/** From positions of samples to the columns of a match: the loops over its rows. */

/** How many have no sample. */
export function countMissing(at: Int32Array): number {
  let count = 0;
  for (let i = 0; i < at.length; i++) count += at[i]! >>> 31;
  return count;
}

/** Below 0 where either is. */
function either(a: Int32Array, b: Int32Array): Int32Array {
  const signs = new Int32Array(a.length);
  for (let i = 0; i < a.length; i++) signs[i] = a[i]! | b[i]!;
  return signs;
}

/** Which queries are rows: those whose sign is not below 0, so many. */
export interface Kept {
  readonly signs: Int32Array;
  readonly length: number;
}

/** The queries for which each sensor has a sample; `undefined` where that is all of them. */
export function keptQueries(sensors: readonly Int32Array[]): Kept | undefined {
  const lacking = sensors.filter((at) => countMissing(at) > 0);
  if (lacking.length === 0) return undefined;
  const signs = lacking.reduce(either);
  return { signs, length: signs.length - countMissing(signs) };
}

/** The values of the queries that are rows. No numbers of rows are made on the way: new memory costs as much time as the work. */
export function kept<A extends Int32Array | Uint32Array | Float64Array>(values: A, { signs, length }: Kept): A {
  // The same kind of array as what it takes from.
  const taken = new (values.constructor as new (length: number) => A)(length);
  for (let i = 0, row = 0; row < length; i++) {
    // Written over by the next row where this query is none; whole numbers throughout, or sums become those of float64.
    taken[row] = values[i]!;
    row = (row + 1 + (signs[i]! >> 31)) | 0;
  }
  return taken;
}

/** The values of these rows. */
export function gathered<A extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  values: A,
  rows: Uint32Array,
): A {
  // The same kind of array as what it gathers from.
  const taken = new (values.constructor as new (length: number) => A)(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]!]!;
  return taken;
}

/** Numbers of samples in their recording, from positions among its ready times; −1 stays. */
export function numbered(at: Int32Array, numbers: Uint32Array): Int32Array {
  const found = new Int32Array(at.length);
  for (let i = 0; i < at.length; i++) found[i] = at[i]! < 0 ? -1 : numbers[at[i]!]!;
  return found;
}

/** The same, unsigned; 0 in place of −1. */
export function unsigned(at: Int32Array): Uint32Array {
  const found = new Uint32Array(at.length);
  for (let i = 0; i < at.length; i++) found[i] = Math.max(0, at[i]!);
  return found;
}

/** 1 where there is a sample. */
export function presence(at: Int32Array): Uint8Array {
  const valid = new Uint8Array(at.length);
  for (let i = 0; i < at.length; i++) valid[i] = 1 - (at[i]! >>> 31);
  return valid;
}

/** Time of the sample less time of the row; NaN where there is no sample. */
export function differences(at: Int32Array, times: Float64Array, rows: Float64Array): Float64Array {
  const dt = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) dt[i] = at[i]! < 0 ? Number.NaN : times[at[i]!]! - rows[i]!;
  return dt;
}

/** The steps forward between times, in their order. */
export function stepsForward(times: Float64Array): Float64Array {
  const steps = new Float64Array(Math.max(0, times.length - 1));
  let count = 0;
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step > 0) steps[count++] = step;
  }
  return steps.subarray(0, count);
}

/** Numbers of segments: one ends where a step is more than `most`, or backwards. */
export function segmentsOf(times: Float64Array, most: number): Uint32Array {
  const segments = new Uint32Array(times.length);
  let segment = 0;
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step > most || step < 0) segment++;
    segments[i] = segment;
  }
  return segments;
}
