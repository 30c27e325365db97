/** Matches sensors: finds what each gives to each query time, drops rows that miss a sensor, and answers with numbers of samples. */

import { type Brackets, select } from "./bounds.kernel.ts";
import {
  countMissing,
  differences,
  gathered,
  type Kept,
  kept,
  keptQueries,
  numbered,
  presence,
  segmentsOf,
  stepsForward,
  unsigned,
} from "./gather.kernel.ts";
import { type QueryTimes, queryTimes, type ReadySensors } from "./query-times.ts";
import { type ReadyTimes, readyTimes } from "./ready-times.ts";
import { type Found, foundOf, slack } from "./rules.ts";
import { type ResolvedSpec, wrongSync } from "./sync-spec.ts";
import type { Between, IndexMap, Match, Timestamps } from "./synchronization.ts";

/** What was found for all query times, and which of them are rows. */
interface Matching {
  readonly spec: ResolvedSpec;
  readonly sensors: ReadonlyMap<string, ReadyTimes & { readonly found: Found }>;
  readonly queries: QueryTimes;
  /** The query times that are rows; absent where all are. */
  readonly rows: Kept | undefined;
}

/** A record whose keys are those of the timestamps. */
function record<N extends string, V>(entries: Iterable<readonly [string, V]>): Readonly<Record<N, V>> {
  // The entries come from the timestamps, one for each of their names.
  return Object.fromEntries(entries) as Record<N, V>;
}

function checkNames({ query, toleranceSecondsOf, clocks, optional }: ResolvedSpec, names: readonly string[]): void {
  const known = new Set(names);
  const check = (what: string, name: string) => {
    if (known.has(name)) return;
    throw wrongSync(
      `there is no sensor of the name that ${what} gives, got ${name}; there are ${names.join(", ") || "none"}`,
    );
  };
  if (query.kind === "reference") check("reference", query.sensor);
  if (query.kind === "union") for (const name of query.sensors) check("union", name);
  for (const name of Object.keys(toleranceSecondsOf)) check("a tolerance", name);
  for (const name of Object.keys(clocks)) check("a clock", name);
  for (const name of optional) check("optional", name);
}

function readySensors(spec: ResolvedSpec, timestamps: Timestamps): ReadySensors {
  const { isSorting, dedupe, clocks } = spec;
  return new Map(
    Object.entries(timestamps).map(([name, times]) => {
      const clock = Object.hasOwn(clocks, name) ? clocks[name] : undefined;
      return [name, readyTimes(name, times, { clock, isSorting, dedupe })];
    }),
  );
}

/** The reference gives itself, by construction: a search would find the first of equal stamps for all of them. */
function itself({ rule }: ResolvedSpec, { numbers }: QueryTimes): Found {
  const at = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return rule === "interpolate"
    ? { at, brackets: { before: at, after: at, weight: new Float64Array(at.length) } }
    : { at };
}

function matching(spec: ResolvedSpec, timestamps: Timestamps): Matching {
  checkNames(spec, Object.keys(timestamps));
  const ready = readySensors(spec, timestamps);
  const queries = queryTimes(spec, ready);
  const { query } = spec;
  const isReference = (name: string) => query.kind === "reference" && query.sensor === name;
  const sensors = new Map(
    Array.from(ready, ([name, sensor]) => [
      name,
      { ...sensor, found: isReference(name) ? itself(spec, queries) : foundOf(spec, name, sensor.times, queries) },
    ]),
  );
  return { spec, sensors, queries, rows: spec.isKeeping ? undefined : rowsOf(spec, sensors) };
}

function rowsOf(spec: ResolvedSpec, sensors: Matching["sensors"]): Kept | undefined {
  const required = Array.from(sensors).filter(([name]) => !spec.optional.includes(name));
  return keptQueries(required.map(([, { found }]) => found.at));
}

/** Values of all query times as those of the rows. */
function take<A extends Int32Array | Uint32Array | Float64Array>(values: A, { rows }: Matching): A {
  return rows === undefined ? values : kept(values, rows);
}

/** Numbers of samples, signed where there may be none. */
function numbersOf(at: Int32Array, { rows }: ReadyTimes, isSigned: boolean): Uint32Array | Int32Array {
  const numbers = rows === undefined ? at : numbered(at, rows);
  return isSigned ? numbers : new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
}

function isSigned({ isKeeping, optional }: ResolvedSpec, name: string): boolean {
  return isKeeping || optional.includes(name);
}

/** Which sample of each sensor each row has. */
export function indexMap<N extends string>(spec: ResolvedSpec, timestamps: Timestamps<N>): IndexMap<N> {
  const made = matching(spec, timestamps);
  return record(
    Array.from(made.sensors, ([name, sensor]) => [
      name,
      numbersOf(take(sensor.found.at, made), sensor, isSigned(spec, name)),
    ]),
  );
}

/** A row without a sample has 0 and 0, and the weight NaN says so. */
function betweenOf({ before, after, weight }: Brackets, { rows }: ReadyTimes, made: Matching): Between {
  const numbers = (at: Int32Array) => {
    const taken = take(at, made);
    return unsigned(rows === undefined ? taken : numbered(taken, rows));
  };
  return { before: numbers(before), after: numbers(after), weight: take(weight, made) };
}

const BREAK_PERIODS = 5;

/** How far apart rows may be and still be of one segment. */
function breakOf({ spec, sensors, queries }: Matching): number {
  const { query, breakSeconds } = spec;
  if (breakSeconds !== undefined) return breakSeconds;
  if (query.kind === "grid") return BREAK_PERIODS * query.periodSeconds;
  const steps = stepsForward(query.kind === "reference" ? sensors.get(query.sensor)!.times : queries.times);
  return steps.length === 0 ? Number.POSITIVE_INFINITY : BREAK_PERIODS * select(steps, steps.length >> 1);
}

/** The match of a spec, with times and gaps. */
export function matchOf<N extends string>(spec: ResolvedSpec, timestamps: Timestamps<N>): Match<N> {
  const made = matching(spec, timestamps);
  const { sensors, queries } = made;
  // A reader's own, where they are a sensor's times as well.
  const times = made.rows === undefined ? queries.times.slice() : take(queries.times, made);
  const rows = Array.from(sensors, ([name, sensor]) => ({ name, sensor, at: take(sensor.found.at, made) }));
  const each = <V>(value: (row: (typeof rows)[number]) => V) => record<N, V>(rows.map((row) => [row.name, value(row)]));
  const between = rows.flatMap(({ name, sensor }) => {
    const { brackets } = sensor.found;
    return brackets === undefined ? [] : [[name, betweenOf(brackets, sensor, made)] as const];
  });
  // Those of the reference are its samples, too; a reader has each array for itself.
  const numbers = made.rows === undefined ? queries.numbers.slice() : take(queries.numbers, made);
  const own = spec.query.kind === "reference" ? sensors.get(spec.query.sensor)!.rows : undefined;
  return {
    length: times.length,
    times,
    index: each(({ name, sensor, at }) => numbersOf(at, sensor, isSigned(spec, name))),
    dt: each(({ sensor, at }) => differences(at, sensor.times, times)),
    valid: each(({ at }) => presence(at)),
    between: record<N, Between>(between),
    refRows: own === undefined ? numbers : gathered(own, numbers),
    segments: segmentsOf(times, breakOf(made) + slack(times, queries)),
    asked: queries.times.length,
    missing: each(({ sensor }) => countMissing(sensor.found.at)),
  };
}
