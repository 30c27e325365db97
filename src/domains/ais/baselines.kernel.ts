/** Forecasts of one window without a model (spec §11). Windows are rows of five float32 from `at` on; forecasts rows of latitude and longitude. */

import { EARTH_RADIUS_METRES, KNOT, wrap180 } from "./geodesy.ts";

const WIDTH = 5;
const RADIANS = Math.PI / 180;
/** Steps that velocity and rate of turn are fitted over (§11). */
const FIT_STEPS = 8;
/** Over a shorter time no velocity is fitted (§11). */
const FIT_SECONDS = 1;
/** No ship sails faster, in knots (§11). */
const SOG_MAX = 60;
/** No ship turns faster, in radians a second: one degree (§11). */
const TURN_MAX = RADIANS;
/** A turn's rate falls to 1/e of itself in so many seconds (§11). */
const TURN_SECONDS = 300;

/** Seconds from the last input position to each of the targets, as they were: `into[k] = Σ dt`. */
export function knownElapsed(data: Float32Array, at: number, input: number, into: Float64Array): void {
  let elapsed = 0;
  for (let k = 0, dt = at + input * WIDTH + 4; k < into.length; k++, dt += WIDTH) {
    elapsed += data[dt]!;
    into[k] = elapsed;
  }
}

/** The same, from the median of the input's own steps. The first position's dt is to one before the window: it counts only where it is alone. */
export function medianElapsed(data: Float32Array, at: number, input: number, into: Float64Array): void {
  const first = input > 1 ? 1 : 0;
  const steps = new Float64Array(input - first);
  for (let i = 0; i < steps.length; i++) steps[i] = data[at + (first + i) * WIDTH + 4]!;
  steps.sort();
  const median = (steps[(steps.length - 1) >> 1]! + steps[steps.length >> 1]!) / 2;
  for (let k = 0; k < into.length; k++) into[k] = (k + 1) * median;
}

/** The last input position, again and again. */
export function persist(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const last = at + (input - 1) * WIDTH;
  for (let k = 0, p = to; k < elapsed.length; k++, p += 2) {
    into[p] = data[last]!;
    into[p + 1] = data[last + 1]!;
  }
}

/** The last reported speed and course, along the great circle. */
export function deadReckoning(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const last = at + (input - 1) * WIDTH;
  const speed = Math.min(SOG_MAX, data[last + 2]!) * KNOT;
  const course = data[last + 3]! * RADIANS;
  sail(data[last]!, data[last + 1]!, speed * Math.cos(course), speed * Math.sin(course), elapsed, into, to);
}

/** The velocity of the last steps' positions, by least squares, along the great circle. */
export function constantVelocity(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const last = at + (input - 1) * WIDTH;
  const steps = Math.min(FIT_STEPS, input - 1);
  const lat = data[last]!;
  const lon = data[last + 1]!;
  const metresNorth = EARTH_RADIUS_METRES * RADIANS;
  const metresEast = metresNorth * Math.cos(lat * RADIANS);
  let [t, sumT, sumN, sumE, sumTT, sumTN, sumTE] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0, p = last; i <= steps; i++, p -= WIDTH) {
    const north = (data[p]! - lat) * metresNorth;
    const east = wrap180(data[p + 1]! - lon) * metresEast;
    sumT += t;
    sumN += north;
    sumE += east;
    sumTT += t * t;
    sumTN += t * north;
    sumTE += t * east;
    // Times count back from the last position.
    if (i < steps) t -= data[p + 4]!;
  }
  if (-t < FIT_SECONDS) {
    persist(data, at, input, elapsed, into, to);
    return;
  }
  const points = steps + 1;
  const spread = points * sumTT - sumT * sumT;
  sail(lat, lon, (points * sumTN - sumT * sumN) / spread, (points * sumTE - sumT * sumE) / spread, elapsed, into, to);
}

/** Great circle from a position with a velocity north and east, in metres a second. */
function sail(
  lat: number,
  lon: number,
  north: number,
  east: number,
  elapsed: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const speed = Math.sqrt(north * north + east * east);
  const sinLat = Math.sin(lat * RADIANS);
  const cosLat = Math.cos(lat * RADIANS);
  const cosCourse = speed === 0 ? 1 : north / speed;
  const sinCourse = speed === 0 ? 0 : east / speed;
  for (let k = 0, p = to; k < elapsed.length; k++, p += 2) {
    arrive(lon, sinLat, cosLat, cosCourse, sinCourse, (speed * elapsed[k]!) / EARTH_RADIUS_METRES, into, p);
  }
}

/** Spec §10's destination, as the sum of two vectors: where one is, and where the course points. */
function arrive(
  lon: number,
  sinLat: number,
  cosLat: number,
  cosCourse: number,
  sinCourse: number,
  angle: number,
  into: Float64Array,
  to: number,
): void {
  const sin = Math.sin(angle);
  const cos = Math.cos(angle);
  const up = sinLat * cos + cosLat * cosCourse * sin;
  into[to] = Math.asin(up > 1 ? 1 : Math.max(up, -1)) / RADIANS;
  into[to + 1] = wrap180(lon + Math.atan2(sinCourse * sin, cosLat * cos - sinLat * cosCourse * sin) / RADIANS);
}

/** The turn at the end of the input: least-squares slope of the unwrapped course, in radians a second, within ±1° a second. */
export function turnRate(data: Float32Array, at: number, input: number): number {
  const last = at + (input - 1) * WIDTH;
  const steps = Math.min(FIT_STEPS, input - 1);
  let [t, course, sumT, sumC, sumTT, sumTC] = [0, 0, 0, 0, 0, 0];
  for (let i = 0, p = last; i <= steps; i++, p -= WIDTH) {
    sumT += t;
    sumC += course;
    sumTT += t * t;
    sumTC += t * course;
    if (i === steps) break;
    t -= data[p + 4]!;
    course += wrap180(data[p + 3 - WIDTH]! - data[p + 3]!) * RADIANS;
  }
  if (-t < FIT_SECONDS) return 0;
  const points = steps + 1;
  const rate = (points * sumTC - sumT * sumC) / (points * sumTT - sumT * sumT);
  return Math.max(-TURN_MAX, Math.min(TURN_MAX, rate));
}

/**
 * As dead reckoning, with a turn that fades: the course is θ + a (1 − e^(−t/T)), a = rate · T. North and east are the integral of the
 * velocity; the forecast lies that far and in that direction along the great circle, so that without a turn it is dead reckoning.
 * With y = a e^(−t/T) the integral has a closed form, e^i(θ + a) · (t + T (Cin(y) − Cin(a) + i (Si(y) − Si(a)))), and needs no small steps.
 */
export function turning(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
  to: number,
): void {
  const last = at + (input - 1) * WIDTH;
  const angle = turnRate(data, at, input) * TURN_SECONDS;
  if (angle === 0) {
    deadReckoning(data, at, input, elapsed, into, to);
    return;
  }
  const perRadius = (Math.min(SOG_MAX, data[last + 2]!) * KNOT) / EARTH_RADIUS_METRES;
  const course = data[last + 3]! * RADIANS + angle;
  const lon = data[last + 1]!;
  const sinLat = Math.sin(data[last]! * RADIANS);
  const cosLat = Math.cos(data[last]! * RADIANS);
  const cosEnd = Math.cos(course) * perRadius;
  const sinEnd = Math.sin(course) * perRadius;
  const cinStart = cin(angle);
  const siStart = si(angle);
  for (let k = 0, p = to; k < elapsed.length; k++, p += 2) {
    const left = angle * Math.exp(-elapsed[k]! / TURN_SECONDS);
    const ahead = elapsed[k]! + TURN_SECONDS * (cin(left) - cinStart);
    const aside = TURN_SECONDS * (si(left) - siStart);
    const north = cosEnd * ahead - sinEnd * aside;
    const east = sinEnd * ahead + cosEnd * aside;
    const far = Math.sqrt(north * north + east * east);
    arrive(lon, sinLat, cosLat, far === 0 ? 1 : north / far, far === 0 ? 0 : east / far, far, into, p);
  }
}

/** Terms that sum to the last digit for the angles of a turn, up to 300°. */
const TERMS = 20;
const SERIES_ENDS = 1e-17;

/** Cin(y) = ∫₀^y (1 − cos t) / t dt, by its series. */
export function cin(y: number): number {
  let term = 1;
  let sum = 0;
  for (let n = 2; n <= 2 * TERMS; n += 2) {
    term *= (-y * y) / (n * (n - 1));
    sum -= term / n;
    if (term < SERIES_ENDS && term > -SERIES_ENDS) break;
  }
  return sum;
}

/** Si(y) = ∫₀^y sin t / t dt, by its series. */
export function si(y: number): number {
  let term = y;
  let sum = y;
  for (let n = 3; n <= 2 * TERMS + 1; n += 2) {
    term *= (-y * y) / (n * (n - 1));
    sum += term / n;
    if (term < SERIES_ENDS && term > -SERIES_ENDS) break;
  }
  return sum;
}
