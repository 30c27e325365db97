/** Splits by time: when training ends, and when what is held out begins. */

import type { SplitSpec } from "./split.ts";

/** Where a point goes by its time alone. */
export interface TimeCuts {
  /** Points from here on are no training points. */
  readonly validation: number;
  /** Points from here on are test points. */
  readonly test: number;
}

/** All time is of one split. */
export const NO_CUTS: TimeCuts = { validation: Number.POSITIVE_INFINITY, test: Number.POSITIVE_INFINITY };

/** Least and greatest of the values that `isIn` takes. */
function extent(blocks: () => Iterable<Float64Array>, isIn: (value: number) => boolean): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const block of blocks()) {
    for (const value of block) {
      if (!isIn(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return { low, high };
}

const BINS = 4096;

/** How many values between two bounds fall into each of equal bins. */
function histogram(
  blocks: () => Iterable<Float64Array>,
  low: number,
  high: number,
): { counts: Float64Array; binOf: (value: number) => number } {
  const counts = new Float64Array(BINS);
  const width = (high - low) / BINS;
  const binOf = (value: number) =>
    value < low || value > high ? -1 : Math.min(BINS - 1, Math.floor((value - low) / width));
  for (const block of blocks()) {
    for (const value of block) {
      const bin = binOf(value);
      if (bin >= 0) counts[bin]! += 1;
    }
  }
  return { counts, binOf };
}

/**
 * The value at place `rank` of the sorted values (from 0), found in memory of one block: the range is narrowed to the bin that holds
 * it until that bin holds one value. `blocks` is called twice for each step.
 */
export function nthValue(blocks: () => Iterable<Float64Array>, rank: number): number {
  let { low, high } = extent(blocks, () => true);
  let before = 0;
  while (low < high) {
    const { counts, binOf } = histogram(blocks, low, high);
    let bin = 0;
    while (before + counts[bin]! <= rank) {
      before += counts[bin]!;
      bin += 1;
    }
    ({ low, high } = extent(blocks, (value) => binOf(value) === bin));
  }
  return low;
}

/** The cuts that leave these fractions of the points at the end, validation before test. */
export function timeCuts(blocks: () => Iterable<Float64Array>, points: number, fractions: SplitSpec): TimeCuts {
  const at = (fraction: number): number => {
    const rank = Math.floor(points * (1 - fraction));
    return rank >= points ? Number.POSITIVE_INFINITY : nthValue(blocks, rank);
  };
  return { validation: at(fractions.validation + fractions.test), test: at(fractions.test) };
}
