/**
 * Forecasts of one window without a model (spec §11). A window is rows of five float32 from `at` on. Forecasts are unit vectors, rows of three,
 * one for each of the `elapsed` seconds: a great circle is a sum of two vectors, and the distance to what a ship did needs no angle.
 */

import { EARTH_RADIUS_METRES, KNOT, wrap180 } from "./geodesy.ts";
import { unitVectors } from "./vectors.kernel.ts";

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
): void {
  unitVectors(data, at + (input - 1) * WIDTH, 0, elapsed.length, into);
}

/** The last reported speed and course, along the great circle. */
export function deadReckoning(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
): void {
  const last = at + (input - 1) * WIDTH;
  const speed = Math.min(SOG_MAX, data[last + 2]!) * KNOT;
  const course = data[last + 3]! * RADIANS;
  sail(data[last]!, data[last + 1]!, speed * Math.cos(course), speed * Math.sin(course), elapsed, into);
}

/** The velocity of the last steps' positions, by least squares, along the great circle. */
export function constantVelocity(
  data: Float32Array,
  at: number,
  input: number,
  elapsed: Float64Array,
  into: Float64Array,
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
    persist(data, at, input, elapsed, into);
    return;
  }
  const points = steps + 1;
  const spread = points * sumTT - sumT * sumT;
  sail(lat, lon, (points * sumTN - sumT * sumN) / spread, (points * sumTE - sumT * sumE) / spread, elapsed, into);
}

/** Great circle from a position with a velocity north and east, in metres a second. */
function sail(lat: number, lon: number, north: number, east: number, elapsed: Float64Array, into: Float64Array): void {
  const speed = Math.sqrt(north * north + east * east);
  const cosCourse = speed === 0 ? 1 : north / speed;
  const sinCourse = speed === 0 ? 0 : east / speed;
  const sinLat = Math.sin(lat * RADIANS);
  const cosLat = Math.cos(lat * RADIANS);
  const sinLon = Math.sin(lon * RADIANS);
  const cosLon = Math.cos(lon * RADIANS);
  // Where one is, and where the course points: spec §10's destination is their sum, by cosine and sine of the angle sailed.
  const [x, y, z] = [cosLat * cosLon, cosLat * sinLon, sinLat];
  const dx = -sinLat * cosLon * cosCourse - sinLon * sinCourse;
  const dy = -sinLat * sinLon * cosCourse + cosLon * sinCourse;
  const dz = cosLat * cosCourse;
  for (let k = 0, p = 0; k < elapsed.length; k++, p += 3) {
    const angle = (speed * elapsed[k]!) / EARTH_RADIUS_METRES;
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    into[p] = x * cos + dx * sin;
    into[p + 1] = y * cos + dy * sin;
    into[p + 2] = z * cos + dz * sin;
  }
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
): void {
  const last = at + (input - 1) * WIDTH;
  const angle = turnRate(data, at, input) * TURN_SECONDS;
  if (angle === 0) {
    deadReckoning(data, at, input, elapsed, into);
    return;
  }
  const perRadius = (Math.min(SOG_MAX, data[last + 2]!) * KNOT) / EARTH_RADIUS_METRES;
  const course = data[last + 3]! * RADIANS + angle;
  const lon = data[last + 1]! * RADIANS;
  const sinLat = Math.sin(data[last]! * RADIANS);
  const cosLat = Math.cos(data[last]! * RADIANS);
  const sinLon = Math.sin(lon);
  const cosLon = Math.cos(lon);
  const cosEnd = Math.cos(course) * perRadius;
  const sinEnd = Math.sin(course) * perRadius;
  const cinStart = cin(angle);
  const siStart = si(angle);
  for (let k = 0, p = 0; k < elapsed.length; k++, p += 3) {
    const left = angle * Math.exp(-elapsed[k]! / TURN_SECONDS);
    const ahead = elapsed[k]! + TURN_SECONDS * (cin(left) - cinStart);
    const aside = TURN_SECONDS * (si(left) - siStart);
    const north = cosEnd * ahead - sinEnd * aside;
    const east = sinEnd * ahead + cosEnd * aside;
    const far = Math.sqrt(north * north + east * east);
    const cos = Math.cos(far);
    // Both parts of the way are in radians; on the sphere it reaches as far as its sine.
    const scale = far === 0 ? 1 : Math.sin(far) / far;
    const up = cosLat * cos - sinLat * north * scale;
    into[p] = cosLon * up - sinLon * east * scale;
    into[p + 1] = sinLon * up + cosLon * east * scale;
    into[p + 2] = sinLat * cos + cosLat * north * scale;
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
