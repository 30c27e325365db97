/** Kept points become trips of features: gaps cut, missing speed and course derived (spec §3.10, §4, §6). */

import { haversine, initialBearing, KNOT } from "./geodesy.ts";
import type { KeptSink } from "./jump.kernel.ts";
import type { AisRules } from "./schema.ts";

/** Values of a position: lat, lon, sog, cog, dt_seconds. */
export const WIDTH = 5;
const SOG = 2;
const COG = 3;

/** A run of positions, to be appended to what was written so far. Arrays hold `length` rows from their start. */
export interface PositionBlock {
  length: number;
  /** Rows of five float32: degrees, degrees, knots, degrees, seconds. */
  readonly features: Float32Array;
  /** Epoch seconds. */
  readonly times: Float64Array;
  /** Number of the input file. */
  readonly sources: Uint32Array;
}

/** A vessel's trip: rows `firstRow` to `firstRow + length` of what was written. */
export interface Trip {
  readonly mmsi: number;
  readonly firstRow: number;
  readonly length: number;
  /** Times of its first and last point, epoch seconds. */
  readonly from: number;
  readonly to: number;
}

/** Takes the positions and the trips they make up. */
export interface TripSink {
  /** Appends the block's rows; the block is reused afterwards. */
  append(block: PositionBlock): void;
  /** Puts `value` into one feature of rows that were appended. */
  patch(rows: { readonly from: number; readonly to: number }, feature: number, value: number): void;
  trip(trip: Trip): void;
}

/** What the derivation counted. */
export interface TripCounts {
  /** Kept points. */
  kept: number;
  sogDerived: number;
  cogDerived: number;
}

const BLOCK_ROWS = 32_768;
/** A speed is only derived from a neighbour this near in time (§3.10). */
const DERIVE_SECONDS = 600;
/** Below this the bearing between two fixes is noise (§3.10). */
const DERIVE_METRES = 10;

/** float32 rounds values just below the end of the range onto it; the range is half open (§3.10). */
function storedCog(cog: number): number {
  const value = Math.fround(cog);
  return value >= 360 ? 0 : value;
}

function storedLon(lon: number): number {
  const value = Math.fround(lon);
  return value >= 180 ? -180 : value;
}

/** Cuts kept points into trips and writes their features. */
export function tripBuilder(rules: AisRules, sink: TripSink): KeptSink & { finish(): TripCounts } {
  const counts: TripCounts = { kept: 0, sogDerived: 0, cogDerived: 0 };
  const { cutTimes = [] } = rules;
  const block = {
    length: 0,
    features: new Float32Array(BLOCK_ROWS * WIDTH),
    times: new Float64Array(BLOCK_ROWS),
    sources: new Uint32Array(BLOCK_ROWS),
  };
  let written = 0;
  let mmsi = 0;
  let firstRow = 0;
  let rows = 0;
  let startT = 0;
  let lastT = 0;
  let lastLat = 0;
  let lastLon = 0;
  let lastCog = Number.NaN;
  /** The last point has no speed yet: it waits for the next one. */
  let speedWaits = false;

  function flush(): void {
    if (block.length > 0) sink.append(block);
    written += block.length;
    block.length = 0;
  }

  function patch(from: number, to: number, feature: number, value: number): void {
    if (from < written) sink.patch({ from, to: Math.min(to, written) }, feature, value);
    for (let row = Math.max(from, written); row < to; row++) block.features[(row - written) * WIDTH + feature] = value;
  }

  function endTrip(): void {
    if (rows > 0) sink.trip({ mmsi, firstRow, length: rows, from: startT, to: lastT });
    rows = 0;
    speedWaits = false;
    lastCog = Number.NaN;
  }

  function isCutBetween(before: number, after: number): boolean {
    for (const time of cutTimes) if (before < time && after >= time) return true;
    return false;
  }

  /** Speed over the way from the last point, in knots, at most the limit. */
  function impliedSpeed(metres: number, seconds: number): number {
    return Math.min(rules.sogMax, metres / Math.max(1, seconds) / KNOT);
  }

  /** The course of a point that reports none; NaN while the trip has not shown one. */
  function derivedCog(lat: number, lon: number): number {
    counts.cogDerived += 1;
    if (rows > 0 && haversine(lastLat, lastLon, lat, lon) >= DERIVE_METRES)
      return initialBearing(lastLat, lastLon, lat, lon);
    return lastCog;
  }

  /** The speed of a point that reports none; 0 while it waits for the next point. */
  function derivedSog(t: number, lat: number, lon: number): number {
    counts.sogDerived += 1;
    speedWaits = rows === 0 || t - lastT > DERIVE_SECONDS;
    return speedWaits ? 0 : impliedSpeed(haversine(lastLat, lastLon, lat, lon), t - lastT);
  }

  function write(at: { t: number; lat: number; lon: number; source: number }, sog: number, cog: number): void {
    const offset = block.length * WIDTH;
    const { features } = block;
    features[offset] = at.lat;
    features[offset + 1] = storedLon(at.lon);
    features[offset + SOG] = sog;
    features[offset + COG] = Number.isNaN(cog) ? 0 : storedCog(cog);
    features[offset + 4] = rows === 0 ? 0 : at.t - lastT;
    block.times[block.length] = at.t;
    block.sources[block.length] = at.source;
    block.length += 1;
  }

  return {
    vessel(next) {
      endTrip();
      mmsi = next;
    },
    point(from, index, cut) {
      const t = from.t[index]!;
      const lat = from.lat[index]!;
      const lon = from.lon[index]!;
      if (rows > 0 && (cut || t - lastT > rules.maxGapSeconds || isCutBetween(lastT, t))) endTrip();
      if (block.length === BLOCK_ROWS) flush();
      const row = written + block.length;
      if (rows === 0) {
        firstRow = row;
        startT = t;
      }
      if (speedWaits) {
        if (t - lastT <= DERIVE_SECONDS)
          patch(row - 1, row, SOG, impliedSpeed(haversine(lastLat, lastLon, lat, lon), t - lastT));
        speedWaits = false;
      }
      const sog = Number.isNaN(from.sog[index]!) ? derivedSog(t, lat, lon) : from.sog[index]!;
      const cog = Number.isNaN(from.cog[index]!) ? derivedCog(lat, lon) : from.cog[index]!;
      // The trip's first known course also holds for the points before it.
      if (Number.isNaN(lastCog) && !Number.isNaN(cog) && rows > 0) patch(firstRow, row, COG, storedCog(cog));
      write({ t, lat, lon, source: from.source[index]! }, sog, cog);
      lastT = t;
      lastLat = lat;
      lastLon = lon;
      lastCog = cog;
      rows += 1;
      counts.kept += 1;
    },
    finish() {
      endTrip();
      flush();
      return counts;
    },
  };
}
