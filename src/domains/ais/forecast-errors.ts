/** How far forecasts are from what ships did: by step, by time, over all steps (spec §11). For baselines and models alike. */

import { packed, WindrowError } from "../../core/index.ts";
import { knownElapsed } from "./baselines.kernel.ts";
import { BINNED_QUANTILE_ERROR, ErrorSeries, NAUTICAL_MILE } from "./error-series.ts";
import { distances, errorAfter } from "./errors.kernel.ts";
import type { FeatureBatch, FeatureColumn } from "./feature-batch.ts";
import { cutOf, INPUT_LENGTH } from "./targets.ts";
import { WIDTH } from "./trips.kernel.ts";

/** Steps that are looked at (§11). */
const STEPS = [1, 10, 100, 400, 800] as const;
/** Times that are looked at: 10 minutes, an hour, three (§11). */
const SECONDS = [600, 3600, 10_800] as const;
/** 4 MiB for each of the ten series of a model. */
const EXACT_SAMPLES = 1 << 19;

/** What is measured. */
export interface ForecastErrorsOptions {
  /** Positions that come before the forecast ones in a window; 128. */
  readonly inputLength?: number;
  /** Steps that are forecast; all that follow the input in the first batch. */
  readonly horizon?: number;
  /** Steps to look at, from 1 to the horizon; those of 1, 10, 100, 400, 800 that there are, and the last. */
  readonly steps?: readonly number[];
  /** Times after the input to look at; 600, 3600 and 10800 s. */
  readonly seconds?: readonly number[];
  /** Up to so many samples quantiles are exact, past it within 0.025 %: a sample takes 8 bytes a step and time; 524288. */
  readonly exactSamples?: number;
}

/** A distance in several ways, over samples. */
export interface ErrorFigures {
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
  readonly rmse: number;
  /** Mean of the means of each vessel, so that one that is seen often does not decide; `null` where vessels are not told. */
  readonly vessel_mean: number | null;
}

/** Errors over samples. */
export interface ErrorStats {
  readonly samples: number;
  readonly metres: ErrorFigures;
  readonly nmi: ErrorFigures;
  /** Share of the samples that are further off than 10 nautical miles. */
  readonly beyond_10_nmi: number;
  /**
   * Mean of the squared differences of latitude and of longitude, in degrees², as a naive training loss has it: it shrinks with latitude and
   * jumps at the date line. `null` for times.
   */
  readonly degrees_mse: number | null;
}

/** What `report` gives. Distances are haversine. */
export interface ForecastReport {
  readonly samples: number;
  /** `null` where a push did not tell them. */
  readonly vessels: number | null;
  readonly input_length: number;
  readonly horizon: number;
  /** After so many reports; `mean_seconds` is how long that takes. */
  readonly steps: readonly { readonly step: number; readonly mean_seconds: number; readonly errors: ErrorStats }[];
  /** After so much time, over the samples with a report within a tenth of it, interpolated; `null` where there is none. */
  readonly times: readonly { readonly seconds: number; readonly errors: ErrorStats | null }[];
  /** Average displacement error: of each sample the mean over its steps. */
  readonly ade: ErrorStats;
  /** Final displacement error: of the last step. */
  readonly fde: ErrorStats;
  /** How far medians and p90 are from the exact ones at most, as a share; 0 where they are exact. */
  readonly quantile_error: number;
}

/** Takes forecasts batch by batch. */
export interface ForecastErrors {
  /**
   * Adds a batch. `predictions` are degrees of latitude and longitude, `[n, horizon, 2]`, row-major. `vessels` names each sample's ship.
   * @throws WindrowError `usage` for another number of values, and for a forecast that is not finite; `damaged` for a window that is not.
   */
  push(
    batch: FeatureBatch | FeatureColumn,
    predictions: Float32Array | Float64Array,
    vessels?: readonly string[],
  ): void;
  /** @throws WindrowError `empty` where nothing was pushed. */
  report(): ForecastReport;
}

/**
 * Measures forecasts against what ships did.
 *
 * @example
 * const errors = forecastErrors({ horizon: 100 });
 * for await (const batch of load("data", { split: "validation" })) errors.push(batch, await predict(batch));
 * console.log(errors.report().ade.metres.mean);
 */
export function forecastErrors(options: ForecastErrorsOptions = {}): ForecastErrors {
  return new Errors(options);
}

function expect(isTrue: boolean, what: string, got: number | undefined): void {
  if (!isTrue) throw new WindrowError("usage", `Cannot measure forecasts: expected ${what}, got ${got}`);
}

class Errors implements ForecastErrors {
  readonly #options: ForecastErrorsOptions;
  readonly #vessels = new Map<string, number>();
  #series: Series | undefined;
  #samples = 0;
  #named = 0;

  constructor(options: ForecastErrorsOptions) {
    this.#options = options;
    const { seconds = [], exactSamples = 0 } = options;
    if (!seconds.every((each) => each > 0) || !(exactSamples >= 0)) {
      throw new WindrowError("usage", `Cannot measure forecasts: times must be above 0 s, got ${seconds}`);
    }
  }

  push(
    batch: FeatureBatch | FeatureColumn,
    predictions: Float32Array | Float64Array,
    vessels?: readonly string[],
  ): void {
    const { windows, inputLength, steps } = cutOf(batch, this.#options.inputLength);
    this.#series ??= new Series(this.#options, steps);
    const series = this.#series;
    const { horizon } = series;
    const [n = 0, positions = 0] = windows.shape;
    expect(horizon <= steps, `at least ${horizon} positions after the input`, steps);
    expect(predictions.length === n * horizon * 2, `[${n}, ${horizon}, 2] forecast values`, predictions.length);
    expect(vessels === undefined || vessels.length === n, `${n} names of vessels`, vessels?.length);
    const data = packed(windows);
    for (let i = 0; i < n; i++) {
      const vessel = vessels === undefined ? -1 : this.#vessel(vessels[i]!);
      const bad = series.add({
        predictions,
        from: i * horizon * 2,
        data,
        at: i * positions * WIDTH,
        inputLength,
        vessel,
      });
      if (bad !== undefined) throw notFinite(bad, this.#samples + i);
    }
    this.#samples += n;
    if (vessels !== undefined) this.#named += n;
  }

  #vessel(name: string): number {
    const known = this.#vessels.get(name);
    if (known !== undefined) return known;
    this.#vessels.set(name, this.#vessels.size);
    return this.#vessels.size - 1;
  }

  report(): ForecastReport {
    if (this.#series === undefined || this.#samples === 0)
      throw new WindrowError("empty", "Cannot measure forecasts: expected samples, got none");
    const isNamed = this.#named === this.#samples;
    return {
      samples: this.#samples,
      vessels: isNamed ? this.#vessels.size : null,
      input_length: this.#options.inputLength ?? INPUT_LENGTH,
      ...this.#series.report(isNamed),
    };
  }
}

/** What is not a number: of which it is, and at which step. */
interface NotFinite {
  readonly of: "forecast" | "window";
  readonly step: number;
}

function notFinite({ of, step }: NotFinite, sample: number): WindrowError {
  return of === "forecast"
    ? new WindrowError("usage", `Cannot measure forecasts: sample ${sample} must be numbers, got none at step ${step}`)
    : new WindrowError(
        "damaged",
        `Cannot measure forecasts: the window of sample ${sample} has no number at step ${step}`,
      );
}

/** A window, its forecast, and whose it is. */
interface Sample {
  readonly predictions: Float32Array | Float64Array;
  readonly from: number;
  readonly data: Float32Array;
  readonly at: number;
  readonly inputLength: number;
  readonly vessel: number;
}

/** All series of one forecaster. */
class Series {
  readonly horizon: number;
  readonly #steps: readonly { readonly step: number; readonly series: ErrorSeries; squares: number; seconds: number }[];
  readonly #times: readonly { readonly seconds: number; readonly series: ErrorSeries }[];
  readonly #ade: ErrorSeries;
  #squares = 0;
  readonly #errors: Float64Array;
  readonly #elapsed: Float64Array;

  constructor(options: ForecastErrorsOptions, available: number) {
    const { horizon = available, seconds = SECONDS, exactSamples = EXACT_SAMPLES } = options;
    const steps = options.steps ?? STEPS.filter((step) => step <= horizon);
    for (const step of [horizon, ...steps]) {
      if (Number.isSafeInteger(step) && step >= 1 && step <= horizon) continue;
      throw new WindrowError(
        "usage",
        `Cannot measure forecasts: steps must be whole numbers from 1 to the horizon ${horizon}, got ${step}`,
      );
    }
    this.horizon = horizon;
    const series = () => new ErrorSeries(exactSamples);
    const all = [...new Set([...steps, horizon])].sort((a, b) => a - b);
    this.#steps = all.map((step) => ({ step, series: series(), squares: 0, seconds: 0 }));
    this.#times = seconds.map((each) => ({ seconds: each, series: series() }));
    this.#ade = series();
    this.#errors = new Float64Array(horizon);
    this.#elapsed = new Float64Array(horizon);
  }

  /** Adds a sample, or says what is wrong with it. */
  add({ predictions, from, data, at, inputLength, vessel }: Sample): NotFinite | undefined {
    const truth = at + inputLength * WIDTH;
    const errors = this.#errors;
    const squares = distances(predictions, from, data, truth, errors);
    if (!Number.isFinite(squares)) {
      const step = Math.max(
        0,
        errors.findIndex((error) => !Number.isFinite(error)),
      );
      const reported = data.subarray(truth + step * WIDTH, truth + step * WIDTH + 2);
      return { of: reported.every(Number.isFinite) ? "forecast" : "window", step: step + 1 };
    }
    knownElapsed(data, at, inputLength, this.#elapsed);
    for (const each of this.#steps) {
      const k = each.step - 1;
      each.series.add(errors[k]!, vessel);
      each.seconds += this.#elapsed[k]!;
      const north = predictions[from + 2 * k]! - data[truth + k * WIDTH]!;
      const east = predictions[from + 2 * k + 1]! - data[truth + k * WIDTH + 1]!;
      each.squares += north * north + east * east;
    }
    for (const { seconds, series } of this.#times) {
      const error = errorAfter(seconds, this.#elapsed, errors);
      if (!Number.isNaN(error)) series.add(error, vessel);
    }
    let sum = 0;
    for (const error of errors) sum += error;
    this.#ade.add(sum / errors.length, vessel);
    this.#squares += squares / errors.length;
    return undefined;
  }

  report(isNamed: boolean): Omit<ForecastReport, "samples" | "vessels" | "input_length"> {
    const of = (series: ErrorSeries, squares?: number) => statsOf(series, squares, isNamed);
    const steps = this.#steps.map(({ step, series, squares, seconds }) => ({
      step,
      mean_seconds: seconds / series.count,
      errors: of(series, squares),
    }));
    return {
      horizon: this.horizon,
      steps,
      times: this.#times.map(({ seconds, series }) => ({ seconds, errors: series.count === 0 ? null : of(series) })),
      ade: of(this.#ade, this.#squares),
      fde: steps.at(-1)!.errors,
      quantile_error: this.#ade.isExact ? 0 : BINNED_QUANTILE_ERROR,
    };
  }
}

function statsOf(series: ErrorSeries, squares: number | undefined, isNamed: boolean): ErrorStats {
  const [median = Number.NaN, p90 = Number.NaN] = series.quantiles([0.5, 0.9]);
  const metres = {
    mean: series.mean,
    median,
    p90,
    rmse: series.rmse,
    vessel_mean: isNamed ? series.byVessel().mean : null,
  };
  const miles = (value: number) => value / NAUTICAL_MILE;
  return {
    samples: series.count,
    metres,
    nmi: {
      mean: miles(metres.mean),
      median: miles(median),
      p90: miles(p90),
      rmse: miles(metres.rmse),
      vessel_mean: metres.vessel_mean === null ? null : miles(metres.vessel_mean),
    },
    beyond_10_nmi: series.farShare,
    degrees_mse: squares === undefined ? null : squares / 2 / series.count,
  };
}
