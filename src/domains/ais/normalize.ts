/** Features as models like them, near −1 … 1, and back (spec §9). */

import { WindrowError } from "../../core/index.ts";
import { type FeatureBatch, type FeatureColumn, windowsOf } from "./feature-batch.ts";
import { denormalizeInto, normalizeInto, SINCOS } from "./normalize.kernel.ts";
import { WIDTH } from "./trips.kernel.ts";

/** Arrays that answers can be written to. */
type Floats = Float32Array | Float64Array;

/** How features are normalized. */
export interface NormalizeOptions<A extends Floats = Floats> {
  /** The course as two channels without a seam at north, or as one, `cog / 360`; `sincos`. */
  readonly cog?: "sincos" | "raw360";
  /** Room for the answer, so that nothing is allocated for each batch. A Float64Array keeps more digits. */
  readonly into?: A;
}

/** Normalized windows, row-major. */
export interface Normalized<A extends Floats = Floats> {
  readonly data: A;
  /** `[n, positions, 6]`: lat / 90, lon / 180, sog / 30, sin cog, cos cog, ln(1 + dt) / 10. With `raw360` five: cog / 360 is one. */
  readonly shape: readonly [number, number, number];
  /** Share of the speeds that were out of 0 … 30 kn, and are lost: they come back as the nearer bound. */
  readonly clippedShare: number;
}

/** Windows as they were. */
export interface Denormalized<A extends Floats = Floats> {
  /** Degrees, degrees, knots, degrees in [0, 360), seconds. */
  readonly data: A;
  readonly shape: readonly [number, number, number];
  /** Numbers, over all positions of all windows, of those whose sine and cosine tell no course: they have 0. */
  readonly unknownCourses: readonly number[];
}

function room<A extends Floats>(size: number, into: A | undefined): A {
  // Whoever gives no room gets the kind that is the default.
  const data = into ?? (new Float32Array(size) as A);
  if (data.length >= size) return data.length === size ? data : (data.subarray(0, size) as A); // subarray keeps the kind
  throw new WindrowError("usage", `Cannot normalize: the answer has ${size} values, got room for ${data.length}`);
}

/**
 * Normalizes a batch, or a view of one such as `nextPosition(batch).input`. The constants are fixed, so nothing of one split leaks into another.
 * @throws WindrowError `usage` for another shape than `[n, positions, 5]`, and where `into` is too short.
 *
 * @example
 * const { input } = nextPosition(batch);
 * const { data, shape } = normalize(input); // [n, 128, 6]
 */
export function normalize<A extends Floats = Float32Array>(
  source: FeatureBatch | FeatureColumn,
  options: NormalizeOptions<A> = {},
): Normalized<A> {
  const windows = windowsOf(source);
  const [n = 0, positions = 0] = windows.shape;
  const channels = options.cog === "raw360" ? WIDTH : SINCOS;
  const data = room(n * positions * channels, options.into);
  const clipped = normalizeInto(windows, data, channels);
  return { data, shape: [n, positions, channels], clippedShare: clipped / Math.max(1, n * positions) };
}

/**
 * The reverse of `normalize`; whether the course is one channel or two is seen from the shape. What went through float32 comes back to
 * 1e-5° of position, 1e-4° of course, 1e-5 of dt; speeds out of 0 … 30 kn do not.
 * @throws WindrowError `usage` for other shapes, and where `into` is too short.
 */
export function denormalize<A extends Floats = Float32Array>(
  normalized: Pick<Normalized, "data"> & { readonly shape: readonly number[] },
  options: Pick<NormalizeOptions<A>, "into"> = {},
): Denormalized<A> {
  const { data, shape } = normalized;
  const [n = 0, positions = 0, channels = 0] = shape;
  if (shape.length !== 3 || (channels !== WIDTH && channels !== SINCOS) || data.length < n * positions * channels) {
    throw new WindrowError(
      "usage",
      `Cannot denormalize: expected [n, positions, ${SINCOS} or ${WIDTH}] values, got shape [${shape}] over ${data.length}`,
    );
  }
  const into = room(n * positions * WIDTH, options.into);
  const unknownCourses = denormalizeInto(data, channels, n * positions, into);
  return { data: into, shape: [n, positions, WIDTH], unknownCourses };
}
