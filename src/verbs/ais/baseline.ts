/** `baseline ais`: how far the baselines' forecasts, and a model's, are from what ships did. */

import { WindrowError } from "../../core/index.ts";
import {
  BASELINES,
  type Baseline,
  type FeatureBatch,
  type ForecastReport,
  type Judge,
  judge,
  type Predictions,
} from "../../domains/ais/index.ts";
import type { DatasetSplit } from "../../formats/dataset/index.ts";
import { inspectPlace } from "../inspect/place.ts";
import { type Progress, SILENT } from "../progress.ts";
import { type PredictionsFile, predictionsFile } from "./predictions-file.ts";
import { aisSplit } from "./windows.ts";

/** A model: gives degrees of latitude and longitude, `[n, horizon, 2]` row-major, for windows of which it may see the input. */
export type Forecaster = (batch: FeatureBatch) => Predictions | Promise<Predictions>;

/** What is judged, on what. */
export interface BaselineAisOptions {
  /** Which samples of a dataset; `validation`. */
  readonly split?: DatasetSplit;
  /** Positions of a window that are the input; as the manifest says, else 128. */
  readonly inputLength?: number;
  /**
   * Steps to look at, in any order; 1, 10, 100, 400, 800 as far as they go. The last is the whole forecast, which the average displacement
   * error is over, unless `predictions` go further; where absent, it is all that follows the input.
   */
  readonly horizons?: readonly number[];
  /** Whether baselines are told when the target positions were reported, or take the median of the input's time steps; `known`. */
  readonly dt?: "known" | "median";
  /** Which baselines; all. */
  readonly baselines?: readonly Baseline[];
  /** Forecasts of a model: a Parquet file with one column of lists, [horizon × 2] numbers a sample, in the order of the split. */
  readonly predictions?: string;
  /** Models to judge, by name. */
  readonly models?: Readonly<Record<string, Forecaster>>;
}

/** Errors of each forecaster, on the same samples. */
export interface BaselineAisReport {
  readonly path: string;
  readonly split: DatasetSplit | null;
  readonly samples: number;
  readonly vessels: number | null;
  readonly input_length: number;
  readonly horizon: number;
  readonly dt: "known" | "median";
  /** By the name of the baseline or model; forecasts of a file are `predictions`. */
  readonly forecasts: Readonly<Record<string, ForecastReport>>;
}

/**
 * Judges baselines, and models beside them, on the samples of a split. Memory is that of a batch and of the errors: some 10 numbers a sample
 * and forecaster.
 * @throws WindrowError `empty` where the split has no samples; `usage` for lengths that do not fit; as `inspectPlace` and `Table`.
 *
 * @example
 * const { forecasts } = await baselineAis("data", { models: { mine: (batch) => predict(batch) } });
 * for (const [name, { ade }] of Object.entries(forecasts)) console.log(name, ade.nmi.mean);
 */
export async function baselineAis(
  path: string,
  options: BaselineAisOptions = {},
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<BaselineAisReport> {
  const { progress = SILENT, signal } = run;
  const source = await aisSplit(await inspectPlace(path), options.split);
  await using file = options.predictions === undefined ? undefined : await predictionsFile(options.predictions);
  if (file !== undefined && source.samples !== undefined) file.expectSamples(source.samples);
  const { panel, models } = panelOf(options, source.inputLength, file);
  let samples = 0;
  progress.stage("judge", source.samples, "samples");
  for await (const { features, vessels } of source.batches()) {
    signal?.throwIfAborted();
    const batch = { length: features.shape[0]!, columns: { features } };
    const forecasts: Record<string, Predictions> = {};
    for (const [name, model] of Object.entries(models)) forecasts[name] = await model(batch);
    panel.push(batch, forecasts, vessels);
    samples += batch.length;
    progress.at(samples);
  }
  file?.expectSamples(samples);
  const forecasts = panel.report();
  const { vessels, input_length, horizon } = Object.values(forecasts)[0]!;
  const { name, split } = source;
  return { path: name, split, samples, vessels, input_length, horizon, dt: options.dt ?? "known", forecasts };
}

/** Baselines that are judged, and the models whose forecasts are judged beside them. */
function panelOf(
  options: BaselineAisOptions,
  knownInput: number | undefined,
  file: PredictionsFile | undefined,
): { readonly panel: Judge; readonly models: Readonly<Record<string, Forecaster>> } {
  const { horizons, dt = "known", baselines = BASELINES } = options;
  const inputLength = options.inputLength ?? knownInput;
  const asked = horizons === undefined ? undefined : Math.max(...horizons);
  const horizon = file?.horizon ?? asked;
  if (file !== undefined && asked !== undefined && asked > file.horizon) {
    throw new WindrowError(
      "usage",
      `Cannot judge forecasts: those of ${file.name} go ${file.horizon} steps, got horizons up to ${asked}`,
    );
  }
  const models: Record<string, Forecaster> = {
    ...options.models,
    ...(file === undefined ? {} : { predictions: ({ length }) => file.take(length) }),
  };
  if (Object.keys(models).length + baselines.length === 0)
    throw new WindrowError("usage", "Cannot judge forecasts: expected a baseline, a model or predictions, got none");
  const panel = judge({
    baselines,
    dt,
    ...(inputLength === undefined ? {} : { inputLength }),
    ...(horizon === undefined ? {} : { horizon }),
    ...(horizons === undefined ? {} : { steps: horizons }),
  });
  return { panel, models };
}
