/** Features to and from what models are fed with, position by position (spec §9). */

import type { Strided } from "../../core/index.ts";
import { wrap360 } from "./geodesy.ts";

const RADIANS = Math.PI / 180;
/** Speeds above are not told apart (§9). */
const SOG_TOP = 30;
/** A direction of a shorter vector is noise (§9). */
const SHORTEST = 1e-6;

/** Channels of a position where the course is sine and cosine. */
export const SINCOS = 6;

/** Normalizes windows `[n, positions, 5]` to `channels` values a position. Gives how many speeds were clipped. */
export function normalizeInto(windows: Strided, into: Float32Array | Float64Array, channels: number): number {
  const { data, shape, strides, offset } = windows;
  const [n, positions] = shape as [number, number, number];
  const [sample, position, feature] = strides as [number, number, number];
  let clipped = 0;
  let to = 0;
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < positions; p++, to += channels) {
      const at = offset + i * sample + p * position;
      const sog = data[at + 2 * feature]!;
      const cog = data[at + 3 * feature]!;
      if (sog > SOG_TOP || sog < 0) clipped++;
      into[to] = data[at]! / 90;
      into[to + 1] = data[at + feature]! / 180;
      into[to + 2] = (sog > SOG_TOP ? SOG_TOP : Math.max(sog, 0)) / SOG_TOP;
      if (channels === SINCOS) {
        into[to + 3] = Math.sin(cog * RADIANS);
        into[to + 4] = Math.cos(cog * RADIANS);
      } else {
        into[to + 3] = cog / 360;
      }
      into[to + channels - 1] = Math.log1p(data[at + 4 * feature]!) / 10;
    }
  }
  return clipped;
}

/** The reverse, to five values a position. Gives the numbers, from 0 over all, of the positions that have no course. */
export function denormalizeInto(
  data: Float32Array | Float64Array,
  channels: number,
  positions: number,
  into: Float32Array | Float64Array,
): number[] {
  const unknown: number[] = [];
  for (let p = 0, at = 0, to = 0; p < positions; p++, at += channels, to += 5) {
    let cog = data[at + 3]! * 360;
    if (channels === SINCOS) {
      const sin = data[at + 3]!;
      const cos = data[at + 4]!;
      cog = wrap360(Math.atan2(sin, cos) / RADIANS);
      if (sin * sin + cos * cos < SHORTEST * SHORTEST) {
        cog = 0;
        unknown.push(p);
      }
    }
    into[to] = data[at]! * 90;
    into[to + 1] = data[at + 1]! * 180;
    into[to + 2] = data[at + 2]! * SOG_TOP;
    into[to + 3] = cog;
    // float32 rounds values just below the end of the range onto it; the range is half open.
    if (into[to + 3] === 360) into[to + 3] = 0;
    into[to + 4] = Math.expm1(data[at + channels - 1]! * 10);
  }
  return unknown;
}
