/** `windrow leak`. */

import type { Leak, LeakReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { duration, moment } from "../inspect-options.ts";
import { count, table } from "../terminal.ts";

const BY = {
  entity: "whole entities (vessels, drivers, patients)",
  time: "time: an entity may be in two splits, its time may not",
  "entity+time": "whole entities and time",
} as const satisfies Record<LeakReport["split_by"], string>;

function leakLine({ kind, entity, splits, from, to }: Leak): string {
  const both = splits.join(" and ");
  const span = from === null || to === null ? "" : ` from ${moment(from)} to ${moment(to)}`;
  switch (kind) {
    case "entity":
      return `entity ${entity} is in ${both}`;
    case "overlap":
      return `entity ${entity} has samples of ${both} that share the time${span}`;
    case "order":
      return `${splits[0]} reaches into ${splits[1]}${span}`;
  }
}

function lines(report: LeakReport): string[] {
  const { samples, entities, leaks, leaks_found: found, smallest_gap: gap } = report;
  const splits = (Object.keys(samples) as (keyof typeof samples)[]).map((split) => [
    split,
    count(samples[split]),
    count(entities[split]),
  ]);
  const proof = [
    `split by ${BY[report.split_by]}`,
    `entities in two splits: ${count(report.entities_in_two)}; pairs of splits whose times were compared: ${count(report.pairs_checked)}`,
    ...(gap === null
      ? []
      : [`smallest gap between two splits of one entity: ${gap <= 0 ? "none, they overlap" : duration(gap)}`]),
  ];
  const more = found > leaks.length ? [`… ${count(found - leaks.length)} more`] : [];
  const filled = splits.filter(([, has]) => has !== "0").length;
  const trivial = filled > 1 ? [] : ["only one split has samples, so there is nothing that could leak"];
  const verdict = report.holds ? `${report.path}: no leak` : `${report.path} leaks: ${count(found)} found`;
  return [
    ...table([["split", "samples", "entities"], ...splits]),
    "",
    ...proof,
    ...trivial,
    ...leaks.map(leakLine),
    ...more,
    verdict,
  ];
}

/** Whether the splits are apart. */
export const leakCommand = command({
  name: "leak",
  summary: "prove that no entity, and no stretch of its time, is in two splits; exit 1 if one is",
  args: [
    { name: "path", summary: "a dataset's folder, or a Parquet file with the columns split, entity, t_start, t_end" },
  ],
  options: {},
  examples: ["windrow leak data"],
  async run({ args, io }) {
    const { leak } = await import("../../verbs/index.ts");
    const report = await leak(args[0] ?? "", { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return report.holds ? 0 : 1;
  },
});
