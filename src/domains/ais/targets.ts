/** What a model is given and what it is asked for: views of a batch, nothing copied (brief "Training Tasks"), and the loss between positions. */

import { type Strided, WindrowError } from "../../core/index.ts";
import { type FeatureBatch, type FeatureColumn, windowsOf } from "./feature-batch.ts";
import { wrap180 } from "./geodesy.ts";
import { WIDTH } from "./trips.kernel.ts";

/** Positions that a model is given where nothing else is said. */
export const INPUT_LENGTH = 128;

/** How windows are cut. */
export interface TargetOptions {
  /** Positions that a model is given; 128. */
  readonly inputLength?: number;
}

/** A batch cut in two. */
export interface InputAndTarget {
  /** `[n, inputLength, 5]`. */
  readonly input: Strided;
  /** Latitudes and longitudes, degrees: `[n, 2]`, or `[n, steps, 2]`. */
  readonly target: Strided;
}

/**
 * Whole windows, and how many steps follow the input.
 * @throws WindrowError `usage` where nothing follows it.
 */
export function cutOf(
  source: FeatureBatch | FeatureColumn,
  inputLength: number = INPUT_LENGTH,
): { readonly windows: Strided; readonly inputLength: number; readonly steps: number } {
  const windows = windowsOf(source);
  const positions = windows.shape[1]!;
  if (Number.isSafeInteger(inputLength) && inputLength >= 1 && inputLength < positions)
    return { windows, inputLength, steps: positions - inputLength };
  throw new WindrowError(
    "usage",
    `Cannot cut windows: the input's length must be a whole number from 1 to ${positions - 1}, got ${inputLength}`,
  );
}

/** The position after the input: `[n, 128, 5]` → `[n, 2]`. Packed, both are ready for a tensor; see `packed` and `normalize`. */
export function nextPosition(batch: FeatureBatch | FeatureColumn, options: TargetOptions = {}): InputAndTarget {
  const { input, target } = multiStep(batch, 1, options);
  const { shape, strides } = target;
  return { input, target: { ...target, shape: [shape[0]!, 2], strides: [strides[0]!, strides[2]!] } };
}

/**
 * The `steps` positions after the input: `[n, 128, 5]` → `[n, steps, 2]`.
 * @throws WindrowError `usage` where the windows have fewer.
 */
export function multiStep(
  batch: FeatureBatch | FeatureColumn,
  steps: number,
  options: TargetOptions = {},
): InputAndTarget {
  const cut = cutOf(batch, options.inputLength);
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > cut.steps) {
    throw new WindrowError(
      "usage",
      `Cannot cut windows: ${cut.steps} positions follow the input, so steps must be from 1 to ${cut.steps}, got ${steps}`,
    );
  }
  const { data, shape, strides, offset } = cut.windows;
  const n = shape[0]!;
  return {
    input: { data, shape: [n, cut.inputLength, WIDTH], strides, offset },
    target: { data, shape: [n, steps, 2], strides, offset: offset + cut.inputLength * strides[1]! },
  };
}

/** All positions after the input: `[n, 128, 5]` → `[n, 800, 2]`. */
export function fullHorizon(batch: FeatureBatch | FeatureColumn, options: TargetOptions = {}): InputAndTarget {
  return multiStep(batch, cutOf(batch, options.inputLength).steps, options);
}

const RADIANS = Math.PI / 180;

/**
 * The loss between two positions (spec §11): squared distance in degrees of latitude, as (Δlat² + (cos lat · Δlon)²) / 2 with Δlon the short
 * way around, so that neither the date line nor the latitude distorts it. `lat`, `lon` are the truth.
 * For near positions, 2 · 111195² times it is the squared distance in metres.
 */
export function positionLoss(predictedLat: number, predictedLon: number, lat: number, lon: number): number {
  const north = predictedLat - lat;
  const east = wrap180(predictedLon - lon) * Math.cos(lat * RADIANS);
  return (north * north + east * east) / 2;
}
