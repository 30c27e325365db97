/** When the rows of a trace are: the times of a sensor, of several, of a grid, or given ones, cut to what the sensors cover. */

import { unreachable } from "../core/index.ts";
import { AFTER, AT_OR_AFTER, bound, firstDisorder } from "./bounds.kernel.ts";
import type { ReadyTimes } from "./ready-times.ts";
import { type Margin, type Query, type ResolvedSpec, wrongSync } from "./sync-spec.ts";

/** Times at which samples are looked for. */
export interface QueryTimes {
  readonly times: Float64Array;
  /** Of each its number among all that there were before any was cut off: for a reference, its position among the ready times. */
  readonly numbers: Uint32Array;
  /** Whether they never go back. */
  readonly isAscending: boolean;
}

/** Sensors by name, ready for matching. */
export type ReadySensors = ReadonlyMap<string, ReadyTimes>;

/** From when to when, both ends included unless the end is not. */
interface Span {
  readonly from: number;
  readonly to: number;
}

// A GiB of times; a grid that would have more is a mistake in its unit.
const MOST_GRID_ROWS = 2 ** 27;

/** The times in question before any is cut off. */
function allQueryTimes(query: Query, sensors: ReadySensors, covered: Span): Float64Array {
  switch (query.kind) {
    case "reference":
      return sensors.get(query.sensor)!.times;
    case "union":
      return unionOf(
        query.sensors.map((name) => sensors.get(name)!.times),
        query.mergeSeconds,
      );
    case "grid":
      return gridOf(query, covered);
    case "times":
      return query.times;
    default:
      return unreachable(query);
  }
}

/** Ascending times of several sensors as one: those less than `merge` after one that was taken, and equal ones, are left out. */
function unionOf(all: readonly Float64Array[], merge: number): Float64Array {
  const together = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const times of all) {
    together.set(times, length);
    length += times.length;
  }
  together.sort();
  let kept = 0;
  for (const time of together) {
    const last = together[kept - 1];
    if (kept === 0 || (time !== last && time - last! >= merge)) together[kept++] = time;
  }
  return together.slice(0, kept);
}

/** Whole periods after the phase, each by one multiplication so that no error adds up. */
function gridOf(
  { periodSeconds: period, phaseSeconds: phase }: Query & { kind: "grid" },
  { from, to }: Span,
): Float64Array {
  if (!(from <= to)) return new Float64Array();
  const first = Math.ceil((from - phase) / period) * period + phase;
  const rows = Math.floor((to - first) / period) + 2;
  if (!(rows <= MOST_GRID_ROWS))
    throw wrongSync(
      `a grid of ${period} s from ${from} to ${to} has too many rows, got ${rows}, at most ${MOST_GRID_ROWS}`,
    );
  return Float64Array.from({ length: Math.max(0, rows) }, (_, i) => first + i * period).filter(
    (time) => time >= from && time <= to,
  );
}

const seconds = (margin: Margin) => ("seconds" in margin ? margin.seconds : 0);
const samples = (margin: Margin) => ("samples" in margin ? margin.samples : 0);

/** What all of these sensors cover, or any of them. None may be empty; all of none cover everything. */
function spanOf(sensors: readonly ReadyTimes[], of: "all" | "any"): Span {
  const firsts = sensors.map(({ times }) => times[0]!);
  const lasts = sensors.map(({ times }) => times.at(-1)!);
  return of === "all"
    ? { from: Math.max(...firsts), to: Math.min(...lasts) }
    : { from: Math.min(...firsts), to: Math.max(...lasts) };
}

/** First and last of query times. */
function extent(times: Float64Array): Span {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of times) {
    if (time < from) from = time;
    if (time > to) to = time;
  }
  return { from, to };
}

/** Whole numbers from one up to another. */
function range(from: number, to: number): Uint32Array {
  const numbers = new Uint32Array(Math.max(0, to - from));
  for (let i = 0; i < numbers.length; i++) numbers[i] = from + i;
  return numbers;
}

/** How times are cut: to a span, and by so many at both ends of what lies in it. */
interface Cut extends Span {
  readonly isEndExclusive: boolean;
  readonly margin: readonly [number, number];
}

function cutAscending(times: Float64Array, { from, to, isEndExclusive, margin }: Cut): QueryTimes {
  const first = bound(times, from, AT_OR_AFTER) + margin[0];
  const end = bound(times, to, isEndExclusive ? AT_OR_AFTER : AFTER) - margin[1];
  return { times: times.subarray(first, Math.max(first, end)), numbers: range(first, end), isAscending: true };
}

function cutAny(times: Float64Array, { from, to, isEndExclusive, margin }: Cut): QueryTimes {
  const isIn = (time: number) => time >= from && (isEndExclusive ? time < to : time <= to);
  const within = range(0, times.length).filter((i) => isIn(times[i]!));
  const numbers = within.slice(margin[0], Math.max(margin[0], within.length - margin[1]));
  return { times: Float64Array.from(numbers, (i) => times[i]!), numbers, isAscending: false };
}

/**
 * The query times of a spec. A required sensor without samples leaves none.
 * @throws WindrowError `usage` for a grid that nothing bounds or that has too many times.
 */
export function queryTimes(spec: ResolvedSpec, sensors: ReadySensors): QueryTimes {
  const { query, margin, optional } = spec;
  const required = [...sensors].filter(([name]) => !optional.includes(name)).map(([, ready]) => ready);
  if (query.kind === "grid" && required.length === 0)
    throw wrongSync("a grid needs a required sensor that bounds it, got none");
  if (required.some(({ times }) => times.length === 0))
    return { times: new Float64Array(), numbers: new Uint32Array(), isAscending: true };
  const common = spec.hasOverlap ? spanOf(required, "all") : undefined;
  const times = allQueryTimes(query, sensors, common ?? spanOf(required, "any"));
  const span = common ?? extent(times);
  const cut: Cut = {
    from: span.from + seconds(margin[0]),
    to: span.to - seconds(margin[1]),
    isEndExclusive: spec.isEndExclusive,
    margin: [samples(margin[0]), samples(margin[1])],
  };
  const isAscending = query.kind !== "times" || firstDisorder(times) < 0;
  return isAscending ? cutAscending(times, cut) : cutAny(times, cut);
}
