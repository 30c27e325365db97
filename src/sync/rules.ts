/** Which sample of one sensor each query time takes, by rule. */

import {
  AFTER,
  AT_OR_AFTER,
  type Brackets,
  bracketsOf,
  dropFar,
  heavierOf,
  nearestOf,
  type Side,
  search,
  sweep,
} from "./bounds.kernel.ts";
import type { QueryTimes } from "./query-times.ts";
import { timeOrder } from "./ready-times.ts";
import type { ResolvedSpec } from "./sync-spec.ts";
import { uniqueNearest } from "./unique.ts";

/** What one sensor gives, as positions among its ready times, −1 for no sample. */
export interface Found {
  readonly at: Int32Array;
  /** Of a sensor that is interpolated. */
  readonly brackets?: Brackets;
}

/** The distance from a number to the next greater one in magnitude. */
function ulp(value: number): number {
  const [bits] = new BigUint64Array(Float64Array.of(Math.abs(value)).buffer);
  const exponent = Number(bits! >> 52n);
  // Below 2⁻¹⁰²² they are evenly spaced.
  return 2 ** (Math.max(exponent, 1) - 1075);
}

/** The greatest number below one from 0 up: what is less than the one is up to this. */
function nextBelow(value: number): number {
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0]!--;
  return value === 0 ? -Number.MIN_VALUE : new Float64Array(bits.buffer)[0]!;
}

/** The greatest magnitude of any times. */
function greatest({ times, isAscending }: { readonly times: Float64Array; readonly isAscending: boolean }): number {
  if (isAscending) return Math.max(Math.abs(times[0] ?? 0), Math.abs(times.at(-1) ?? 0));
  return times.reduce((most, time) => Math.max(most, Math.abs(time)), 0);
}

/**
 * What is added to tolerances and gaps: a nanosecond, or four times the spacing of float64 at the greatest time, if that is more. Without it
 * 0.2 − 0.15 would be more than 0.05.
 */
export function slack(times: Float64Array, queries: Pick<QueryTimes, "times" | "isAscending">): number {
  return Math.max(1e-9, 4 * ulp(Math.max(greatest({ times, isAscending: true }), greatest(queries))));
}

/** Whether one pass over both is shorter than a search for each query. */
function isSweep(times: Float64Array, { times: queries, isAscending }: QueryTimes): boolean {
  return isAscending && queries.length * Math.log2(times.length + 1) > times.length;
}

/** The positions of queries among a sensor's times. */
function positionsOf(times: Float64Array, queries: QueryTimes, side: Side): Uint32Array {
  return (isSweep(times, queries) ? sweep : search)(times, queries.times, side);
}

/** Of positions at or after each query those that are there. */
function nextOf(lowers: Uint32Array, length: number): Int32Array {
  const found = new Int32Array(lowers.buffer);
  for (let i = 0; i < found.length; i++) if (found[i] === length) found[i] = -1;
  return found;
}

/** The last at or before each query, from the first position after it. */
function previousOf(uppers: Uint32Array): Int32Array {
  const found = new Int32Array(uppers.buffer);
  for (let i = 0; i < found.length; i++) found[i]!--;
  return found;
}

/** The partners of queries in any order. */
function uniqueOf(times: Float64Array, { times: queries, isAscending }: QueryTimes, reach: number): Int32Array {
  if (isAscending) return uniqueNearest(times, queries, reach);
  const order = timeOrder(queries);
  const partners = uniqueNearest(
    times,
    Float64Array.from(order, (i) => queries[i]!),
    reach,
  );
  const found = new Int32Array(queries.length);
  for (let i = 0; i < order.length; i++) found[order[i]!] = partners[i]!;
  return found;
}

/** What the sensor `name`, at these ascending times, gives to each query. */
export function foundOf(spec: ResolvedSpec, name: string, times: Float64Array, queries: QueryTimes): Found {
  const more = spec.epsilonSeconds ?? slack(times, queries);
  if (spec.rule === "interpolate") {
    const brackets = bracketsOf(times, queries.times, positionsOf(times, queries, AFTER), spec.maxGapSeconds + more);
    return { at: heavierOf(brackets), brackets };
  }
  const tolerance = Object.hasOwn(spec.toleranceSecondsOf, name)
    ? spec.toleranceSecondsOf[name]!
    : spec.toleranceSeconds;
  const reach = spec.isStrict ? nextBelow(tolerance) : tolerance + more;
  if (spec.isUnique) return { at: uniqueOf(times, queries, reach) };
  if (spec.rule === "nearest")
    return { at: nearestOf(times, queries.times, positionsOf(times, queries, AT_OR_AFTER), reach) };
  const at =
    spec.rule === "previous"
      ? previousOf(positionsOf(times, queries, AFTER))
      : nextOf(positionsOf(times, queries, AT_OR_AFTER), times.length);
  dropFar(at, times, queries.times, reach);
  return { at };
}
