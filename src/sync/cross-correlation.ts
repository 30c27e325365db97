/** How far a clock is off, found from two signals that follow the same motion. */

import { AFTER, bound } from "./bounds.kernel.ts";
import { readyTimes } from "./ready-times.ts";
import { wrongSync } from "./sync-spec.ts";

/** A quantity over time. */
export interface Signal {
  /** Seconds, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** How signals are laid over each other. */
export interface CorrelationOptions {
  /** Step of the grid that both are interpolated on; not much longer than their own. */
  readonly periodSeconds: number;
  /** The greatest offset that is tried, to both sides. */
  readonly maxLagSeconds: number;
}

/** An offset, and how well the signals agree at it. */
export interface FoundOffset {
  /** Seconds to add to the signal's times. */
  readonly offsetSeconds: number;
  /** Correlation there, 1 for signals of one form. */
  readonly peak: number;
}

const LEAST_PEAK = 0.3;
/** Points of a grid that both must have; fewer agree by chance. */
const FEWEST = 16;
const MOST = 2 ** 24;

function checkSignal(what: string, { times, values }: Signal): void {
  if (times.length !== values.length || times.length < 2)
    throw wrongSync(`${what} must have two samples or more, got ${times.length} times and ${values.length} values`);
  readyTimes(what, times, { isSorting: false, dedupe: "none" });
  const fault = values.findIndex((value) => !Number.isFinite(value));
  if (fault >= 0) throw wrongSync(`values of ${what} must be finite, got ${values[fault]} at ${fault}`);
}

/** Values at `count` even steps from `from`, on straight lines between samples. */
function onGrid({ times, values }: Signal, from: number, count: number, period: number): Float64Array {
  const grid = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const time = from + i * period;
    const after = Math.min(times.length - 1, Math.max(1, bound(times, time, AFTER)));
    const [a, b] = [times[after - 1]!, times[after]!];
    const weight = b > a ? (time - a) / (b - a) : 0;
    grid[i] = values[after - 1]! + weight * (values[after]! - values[after - 1]!);
  }
  return grid;
}

/** Pearson's correlation of a[i] and b[i + lag] over those i that both have; 0 where one of them stands still. */
function correlation(a: Float64Array, b: Float64Array, lag: number): number {
  const from = Math.max(0, -lag);
  const to = Math.min(a.length, b.length - lag);
  const n = to - from;
  if (n < FEWEST) return 0;
  let [sa, sb] = [0, 0];
  for (let i = from; i < to; i++) {
    sa += a[i]!;
    sb += b[i + lag]!;
  }
  const [ma, mb] = [sa / n, sb / n];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const x = a[i]! - ma;
    const y = b[i + lag]! - mb;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Where a parabola through three even points has its top, from the middle one, in steps. */
function topOf(before: number, peak: number, after: number): number {
  const bend = before - 2 * peak + after;
  return bend < 0 ? (before - after) / (2 * bend) : 0;
}

/**
 * The offset of a signal's clock against that of another, by the greatest correlation of the two; finer than the grid, by a parabola through the
 * greatest and its neighbours. Takes steps × lags of time.
 * @throws WindrowError `usage` for signals that cannot be compared, or that agree nowhere: a greatest correlation below 0.3.
 */
export function crossCorrelationOffset(signal: Signal, reference: Signal, options: CorrelationOptions): FoundOffset {
  const { periodSeconds: period, maxLagSeconds: maxLag } = options;
  if (!(period > 0 && maxLag >= period && Number.isFinite(maxLag)))
    throw wrongSync(
      `a correlation needs a period above 0 and a greatest lag not below it, got ${period} and ${maxLag}`,
    );
  checkSignal("the signal", signal);
  checkSignal("the reference", reference);
  const steps = ({ times }: Signal) => Math.floor((times.at(-1)! - times[0]!) / period) + 1;
  const lags = Math.floor(maxLag / period);
  if (Math.max(steps(signal), steps(reference), lags) > MOST)
    throw wrongSync(`a period of ${period} s is too short for signals of this length, at most ${MOST} steps`);
  // Each on a grid from its own beginning, so that epoch times leave their digits to the offset.
  const own = onGrid(signal, signal.times[0]!, steps(signal), period);
  const other = onGrid(reference, reference.times[0]!, steps(reference), period);
  const apart = reference.times[0]! - signal.times[0]!;
  // Adding `apart + lag · period` to the signal's times lays own[i] over other[i + lag].
  const middle = Math.round(-apart / period);
  const found = Float64Array.from({ length: 2 * lags + 1 }, (_, i) => correlation(own, other, middle + i - lags));
  const best = found.reduce((most, value, i) => (value > found[most]! ? i : most), 0);
  const peak = found[best]!;
  if (!(peak >= LEAST_PEAK))
    throw wrongSync(
      `the signals agree at no offset up to ${maxLag} s, got a correlation of ${peak.toFixed(3)}, at least ${LEAST_PEAK}`,
    );
  const finer = best === 0 || best === 2 * lags ? 0 : topOf(found[best - 1]!, peak, found[best + 1]!);
  return { offsetSeconds: apart + (middle + best - lags + finer) * period, peak };
}
