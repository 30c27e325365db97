/** Distances between forecast and reported positions of one window. */

import { EARTH_RADIUS_METRES } from "./geodesy.ts";

const WIDTH = 5;
const HALF_RADIANS = Math.PI / 360;

/**
 * Haversine distances in metres of `into.length` forecasts from `from` on to the reported positions from `at` on. Gives the sum of the
 * squared differences of latitude and longitude in degrees, unwrapped; NaN where a value is none.
 */
export function distances(
  predictions: Float32Array | Float64Array,
  from: number,
  data: Float32Array,
  at: number,
  into: Float64Array,
): number {
  let squares = 0;
  for (let k = 0, p = from, q = at; k < into.length; k++, p += 2, q += WIDTH) {
    const lat1 = predictions[p]!;
    const lat2 = data[q]!;
    const dLat = lat2 - lat1;
    const dLon = data[q + 1]! - predictions[p + 1]!;
    const sinLat = Math.sin(dLat * HALF_RADIANS);
    const sinLon = Math.sin(dLon * HALF_RADIANS);
    const h =
      sinLat * sinLat + Math.cos(lat1 * (2 * HALF_RADIANS)) * Math.cos(lat2 * (2 * HALF_RADIANS)) * sinLon * sinLon;
    into[k] = 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(Math.min(h, 1)));
    squares += dLat * dLat + dLon * dLon;
  }
  return squares;
}

/** An error counts for a time where a report is within so much of it (spec §11). */
const NEAR = 0.1;

/**
 * The error `seconds` after the input: between the reports around that time, by their share; before the first or after the last, that one's.
 * NaN where the nearest report is more than a tenth away. `elapsed` ascends.
 */
export function errorAfter(seconds: number, elapsed: Float64Array, errors: Float64Array): number {
  let low = 0;
  let high = elapsed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elapsed[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const toBefore = before >= 0 ? seconds - elapsed[before]! : Number.POSITIVE_INFINITY;
  const toAfter = low < elapsed.length ? elapsed[low]! - seconds : Number.POSITIVE_INFINITY;
  if (Math.min(toBefore, toAfter) > NEAR * seconds) return Number.NaN;
  if (before < 0 || toAfter === 0) return errors[low]!;
  if (low === elapsed.length) return errors[before]!;
  return errors[before]! + ((errors[low]! - errors[before]!) * toBefore) / (toBefore + toAfter);
}
