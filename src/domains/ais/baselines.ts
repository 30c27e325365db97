/** Baselines: forecasts that need no training, for a model to beat (spec §11). */

import { packed, WindrowError } from "../../core/index.ts";
import { constantVelocity, deadReckoning, knownElapsed, medianElapsed, persist, turning } from "./baselines.kernel.ts";
import type { FeatureBatch, FeatureColumn } from "./feature-batch.ts";
import { cutOf } from "./targets.ts";
import { WIDTH } from "./trips.kernel.ts";
import { latOf, lonOf } from "./vectors.kernel.ts";

/** What forecasts each of them: unit vectors for a window and the seconds to each step. */
export const FORECASTS = {
  persist,
  dead_reckoning: deadReckoning,
  constant_velocity: constantVelocity,
  cv_turn: turning,
} as const;

/** The name of a baseline. */
export type Baseline = keyof typeof FORECASTS;

/** All of them, from the simplest: stay; last reported speed and course; speed and course of the last nine positions; turn as well. */
export const BASELINES = ["persist", "dead_reckoning", "constant_velocity", "cv_turn"] as const satisfies Baseline[];

/** How a baseline forecasts. */
export interface BaselineOptions {
  /** Positions that it is given; 128. */
  readonly inputLength?: number;
  /** Steps to forecast; all that follow the input. */
  readonly horizon?: number;
  /** Whether it is told when the targets were reported, or takes the median of the input's time steps. Be fair: tell a model the same. `known` */
  readonly dt?: "known" | "median";
  /** Room for the answer, so that nothing is allocated for each batch. */
  readonly into?: Float64Array;
}

/** Forecast positions: degrees of latitude and longitude, row-major. */
export interface Forecasts {
  readonly data: Float64Array;
  /** `[n, horizon, 2]`. */
  readonly shape: readonly [number, number, number];
}

/**
 * The forecasts of a baseline for a batch of windows.
 * @throws WindrowError `usage` for windows of another shape, lengths that do not fit them, and an `into` that is too short.
 *
 * @example
 * const { data, shape } = forecast("dead_reckoning", batch); // [n, 800, 2]
 */
export function forecast(
  baseline: Baseline,
  source: FeatureBatch | FeatureColumn,
  options: BaselineOptions = {},
): Forecasts {
  const { windows, inputLength, steps } = cutOf(source, options.inputLength);
  const horizon = options.horizon ?? steps;
  if (!Number.isSafeInteger(horizon) || horizon < 1 || horizon > steps) {
    throw new WindrowError(
      "usage",
      `Cannot forecast: ${steps} positions follow the input, so the horizon must be from 1 to ${steps}, got ${horizon}`,
    );
  }
  const [n = 0, positions = 0] = windows.shape;
  const size = n * horizon * 2;
  const into = options.into ?? new Float64Array(size);
  if (into.length < size)
    throw new WindrowError("usage", `Cannot forecast: the answer has ${size} values, got room for ${into.length}`);
  const data = packed(windows);
  const elapsed = new Float64Array(horizon);
  const vectors = new Float64Array(3 * horizon);
  const fill = options.dt === "median" ? medianElapsed : knownElapsed;
  const make = FORECASTS[baseline];
  for (let i = 0, to = 0; i < n; i++) {
    const at = i * positions * WIDTH;
    fill(data, at, inputLength, elapsed);
    make(data, at, inputLength, elapsed, vectors);
    for (let k = 0; k < horizon; k++, to += 2) {
      into[to] = latOf(vectors, 3 * k);
      into[to + 1] = lonOf(vectors, 3 * k);
    }
  }
  return { data: into.length === size ? into : into.subarray(0, size), shape: [n, horizon, 2] };
}
