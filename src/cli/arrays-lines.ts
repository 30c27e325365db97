/** What `info` says of arrays, for people. */

import type { ArrayInfo, ArraysReport } from "../verbs/index.ts";
import { moment } from "./inspect-options.ts";
import { count, size, table, wrapped } from "./terminal.ts";

const KINDS = {
  zarr: "a Zarr group",
  "zarr-zip": "a zip of a Zarr group",
  "parquet-tables": "Parquet tables of a Zarr group",
} as const satisfies Record<ArraysReport["kind"], string>;

/** A data type in few letters: `<f4`, or how many fields records have. */
function typeText(dtype: ArrayInfo["dtype"]): string {
  if (typeof dtype === "string") return dtype;
  return Array.isArray(dtype) ? `records of ${dtype.length} fields` : JSON.stringify(dtype);
}

/** A compressor as its document has it, without the names that all have. */
function packedBy(compressor: ArrayInfo["compressor"]): string {
  if (compressor === null) return "none";
  if (Array.isArray(compressor))
    return compressor.map((codec) => String((codec as { name?: unknown }).name)).join(", ");
  const { id, cname, clevel, level, shuffle } = compressor as Readonly<Record<string, unknown>>; // JSON's third case is no codec
  const name = cname === undefined ? String(id) : `${String(id)} ${String(cname)}`;
  const shuffled = shuffle === 1 ? " shuffle" : shuffle === 2 ? " bitshuffle" : "";
  return `${name}${clevel === undefined && level === undefined ? "" : `:${String(clevel ?? level)}`}${shuffled}`;
}

const sizes = (shape: ArrayInfo["shape"]) =>
  Array.isArray(shape) ? shape.map((n) => count(Number(n))).join(" × ") : "?";

const SHOWN_WARNINGS = 10;

/** The first warnings, a line each, and how many more there are. */
export function warningLines(warnings: readonly string[]): string[] {
  const more = warnings.length - SHOWN_WARNINGS;
  const rest = more > 0 ? [`warning: … and ${count(more)} more`] : [];
  return [...warnings.slice(0, SHOWN_WARNINGS).map((warning) => `warning: ${warning}`), ...rest];
}

const LINE = 90;
const SHOWN = 40;

function list(name: string, words: readonly string[]): string[][] {
  return wrapped(words, ", ", LINE).map((line, i) => [i === 0 ? name : "", line]);
}

/** Names with what they count, the most frequent first. */
function counted(counts: Readonly<Record<string, number | undefined>>): string[] {
  const sorted = Object.entries(counts).sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
  const more = sorted.length > SHOWN ? [`… ${sorted.length - SHOWN} more`] : [];
  return [...sorted.slice(0, SHOWN).map(([name, value]) => `${name} ${count(value ?? 0)}`), ...more];
}

function sceneLines(l5kit: NonNullable<ArraysReport["l5kit"]>): string[][] {
  const { scenes, frames, agents, traffic_light_faces: faces, hosts, time, labels, labels_of: of } = l5kit;
  const seconds = time === null ? 0 : time.last - time.first;
  return [
    ["layout", `L5Kit, version ${l5kit.layout_version}`],
    ["scenes", count(scenes)],
    ["frames", count(frames)],
    ["agents", count(agents)],
    ...(faces === null ? [] : [["traffic lights", `${count(faces)} faces`]]),
    ...list("hosts", counted(hosts)),
    ...(time === null ? [] : [["time", `${moment(time.first)} to ${moment(time.last)}, ${count(seconds)} s`]]),
    ...list(of === agents ? "classes" : `classes of ${count(of)}`, counted(labels)),
  ];
}

/** The report as lines. */
export function arraysLines(report: ArraysReport): string[] {
  const { path, kind, arrays, l5kit } = report;
  const rows = arrays
    .slice(0, SHOWN)
    .map(({ name, shape, dtype, chunks, compressor, blocks, bytes }) => [
      name === "" ? "." : name,
      sizes(shape),
      typeText(dtype),
      sizes(chunks),
      packedBy(compressor),
      count(blocks),
      size(bytes),
    ]);
  const more = arrays.length > SHOWN ? [`… ${arrays.length - SHOWN} more`] : [];
  const blocks = kind === "parquet-tables" ? "row groups" : "chunks";
  const facts = l5kit === null ? [] : table([["", ""], ...sceneLines(l5kit)]).slice(1);
  return [
    `${path}: ${KINDS[kind]}`,
    ...facts,
    "",
    ...table([["array", "shape", "type", "in chunks of", "packed by", blocks, "bytes"], ...rows]),
    ...more,
  ];
}
