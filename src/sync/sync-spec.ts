/** How to synchronize, as plain data: rules, query times and tolerances as a user says them, checked and filled in. */

import { type ErrorDetails, WindrowError } from "../core/index.ts";

/** Which sample a sensor gives to a moment; spec "Index rules". `empty` matches nothing: sensors that lie together unmatched. */
export type Rule = "nearest" | "previous" | "next" | "interpolate" | "empty";

/** How much is left out at one end: seconds of the trace, or so many query times. */
export type Margin = { readonly seconds: number } | { readonly samples: number };

/** Moments at even steps: `rateHz` a second or every `periodSeconds`, at whole periods after `phaseSeconds` (0 where absent). */
export interface Grid {
  readonly rateHz?: number;
  readonly periodSeconds?: number;
  readonly phaseSeconds?: number;
}

/** A sensor's clock against that of the others: `scale · (t − origin) + origin + offset`. */
export interface Clock {
  /** Seconds added; 0 where absent. */
  readonly offsetSeconds?: number;
  /** Seconds of the others in one of its own; 1 where absent. */
  readonly scale?: number;
  /** Its own time at which the offset holds; that of its first sample where absent. */
  readonly originSeconds?: number;
}

/** What every rule takes. Exactly one of `reference`, `union`, `grid` and `times` says when rows are. */
export interface MatchOptions {
  /** Rows are at the times of this sensor, which then has its own samples. */
  readonly reference?: string | undefined;
  /** Rows are at the times of all of these sensors together. */
  readonly union?: readonly string[] | undefined;
  /** With `union`: times less than this apart are one, the earliest; 0 where absent, which makes one of equal times only. */
  readonly mergeSeconds?: number | undefined;
  readonly grid?: Grid | undefined;
  /** Rows are at these times, in this order. */
  readonly times?: Float64Array | undefined;
  /**
   * Whether rows lie only where all required sensors have begun and none has ended. True where absent, except for `nearest` with
   * tolerances at the times of a sensor or at given ones.
   */
  readonly overlap?: boolean | undefined;
  /** Whether the end of that stretch is left out; it is not where absent. */
  readonly endExclusive?: boolean | undefined;
  /** Left out at the beginning and at the end. */
  readonly margin?: readonly [Margin, Margin] | undefined;
  /** Added to each tolerance and to the greatest gap, since times near 1.7·10⁹ are whole multiples of 2.4·10⁻⁷; see docs/sync.md where absent. */
  readonly epsilonSeconds?: number | undefined;
  /** By sensor; applied before all else. */
  readonly clocks?: Readonly<Record<string, Clock>> | undefined;
  /** Which of a sensor's samples with the same time may be matched: all (`none`, the default), the first, or the last. */
  readonly dedupe?: "none" | "keepFirst" | "keepLast" | undefined;
  /** Times that go back are an error, unless they are to be sorted. Numbers of samples are those of the recording either way. */
  readonly onUnsorted?: "error" | "sort" | undefined;
  /** A gap between rows beyond which they are of two segments; five median periods of the query times where absent. */
  readonly breakSeconds?: number | undefined;
  /** Sensors that no row is dropped for, and that do not bound the trace. */
  readonly optional?: readonly string[] | undefined;
  /** What becomes of a row that a required sensor has no sample for: it is dropped where absent. */
  readonly missing?: "drop" | "keep" | undefined;
}

/** What rules take that allow a distance. */
export interface ToleranceOptions extends MatchOptions {
  /** The greatest distance in seconds, itself allowed; 0.1 where absent for `nearest`, else without bound. */
  readonly toleranceSeconds?: number | undefined;
  /** That of single sensors. */
  readonly toleranceSecondsOf?: Readonly<Record<string, number>> | undefined;
  /** Whether the distance must be less than the tolerance, to the last bit. */
  readonly strictTolerance?: boolean | undefined;
}

/** What `previous` takes. */
export interface PreviousOptions extends ToleranceOptions {
  /** Never a sample from later than the row: `nearest` becomes `previous`, which is so anyway. */
  readonly causalOnly?: boolean | undefined;
}

/** What `nearest` takes. */
export interface NearestOptions extends PreviousOptions {
  /** `perSensor`: each sample for one row at most, the closest pairs first. */
  readonly unique?: "none" | "perSensor" | undefined;
}

/** What `interpolate` takes. */
export interface InterpolateOptions extends MatchOptions {
  /** The greatest distance in seconds between the samples on both sides, itself allowed; without bound where absent. */
  readonly maxGapSeconds?: number | undefined;
}

/** A rule and its options, as one piece of plain data. */
export interface SyncSpec extends NearestOptions, InterpolateOptions {
  readonly rule: Rule;
}

/** When rows are. */
export type Query =
  | { readonly kind: "reference"; readonly sensor: string }
  | { readonly kind: "union"; readonly sensors: readonly string[]; readonly mergeSeconds: number }
  | { readonly kind: "grid"; readonly periodSeconds: number; readonly phaseSeconds: number }
  | { readonly kind: "times"; readonly times: Float64Array };

/** A spec that was checked and filled in. */
export interface ResolvedSpec {
  readonly rule: Exclude<Rule, "empty">;
  readonly query: Query;
  readonly hasOverlap: boolean;
  readonly isEndExclusive: boolean;
  readonly margin: readonly [Margin, Margin];
  readonly toleranceSeconds: number;
  readonly toleranceSecondsOf: Readonly<Record<string, number>>;
  readonly isStrict: boolean;
  readonly maxGapSeconds: number;
  readonly epsilonSeconds: number | undefined;
  readonly clocks: Readonly<Record<string, Clock>>;
  readonly dedupe: "none" | "keepFirst" | "keepLast";
  readonly isSorting: boolean;
  readonly isUnique: boolean;
  readonly breakSeconds: number | undefined;
  readonly optional: readonly string[];
  readonly isKeeping: boolean;
}

const TOLERANCE_SECONDS = 0.1;
const NO_MARGIN: Margin = { samples: 0 };

/** What cannot be synchronized, and why. */
export function wrongSync(why: string, details: ErrorDetails = {}): WindrowError {
  return new WindrowError("usage", `Cannot synchronize: ${why}`, { details });
}

/** Refuses what is not a number of seconds from 0 up; infinity only where that means "without bound". */
function checkSeconds(what: string, value: number | undefined, most = Number.POSITIVE_INFINITY): void {
  if (value === undefined || (value >= 0 && value <= most)) return;
  throw wrongSync(`${what} must be a number of seconds from 0 up, got ${value}`);
}

function checkMargin(margin: Margin): void {
  if ("seconds" in margin) checkSeconds("a margin", margin.seconds, Number.MAX_VALUE);
  else if (!Number.isSafeInteger(margin.samples) || margin.samples < 0)
    throw wrongSync(`a margin's samples must be a whole number from 0 up, got ${margin.samples}`);
}

function checkClock(name: string, { offsetSeconds = 0, scale = 1, originSeconds = 0 }: Clock): void {
  if (!Number.isFinite(offsetSeconds) || !Number.isFinite(originSeconds))
    throw wrongSync(
      `the clock of ${name} must have a finite offset and origin, got ${offsetSeconds}, ${originSeconds}`,
    );
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY))
    throw wrongSync(`the clock of ${name} must have a scale above 0, got ${scale}`);
}

function gridQuery({ rateHz, periodSeconds, phaseSeconds = 0 }: Grid): Query {
  if ((rateHz === undefined) === (periodSeconds === undefined))
    throw wrongSync("a grid must have a rate or a period, and not both");
  const period = periodSeconds ?? 1 / (rateHz ?? 1);
  if (!(period > 0 && period < Number.POSITIVE_INFINITY))
    throw wrongSync(`a grid's rate or period must be a number above 0, got ${rateHz ?? periodSeconds}`);
  if (!Number.isFinite(phaseSeconds)) throw wrongSync(`a grid's phase must be finite, got ${phaseSeconds}`);
  return { kind: "grid", periodSeconds: period, phaseSeconds };
}

function queryOf({ reference, union, mergeSeconds, grid, times }: SyncSpec): Query {
  const given = Object.entries({ reference, union, grid, times }).filter(([, value]) => value !== undefined);
  if (given.length !== 1)
    throw wrongSync(
      `exactly one of reference, union, grid and times must say when rows are, got ${given.map(([name]) => name).join(" and ") || "none"}`,
    );
  if (mergeSeconds !== undefined && union === undefined)
    throw wrongSync("merging of times has a meaning only for a union");
  checkSeconds("the time within which times are merged", mergeSeconds, Number.MAX_VALUE);
  if (reference !== undefined) return { kind: "reference", sensor: reference };
  if (grid !== undefined) return gridQuery(grid);
  if (times !== undefined) {
    const fault = times.findIndex((time) => !Number.isFinite(time));
    if (fault >= 0) throw wrongSync(`the query times must be finite, got ${times[fault]} at ${fault}`);
    return { kind: "times", times: times.slice() };
  }
  if (union === undefined || union.length === 0) throw wrongSync("union must name a sensor");
  return { kind: "union", sensors: [...new Set(union)], mergeSeconds: mergeSeconds ?? 0 };
}

/** Refuses options that the rule would not look at. */
function checkRule(spec: SyncSpec): void {
  const { rule, causalOnly, maxGapSeconds } = spec;
  const refuse = (what: string, rules: string) => wrongSync(`${what} has a meaning only for ${rules}, got ${rule}`);
  const hasTolerance = spec.toleranceSeconds !== undefined || spec.toleranceSecondsOf !== undefined;
  if (rule === "interpolate" && (hasTolerance || spec.strictTolerance))
    throw refuse("a tolerance", "nearest, previous and next; interpolate takes a greatest gap");
  if (rule !== "interpolate" && maxGapSeconds !== undefined) throw refuse("a greatest gap", "interpolate");
  if (causalOnly && rule !== "nearest" && rule !== "previous") throw refuse("causal only", "nearest and previous");
  if (spec.unique === "perSensor" && (rule !== "nearest" || causalOnly))
    throw refuse("unique", "nearest, and not for causal only");
}

function checkNumbers(spec: SyncSpec): void {
  checkSeconds("the tolerance", spec.toleranceSeconds);
  for (const [name, value] of Object.entries(spec.toleranceSecondsOf ?? {}))
    checkSeconds(`the tolerance of ${name}`, value);
  checkSeconds("the greatest gap", spec.maxGapSeconds);
  checkSeconds("the gap that ends a segment", spec.breakSeconds);
  checkSeconds("what is added to tolerances", spec.epsilonSeconds, Number.MAX_VALUE);
  for (const margin of spec.margin ?? []) checkMargin(margin);
  for (const [name, clock] of Object.entries(spec.clocks ?? {})) checkClock(name, clock);
}

/** Whether rows keep to the stretch that all sensors cover, where it is not said. */
function overlapOf(spec: SyncSpec, query: Query): boolean {
  if (spec.rule !== "nearest" || query.kind === "grid" || query.kind === "union") return true;
  const { toleranceSeconds = TOLERANCE_SECONDS, toleranceSecondsOf = {} } = spec;
  return [toleranceSeconds, ...Object.values(toleranceSecondsOf)].includes(Number.POSITIVE_INFINITY);
}

/**
 * A spec checked, with what holds where nothing is said; `undefined` for the rule `empty`, which takes no options.
 * @throws WindrowError `usage` for what cannot be, or would have no effect.
 */
export function resolvedSpec(spec: SyncSpec): ResolvedSpec | undefined {
  if (spec.rule !== "empty") return filledIn(spec, spec.causalOnly ? "previous" : spec.rule);
  const given = Object.entries(spec).find(([name, value]) => name !== "rule" && value !== undefined);
  if (given !== undefined) throw wrongSync(`the rule empty takes no options, got ${given[0]}`);
  return undefined;
}

function filledIn(spec: SyncSpec, rule: ResolvedSpec["rule"]): ResolvedSpec {
  checkRule(spec);
  checkNumbers(spec);
  const query = queryOf(spec);
  const optional = [...new Set(spec.optional)];
  if (query.kind === "reference" && optional.includes(query.sensor))
    throw wrongSync(`the reference ${query.sensor} cannot be optional`);
  const otherwise = spec.rule === "nearest" ? TOLERANCE_SECONDS : Number.POSITIVE_INFINITY;
  return {
    rule,
    query,
    hasOverlap: spec.overlap ?? overlapOf(spec, query),
    isEndExclusive: spec.endExclusive ?? false,
    margin: spec.margin ?? [NO_MARGIN, NO_MARGIN],
    toleranceSeconds: spec.toleranceSeconds ?? otherwise,
    toleranceSecondsOf: spec.toleranceSecondsOf ?? {},
    isStrict: spec.strictTolerance ?? false,
    maxGapSeconds: spec.maxGapSeconds ?? Number.POSITIVE_INFINITY,
    epsilonSeconds: spec.epsilonSeconds,
    clocks: spec.clocks ?? {},
    dedupe: spec.dedupe ?? "none",
    isSorting: spec.onUnsorted === "sort",
    isUnique: spec.unique === "perSensor",
    breakSeconds: spec.breakSeconds,
    optional,
    isKeeping: spec.missing === "keep",
  };
}
