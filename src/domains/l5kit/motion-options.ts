/** How long and how wide motion samples are. */

import { WindrowError } from "../../core/index.ts";

/** The sizes of a sample. */
export interface MotionOptions {
  /** Frames before the anchor's. */
  readonly history: number;
  /** Frames after the anchor's. */
  readonly future: number;
  /** Most neighbours; 0 for none, and then no columns of them. */
  readonly neighbours: number;
  /** Neighbours are nearer than this. */
  readonly radiusMetres: number;
  /** The probabilities of a neighbour's classes from `CAR` to `ANIMAL` add up to more. */
  readonly labelThreshold: number;
}

/** One second of past and five of future at 10 Hz; up to 30 neighbours within 50 m. */
export const MOTION: MotionOptions = { history: 10, future: 50, neighbours: 30, radiusMetres: 50, labelThreshold: 0.5 };

/** A sample must have a size that an array can have. */
const LONGEST = 10_000;
const MOST_PLACES = 1_000_000;

/**
 * The options with what is left out filled in.
 * @throws WindrowError `usage` for sizes that are no whole numbers in their range, and limits below 0 or NaN.
 */
export function checkedMotion(options: Partial<MotionOptions>): MotionOptions {
  const all = { ...MOTION, ...options };
  for (const [name, least] of [
    ["history", 0],
    ["future", 1],
    ["neighbours", 0],
  ] as const) {
    const value = all[name];
    if (Number.isInteger(value) && value >= least && value <= LONGEST) continue;
    throw new WindrowError(
      "usage",
      `Cannot make motion samples: ${name} must be a whole number from ${least} to ${LONGEST}, got ${value}`,
    );
  }
  const places = all.neighbours * (all.history + 1);
  if (places > MOST_PLACES)
    throw new WindrowError(
      "usage",
      `Cannot make motion samples: neighbours × (history + 1) must be at most ${MOST_PLACES}, got ${places}`,
    );
  for (const name of ["radiusMetres", "labelThreshold"] as const) {
    if (all[name] >= 0) continue;
    throw new WindrowError("usage", `Cannot make motion samples: ${name} must be 0 or more, got ${all[name]}`);
  }
  return all;
}
