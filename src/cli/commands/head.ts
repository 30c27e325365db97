/** `windrow head`. */

import type { HeadReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { moment, PATH, SPLIT, short } from "../inspect-options.ts";
import { table } from "../terminal.ts";
import { whole } from "../values.ts";

type Sample = HeadReport["samples"][number];
type Value = Sample["columns"][string];

const SHOWN_POSITIONS = 4;
const SHOWN_VALUES = 6;
const SHOWN_LETTERS = 60;

function valueText(value: Value): string {
  if (typeof value === "number") return short(value);
  if (typeof value === "string") return value.length > SHOWN_LETTERS ? `${value.slice(0, SHOWN_LETTERS)}…` : value;
  if (Array.isArray(value))
    return `${value.slice(0, SHOWN_VALUES).map(valueText).join(" ")}${value.length > SHOWN_VALUES ? ` … ${value.length - SHOWN_VALUES} more` : ""}`;
  if (typeof value === "object" && value !== null && "hex" in value)
    return `${String(value["bytes"])} bytes: ${String(value["hex"]).slice(0, 32)}…`;
  return JSON.stringify(value);
}

/** An array with a last axis of features: a line for each of its first positions. */
function arrayLines(value: Value, width: number, names: readonly string[] | null): string[] {
  const values = Array.isArray(value) ? value : [];
  const positions = values.length / width;
  const header = ["", ...Array.from({ length: width }, (_, i) => names?.[i] ?? `[${i}]`)];
  const rows = Array.from({ length: Math.min(positions, SHOWN_POSITIONS) }, (_, at) => [
    `  ${at}`,
    ...values.slice(at * width, (at + 1) * width).map((each: Value) => (each === null ? "NaN" : valueText(each))),
  ]);
  const more = positions > SHOWN_POSITIONS ? [`  … ${positions - SHOWN_POSITIONS} more positions`] : [];
  return [...table([header, ...rows]), ...more];
}

function idLine({ row, index }: Sample): string {
  if (index === null) return `sample ${row}`;
  const times = [index["t_start"], index["t_end"]].map((time) => (typeof time === "number" ? moment(time) : "?"));
  return `sample ${row}  ${String(index["split"])}  ${String(index["trace_id"])} from position ${String(index["start"])}  ${times.join(" to ")}`;
}

function sampleLines(sample: Sample, { schema, features }: HeadReport): string[] {
  const columns = Object.entries(sample.columns).flatMap(([name, value]) => {
    const { shape } = schema[name]!;
    const last = shape?.at(-1) ?? 0;
    if (shape === undefined || shape.length < 2 || last > 12) return [`  ${name}  ${valueText(value)}`];
    return [`  ${name} [${shape.join(", ")}]`, ...arrayLines(value, last, features?.length === last ? features : null)];
  });
  return [idLine(sample), ...columns];
}

function lines(report: HeadReport): string[] {
  if (report.samples.length === 0) return [`${report.path}: no samples`];
  return report.samples.flatMap((sample, i) => [...(i === 0 ? [] : [""]), ...sampleLines(sample, report)]);
}

/** The first samples. */
export const headCommand = command({
  name: "head",
  summary: "show the first samples, of a dataset in training order",
  args: [PATH],
  options: { rows: { value: "<n>", summary: "how many samples", fallback: "3", parse: whole }, split: SPLIT },
  examples: ["windrow head data --rows 1", "windrow head data --split validation"],
  async run({ args, options, io }) {
    const { head } = await import("../../verbs/index.ts");
    const report = await head(args[0] ?? "", options);
    io.result(report, () => lines(report));
    return 0;
  },
});
