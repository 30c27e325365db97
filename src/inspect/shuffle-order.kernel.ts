/** Sorts samples by time and by trace, and sums over pairs of them. */

import { orderByKey } from "../order/index.ts";

/** Rows in ascending order of their time; equal times keep the order of their rows. Takes 16 bytes a row, of which 4 stay. */
export function timeOrder(times: Float64Array): Uint32Array {
  const keys = new BigUint64Array(times.length);
  const words = new Uint32Array(keys.buffer);
  const bits = new Uint32Array(times.buffer, times.byteOffset, 2 * times.length);
  for (let i = 0; i < times.length; i++) {
    const isZero = times[i] === 0; // −0 is as late as 0
    const low = isZero ? 0 : bits[2 * i]!;
    const high = isZero ? 0 : bits[2 * i + 1]!;
    // IEEE 754, 5.10: with the sign turned, and the rest of negative numbers too, the bits ascend as the numbers do.
    const turn = high >>> 31 === 1 ? 0xffff_ffff : 0;
    words[2 * i] = low ^ turn;
    words[2 * i + 1] = high ^ (turn | 0x8000_0000);
  }
  return orderByKey(keys);
}

/** The same rows by group, and within a group in the order that they have. */
export function groupedOrder(order: Uint32Array, groups: Uint32Array, counts: Uint32Array): Uint32Array {
  const at = new Uint32Array(counts.length);
  for (let group = 1; group < counts.length; group++) at[group] = at[group - 1]! + counts[group - 1]!;
  const grouped = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    grouped[at[groups[row]!]!++] = row;
  }
  return grouped;
}

/** Twice the rank of each row, from 2 up; rows that tie have the mean of their ranks. `groups` must be equal too, where given. */
export function doubledRanks(order: Uint32Array, times: Float64Array, groups?: Uint32Array): Uint32Array {
  const n = order.length;
  const ranks = new Uint32Array(n);
  for (let from = 0; from < n; ) {
    const first = order[from]!;
    let to = from + 1;
    while (
      to < n &&
      times[order[to]!] === times[first] &&
      (groups === undefined || groups[order[to]!] === groups[first])
    )
      to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = from + to + 1;
    from = to;
  }
  return ranks;
}

/** Twice the rank of each row by its group's number. */
export function doubledGroupRanks(groups: Uint32Array, counts: Uint32Array): Uint32Array {
  const ofGroup = new Uint32Array(counts.length);
  let before = 0;
  for (let group = 0; group < counts.length; group++) {
    ofGroup[group] = 2 * before + counts[group]! + 1;
    before += counts[group]!;
  }
  const ranks = new Uint32Array(groups.length);
  for (let i = 0; i < groups.length; i++) ranks[i] = ofGroup[groups[i]!]!;
  return ranks;
}

/** Spearman's rank correlation of the rows' numbers with their ranks, ties as they are; NaN where all tie. */
export function rankCorrelation(ranks: Uint32Array): number {
  const n = ranks.length;
  let [products, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const rank = ranks[i]! - n - 1;
    products += rank * (2 * i - n + 1);
    squares += rank * rank;
  }
  return products / Math.sqrt((squares * n * (n * n - 1)) / 3);
}

/** Sums of ranks in units of their standard deviation, as they follow each other. */
export interface SerialSums {
  /** Products of neighbours, in the stored order, and in order of rank. */
  readonly found: number;
  readonly sorted: number;
  readonly squares: number;
  readonly fourths: number;
  readonly largest: number;
}

/** Products of neighbours' ranks. `order` is that of the ranks. */
export function serialSums(ranks: Uint32Array, order: Uint32Array): SerialSums {
  const n = ranks.length;
  let square = 0;
  for (let i = 0; i < n; i++) square += (ranks[i]! - n - 1) ** 2;
  const scale = Math.sqrt(n / square);
  let [found, sorted, squares, fourths, largest] = [0, 0, 0, 0, 0];
  let [before, beforeSorted] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = (ranks[i]! - n - 1) * scale;
    const inOrder = (ranks[order[i]!]! - n - 1) * scale;
    found += before * value;
    sorted += beforeSorted * inOrder;
    squares += value * value;
    fourths += value ** 4;
    largest = Math.max(largest, Math.abs(value));
    [before, beforeSorted] = [value, inOrder];
  }
  return { found, sorted, squares, fourths, largest };
}

/** First place from `from` on whose value is above `value`; values ascend up to `to`. */
function firstAbove(values: Float64Array, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Samples of one trace that share time, its ends included. */
export interface Overlaps {
  /** Pairs of samples, and pairs of pairs that share a sample. */
  readonly edges: number;
  readonly wedges: number;
  /** The most that one sample has. */
  readonly most: number;
}

/** Counts the overlaps of all samples. `grouped` are the rows by trace, then time. */
export function overlapsOf(
  grouped: Uint32Array,
  traces: Uint32Array,
  times: Float64Array,
  ends: Float64Array,
): Overlaps {
  let [degrees, wedges, most] = [0, 0, 0];
  for (let from = 0; from < grouped.length; ) {
    const trace = traces[grouped[from]!]!;
    let to = from + 1;
    while (to < grouped.length && traces[grouped[to]!] === trace) to++;
    const length = to - from;
    const begins = new Float64Array(length);
    const closes = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      begins[i] = times[grouped[from + i]!]!;
      closes[i] = ends[grouped[from + i]!]!;
    }
    closes.sort();
    // Those that have ended before a sample begins: both ascend.
    let ended = 0;
    for (let i = 0; i < length; i++) {
      while (closes[ended]! < begins[i]!) ended++;
      const begun = firstAbove(begins, ends[grouped[from + i]!]!, i, length);
      const degree = begun - ended - 1;
      degrees += degree;
      wedges += (degree * (degree - 1)) / 2;
      most = Math.max(most, degree);
    }
    from = to;
  }
  return { edges: degrees / 2, wedges, most };
}

/** Neighbours in an order of rows that overlap; the stored order where none is given. */
export function neighbourOverlaps(
  traces: Uint32Array,
  times: Float64Array,
  ends: Float64Array,
  order?: Uint32Array,
): number {
  let count = 0;
  for (let i = 1; i < traces.length; i++) {
    const a = order === undefined ? i - 1 : order[i - 1]!;
    const b = order === undefined ? i : order[i]!;
    if (traces[a] === traces[b] && times[a]! <= ends[b]! && times[b]! <= ends[a]!) count++;
  }
  return count;
}

/**
 * Pairs of overlapping samples in the same block of `block` places; samples behind the last whole block are left out. `placed` holds, for
 * each place of the order, where its sample is in `grouped`; without it the order is `grouped` itself.
 */
export function blockOverlaps(
  grouped: Uint32Array,
  traces: Uint32Array,
  times: Float64Array,
  ends: Float64Array,
  block: number,
  placed?: Uint32Array,
): number {
  const own = new Uint32Array(block);
  let count = 0;
  for (let from = 0; from + block <= grouped.length; from += block) {
    for (let i = 0; i < block; i++) own[i] = placed === undefined ? from + i : placed[from + i]!;
    own.sort();
    for (let i = 0; i < block; i++) {
      const row = grouped[own[i]!]!;
      for (let j = i + 1; j < block; j++) {
        const other = grouped[own[j]!]!;
        if (traces[other] !== traces[row] || times[other]! > ends[row]!) break;
        count++;
      }
    }
  }
  return count;
}

/** Where each row is in an order of rows. */
export function placesIn(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) places[order[i]!] = i;
  return places;
}

/** Rows followed by a row of the same group, and the longest run of one group. */
export function runsOf(groups: Uint32Array): { readonly repeats: number; readonly longest: number } {
  let [repeats, longest, run] = [0, 0, 0];
  for (let i = 0; i < groups.length; i++) {
    const isSame = i > 0 && groups[i] === groups[i - 1];
    run = isSame ? run + 1 : 1;
    if (isSame) repeats++;
    if (run > longest) longest = run;
  }
  return { repeats, longest };
}

/** How often each bin of rank goes with each bin of place: `rankBins` counts for each bin of place. Ranks are doubled ones. */
export function crossCounts(ranks: Uint32Array, placeBins: number, rankBins: number): Float64Array {
  const n = ranks.length;
  const counts = new Float64Array(placeBins * rankBins);
  for (let i = 0; i < n; i++) {
    const place = Math.floor((i * placeBins) / n);
    const rank = Math.floor(((ranks[i]! - 1) * rankBins) / (2 * n));
    counts[place * rankBins + rank]!++;
  }
  return counts;
}
