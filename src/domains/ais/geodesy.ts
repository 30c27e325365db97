/** Distances, bearings and destinations on the sphere (spec §10). Degrees and metres, all in float64. */

/** Mean radius of the Earth, in metres (IUGG). */
export const EARTH_RADIUS_METRES = 6371008.8;

/** Metres per second of one knot. */
export const KNOT = 1852 / 3600;

const RADIANS = Math.PI / 180;

/** A position in degrees. */
export interface Position {
  readonly lat: number;
  readonly lon: number;
}

/** Great-circle distance in metres. Longitudes need no wrapping. Within 0.56 % of the WGS84 ellipsoid. */
export function haversine(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const sinLat = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const sinLon = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const h = sinLat * sinLat + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(Math.min(1, h)));
}

/**
 * An upper bound of `haversine` without trigonometry: along the meridian, then along the equator's longer parallel.
 * For tests like "nearer than 1000 m" that most pairs pass; a millionth and a micrometre are added, so that rounding cannot undercut.
 */
export function distanceBound(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const across = Math.abs(lon2 - lon1) % 360;
  const degrees = Math.abs(lat2 - lat1) + Math.min(across, 360 - across);
  return EARTH_RADIUS_METRES * RADIANS * degrees * (1 + 1e-6) + 1e-6;
}

/** Course at the first position along the great circle to the second: degrees in [0, 360), 0 between equal positions. */
export function initialBearing(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const cosLat2 = Math.cos(lat2 * RADIANS);
  const dLon = (lon2 - lon1) * RADIANS;
  const east = Math.sin(dLon) * cosLat2;
  const north =
    Math.cos(lat1 * RADIANS) * Math.sin(lat2 * RADIANS) - Math.sin(lat1 * RADIANS) * cosLat2 * Math.cos(dLon);
  return wrap360(Math.atan2(east, north) / RADIANS);
}

/** Where one arrives from a position after so many metres along the great circle that begins at a bearing (degrees). */
export function destination(from: Position, bearing: number, metres: number): Position {
  const angle = metres / EARTH_RADIUS_METRES;
  const lat1 = from.lat * RADIANS;
  const theta = bearing * RADIANS;
  const sinLat2 = Math.sin(lat1) * Math.cos(angle) + Math.cos(lat1) * Math.sin(angle) * Math.cos(theta);
  const lat2 = Math.asin(Math.max(-1, Math.min(1, sinLat2)));
  const east = Math.sin(theta) * Math.sin(angle) * Math.cos(lat1);
  const dLon = Math.atan2(east, Math.cos(angle) - Math.sin(lat1) * Math.sin(lat2));
  return { lat: lat2 / RADIANS, lon: wrap180(from.lon + dLon / RADIANS) };
}

/** The same angle in [0, 360). */
export function wrap360(degrees: number): number {
  const wrapped = ((degrees % 360) + 360) % 360;
  return wrapped === 360 ? 0 : wrapped;
}

/** The same angle in [−180, 180). */
export function wrap180(degrees: number): number {
  return degrees >= -180 && degrees < 180 ? degrees : wrap360(degrees + 180) - 180;
}
