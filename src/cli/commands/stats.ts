/** `windrow stats`. */

import type { IndexStats, StatsReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { duration, moment, PATH, SPLIT, short } from "../inspect-options.ts";
import { count, table } from "../terminal.ts";
import { words } from "../values.ts";

/** Quantiles have no more digits than these. */
const QUANTILE_DIGITS = 5;

const NUMBERS = ["min", "p1", "p5", "p50", "p95", "p99", "max", "mean", "std"] as const;

function indexLines({ entities, traces, t_start, t_end, sample_seconds: span, sources }: IndexStats): string[][] {
  const files = Object.keys(sources).length;
  return [
    ["entities", count(entities)],
    ["traces", count(traces)],
    ["time", t_start === null || t_end === null ? "-" : `${moment(t_start)} to ${moment(t_end)}`],
    ["a sample spans", `${duration(span.p50)} (middle one), ${duration(span.min)} to ${duration(span.max)}`],
    ["inputs", count(files)],
  ];
}

function lines(report: StatsReport): string[] {
  const { features, samples, skipped, index } = report;
  const facts = table([["", ""], ["samples", count(samples)], ...(index === null ? [] : indexLines(index))]).slice(1);
  const rows = features.map((feature) => [
    feature.name,
    ...NUMBERS.map((name) => short(feature[name], name.startsWith("p") ? QUANTILE_DIGITS : undefined)),
    count(feature.missing),
  ]);
  const numbers = rows.length === 0 ? ["no column of numbers"] : table([["feature", ...NUMBERS, "missing"], ...rows]);
  const others = Object.entries(skipped).map(([name, kind]) => `${name} holds ${kind}, no numbers`);
  return [
    ...facts,
    "",
    ...numbers,
    ...others,
    "",
    `p1 … p99 are within ${short(100 * report.quantile_error, 1)} % of the exact ones; all else is exact`,
  ];
}

/** Statistics. */
export const statsCommand = command({
  name: "stats",
  summary: "give each feature's bounds, mean, quantiles and gaps; entities and times",
  args: [PATH],
  options: {
    split: SPLIT,
    features: {
      value: "<names>",
      summary: "names along the last axis of the samples' array, where the place has none",
      parse: words,
    },
  },
  examples: ["windrow stats data --split train", "windrow stats samples.parquet --features lat,lon,sog,cog,dt"],
  async run({ args, options, io }) {
    const { stats } = await import("../../verbs/index.ts");
    const report = await stats(args[0] ?? "", options, { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return 0;
  },
});
