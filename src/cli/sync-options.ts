/** The options that say how sensors are synchronized. */

import { WindrowError } from "../core/index.ts";
import type { Margin, SyncSpec } from "../verbs/index.ts";
import type { OptionValues } from "./command.ts";
import { flag, number, oneOf, word, words } from "./values.ts";

/** Seconds from 0 up, or `inf` where no bound is wanted. */
function seconds(text: string): number {
  const value = text.trim() === "inf" ? Number.POSITIVE_INFINITY : number(text);
  if (value >= 0) return value;
  throw new WindrowError("usage", `expected seconds from 0 up, got "${text}"`);
}

/** The pieces of `name=value,…`; one without a name has the name "". A name may hold "=", as topics may. */
function named(text: string): [string, string][] {
  return words(text).map((each) => {
    const at = each.lastIndexOf("=");
    return [each.slice(0, Math.max(0, at)), each.slice(at + 1)];
  });
}

/** `0.05`, `gps=0.5`, or `0.05,gps=0.5`. */
function tolerance(text: string): Pick<SyncSpec, "toleranceSeconds" | "toleranceSecondsOf"> {
  const all = named(text).map(([name, value]) => [name, seconds(value)] as const);
  const general = all.filter(([name]) => name === "");
  if (general.length > 1)
    throw new WindrowError("usage", `expected one tolerance without a name, got ${general.length} in "${text}"`);
  const own = all.filter(([name]) => name !== "");
  return {
    ...(general[0] === undefined ? {} : { toleranceSeconds: general[0][1] }),
    ...(own.length === 0 ? {} : { toleranceSecondsOf: Object.fromEntries(own) }),
  };
}

/** `camera=-0.05`, or `camera=-0.05*1.00002` with the scale behind the offset. */
function clocks(text: string): NonNullable<SyncSpec["clocks"]> {
  return Object.fromEntries(
    named(text).map(([name, value]) => {
      const [offset = "", scale = "1", ...rest] = value.split("*");
      if (name === "" || rest.length > 0)
        throw new WindrowError("usage", `expected clocks such as camera=-0.05 or camera=-0.05*1.00002, got "${text}"`);
      return [name, { offsetSeconds: number(offset), scale: number(scale) }];
    }),
  );
}

/** `1.5` seconds or `10rows`, at both ends, or `1.5,10rows` for the first and the last. */
function margin(text: string): readonly [Margin, Margin] {
  const all = words(text).map((each): Margin => {
    const rows = /^(\d+) ?rows?$/.exec(each)?.[1];
    return rows === undefined ? { seconds: seconds(each) } : { samples: Number(rows) };
  });
  const [first, last = first] = all;
  if (first === undefined || last === undefined || all.length > 2)
    throw new WindrowError("usage", `expected a margin for both ends or one for each, got "${text}"`);
  return [first, last];
}

/** As the command line knows them. */
export const SYNC_OPTIONS = {
  sync: {
    value: "<rule>",
    summary: "which sample a sensor gives to a row: nearest, previous, next, interpolate",
    fallback: "nearest",
    parse: oneOf("nearest", "previous", "next", "interpolate"),
  },
  reference: { value: "<sensor>", summary: "rows are at the times of this sensor", parse: word },
  union: { value: "<sensors>", summary: "rows are at the times of all of these sensors", parse: words },
  merge: {
    value: "<seconds>",
    summary: "with --union: times nearer than this are one",
    fallback: "0",
    parse: seconds,
  },
  grid: { value: "<hz>", summary: "rows are so many a second", parse: number },
  phase: { value: "<seconds>", summary: "with --grid: a time that is on the grid", fallback: "0", parse: number },
  tolerance: {
    value: "<seconds>",
    summary: "the farthest that a sample may be, inf for any; for single sensors as in 0.05,gps=0.5",
    fallback: "0.1 for nearest, else inf",
    parse: tolerance,
  },
  strictTolerance: flag("a sample at the very tolerance is too far"),
  maxGap: {
    value: "<seconds>",
    summary: "with --sync interpolate: how far apart the samples on both sides may be",
    fallback: "inf",
    parse: seconds,
  },
  unique: flag("each sample for one row at most, the closest pairs first"),
  causal: flag("no sample from later than its row"),
  optional: { value: "<sensors>", summary: "sensors that no row is dropped for", parse: words },
  keepMissing: flag("keep rows that a sensor has no sample for"),
  overlap: {
    value: "<which>",
    summary: "yes: rows only where all sensors have begun and none has ended; no: wherever there is one to take",
    fallback: "no for nearest with a tolerance at a sensor's times, else yes",
    parse: oneOf("yes", "no"),
  },
  margin: {
    value: "<ends>",
    summary: "left out at both ends: seconds, or rows as in 10rows; two with a comma for first and last",
    fallback: "0",
    parse: margin,
  },
  endExclusive: flag("leave out a row at the very end of the stretch"),
  clock: {
    value: "<list>",
    summary: "clocks that are off: seconds to add, and a scale, as in camera=-0.05*1.00002",
    parse: clocks,
  },
  dedupe: {
    value: "<which>",
    summary: "of a sensor's samples with the same time: none, keepFirst, keepLast",
    fallback: "none",
    parse: oneOf("none", "keepFirst", "keepLast"),
  },
  sort: flag("take times that go back in their order"),
  break: {
    value: "<seconds>",
    summary: "a longer gap between rows ends a segment",
    fallback: "5 periods",
    parse: seconds,
  },
};

const isGiven = ([, value]: readonly [string, unknown]) => value !== undefined;

/** What these options say. Where none of `reference`, `union` and `grid` is given, none is in it. */
export function syncSpec(options: OptionValues<typeof SYNC_OPTIONS>): SyncSpec {
  const { grid, phase, overlap } = options;
  if (phase !== undefined && grid === undefined)
    throw new WindrowError("usage", "Cannot use --phase: it has a meaning only with --grid");
  const spec: SyncSpec = {
    rule: options.sync ?? "nearest",
    reference: options.reference,
    union: options.union,
    mergeSeconds: options.merge,
    grid: grid === undefined ? undefined : { rateHz: grid, ...(phase === undefined ? {} : { phaseSeconds: phase }) },
    ...options.tolerance,
    strictTolerance: options.strictTolerance,
    maxGapSeconds: options.maxGap,
    unique: options.unique ? "perSensor" : undefined,
    causalOnly: options.causal,
    optional: options.optional,
    missing: options.keepMissing ? "keep" : undefined,
    overlap: overlap === undefined ? undefined : overlap === "yes",
    margin: options.margin,
    endExclusive: options.endExclusive,
    clocks: options.clock,
    dedupe: options.dedupe,
    onUnsorted: options.sort ? "sort" : undefined,
    breakSeconds: options.break,
  };
  // Only what was given: this is written down beside what comes of it.
  return Object.fromEntries(Object.entries(spec).filter(isGiven)) as unknown as SyncSpec;
}
