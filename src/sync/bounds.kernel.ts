/** Where query times fall among a sensor's times, and which sample of a sensor they take: the loops over millions of stamps. */

/** Which position is looked for among ascending times: the first at or after a query, or the first after it. */
export type Side = typeof AT_OR_AFTER | typeof AFTER;
export const AT_OR_AFTER = 0;
export const AFTER = 1;

/** The position of a query, `times.length` where there is none. */
export function bound(times: Float64Array, query: number, side: Side): number {
  let from = 0;
  let to = times.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const time = times[middle]!;
    if (time < query || (side === AFTER && time === query)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The positions of queries in any order. */
export function search(times: Float64Array, queries: Float64Array, side: Side): Uint32Array {
  const found = new Uint32Array(queries.length);
  for (let i = 0; i < found.length; i++) found[i] = bound(times, queries[i]!, side);
  return found;
}

/**
 * The positions of ascending queries, in one pass. Times that come by chance cannot be foreseen by a processor, so the loop has sums in place
 * of branches; and as each sum waits for the one before it, it goes from both ends at once: three times as fast as the plain loop.
 */
export function sweep(times: Float64Array, queries: Float64Array, side: Side): Uint32Array {
  const found = new Uint32Array(queries.length);
  const n = times.length;
  const half = queries.length >>> 1;
  let i = 0;
  let at = 0;
  let j = queries.length - 1;
  let end = n;
  while (i < half && at < n && j >= half && end > 0) {
    const first = times[at]!;
    const early = queries[i]!;
    found[i] = at;
    const isBefore = +(first < early) | (side & +(first === early));
    at = (at + isBefore) | 0;
    i = (i + 1 - isBefore) | 0;
    const last = times[end - 1]!;
    const late = queries[j]!;
    found[j] = end;
    const isBehind = +(last > late) | ((1 - side) & +(last === late));
    end = (end - isBehind) | 0;
    j = (j - 1 + isBehind) | 0;
  }
  for (; i < half; i++) {
    while (at < n && (times[at]! < queries[i]! || (side === AFTER && times[at]! === queries[i]!))) at++;
    found[i] = at;
  }
  for (; j >= half; j--) {
    while (end > 0 && (times[end - 1]! > queries[j]! || (side === AT_OR_AFTER && times[end - 1]! === queries[j]!)))
      end--;
    found[j] = end;
  }
  return found;
}

/**
 * The nearest sample of each query, −1 where there is no sample at all. Takes the positions at or after the queries. Of two that are
 * equally far the earlier, of equal stamps the first.
 */
export function nearestOf(times: Float64Array, queries: Float64Array, atOrAfter: Uint32Array): Int32Array {
  const found = new Int32Array(queries.length);
  const last = times.length - 1;
  if (last < 0) return found.fill(-1);
  for (let i = 0; i < found.length; i++) {
    const query = queries[i]!;
    const position = atOrAfter[i]!;
    // Beyond an end both are the sample at that end.
    const after = Math.min(position, last);
    const before = position > 0 ? position - 1 : 0;
    // As a sum: by a branch, which the processor would guess wrong half of the time, it takes four times as long.
    const isBefore = +(query - times[before]! <= times[after]! - query);
    let at = (after - isBefore * (after - before)) | 0;
    // `after` is the first of its equals; the sample before it may be the last of its own.
    if (at > 0 && times[at - 1]! === times[at]!) at = bound(times, times[at]!, AT_OR_AFTER);
    found[i] = at;
  }
  return found;
}

/** How far a sample may be from a query: with `isStrict` less than `most`, else up to it. */
export interface Reach {
  readonly most: number;
  readonly isStrict: boolean;
}

/** Sets to −1 those samples that are farther from their query than allowed. */
export function dropFar(
  found: Int32Array,
  times: Float64Array,
  queries: Float64Array,
  { most, isStrict }: Reach,
): void {
  if (most === Number.POSITIVE_INFINITY || times.length === 0) return;
  const equal = isStrict ? 1 : 0;
  for (let i = 0; i < found.length; i++) {
    const at = found[i]!;
    const distance = Math.abs(times[Math.max(at, 0)]! - queries[i]!);
    const isFar = +(distance > most) | (equal & +(distance === most));
    found[i] = at | -isFar;
  }
}

/** The samples before and after each query, and how far it is from the one to the other; −1 where there are none. */
export interface Brackets {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly weight: Float64Array;
}

/**
 * Brackets each query between two samples at most `maxGap` seconds apart; a query at a sample's very time has that sample on both sides
 * (the last, of equal stamps), weight 0. Takes the positions after the queries. Weights are NaN where there is no bracket.
 */
export function bracketsOf(
  times: Float64Array,
  queries: Float64Array,
  positions: Uint32Array,
  maxGap: number,
): Brackets {
  const before = new Int32Array(queries.length).fill(-1);
  const after = new Int32Array(queries.length).fill(-1);
  const weight = new Float64Array(queries.length).fill(Number.NaN);
  for (let i = 0; i < queries.length; i++) {
    const b = positions[i]!;
    if (b === 0) continue;
    const query = queries[i]!;
    const from = times[b - 1]!;
    if (from === query) {
      before[i] = b - 1;
      after[i] = b - 1;
      weight[i] = 0;
    } else if (b < times.length && times[b]! - from <= maxGap) {
      before[i] = b - 1;
      after[i] = b;
      weight[i] = (query - from) / (times[b]! - from);
    }
  }
  return { before, after, weight };
}

/** The first place that goes back or is not a number, −1 where there is none. */
export function firstDisorder(times: Float64Array): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    // False for NaN, too.
    if (!(time >= last)) return i;
    last = time;
  }
  return -1;
}

/** The k-th smallest value (from 0), by Hoare's selection; the values are put in another order. */
export function select(values: Float64Array, k: number): number {
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    // The middle of three keeps sorted and constant input linear.
    const middle = (from + to) >>> 1;
    const [a, b, c] = [values[from]!, values[middle]!, values[to]!];
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = from;
    let j = to;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const swapped = values[i]!;
        values[i++] = values[j]!;
        values[j--] = swapped;
      }
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else break;
  }
  return values[k]!;
}
