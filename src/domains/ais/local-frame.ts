/** Positions as metres north and east of where the input ends, for models that need not know where on Earth they are (spec §9, §11). */

import { packed, WindrowError } from "../../core/index.ts";
import { EARTH_RADIUS_METRES, wrap180 } from "./geodesy.ts";
import type { InputAndTarget } from "./targets.ts";

const RADIANS = Math.PI / 180;

/**
 * Metres north and east of the target's positions from the last input position: `[n, 2]` or `[n, steps, 2]` as the target has it, row-major.
 * The frame is flat: north = R·Δφ, east = R·Δλ·cos φ of the last position, the short way around. Not for the poles.
 *
 * @example
 * const cut = nextPosition(batch);
 * const moved = toLocal(cut); // what a model is to learn
 */
export function toLocal(cut: InputAndTarget, into?: Float32Array): Float32Array {
  const { lastLat, lastLon, steps } = frame(cut);
  const metres = packed(cut.target, into ?? new Float32Array(cut.target.shape.reduce((all, size) => all * size, 1)));
  for (let at = 0; at < metres.length; at += 2) {
    const sample = Math.floor(at / 2 / steps);
    const lat = lastLat(sample);
    metres[at] = (metres[at]! - lat) * RADIANS * EARTH_RADIUS_METRES;
    metres[at + 1] =
      wrap180(metres[at + 1]! - lastLon(sample)) * RADIANS * EARTH_RADIUS_METRES * Math.cos(lat * RADIANS);
  }
  return metres;
}

/**
 * The reverse: degrees of latitude and longitude of metres north and east, as `forecastErrors` takes them.
 * @throws WindrowError `usage` for another number of values than the target has.
 */
export function fromLocal(cut: InputAndTarget, metres: Float32Array | Float64Array): Float64Array {
  const { lastLat, lastLon, steps, size } = frame(cut);
  if (metres.length !== size)
    throw new WindrowError(
      "usage",
      `Cannot place forecasts: expected ${size} metres north and east, got ${metres.length}`,
    );
  const degrees = new Float64Array(size);
  for (let at = 0; at < size; at += 2) {
    const sample = Math.floor(at / 2 / steps);
    const lat = lastLat(sample);
    degrees[at] = lat + metres[at]! / EARTH_RADIUS_METRES / RADIANS;
    const east = metres[at + 1]! / EARTH_RADIUS_METRES / Math.cos(lat * RADIANS) / RADIANS;
    degrees[at + 1] = wrap180(lastLon(sample) + east);
  }
  return degrees;
}

/** Where the inputs end, and how many steps each sample has. */
function frame({ input, target }: InputAndTarget) {
  const [sample = 0, position = 0, feature = 0] = input.strides;
  const last = input.offset + (input.shape[1]! - 1) * position;
  return {
    lastLat: (i: number) => input.data[last + i * sample]!,
    lastLon: (i: number) => input.data[last + i * sample + feature]!,
    steps: target.shape.length === 2 ? 1 : target.shape[1]!,
    size: target.shape.reduce((all, each) => all * each, 1),
  };
}
