/** Cuts the rows of a trace into windows of fixed length, and accounts for every row. */

import { WindrowError } from "../core/index.ts";

/** Windows of `size` rows, each beginning `stride` rows behind the one before. */
export interface WindowSpec {
  readonly size: number;
  readonly stride: number;
}

/** What became of a trace's rows. `used + tail + strideGap` is the trace's length. */
export interface WindowUse {
  readonly windows: number;
  /** Distinct rows that lie in at least one window. */
  readonly used: number;
  /** Rows behind the last window; all of them where there is no window. */
  readonly tail: number;
  /** Rows between two windows, when the stride is longer than the window. */
  readonly strideGap: number;
}

/**
 * Checks the numbers of a window spec.
 * @throws WindrowError `usage` when one is not a whole number from 1 up.
 */
export function windowSpec(size: number, stride: number): WindowSpec {
  for (const [name, value] of Object.entries({ size, stride })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new WindrowError("usage", `Cannot cut windows: ${name} must be a whole number from 1 up, got ${value}`);
    }
  }
  return { size, stride };
}

/** How many whole windows a trace of `length` rows has: ⌊(length − size) / stride⌋ + 1, or none (spec/ais.md §7). */
export function windowCount(length: number, { size, stride }: WindowSpec): number {
  return length < size ? 0 : Math.floor((length - size) / stride) + 1;
}

/** The first row of every window, ascending. */
export function windowStarts(length: number, spec: WindowSpec): Uint32Array {
  const starts = new Uint32Array(windowCount(length, spec));
  for (let i = 0; i < starts.length; i++) starts[i] = i * spec.stride;
  return starts;
}

/** Counts a trace's rows by what became of them, without listing a window. */
export function windowUse(length: number, spec: WindowSpec): WindowUse {
  const windows = windowCount(length, spec);
  if (windows === 0) return { windows, used: 0, tail: length, strideGap: 0 };
  const { size, stride } = spec;
  const used = size + (windows - 1) * Math.min(size, stride);
  const strideGap = (windows - 1) * Math.max(0, stride - size);
  return { windows, used, tail: length - used - strideGap, strideGap };
}
