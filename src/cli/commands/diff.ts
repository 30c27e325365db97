/** `windrow diff`. */

import type { DiffReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { PATH, SPLIT } from "../inspect-options.ts";
import { count, table } from "../terminal.ts";

const BY = {
  "trace_id+start": "trace and start",
  key: "key",
  values: "their values",
} as const satisfies Record<DiffReport["by"], string>;

function verdict(report: DiffReport): string {
  if (!report.same_samples) return "other samples";
  const order = report.same_order ? "the same samples in the same order" : "the same samples in another order";
  return report.same_values ? order : `${order}, with other values`;
}

function columnLines({
  columns_only_in_a: onlyA,
  columns_only_in_b: onlyB,
  columns_of_other_type: other,
}: DiffReport): string[] {
  const named = [
    ["columns only in A", onlyA],
    ["columns only in B", onlyB],
    ["columns of different types, not compared", other],
  ] as const;
  return named.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(", ")}`]));
}

const FIRST = {
  end: "one of them ends",
  sample: "another sample",
  values: "the same sample with other values",
} as const;

function lines(report: DiffReport): string[] {
  const { first_difference: first } = report;
  const about = [
    ["A", report.a],
    ["B", report.b],
    ["samples told apart by", BY[report.by]],
    ["values compared", report.columns.join(", ")],
    ...(report.split === null ? [] : [["split of datasets", report.split]]),
  ];
  const counts = [
    ["in both", count(report.in_both)],
    ["only in A", count(report.only_in_a)],
    ["only in B", count(report.only_in_b)],
    ...(report.by === "values" ? [] : [["in both with other values", count(report.changed)]]),
  ];
  const where = first === null ? [] : [`first difference at sample ${count(first.row)} (from 0): ${FIRST[first.what]}`];
  const aligned = (rows: string[][]) => table([["", ""], ...rows]).slice(1);
  return [...aligned(about), ...columnLines(report), "", ...aligned(counts), ...where, verdict(report)];
}

/** Whether two places hold the same. */
export const diffCommand = command({
  name: "diff",
  summary: "compare the samples, order and values of two places, across formats; exit 1 if they differ",
  args: [
    { ...PATH, name: "a" },
    { ...PATH, name: "b" },
  ],
  options: { split: SPLIT },
  examples: ["windrow diff data/mds data/parquet", "windrow diff yesterday today --split validation"],
  async run({ args, options, io }) {
    const { diff } = await import("../../verbs/index.ts");
    const [a = "", b = ""] = args;
    const report = await diff(a, b, options, { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return report.same_samples && report.same_order && report.same_values ? 0 : 1;
  },
});
