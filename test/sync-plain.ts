/** Synchronization said as plainly as it can be, every sample looked at for every row: what the real one must equal. And times at random. */

import fc from "fast-check";
import type { Timestamps } from "../src/sync/index.ts";

/** What the plain form knows. */
export interface PlainOptions {
  readonly rule: "nearest" | "previous" | "next" | "interpolate";
  readonly reference: string;
  /** Seconds; for `interpolate` the greatest gap. */
  readonly most: number;
  readonly overlap: boolean;
  readonly isStrict: boolean;
}

/** Sample, or the samples on both sides and the weight of the second; `undefined` for none. */
type PlainFound = number | readonly [number, number, number] | undefined;

const indexes = (times: Float64Array) => Array.from(times.keys());

/** The sample of ascending times that a rule gives to a moment, of all of them. */
export function plainFound(times: Float64Array, query: number, { rule, most, isStrict }: PlainOptions): PlainFound {
  const isNear = (at: number | undefined) => {
    if (at === undefined) return undefined;
    const distance = Math.abs(times[at]! - query);
    return (isStrict ? distance < most : distance <= most) ? at : undefined;
  };
  const before = indexes(times).findLast((at) => times[at]! <= query);
  const after = indexes(times).find((at) => times[at]! >= query);
  switch (rule) {
    case "previous":
      return isNear(before);
    case "next":
      return isNear(after);
    case "nearest":
      return isNear(
        indexes(times).reduce<number | undefined>(
          (best, at) =>
            best === undefined || Math.abs(times[at]! - query) < Math.abs(times[best]! - query) ? at : best,
          undefined,
        ),
      );
    case "interpolate": {
      if (before === undefined) return undefined;
      if (times[before] === query) return [before, before, 0];
      if (after === undefined || times[after]! - times[before]! > most) return undefined;
      return [before, after, (query - times[before]!) / (times[after]! - times[before]!)];
    }
  }
}

/** What each sensor gives to each sample of the reference that all of them give something to. */
export function plainMatch(
  timestamps: Timestamps,
  options: PlainOptions,
): { row: number; of: Record<string, PlainFound> }[] {
  const all = Object.values(timestamps);
  if (all.some(({ length }) => length === 0)) return [];
  const start = Math.max(...all.map((times) => times[0]!));
  const end = Math.min(...all.map((times) => times.at(-1)!));
  return Array.from(timestamps[options.reference]!.entries())
    .filter(([, query]) => !options.overlap || (query >= start && query <= end))
    .map(([row, query]) => ({
      row,
      of: Object.fromEntries(
        Object.entries(timestamps).map(([name, times]) => {
          const own: PlainFound = options.rule === "interpolate" ? [row, row, 0] : row;
          return [name, name === options.reference ? own : plainFound(times, query, options)];
        }),
      ),
    }))
    .filter(({ of }) => Object.values(of).every((found) => found !== undefined));
}

/** Ascending times, few enough values that many are equal: whole numbers of 2⁻¹⁰ s, so that sums and differences are exact. */
export const anyTimes: fc.Arbitrary<Float64Array> = fc
  .tuple(fc.constantFrom(3, 40, 4000), fc.array(fc.nat(), { maxLength: 40 }))
  .map(([range, values]) => Float64Array.from(values, (value) => (value % range) / 1024).sort());

/** Three sensors. */
export const anySensors: fc.Arbitrary<Timestamps<"a" | "b" | "c">> = fc.record({
  a: anyTimes,
  b: anyTimes,
  c: anyTimes,
});

/** A tolerance or gap that some of them meet exactly. */
export const anyMost: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, Number.POSITIVE_INFINITY),
  fc.integer({ min: 1, max: 2000 }).map((value) => value / 1024),
);
