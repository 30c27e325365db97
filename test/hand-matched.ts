/** Synchronizations and recordings made by hand, for tests of what is built on them. */

import type { Json } from "../src/core/index.ts";
import {
  type Match,
  memorySensor,
  type Sensor,
  type Synchronization,
  type Timestamps,
  trace,
} from "../src/sync/index.ts";

/** What a match by hand says: samples of each sensor by row, −1 for none; the rest is made up to fit. */
export interface HandMatch {
  readonly index: Readonly<Record<string, readonly number[]>>;
  readonly segments?: readonly number[];
  readonly between?: Readonly<
    Record<
      string,
      { readonly before: readonly number[]; readonly after: readonly number[]; readonly weight: readonly number[] }
    >
  >;
}

function handMatch<N extends string>({ index, segments, between = {} }: HandMatch, stamps: Timestamps<N>): Match<N> {
  const names = Object.keys(stamps) as N[]; // its own keys
  const length = index[names[0]!]!.length;
  const each = <V>(make: (name: N) => V) => Object.fromEntries(names.map((name) => [name, make(name)])) as Record<N, V>;
  const times = Float64Array.from({ length }, (_, i) => 1000 + i);
  const numbers = (values: readonly number[]) => Uint32Array.from(values);
  return {
    length,
    times,
    index: each((name) => Int32Array.from(index[name]!)),
    dt: each((name) =>
      Float64Array.from(index[name]!, (at, i) => (at < 0 ? Number.NaN : stamps[name][at]! - times[i]!)),
    ),
    valid: each((name) => Uint8Array.from(index[name]!, (at) => (at < 0 ? 0 : 1))),
    between: Object.fromEntries(
      Object.entries(between).map(([name, { before, after, weight }]) => [
        name,
        { before: numbers(before), after: numbers(after), weight: Float64Array.from(weight) },
      ]),
    ) as Match<N>["between"],
    refRows: Uint32Array.from({ length }, (_, i) => i),
    segments: numbers(segments ?? new Array(length).fill(0)),
    asked: length,
    missing: each((name) => index[name]!.filter((at) => at < 0).length),
  };
}

/** A synchronization that gives a match made by hand. */
export function handMatched(match: HandMatch): Synchronization {
  const found = <N extends string>(stamps: Timestamps<N>) => handMatch(match, stamps);
  const spec: Readonly<Record<string, Json>> = { rule: "hand" };
  // A sensor without a missing sample has an index map as a match has it.
  return Object.assign(<N extends string>(stamps: Timestamps<N>) => found(stamps).index as Record<N, Uint32Array>, {
    match: found,
    spec,
  });
}

/** Each sensor's sample i in row i. */
export const rowByRow: Synchronization = Object.assign(
  <N extends string>(stamps: Timestamps<N>) => rowByRow.match(stamps).index as Record<N, Uint32Array>,
  {
    match<N extends string>(stamps: Timestamps<N>): Match<N> {
      const lengths = Object.values<Float64Array>(stamps).map(({ length }) => length);
      const rows = Array.from({ length: Math.min(...lengths) }, (_, i) => i);
      return handMatch({ index: Object.fromEntries(Object.keys(stamps).map((name) => [name, rows])) }, stamps);
    },
    spec: { rule: "row by row" },
  },
);

/** Times from 1000 s on, one a second. */
export const secondly = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => 1000 + i);

/** A sensor of one number a sample, each told from all others: `base` and on. */
export function counter(length: number, base = 0) {
  const data = Float64Array.from({ length }, (_, i) => base + i);
  return memorySensor({ value: { kind: "f64" } }, { length, columns: { value: { data } } }, secondly(length));
}

/** A sensor that counts what is read of it. */
export function counted<S extends Sensor>(sensor: S): S & { readonly reads: { times: number; samples: number } } {
  const reads = { times: 0, samples: 0 };
  return {
    ...sensor,
    reads,
    times() {
      reads.times++;
      return sensor.times();
    },
    read(rows: Parameters<S["read"]>[0]) {
      reads.samples++;
      return sensor.read(rows);
    },
  };
}

/** A trace of so many rows with one counter. */
export function countingTrace(name: string, length: number, base = 0) {
  return trace({ name, sensors: { count: counter(length, base) }, synchronization: rowByRow });
}
