/** The synchronizations: by rule, or from plain data. */

import { type Json, unreachable } from "../core/index.ts";
import { indexMap, matchOf } from "./matching.ts";
import {
  type InterpolateOptions,
  type NearestOptions,
  type PreviousOptions,
  type ResolvedSpec,
  resolvedSpec,
  type SyncSpec,
  type ToleranceOptions,
} from "./sync-spec.ts";
import type { IndexMap, Match, Synchronization, Timestamps } from "./synchronization.ts";

/** Infinity is not in JSON: `null` is "without bound". */
function bound(value: number): number | null {
  return value === Number.POSITIVE_INFINITY ? null : value;
}

/** FNV-1a over 32-bit words: tells lists of times apart without keeping them. */
function sum(times: Float64Array): number {
  const words = new Uint32Array(times.buffer, times.byteOffset, 2 * times.length);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return hash >>> 0;
}

function queryJson({ query }: ResolvedSpec): { readonly [name: string]: Json } {
  switch (query.kind) {
    case "reference":
      return { reference: query.sensor };
    case "union":
      return { union: query.sensors, mergeSeconds: query.mergeSeconds };
    case "grid":
      return { grid: { periodSeconds: query.periodSeconds, phaseSeconds: query.phaseSeconds } };
    case "times":
      return { times: { length: query.times.length, sum: sum(query.times) } };
    default:
      return unreachable(query);
  }
}

/** Names in order, so that the same spec is the same text. */
function byName<V extends Json>(values: Readonly<Record<string, V>>): { readonly [name: string]: V } {
  return Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function specJson(spec: ResolvedSpec): { readonly [name: string]: Json } {
  const isInterpolated = spec.rule === "interpolate";
  const clocks = Object.entries(spec.clocks).map(([name, clock]) => [name, { ...clock }] as const);
  return {
    rule: spec.rule,
    ...queryJson(spec),
    overlap: spec.hasOverlap,
    endExclusive: spec.isEndExclusive,
    margin: spec.margin.map((margin) => ({ ...margin })),
    ...(isInterpolated
      ? { maxGapSeconds: bound(spec.maxGapSeconds) }
      : {
          toleranceSeconds: bound(spec.toleranceSeconds),
          tolerances: byName(
            Object.fromEntries(Object.entries(spec.toleranceSecondsOf).map(([name, value]) => [name, bound(value)])),
          ),
          strictTolerance: spec.isStrict,
          unique: spec.isUnique ? "perSensor" : "none",
        }),
    ...(spec.epsilonSeconds === undefined ? {} : { epsilonSeconds: spec.epsilonSeconds }),
    clocks: byName(Object.fromEntries(clocks)),
    dedupe: spec.dedupe,
    onUnsorted: spec.isSorting ? "sort" : "error",
    ...(spec.breakSeconds === undefined ? {} : { breakSeconds: bound(spec.breakSeconds) }),
    optional: spec.optional.toSorted(),
    missing: spec.isKeeping ? "keep" : "drop",
  };
}

/** A match of no rows. */
function noMatch<N extends string>(timestamps: Timestamps<N>): Match<N> {
  // One entry for each of the names.
  const each = <V>(value: () => V) =>
    Object.fromEntries(Object.keys(timestamps).map((name) => [name, value()])) as Record<N, V>;
  return {
    length: 0,
    times: new Float64Array(),
    index: each(() => new Uint32Array()),
    dt: each(() => new Float64Array()),
    valid: each(() => new Uint8Array()),
    // No sensor is interpolated.
    between: {} as Match<N>["between"],
    refRows: new Uint32Array(),
    segments: new Uint32Array(),
    asked: 0,
    missing: each(() => 0),
  };
}

/**
 * The synchronization that plain data says.
 * @throws WindrowError `usage` for options that cannot be, exclude each other, or would have no effect.
 */
export function synchronization(spec: SyncSpec): Synchronization {
  const resolved = resolvedSpec(spec);
  const match = <N extends string>(timestamps: Timestamps<N>): Match<N> =>
    resolved === undefined ? noMatch(timestamps) : matchOf(resolved, timestamps);
  const index = <N extends string>(timestamps: Timestamps<N>): IndexMap<N> =>
    resolved === undefined ? noMatch(timestamps).index : indexMap(resolved, timestamps);
  return Object.assign(index, { match, spec: resolved === undefined ? { rule: "empty" } : specJson(resolved) });
}

/**
 * Each row has of each sensor the sample nearest in time, within a tenth of a second if nothing else is said; of two equally near ones the
 * earlier.
 * @example nearest({ reference: "lidar", toleranceSeconds: 0.05 })({ lidar, camera }).camera
 */
export function nearest(options: NearestOptions): Synchronization {
  return synchronization({ ...options, rule: "nearest" });
}

/** Each row has of each sensor the last sample that is not later than it, as one who lives through it has. */
export function previous(options: PreviousOptions): Synchronization {
  return synchronization({ ...options, rule: "previous" });
}

/** Each row has of each sensor the first sample that is not earlier than it. */
export function next(options: ToleranceOptions): Synchronization {
  return synchronization({ ...options, rule: "next" });
}

/** Each row lies between two samples of each sensor, and has the weight of the later; what is between them the sensor's fields say. */
export function interpolate(options: InterpolateOptions): Synchronization {
  return synchronization({ ...options, rule: "interpolate" });
}

/** No rows at all: the sensors lie together, unmatched. */
export function empty(): Synchronization {
  return synchronization({ rule: "empty" });
}
