/** Judges forecasters on the same windows, batch by batch: baselines, and models whose forecasts are handed in. */

import { packed, WindrowError } from "../../core/index.ts";
import { knownElapsed, medianElapsed } from "./baselines.kernel.ts";
import { type Baseline, FORECASTS } from "./baselines.ts";
import { ErrorSet, type ForecastErrorsOptions, type ForecastReport, type Reported } from "./error-set.ts";
import type { FeatureBatch, FeatureColumn } from "./feature-batch.ts";
import { cutOf, INPUT_LENGTH } from "./targets.ts";
import { WIDTH } from "./trips.kernel.ts";
import { unitVectors } from "./vectors.kernel.ts";

/** Forecast positions: degrees of latitude and longitude, `[n, horizon, 2]`, row-major. */
export type Predictions = Float32Array | Float64Array;

/** Who is judged, and how. */
export interface JudgeOptions extends ForecastErrorsOptions {
  /** Baselines to judge; none. */
  readonly baselines?: readonly Baseline[];
  /** Whether baselines are told when the targets were reported, or take the median of the input's time steps; `known`. */
  readonly dt?: "known" | "median";
}

/** Takes batches, and forecasts for them. */
export interface Judge {
  /**
   * Adds a batch, and what models forecast for it, by name; each time the same names. `vessels` names each sample's ship.
   * @throws WindrowError `usage` for another number of values, and for a forecast that is not finite; `damaged` for a window that is not.
   */
  push(
    batch: FeatureBatch | FeatureColumn,
    models: Readonly<Record<string, Predictions>>,
    vessels?: readonly string[],
  ): void;
  /**
   * The errors of each model and baseline.
   * @throws WindrowError `empty` where nothing was pushed.
   */
  report(): Readonly<Record<string, ForecastReport>>;
}

/** Judges several forecasters at once; what the ships did is worked out once for all of them. */
export function judge(options: JudgeOptions = {}): Judge {
  return new Panel(options);
}

/** Takes forecasts of one model. */
export interface ForecastErrors {
  /** Adds a batch and its forecasts; see `Judge.push`. */
  push(batch: FeatureBatch | FeatureColumn, predictions: Predictions, vessels?: readonly string[]): void;
  /** @throws WindrowError `empty` where nothing was pushed. */
  report(): ForecastReport;
}

/**
 * Measures one model's forecasts against what ships did.
 *
 * @example
 * const errors = forecastErrors({ horizon: 100 });
 * for await (const batch of load("data", { split: "validation", batchSize: 64 })) errors.push(batch, await predict(batch));
 * console.log(errors.report().ade.metres.mean);
 */
export function forecastErrors(options: ForecastErrorsOptions = {}): ForecastErrors {
  const panel = new Panel(options);
  return {
    push: (batch, forecast, vessels) => panel.push(batch, { forecast }, vessels),
    report: () => panel.report()["forecast"]!,
  };
}

function expect(isTrue: boolean, what: string, got: string | number | undefined): void {
  if (!isTrue) throw new WindrowError("usage", `Cannot measure forecasts: expected ${what}, got ${got}`);
}

/** What is worked out of a window, in memory that the next window takes over. */
interface Scratch {
  readonly truth: Float64Array;
  readonly forecast: Float64Array;
  readonly elapsed: Float64Array;
  /** What baselines go by. */
  readonly told: Float64Array;
}

class Panel implements Judge {
  readonly #options: JudgeOptions;
  readonly #sets = new Map<string, ErrorSet>();
  readonly #vessels = new Map<string, number>();
  #scratch: Scratch | undefined;
  #samples = 0;
  #named = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
    const { seconds = [], exactSamples = 0 } = options;
    expect(
      seconds.every((each) => each > 0),
      "times above 0 s",
      seconds.join(),
    );
    expect(exactSamples >= 0, "exactSamples from 0 up", exactSamples);
  }

  push(
    batch: FeatureBatch | FeatureColumn,
    models: Readonly<Record<string, Predictions>>,
    vessels?: readonly string[],
  ): void {
    const { windows, inputLength, steps } = cutOf(batch, this.#options.inputLength);
    const [n = 0, positions = 0] = windows.shape;
    const horizon = this.#begin(Object.keys(models), steps);
    expect(horizon <= steps, `at least ${horizon} positions after the input`, steps);
    for (const { length } of Object.values(models))
      expect(length === n * horizon * 2, `[${n}, ${horizon}, 2] forecast values`, length);
    expect(vessels === undefined || vessels.length === n, `${n} names of vessels`, vessels?.length);
    const data = packed(windows);
    for (let i = 0; i < n; i++) {
      const at = i * positions * WIDTH;
      const reported = this.#reported(data, { at, inputLength, vessel: vessels?.[i] });
      for (const [name, predictions] of Object.entries(models)) {
        const { forecast } = this.#scratch!;
        unitVectors(predictions, i * horizon * 2, 2, horizon, forecast);
        this.#add(name, reported);
      }
      this.#addBaselines(data, at, inputLength, reported);
      this.#samples += 1;
    }
    if (vessels !== undefined) this.#named += n;
  }

  /** On the first batch, makes what is needed; gives the horizon. */
  #begin(models: readonly string[], steps: number): number {
    const { horizon = steps, baselines = [] } = this.#options;
    if (this.#scratch === undefined) {
      // Before there is room for it: a horizon may be any number.
      expect(!(horizon > steps), `at least ${horizon} positions after the input`, steps);
      for (const name of [...models, ...baselines]) this.#sets.set(name, new ErrorSet(this.#options, horizon));
      const numbers = (size: number) => new Float64Array(size * horizon);
      this.#scratch = { truth: numbers(3), forecast: numbers(3), elapsed: numbers(1), told: numbers(1) };
    }
    const names = [...this.#sets.keys()];
    const isSame = models.length + baselines.length === names.length && models.every((name, i) => name === names[i]);
    expect(isSame, `forecasts of ${names.join(", ")}, each once`, [...models, ...baselines].join(", "));
    return this.#sets.values().next().value?.horizon ?? horizon;
  }

  /** What the ship of a window did. */
  #reported(
    data: Float32Array,
    { at, inputLength, vessel }: { at: number; inputLength: number; vessel: string | undefined },
  ): Reported {
    const { truth, elapsed } = this.#scratch!;
    const first = at + inputLength * WIDTH;
    unitVectors(data, first, WIDTH, elapsed.length, truth);
    knownElapsed(data, at, inputLength, elapsed);
    if (Number.isNaN(elapsed.at(-1))) throw this.#noNumber(elapsed.findIndex(Number.isNaN) + 1);
    return { vectors: truth, data, at: first, elapsed, vessel: vessel === undefined ? -1 : this.#vessel(vessel) };
  }

  #vessel(name: string): number {
    const known = this.#vessels.get(name);
    if (known !== undefined) return known;
    this.#vessels.set(name, this.#vessels.size);
    return this.#vessels.size - 1;
  }

  #addBaselines(data: Float32Array, at: number, inputLength: number, reported: Reported): void {
    const { baselines = [], dt } = this.#options;
    if (baselines.length === 0) return;
    const { forecast, told } = this.#scratch!;
    if (dt === "median") medianElapsed(data, at, inputLength, told);
    else told.set(reported.elapsed);
    for (const name of baselines) {
      FORECASTS[name](data, at, inputLength, told, forecast);
      this.#add(name, reported);
    }
  }

  /** Adds the forecast at hand. */
  #add(name: string, reported: Reported): void {
    const step = this.#sets.get(name)!.add(this.#scratch!.forecast, reported);
    if (step === 0) return;
    // Of numbers, baselines make numbers.
    const isBaseline = this.#options.baselines?.some((each) => each === name) === true;
    const isWindow = isBaseline || reported.vectors.subarray(3 * (step - 1), 3 * step).some(Number.isNaN);
    if (isWindow) throw this.#noNumber(step);
    throw new WindrowError(
      "usage",
      `Cannot measure forecasts: ${name} must give numbers, got none for sample ${this.#samples} at step ${step}`,
    );
  }

  #noNumber(step: number): WindrowError {
    return new WindrowError(
      "damaged",
      `Cannot measure forecasts: the window of sample ${this.#samples} must hold numbers, got none to judge step ${step} by`,
    );
  }

  report(): Readonly<Record<string, ForecastReport>> {
    if (this.#samples === 0) throw new WindrowError("empty", "Cannot measure forecasts: expected samples, got none");
    const isNamed = this.#named === this.#samples;
    const common = {
      samples: this.#samples,
      vessels: isNamed ? this.#vessels.size : null,
      input_length: this.#options.inputLength ?? INPUT_LENGTH,
    };
    return Object.fromEntries([...this.#sets].map(([name, set]) => [name, { ...common, ...set.report(isNamed) }]));
  }
}
