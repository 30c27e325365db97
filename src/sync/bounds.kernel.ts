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
 * Queries that a loop takes at a time: it is called often, and so compiled whole within the first millions, not while it runs and then once more.
 * Fewer would leave the plain loop more of them, as each block's two ends seldom meet in its middle.
 */
const BLOCK = 65536;

/** Queries from one up to another, whose positions are from `at` to `end`. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly end: number;
}

/**
 * The positions of ascending queries, in one pass. Times that come by chance cannot be foreseen by a processor, so the loop has sums in place
 * of branches; and as each sum waits for the one before it, it goes from both ends of a block at once: three times as fast as the plain loop.
 * That there is one such loop for each side, and another function for what they leave, is for speed, too.
 */
export function sweep(times: Float64Array, queries: Float64Array, side: Side): Uint32Array {
  const found = new Uint32Array(queries.length);
  const one = side === AFTER ? sweepAfter : sweepAtOrAfter;
  for (let from = 0, at = 0; from < queries.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, queries.length);
    const end = bound(times, queries[to - 1]!, side);
    one(found, times, queries, { from, to, at, end });
    at = end;
  }
  return found;
}

function sweepAtOrAfter(
  found: Uint32Array,
  times: Float64Array,
  queries: Float64Array,
  { from, to, at: first, end: last }: Block,
): void {
  const half = (from + to) >>> 1;
  let i = from;
  let at = first;
  let j = to - 1;
  let end = last;
  while (i < half && at < last && j >= half && end > first) {
    found[i] = at;
    const isBefore = +(times[at]! < queries[i]!);
    at = (at + isBefore) | 0;
    i = (i + 1 - isBefore) | 0;
    found[j] = end;
    const isBehind = +(times[end - 1]! >= queries[j]!);
    end = (end - isBehind) | 0;
    j = (j - 1 + isBehind) | 0;
  }
  const side = AT_OR_AFTER;
  fill(found, times, queries, { from: i, to: half, side });
  fill(found, times, queries, { from: half, to: j + 1, side });
}

function sweepAfter(
  found: Uint32Array,
  times: Float64Array,
  queries: Float64Array,
  { from, to, at: first, end: last }: Block,
): void {
  const half = (from + to) >>> 1;
  let i = from;
  let at = first;
  let j = to - 1;
  let end = last;
  while (i < half && at < last && j >= half && end > first) {
    found[i] = at;
    const isBefore = +(times[at]! <= queries[i]!);
    at = (at + isBefore) | 0;
    i = (i + 1 - isBefore) | 0;
    found[j] = end;
    const isBehind = +(times[end - 1]! > queries[j]!);
    end = (end - isBehind) | 0;
    j = (j - 1 + isBehind) | 0;
  }
  const side = AFTER;
  fill(found, times, queries, { from: i, to: half, side });
  fill(found, times, queries, { from: half, to: j + 1, side });
}

/** The positions of some of the ascending queries, by the plain loop. */
function fill(
  found: Uint32Array,
  times: Float64Array,
  queries: Float64Array,
  { from, to, side }: { readonly from: number; readonly to: number; readonly side: Side },
): void {
  if (from >= to) return;
  let position = bound(times, queries[from]!, side);
  for (let i = from; i < to; i++) {
    const query = queries[i]!;
    while (position < times.length && (times[position]! < query || (side === AFTER && times[position]! === query)))
      position++;
    found[i] = position;
  }
}

/**
 * The nearest sample of each query, −1 where none is up to `most` seconds from it. Of two that are equally far the earlier, of equal stamps the
 * first. Takes the positions at or after the queries, and writes over them: new memory costs as much time as the work.
 */
export function nearestOf(
  times: Float64Array,
  queries: Float64Array,
  atOrAfter: Uint32Array,
  most: number,
): Int32Array {
  const found = new Int32Array(atOrAfter.buffer);
  if (times.length === 0) return found.fill(-1);
  for (let from = 0; from < found.length; from += BLOCK)
    nearestBlock(found, times, queries, { from, to: Math.min(from + BLOCK, found.length), most });
  if (hasEqual(times)) toFirstOfEquals(found, times);
  return found;
}

/** Puts the nearest samples in place of the positions at or after the queries from one up to another. */
function nearestBlock(
  found: Int32Array,
  times: Float64Array,
  queries: Float64Array,
  { from, to, most }: { readonly from: number; readonly to: number; readonly most: number },
): void {
  const last = times.length - 1;
  for (let i = from; i < to; i++) {
    const query = queries[i]!;
    const position = found[i]!;
    // Beyond an end both are the sample at that end.
    const after = Math.min(position, last);
    const before = Math.max(position - 1, 0);
    const back = query - times[before]!;
    const ahead = times[after]! - query;
    // As sums: by branches, which the processor would guess wrong half of the time, it takes four times as long.
    const isBefore = +(back <= ahead);
    const at = (after - (isBefore & (after - before))) | 0;
    const isNear = +(Math.abs(back) <= most) | +(Math.abs(ahead) <= most);
    found[i] = at | (isNear - 1);
  }
}

function hasEqual(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if (times[i]! === times[i - 1]!) return true;
  return false;
}

/** In place of each sample the first one of its time: the one before a query may be the last. Apart, since few sensors have equal times. */
function toFirstOfEquals(found: Int32Array, times: Float64Array): void {
  for (let i = 0; i < found.length; i++) {
    const at = found[i]!;
    if (at > 0 && times[at - 1]! === times[at]!) found[i] = bound(times, times[at]!, AT_OR_AFTER);
  }
}

/** Sets to −1 those samples that are more than `most` seconds from their query. */
export function dropFar(found: Int32Array, times: Float64Array, queries: Float64Array, most: number): void {
  if (most === Number.POSITIVE_INFINITY || times.length === 0) return;
  for (let i = 0; i < found.length; i++) {
    const at = found[i]!;
    found[i] = at | -+(Math.abs(times[Math.max(at, 0)]! - queries[i]!) > most);
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

/** Of the samples on both sides the one with the greater weight, the one before where both have the same. */
export function heavierOf({ before, after, weight }: Brackets): Int32Array {
  const found = new Int32Array(before.length);
  for (let i = 0; i < found.length; i++) found[i] = weight[i]! > 0.5 ? after[i]! : before[i]!;
  return found;
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
