/** `windrow stats`. */

import { WindrowError } from "../../core/index.ts";
import type { IndexStats, ShuffleOptions, ShuffleReport, StatsReport } from "../../verbs/index.ts";
import { command, type Io } from "../command.ts";
import { duration, moment, PATH, SPLIT, short } from "../inspect-options.ts";
import { shuffleLines } from "../shuffle-lines.ts";
import { count, table } from "../terminal.ts";
import { flag, whole, word, words } from "../values.ts";

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

function wrongTogether(flag: string, where: string): WindrowError {
  return new WindrowError("usage", `Cannot use ${flag}: it has a meaning only ${where}`);
}

const EXITS = { pass: 0, fail: 1, too_few: 3 } as const satisfies Record<ShuffleReport["verdict"], number>;

/** Judges the order, and draws it where that is wanted. */
async function judge(path: string, options: ShuffleOptions, picture: string | undefined, io: Io): Promise<number> {
  const { putShufflePicture, shuffleReport } = await import("../../verbs/index.ts");
  const report = await shuffleReport(path, options, { progress: io.progress, signal: io.signal });
  if (picture !== undefined) await putShufflePicture(picture, report);
  io.result(report, () => shuffleLines(report));
  return EXITS[report.verdict];
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
    shuffle: flag("judge instead how random the stored order is; exit 1 if it is not, 3 if too few samples could tell"),
    batch: { value: "<n>", summary: "with --shuffle: samples of a batch", parse: whole, fallback: "64" },
    picture: { value: "<file.svg>", summary: "with --shuffle: draw the order too", parse: word },
  },
  examples: [
    "windrow stats data --shuffle --picture order.svg",
    "windrow stats data --split train",
    "windrow stats samples.parquet --features lat,lon,sog,cog,dt",
  ],
  async run({ args, options, io }) {
    const { shuffle, batch, picture, features, ...choice } = options;
    if (shuffle === true) {
      if (features !== undefined) throw wrongTogether("--features", "without --shuffle");
      return judge(args[0] ?? "", { ...choice, ...(batch === undefined ? {} : { batch }) }, picture, io);
    }
    if (batch !== undefined || picture !== undefined)
      throw wrongTogether(batch === undefined ? "--picture" : "--batch", "with --shuffle");
    const { stats } = await import("../../verbs/index.ts");
    const report = await stats(args[0] ?? "", options, { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return 0;
  },
});
