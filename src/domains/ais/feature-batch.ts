/** Batches of windows as the loader gives them: positions of five features, `[n, positions, 5]`. */

import { type Strided, WindrowError } from "../../core/index.ts";
import { FEATURES } from "./schema.ts";

/** Windows of positions, float32: degrees, degrees, knots, degrees, seconds. Without strides they lie row-major from the start of `data`. */
export interface FeatureColumn {
  readonly data: Float32Array;
  /** `[n, positions, 5]`. */
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** A batch that has them as its column `features`. */
export interface FeatureBatch {
  readonly length: number;
  readonly columns: { readonly features: FeatureColumn };
}

/**
 * The windows of a batch, or windows themselves, as a strided view.
 * @throws WindrowError `usage` for another shape than `[n, positions, 5]`, and for less data than it says.
 */
export function windowsOf(source: FeatureBatch | FeatureColumn): Strided {
  const column = "columns" in source ? source.columns.features : source;
  const { data, shape, offset = 0 } = column;
  const [n = 0, positions = 0, width] = shape;
  const strides = column.strides ?? [positions * FEATURES.length, FEATURES.length, 1];
  const last = [n, positions, FEATURES.length].reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset);
  const isInside = n * positions === 0 || (offset >= 0 && last < data.length && strides.every((stride) => stride >= 0));
  if (shape.length === 3 && width === FEATURES.length && strides.length === 3 && isInside)
    return { data, shape, strides, offset };
  throw new WindrowError(
    "usage",
    `Cannot use windows: expected [n, positions, ${FEATURES.length}] values, got shape [${shape}] over ${data.length}`,
  );
}
