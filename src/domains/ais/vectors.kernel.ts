/** Positions as unit vectors from the Earth's centre, rows of x, y, z: x through (0°, 0°), y through (0°, 90° E), z through the north pole. */

import { EARTH_RADIUS_METRES, wrap180 } from "./geodesy.ts";

const RADIANS = Math.PI / 180;

/** Vectors of `count` positions: degrees of latitude from `at` on, every `stride`, each with its longitude behind it. */
export function unitVectors(
  degrees: Float32Array | Float64Array,
  at: number,
  stride: number,
  count: number,
  into: Float64Array,
): void {
  for (let k = 0, p = at, to = 0; k < count; k++, p += stride, to += 3) {
    const lat = degrees[p]! * RADIANS;
    const lon = degrees[p + 1]! * RADIANS;
    const cosLat = Math.cos(lat);
    into[to] = cosLat * Math.cos(lon);
    into[to + 1] = cosLat * Math.sin(lon);
    into[to + 2] = Math.sin(lat);
  }
}

/** Latitude of the vector from `at` on, in degrees. */
export function latOf(vectors: Float64Array, at: number): number {
  const x = vectors[at]!;
  const y = vectors[at + 1]!;
  return Math.atan2(vectors[at + 2]!, Math.sqrt(x * x + y * y)) / RADIANS;
}

/** Longitude of the vector from `at` on, in degrees of [−180, 180). */
export function lonOf(vectors: Float64Array, at: number): number {
  return wrap180(Math.atan2(vectors[at + 1]!, vectors[at]!) / RADIANS);
}

/**
 * Great-circle distances in metres of vectors from those of the same row, as haversine has them: 2R · asin of half the chord. Rounding adds some
 * nanometres. Gives their sum; NaN where a vector has no number.
 */
export function distances(a: Float64Array, b: Float64Array, into: Float64Array): number {
  let sum = 0;
  for (let k = 0, p = 0; k < into.length; k++, p += 3) {
    const dx = a[p]! - b[p]!;
    const dy = a[p + 1]! - b[p + 1]!;
    const dz = a[p + 2]! - b[p + 2]!;
    const half = Math.sqrt(dx * dx + dy * dy + dz * dz) / 2;
    const metres = 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(half, 1));
    into[k] = metres;
    sum += metres;
  }
  return sum;
}
