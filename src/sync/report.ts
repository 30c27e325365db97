/** What is to be known of sensors and their match: rates, jitter, dropouts, how far, how often, what is not used. */

import { stepsForward } from "./gather.kernel.ts";
import { quantile, spread } from "./quantile.ts";
import type { Match, Synchronization, Timestamps } from "./synchronization.ts";

/** A gap in a steady sensor: between two samples so many are missing. Times are of the sensor's own clock. */
export interface Dropout {
  readonly from_s: number;
  readonly to_s: number;
  readonly samples: number;
}

/** A sensor alone, by its own clock. `null` where there are too few samples to say. */
export interface SensorTiming {
  readonly samples: number;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly duration_s: number | null;
  /** Median of the steps between distinct times. */
  readonly period_s: number | null;
  readonly rate_hz: number | null;
  /** 1.4826 times the median distance of the steps from their median. */
  readonly jitter_s: number | null;
  readonly period_p99_s: number | null;
  /** Whether jitter is less than a tenth of the period. */
  readonly periodic: boolean;
  /** Samples with the time of another one before them. */
  readonly duplicates: number;
  /** Samples before the one that the recording has before them. */
  readonly backward_steps: number;
  /** Only of sensors whose jitter is less than a quarter of their period: of others no gap is a surprise. */
  readonly dropouts: readonly Dropout[];
  readonly lost: number;
  /** Lost samples as a share of all that there should be. */
  readonly loss: number;
}

/** A sensor in a match. */
export interface SensorReport extends SensorTiming {
  /** Query times that it has a sample for, and those that it has none for. */
  readonly matched: number;
  readonly missing: number;
  /** Distances of the rows' samples from their rows. */
  readonly dt_mean_s: number | null;
  readonly dt_median_s: number | null;
  readonly dt_p95_s: number | null;
  readonly dt_max_s: number | null;
  /** How much later than its row a sample is at the most. */
  readonly future_used_s: number;
  /** Rows for each sample that is used. */
  readonly reuse: number | null;
  /** Samples that no row uses. */
  readonly unused: number;
}

/** A match as people look at it. */
export interface SyncReport<N extends string = string> {
  readonly rows: number;
  /** Query times that were looked up: rows, and those that were dropped. */
  readonly asked: number;
  readonly segments: number;
  /** Sensors without a sample; a required one leaves no row. */
  readonly empty_sensors: readonly N[];
  readonly sensors: Readonly<Record<N, SensorReport>>;
}

// Spec "Diagnostics": more than this share of a period in jitter, and a gap says nothing, or the sensor is not called periodic.
const STEADY = 0.25;
const PERIODIC = 0.1;

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function countBackward(times: Float64Array): number {
  let count = 0;
  for (let i = 1; i < times.length; i++) if (times[i]! < times[i - 1]!) count++;
  return count;
}

/** Where steps of a steady sensor are of two periods or more. */
function dropoutsOf(ascending: Float64Array, period: number): Dropout[] {
  const found: Dropout[] = [];
  for (let i = 1; i < ascending.length; i++) {
    const [from, to] = [ascending[i - 1]!, ascending[i]!];
    const periods = Math.round((to - from) / period);
    if (periods >= 2) found.push({ from_s: from, to_s: to, samples: periods - 1 });
  }
  return found;
}

/** What times alone say of a sensor. They may be in any order, but are finite. */
export function sensorTiming(times: Float64Array): SensorTiming {
  const backward = countBackward(times);
  const ascending = backward === 0 ? times : times.toSorted();
  const samples = times.length;
  const steps = stepsForward(ascending).sort();
  const period = quantile(steps, 0.5);
  const jitter = spread(steps, period);
  const dropouts = jitter < STEADY * period ? dropoutsOf(ascending, period) : [];
  const lost = dropouts.reduce((sum, each) => sum + each.samples, 0);
  return {
    samples,
    first_s: ascending[0] ?? null,
    last_s: ascending.at(-1) ?? null,
    duration_s: samples === 0 ? null : ascending.at(-1)! - ascending[0]!,
    period_s: orNull(period),
    rate_hz: orNull(1 / period),
    jitter_s: orNull(jitter),
    period_p99_s: orNull(quantile(steps, 0.99)),
    periodic: jitter < PERIODIC * period,
    duplicates: Math.max(0, samples - 1 - steps.length),
    backward_steps: backward,
    dropouts,
    lost,
    loss: lost === 0 ? 0 : lost / (samples + lost),
  };
}

/** How often the samples of a sensor are used. */
function usage(match: Match, name: string, samples: number): { readonly distinct: number; readonly unused: number } {
  const used = new Uint8Array(samples);
  const count = () => used.reduce((sum, one) => sum + one, 0);
  const valid = match.valid[name]!;
  const mark = (numbers: Uint32Array | Int32Array) => {
    for (let i = 0; i < numbers.length; i++) if (valid[i] === 1) used[numbers[i]!] = 1;
  };
  mark(match.index[name]!);
  const distinct = count();
  const between = match.between[name];
  if (between !== undefined) {
    mark(between.before);
    mark(between.after);
  }
  return { distinct, unused: samples - count() };
}

/** The most that a sample is later than its row; of interpolated ones the sample behind it. */
function futureUsed(match: Match, name: string, times: Float64Array): number {
  const between = match.between[name];
  const dt = match.dt[name]!;
  let most = 0;
  for (let i = 0; i < dt.length; i++) {
    const later =
      between === undefined
        ? dt[i]!
        : (1 - between.weight[i]!) * (times[between.after[i]!]! - times[between.before[i]!]!);
    if (later > most) most = later;
  }
  return most;
}

function sensorReport(match: Match, name: string, times: Float64Array): SensorReport {
  const distances = match.dt[name]!.filter((dt) => !Number.isNaN(dt))
    .map(Math.abs)
    .sort();
  const { distinct, unused } = usage(match, name, times.length);
  const missing = match.missing[name]!;
  return {
    ...sensorTiming(times),
    matched: match.asked - missing,
    missing,
    dt_mean_s: orNull(distances.reduce((sum, dt) => sum + dt, 0) / distances.length),
    dt_median_s: orNull(quantile(distances, 0.5)),
    dt_p95_s: orNull(quantile(distances, 0.95)),
    dt_max_s: distances.at(-1) ?? null,
    future_used_s: futureUsed(match, name, times),
    reuse: orNull(distances.length / distinct),
    unused,
  };
}

/** The report of a match. */
export function syncReport<N extends string>(match: Match<N>, timestamps: Timestamps<N>): SyncReport<N> {
  const all = Object.entries<Float64Array>(timestamps);
  const sensors = all.map(([name, times]) => [name, sensorReport(match, name, times)] as const);
  return {
    rows: match.length,
    asked: match.asked,
    segments: match.length === 0 ? 0 : match.segments.at(-1)! + 1,
    // Names of the timestamps, all of them.
    empty_sensors: all.filter(([, times]) => times.length === 0).map(([name]) => name as N),
    sensors: Object.fromEntries(sensors) as Record<N, SensorReport>,
  };
}

/** A match with its report. */
export interface Explained<N extends string = string> extends Match<N> {
  readonly report: SyncReport<N>;
}

/**
 * What a synchronization finds, with all that is to be known of it.
 * @throws WindrowError `usage` as the synchronization does.
 */
export function explain<N extends string>(sync: Synchronization, timestamps: Timestamps<N>): Explained<N> {
  const match = sync.match(timestamps);
  return { ...match, report: syncReport(match, timestamps) };
}
