/** Half-open intervals that lead from a row to rows of a child array: checked once, then searched. */

import { type NumberArray, WindrowError } from "../../core/index.ts";

/** Intervals `[from, to)` in columns. */
export interface Intervals {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Rows of the child array that no interval leads to: those before interval `at`, or behind the last one. */
export interface Gap {
  /** Number of the interval behind the gap; the number of intervals for a gap at the end. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** What the intervals are of, for messages, and what they must lie in. */
export interface IntervalPlace {
  /** The array that has them, e.g. `frames`. */
  readonly array: string;
  /** The field, e.g. `agent_index_interval`. */
  readonly field: string;
  /** Row of the first of them. */
  readonly firstRow: number;
  /** Rows of the child array. */
  readonly childLength: number;
  /** Where the first should begin: the end of the interval before it, or 0. */
  readonly begin: number;
  /** Where the last should end: the length of the child, where these are the last; absent where others follow. */
  readonly end?: number;
}

/** Pairs `from, to` as they lie in a column, as numbers. What float64 cannot hold lies outside of any array. */
export function intervalsOf(pairs: NumberArray): Intervals {
  const length = pairs.length / 2;
  const from = new Float64Array(length);
  const to = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    from[i] = Number(pairs[2 * i]);
    to[i] = Number(pairs[2 * i + 1]);
  }
  return { from, to };
}

function violation(from: number, to: number, begin: number, childLength: number): string | undefined {
  if (!(from >= 0 && to >= 0)) return "must not be negative";
  if (to < from) return "must not end before it begins";
  if (to > childLength) return `must lie in the ${childLength} rows of its child`;
  if (from < begin) return `must not overlap what comes before it, which ends at ${begin}`;
  return undefined;
}

/** Where an interval lies, and what it must lie in. */
type OnePlace = Pick<IntervalPlace, "array" | "field" | "childLength"> & { readonly row: number };

/**
 * Checks that one interval is half open, lies in the child array and not before `begin`.
 * @throws WindrowError `damaged` where it does not, naming its row.
 */
export function checkInterval([from, to]: readonly [number, number], begin: number, place: OnePlace): void {
  const wrong = violation(from, to, begin, place.childLength);
  if (wrong === undefined) return;
  const { array, field, row } = place;
  throw new WindrowError("damaged", `Cannot use ${array}: ${field} ${wrong}, got [${from}, ${to}) at row ${row}`, {
    details: { array, field, row },
  });
}

/**
 * Checks that intervals are half open, sorted, and lie in the child array without an overlap (spec sync §7).
 * @returns the gaps between them, before the first and, where `end` is given, behind the last.
 * @throws WindrowError `damaged` at the first that is not, naming its row.
 */
export function checkIntervals({ from, to }: Intervals, place: IntervalPlace): Gap[] {
  const gaps: Gap[] = [];
  let begin = place.begin;
  for (let i = 0; i < from.length; i++) {
    checkInterval([from[i]!, to[i]!], begin, { ...place, row: place.firstRow + i });
    if (from[i]! > begin) gaps.push({ at: i, from: begin, to: from[i]! });
    begin = to[i]!;
  }
  if (place.end !== undefined && begin < place.end) gaps.push({ at: from.length, from: begin, to: place.end });
  return gaps;
}

/** The interval that holds a row of the child array, by binary search; `undefined` where none does. Empty intervals hold none. */
export function intervalAt({ from, to }: Intervals, row: number): number | undefined {
  // The first interval that ends behind the row: ends never go back.
  let low = 0;
  let high = to.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (to[middle]! > row) high = middle;
    else low = middle + 1;
  }
  return low < to.length && from[low]! <= row ? low : undefined;
}
