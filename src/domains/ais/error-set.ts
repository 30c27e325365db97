/** How far one forecaster's forecasts are from what ships did: by step, by time, over all steps (spec §11). */

import { WindrowError } from "../../core/index.ts";
import { errorAfter } from "./error-after.ts";
import { BINNED_QUANTILE_ERROR, ErrorSeries, NAUTICAL_MILE } from "./error-series.ts";
import { distances, latOf, lonOf } from "./vectors.kernel.ts";

/** Steps that are looked at (§11). */
const STEPS = [1, 10, 100, 400, 800] as const;
/** Times that are looked at: 10 minutes, an hour, three (§11). */
const SECONDS = [600, 3600, 10_800] as const;
/** 4 MiB for each of the ten series of a forecaster. */
const EXACT_SAMPLES = 1 << 19;

/** What is measured. */
export interface ForecastErrorsOptions {
  /** Positions that come before the forecast ones in a window; 128. */
  readonly inputLength?: number;
  /** Steps that are forecast; all that follow the input in the first batch. */
  readonly horizon?: number;
  /** Steps to look at, from 1 to the horizon; those of 1, 10, 100, 400, 800 that there are. The last is looked at in any case. */
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
   * Mean of the squared differences of latitude and of longitude (−180 … 180), in degrees², as a naive training loss has it: it shrinks
   * with latitude and jumps at the date line. `null` for times and for the mean over steps.
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

/** A window's truth, and whose it is. */
export interface Reported {
  /** Unit vectors of the positions that follow the input. */
  readonly vectors: Float64Array;
  /** Degrees of latitude and longitude of the first of them lie here, the next ones every five values. */
  readonly data: Float32Array;
  readonly at: number;
  /** Seconds from the input's last position. */
  readonly elapsed: Float64Array;
  /** A number from 0; −1 where it is not known. */
  readonly vessel: number;
}

const WIDTH = 5;

/** All series of one forecaster. */
export class ErrorSet {
  readonly horizon: number;
  readonly #steps: readonly { readonly step: number; readonly series: ErrorSeries; squares: number; seconds: number }[];
  readonly #times: readonly { readonly seconds: number; readonly series: ErrorSeries }[];
  readonly #ade: ErrorSeries;
  readonly #errors: Float64Array;

  constructor(options: ForecastErrorsOptions, horizon: number) {
    const { seconds = SECONDS, exactSamples = EXACT_SAMPLES } = options;
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
  }

  /** Adds a forecast as unit vectors. Gives the first step at which there is no number, from 1; 0 where all is well. */
  add(vectors: Float64Array, { vectors: truth, data, at, elapsed, vessel }: Reported): number {
    const errors = this.#errors;
    const sum = distances(vectors, truth, errors);
    if (Number.isNaN(sum)) return errors.findIndex(Number.isNaN) + 1;
    for (const each of this.#steps) {
      const k = each.step - 1;
      each.series.add(errors[k]!, vessel);
      each.seconds += elapsed[k]!;
      const north = latOf(vectors, 3 * k) - data[at + k * WIDTH]!;
      const east = lonOf(vectors, 3 * k) - data[at + k * WIDTH + 1]!;
      each.squares += north * north + east * east;
    }
    for (const { seconds, series } of this.#times) {
      const error = errorAfter(seconds, elapsed, errors);
      if (!Number.isNaN(error)) series.add(error, vessel);
    }
    this.#ade.add(sum / errors.length, vessel);
    return 0;
  }

  report(isNamed: boolean): Omit<ForecastReport, "samples" | "vessels" | "input_length"> {
    const steps = this.#steps.map(({ step, series, squares, seconds }) => ({
      step,
      mean_seconds: seconds / series.count,
      errors: statsOf(series, squares, isNamed),
    }));
    return {
      horizon: this.horizon,
      steps,
      times: this.#times.map(({ seconds, series }) => ({
        seconds,
        errors: series.count === 0 ? null : statsOf(series, undefined, isNamed),
      })),
      ade: statsOf(this.#ade, undefined, isNamed),
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
