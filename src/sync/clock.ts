/** How one clock runs against another, from pairs of their times. */

import { quantile, spread } from "./quantile.ts";
import { type Clock, wrongSync } from "./sync-spec.ts";

/**
 * How a line is laid through pairs: `ols` least squares; `robust` the same, far pairs left out in three rounds; `envelope` beneath all
 * pairs, which is the clock itself where the host's times are late by varying delays.
 */
export type FitMethod = "ols" | "robust" | "envelope";

/** A clock as found, to be given as one of the `clocks` of a synchronization. */
export interface ClockFit extends Required<Clock> {
  /** Pairs that the line was laid through. */
  readonly pairs: number;
  /** Median distance of these pairs from it, times 1.4826. */
  readonly residualSeconds: number;
}

interface Line {
  readonly slope: number;
  /** A point that it goes through. */
  readonly x: number;
  readonly y: number;
}

function mean(values: Float64Array): number {
  // The first is taken off, so that sums of epoch times keep their last digits.
  const first = values[0] ?? 0;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Least squares of y on x; `undefined` where all x are the same. */
function leastSquares(x: Float64Array, y: Float64Array): Line | undefined {
  const [mx, my] = [mean(x), mean(y)];
  let [xx, xy] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - mx;
    xx += dx * dx;
    xy += dx * (y[i]! - my);
  }
  return xx > 0 ? { slope: xy / xx, x: mx, y: my } : undefined;
}

function residuals(x: Float64Array, y: Float64Array, line: Line): Float64Array {
  return y.map((value, i) => value - line.y - line.slope * (x[i]! - line.x));
}

const ROUNDS = 3;
const FAR = 3;
const FEWEST = 3;

interface Pairs {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Without the pairs that are far from the line; all of them where too few would be left to lay another. */
function nearPairs({ x, y }: Pairs, line: Line): Pairs {
  const off = residuals(x, y, line);
  // About their median: far pairs pull the line away from all the others.
  const centre = quantile(off.toSorted(), 0.5);
  const far = FAR * spread(off, centre);
  const isNear = (_: number, i: number) => Math.abs(off[i]! - centre) <= far;
  const [nearX, nearY] = [x.filter(isNear), y.filter(isNear)];
  return nearX.length >= FEWEST && nearX.some((each) => each !== nearX[0]) ? { x: nearX, y: nearY } : { x, y };
}

/** The turn from a→b to a→c: above 0 to the left. */
function turn(a: number, b: number, c: number, { x, y }: Pairs): number {
  return (x[b]! - x[a]!) * (y[c]! - y[a]!) - (y[b]! - y[a]!) * (x[c]! - x[a]!);
}

/** The line beneath all pairs whose mean distance from them is least: that edge of their lower hull which the mean x lies over. */
function lowerLine(pairs: Pairs): Line {
  const { x, y } = pairs;
  const order = Array.from(x.keys()).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const hull: number[] = [];
  for (const at of order) {
    // Of one x only the lowest, which comes first.
    if (hull.length > 0 && x[hull.at(-1)!] === x[at]) continue;
    while (hull.length >= 2 && turn(hull.at(-2)!, hull.at(-1)!, at, pairs) <= 0) hull.pop();
    hull.push(at);
  }
  const middle = mean(x);
  const end = Math.max(
    1,
    hull.findIndex((at) => x[at]! >= middle),
  );
  const [a, b] = [hull[end - 1]!, hull[end]!];
  return { slope: (y[b]! - y[a]!) / (x[b]! - x[a]!), x: x[a]!, y: y[a]! };
}

function checkTimes(what: string, times: Float64Array): void {
  const fault = times.findIndex((time) => !Number.isFinite(time));
  if (fault >= 0)
    throw wrongSync(`times of the ${what} must be finite to fit a clock, got ${times[fault]} at ${fault}`);
}

/** Lays the line, in how much the host is ahead of the device. */
function lineOf(pairs: Pairs, method: FitMethod): { readonly line: Line; readonly used: Pairs } | undefined {
  let line = leastSquares(pairs.x, pairs.y);
  if (line === undefined) return undefined;
  if (method === "envelope") return { line: lowerLine(pairs), used: pairs };
  let used = pairs;
  for (let round = 0; method === "robust" && round < ROUNDS; round++) {
    used = nearPairs(used, line);
    line = leastSquares(used.x, used.y) ?? line;
  }
  return { line, used };
}

/**
 * How a device's clock runs against a host's, from times that both gave to the same events. One-way delays make the host's late: they
 * add to the offset, but for `envelope`, which holds the shortest delays for none.
 * @throws WindrowError `usage` for fewer than three pairs, lists of two lengths, times that are not finite, or a device whose times are all the same.
 * @example nearest({ reference: "lidar", clocks: { camera: fitClock(cameraTimes, arrivalTimes, "envelope") } })
 */
export function fitClock(device: Float64Array, host: Float64Array, method: FitMethod = "ols"): ClockFit {
  if (device.length !== host.length || device.length < FEWEST)
    throw wrongSync(`a clock is fitted to ${FEWEST} pairs or more, got ${device.length} times and ${host.length}`);
  checkTimes("device", device);
  checkTimes("host", host);
  // In small numbers: epoch times themselves would leave no digits for the slope.
  const origin = mean(device);
  const ahead = host.map((time, i) => time - device[i]!);
  const found = lineOf({ x: device.map((time) => time - origin), y: ahead }, method);
  if (found === undefined) throw wrongSync(`a clock is fitted to times that differ, got only ${device[0]}`);
  const { line, used } = found;
  const scale = 1 + line.slope;
  if (!(scale > 0)) throw wrongSync(`the two clocks run against each other, got a scale of ${scale}`);
  return {
    scale,
    offsetSeconds: line.y - line.slope * line.x,
    originSeconds: origin,
    pairs: used.x.length,
    residualSeconds: spread(residuals(used.x, used.y, line), 0),
  };
}
