/** `windrow baseline ais`. */

import type { BaselineAisReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { PATH, SPLIT, short, span } from "../inspect-options.ts";
import { count, table } from "../terminal.ts";
import { oneOf, someOf, whole, word, words } from "../values.ts";

type Forecast = BaselineAisReport["forecasts"][string];
type Stats = Forecast["ade"];

const HEADER = ["forecast", "mean nmi", "mean m", "median m", "p90 m", "RMSE m", "by vessel m", "> 10 nmi", "MSE deg²"];

/** Three digits, or whole from a hundred up. */
function figure(value: number): string {
  return value >= 99.95 ? count(value) : value.toPrecision(3);
}

/** Squares of degrees go over many orders of magnitude. */
function squared(value: number): string {
  return value >= 0.001 || value === 0 ? figure(value) : value.toExponential(1);
}

function row(name: string, stats: Stats | null): string[] {
  if (stats === null) return [name, ...HEADER.slice(1).map(() => "-")];
  const { metres, nmi, degrees_mse: mse } = stats;
  return [
    name,
    ...[nmi.mean, metres.mean, metres.median, metres.p90, metres.rmse].map(figure),
    metres.vessel_mean === null ? "-" : figure(metres.vessel_mean),
    `${(100 * stats.beyond_10_nmi).toFixed(1)}%`,
    mse === null ? "-" : squared(mse),
  ];
}

/** The errors after one step or time, a row for each forecaster. */
interface Block {
  readonly after: string;
  readonly rows: readonly string[][];
}

function block(report: BaselineAisReport, after: string, of: (forecast: Forecast) => Stats | null): Block {
  const all = Object.entries(report.forecasts);
  const found = of(all[0]![1])?.samples ?? 0;
  const some = found === report.samples ? "" : `, ${count(found)} samples`;
  return { after: `${after}${some}`, rows: all.map(([name, each]) => row(`  ${name}`, of(each))) };
}

function blocks(report: BaselineAisReport): Block[] {
  const { horizon, forecasts } = report;
  const { steps, times } = Object.values(forecasts)[0]!;
  return [
    ...steps.map(({ step, mean_seconds: seconds }, i) =>
      block(report, `step ${step}, about ${span(seconds)}`, (each) => each.steps[i]!.errors),
    ),
    ...times.map(({ seconds }, i) => block(report, span(seconds), (each) => each.times[i]!.errors)),
    block(report, `mean of ${horizon} steps`, ({ ade }) => ade),
  ];
}

/** One table, so that columns stand below each other; above the rows of each block a line that says after what. */
function errorTable(report: BaselineAisReport): string[] {
  const all = blocks(report);
  const [header = "", ...rows] = table([HEADER, ...all.flatMap((each) => each.rows)]);
  return [header, ...all.flatMap((each) => [each.after, ...rows.splice(0, each.rows.length)])];
}

function lines(report: BaselineAisReport): string[] {
  const { path, split, samples, vessels, input_length: input, horizon, dt, forecasts } = report;
  const of = vessels === null ? "" : ` of ${count(vessels)} vessels`;
  const [least, best] = Object.entries(forecasts).reduce((a, b) =>
    b[1].ade.metres.mean < a[1].ade.metres.mean ? b : a,
  );
  const error = Math.max(...Object.values(forecasts).map((each) => each.quantile_error));
  return [
    `${path}${split === null ? "" : `, ${split}`}: ${count(samples)} samples${of}, ${input} positions in, ${horizon} forecast`,
    dt === "known"
      ? "baselines know when the target positions were reported: a model must too, or --dt median"
      : "baselines take the median of the input's time steps for the target's",
    "",
    ...errorTable(report),
    "",
    "by vessel: the mean of each vessel's mean, so that one with many samples does not decide",
    "a time takes the samples that have a report within a tenth of it; distances are haversine",
    ...(error === 0 ? [] : [`medians and p90 are within ${short(100 * error, 2)}% of the exact ones`]),
    `least mean error over all steps: ${least}, ${figure(best.ade.nmi.mean)} nmi`,
  ];
}

/** Errors of the baselines. */
export const baselineAisCommand = command({
  name: "baseline ais",
  summary: "judge forecasts that need no training, and a model's beside them: errors by step and by time",
  args: [PATH],
  options: {
    split: { ...SPLIT, summary: "which samples of a dataset: train, validation or test", fallback: "validation" },
    inputLength: {
      value: "<n>",
      summary: "how many positions of a window are the input",
      fallback: "as the dataset says, else 128",
      parse: whole,
    },
    dt: {
      value: "<how>",
      summary:
        "whether baselines are told when the targets were reported, or take the input's median step: known or median",
      fallback: "known",
      parse: oneOf("known", "median"),
    },
    horizons: {
      value: "<list>",
      summary: "steps to look at; the last one is the whole forecast, unless predictions go further",
      fallback: "1,10,100,400,800 and the last",
      parse: (text: string) => words(text).map(whole),
    },
    baselines: {
      value: "<list>",
      summary: "some of persist, dead_reckoning, constant_velocity, cv_turn",
      fallback: "all",
      parse: someOf("persist", "dead_reckoning", "constant_velocity", "cv_turn"),
    },
    predictions: {
      value: "<file>",
      summary: "a model's forecasts: Parquet, one list [horizon × 2] of lat, lon a sample, in the order of the split",
      parse: word,
    },
  },
  examples: [
    "windrow baseline ais data",
    "windrow baseline ais data --split test --dt median --horizons 1,10,100",
    "windrow baseline ais data --predictions forecasts.parquet --baselines persist,dead_reckoning",
  ],
  async run({ args, options, io }) {
    const { baselineAis } = await import("../../verbs/index.ts");
    const report = await baselineAis(args[0] ?? "", options, { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return 0;
  },
});
