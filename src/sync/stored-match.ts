/** A match as a table and its metadata, and back: what a file of either kind holds is said here alone. Spec "Storage of an index map". */

import {
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  type Hash,
  type Json,
  type NumericKind,
  type Schema,
  WindrowError,
} from "../core/index.ts";
import { differences, presence } from "./gather.kernel.ts";
import { corrected } from "./ready-times.ts";
import type { Clock } from "./sync-spec.ts";
import type { Between, Match, Synchronization, Timestamps } from "./synchronization.ts";

/** Key of the metadata that says what a match was made from, as JSON. */
export const MATCH_KEY = "windrow:match";
const VERSION = 1;

/** A match as a table. */
export interface StoredMatch {
  readonly schema: Schema;
  readonly batch: Batch;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a match was made from. */
export interface MatchOrigin<N extends string = string> {
  readonly timestamps: Timestamps<N>;
  readonly spec: Synchronization["spec"];
  /** SHA-256. */
  readonly hash: Hash;
}

/** What the metadata says. */
interface Origin {
  readonly version: number;
  /** The library's version. */
  readonly library: string;
  readonly spec: Readonly<Record<string, Json>>;
  readonly asked: number;
  readonly missing: Readonly<Record<string, number>>;
  readonly timestamps: Readonly<Record<string, { readonly samples: number; readonly sha256: string }>>;
}

/** One column to be: its type and values. */
type Field = readonly [string, ColumnType, Column];

const UINT: ColumnType = { kind: "u32" };

/** Numbers of samples; those that may be missing are stored as null, not as a number. */
function numbersField(name: string, numbers: Uint32Array | Int32Array, valid: Uint8Array): Field {
  if (numbers instanceof Uint32Array) return [name, UINT, { data: numbers }];
  return [name, { ...UINT, nullable: true }, { data: Uint32Array.from(numbers, (at) => Math.max(0, at)), valid }];
}

function sensorFields<N extends string>({ index, dt, valid, between }: Match<N>, name: N): Field[] {
  const pair: Between | undefined = between[name];
  const isSigned = index[name] instanceof Int32Array;
  // As whether the sensor may be missing in a row is a matter of the column, all of its columns say the same.
  const numbers = (list: Uint32Array) => (isSigned ? Int32Array.from(list) : list);
  return [
    numbersField(name, index[name], valid[name]),
    [`${name}_dt`, { kind: "f32", unit: "s" }, { data: Float32Array.from(dt[name]) }],
    ...(pair === undefined
      ? []
      : [
          numbersField(`${name}_before`, numbers(pair.before), valid[name]),
          numbersField(`${name}_after`, numbers(pair.after), valid[name]),
          [`${name}_w`, { kind: "f64" }, { data: pair.weight }] as const,
        ]),
  ];
}

/**
 * A match as a table: `row`, `ref_row`, `time`, `segment`, and for each sensor its sample's number under the sensor's name, null where it has
 * none, and `<name>_dt`; of interpolated ones also `<name>_before`, `<name>_after` and `<name>_w`.
 * @throws WindrowError `usage` where two columns would have one name.
 */
export function storedMatch<N extends string>(match: Match<N>, origin: MatchOrigin<N>, library: string): StoredMatch {
  const { length, times, refRows, segments, asked, missing } = match;
  const names = Object.keys(match.index) as N[]; // its own keys
  const fields: readonly Field[] = [
    ["row", UINT, { data: Uint32Array.from({ length }, (_, i) => i) }],
    ["ref_row", UINT, { data: refRows }],
    ["time", { kind: "f64", unit: "s" }, { data: times }],
    ["segment", UINT, { data: segments }],
    ...names.flatMap((name) => sensorFields(match, name)),
  ];
  const twice = fields.find(([name], i) => fields.findIndex(([other]) => other === name) < i);
  if (twice !== undefined)
    throw new WindrowError(
      "usage",
      `Cannot store an index map: its columns must have names of their own, got ${twice[0]} twice; rename the sensor`,
    );
  const { hash, spec, timestamps } = origin;
  const all: Origin = { version: VERSION, library, spec, asked, missing, timestamps: digests(timestamps, hash) };
  return {
    schema: Object.fromEntries(fields.map(([name, type]) => [name, type])),
    batch: { length, columns: Object.fromEntries(fields.map(([name, , column]) => [name, column])) },
    metadata: { [MATCH_KEY]: JSON.stringify(all) },
  };
}

function digests(timestamps: Timestamps, hash: Hash): Origin["timestamps"] {
  const entries = Object.entries(timestamps);
  return Object.fromEntries(
    entries.map(([name, times]) => [name, { samples: times.length, sha256: hash.digest(bytesOf(times)) }]),
  );
}

function damaged(why: string): WindrowError {
  return new WindrowError("damaged", `Cannot load an index map: ${why}`);
}

function stale(why: string): WindrowError {
  return new WindrowError("stale", `Cannot load an index map: ${why}; it must be made again`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the metadata has the form that `storedMatch` gives it. */
function isOrigin(value: unknown): value is Origin {
  return (
    isRecord(value) &&
    value["version"] === VERSION &&
    isRecord(value["spec"]) &&
    Number.isSafeInteger(value["asked"]) &&
    isRecord(value["missing"]) &&
    isRecord(value["timestamps"]) &&
    Object.values(value["timestamps"]).every((each) => isRecord(each) && typeof each["sha256"] === "string")
  );
}

function originOf(metadata: ReadonlyMap<string, string>): Origin {
  const text = metadata.get(MATCH_KEY);
  if (text === undefined) throw damaged(`the file must have ${MATCH_KEY} in its metadata, got none`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
  if (isOrigin(value)) return value;
  throw damaged(`its metadata must be of version ${VERSION}, got ${text.slice(0, 100)}`);
}

function notJson(cause: unknown): WindrowError {
  return new WindrowError("damaged", "Cannot load an index map: its metadata must be JSON", { cause });
}

/** Refuses a match that was made from other times, or by another rule. */
function checkFresh(
  origin: Origin,
  timestamps: Timestamps,
  { hash, spec }: { hash: Hash; spec?: Synchronization["spec"] },
): void {
  const [was, is] = [origin.timestamps, digests(timestamps, hash)];
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  for (const name of names) {
    if (!Object.hasOwn(is, name))
      throw stale(`it is also of sensor ${name}, got times of ${Object.keys(is).join(", ")}`);
    if (!Object.hasOwn(was, name)) throw stale(`it is not of sensor ${name}, but of ${Object.keys(was).join(", ")}`);
    if (was[name]!.sha256 === is[name]!.sha256) continue;
    throw stale(`it was made from other times of ${name}, ${was[name]!.samples} samples, got ${is[name]!.samples}`);
  }
  if (spec !== undefined && JSON.stringify(spec) !== JSON.stringify(origin.spec))
    throw stale(`it was made by ${JSON.stringify(origin.spec)}, got ${JSON.stringify(spec)}`);
}

/** A column of a kind, without gaps unless it may have some. */
function columnOf<K extends NumericKind>(
  { schema, batch }: Pick<StoredMatch, "schema" | "batch">,
  name: string,
  kind: K,
): Column<ColumnType<K>> {
  const type = Object.hasOwn(schema, name) ? schema[name] : undefined;
  if (type?.kind !== kind || type.shape !== undefined)
    throw damaged(`column ${name} must be of kind ${kind}, got ${type === undefined ? "none" : type.kind}`);
  // The schema has just said what it holds.
  return batch.columns[name] as Column<ColumnType<K>>;
}

/** Numbers of samples that there are. */
function numbersOf(
  table: Pick<StoredMatch, "schema" | "batch">,
  name: string,
  samples: number,
): Int32Array | Uint32Array {
  const { data, valid } = columnOf(table, name, "u32");
  const fault = data.findIndex((at, row) => at >= samples && valid?.[row] !== 0);
  if (fault >= 0) throw damaged(`row ${fault} of ${name} must be a sample below ${samples}, got ${data[fault]}`);
  if (table.schema[name]?.nullable !== true) return data;
  return Int32Array.from(data, (at, row) => (valid?.[row] === 0 ? -1 : at));
}

function betweenOf(table: Pick<StoredMatch, "schema" | "batch">, name: string, samples: number): Between {
  const numbers = (end: string) =>
    Uint32Array.from(numbersOf(table, `${name}_${end}`, samples), (at) => Math.max(0, at));
  return { before: numbers("before"), after: numbers("after"), weight: columnOf(table, `${name}_w`, "f64").data };
}

/** Differences are stored for people, in few digits: they are made anew from the times. */
function differencesOf(
  at: Int32Array | Uint32Array,
  stamps: Float64Array,
  times: Float64Array,
  clock: Json | undefined,
) {
  // `clocks` of a spec are clocks; a spec that is not of this library may have something else there.
  const own = isRecord(clock) ? (clock as Clock) : undefined;
  return differences(Int32Array.from(at), corrected(stamps, own), times);
}

/**
 * The match that a table holds, as it was.
 * @throws WindrowError `stale` where it was made from other times than these, or not as `spec` says; `damaged` for a table that holds no match.
 */
export function restoredMatch<N extends string>(
  table: Pick<StoredMatch, "schema" | "batch"> & { readonly metadata: ReadonlyMap<string, string> },
  timestamps: Timestamps<N>,
  fresh: { readonly hash: Hash; readonly spec?: Synchronization["spec"] },
): Match<N> {
  const origin = originOf(table.metadata);
  checkFresh(origin, timestamps, fresh);
  const times = columnOf(table, "time", "f64").data;
  const fault = times.findIndex((time) => !Number.isFinite(time));
  if (fault >= 0) throw damaged(`row ${fault} of time must be finite, got ${times[fault]}`);
  const names = Object.keys(timestamps) as N[]; // its own keys
  // One entry for each of them.
  const each = <V>(value: (name: N) => V) =>
    Object.fromEntries(names.map((name) => [name, value(name)])) as Record<N, V>;
  const index = each((name) => numbersOf(table, name, timestamps[name].length));
  const { clocks } = origin.spec;
  const interpolated = names.filter((name) => Object.hasOwn(table.schema, `${name}_w`));
  return {
    length: table.batch.length,
    times,
    index,
    dt: each((name) =>
      differencesOf(index[name], timestamps[name], times, isRecord(clocks) ? clocks[name] : undefined),
    ),
    valid: each((name) => presence(Int32Array.from(index[name]))),
    between: Object.fromEntries(
      interpolated.map((name) => [name, betweenOf(table, name, timestamps[name].length)]),
    ) as Match<N>["between"], // of names that are sensors
    refRows: columnOf(table, "ref_row", "u32").data,
    segments: columnOf(table, "segment", "u32").data,
    asked: origin.asked,
    missing: each((name) => (Object.hasOwn(origin.missing, name) ? origin.missing[name]! : 0)),
  };
}
