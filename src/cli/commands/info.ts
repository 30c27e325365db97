/** `windrow info`. */

import type { DatasetInfo, InfoReport } from "../../verbs/index.ts";
import { arraysLines, warningLines } from "../arrays-lines.ts";
import { command } from "../command.ts";
import { PATH } from "../inspect-options.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count, size, table, wrapped } from "../terminal.ts";

const KINDS = {
  dataset: "a finished windrow dataset",
  unfinished: "a windrow run that has not ended",
  mds: "MDS shards",
  workers: "workers' MDS folders without a root index",
  parquet: "Parquet",
  arrow: "Arrow IPC",
} as const satisfies Record<InfoReport["kind"], string>;

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;

/** A name and its value: words as they are, and what is made of more in JSON. */
function setting(name: string, value: unknown): string[] {
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return [];
  if (isPlain(value)) return [`${name}=${String(value)}`];
  return [`${name}=${Array.isArray(value) && value.every(isPlain) ? value.join(",") : JSON.stringify(value)}`];
}

/** Names and values on one line, those of a group without its name; nothing for what is not set. */
export function settings(options: unknown): string {
  if (typeof options !== "object" || options === null) return "";
  return Object.entries(options)
    .flatMap(([name, value]: [string, unknown]) =>
      isPlain(value) || Array.isArray(value)
        ? setting(name, value)
        : Object.entries(value as object).flatMap(([own, each]) => setting(own, each)),
    )
    .join(" ");
}

const LINE = 90;

/** Words on lines of bounded length, the first with a name before it. */
function named(name: string, text: string): string[][] {
  return wrapped(text.split(" "), " ", LINE).map((line, i) => [i === 0 ? name : "", line]);
}

/** What the command of the field wrote about the run, as far as it has the usual names. */
interface About {
  readonly command?: unknown;
  readonly pipeline?: unknown;
  readonly options?: unknown;
  readonly features?: readonly unknown[];
  readonly inputs?: ReadonlyArray<{ readonly name?: unknown; readonly bytes?: unknown }>;
}

/** The command that made it, where it says so. */
function commandOf({ about }: DatasetInfo): string | undefined {
  const { command: made } = (about ?? {}) as About;
  return typeof made === "string" ? made : undefined;
}

const SHOWN_INPUTS = 10;

function datasetLines({ about, counts, created_by, window, seed, files, bytes, generations }: DatasetInfo): string[][] {
  const { command: made, pipeline, options, features, inputs = [] } = (about ?? {}) as About;
  const shown = inputs
    .slice(0, SHOWN_INPUTS)
    .map((input, i) => [i === 0 ? "inputs" : "", `${String(input.name)}  ${size(Number(input.bytes))}`]);
  return [
    ["made by", [created_by, made, pipeline].filter((each) => each !== undefined).join(", ")],
    [
      "samples",
      Object.entries(counts)
        .map(([split, samples]) => `${split} ${count(samples)}`)
        .join(", "),
    ],
    ["window", window.size === 1 ? "a row" : `${window.size} rows, one every ${window.stride}`],
    ...(features === undefined ? [] : [["features", features.join(", ")]]),
    [
      "order",
      `${generations === 1 ? "one generation" : `${generations} generations`}: the shuffle is global within a generation, seed ${seed}`,
    ],
    ["size", `${size(bytes)} in ${files} files`],
    ...named("options", settings(options)),
    ...shown,
    ...(inputs.length > SHOWN_INPUTS ? [["", `… ${inputs.length - SHOWN_INPUTS} more`]] : []),
  ];
}

function schemaLines(report: InfoReport): string[][] {
  return Object.entries(report.schema).map(([name, { kind, shape, unit }], i) => [
    i === 0 ? "columns" : "",
    `${name}  ${kind}${shape === undefined ? "" : ` [${shape.join(", ")}]`}${unit === undefined ? "" : ` ${unit}`}`,
  ]);
}

const SHOWN_PIECES = 40;

type Piece = InfoReport["pieces"][number];

const BLOCKS = {
  mds: ["shard", "shards"],
  parquet: ["group", "groups"],
  arrow: ["batch", "batches"],
} as const;

function blocksText({ blocks, format }: Piece): string {
  const [one, many] = BLOCKS[format];
  return `${count(blocks)} ${blocks === 1 ? one : many}`;
}

function pieceRow(piece: Piece): string[] {
  const { name, split, samples, bytes, raw_bytes: raw, compression, format, hashes } = piece;
  const packed = compression ?? (format === "parquet" ? "" : "none");
  return [
    name === "" ? "." : name,
    split ?? "",
    count(samples),
    blocksText(piece),
    size(bytes),
    raw === null ? "" : size(raw),
    [packed, ...hashes].join(" "),
  ];
}

function pieceLines({ pieces }: InfoReport): string[] {
  const rows = pieces.slice(0, SHOWN_PIECES).map(pieceRow);
  const more = pieces.length > SHOWN_PIECES ? [`… ${pieces.length - SHOWN_PIECES} more`] : [];
  return ["", ...table([["where", "split", "samples", "in", "bytes", "unpacked", "packed by"], ...rows]), ...more];
}

function lines(report: InfoReport): string[] {
  const title = `${report.path}: ${KINDS[report.kind]}`;
  if (report.kind === "unfinished")
    return [title, "the same command goes on with it; as long as it has not ended, nothing in it is finished"];
  const { dataset } = report;
  const facts = dataset === null ? [["samples", count(report.samples)]] : datasetLines(dataset);
  const about = table([["", ""], ...facts, ...schemaLines(report)]).slice(1);
  const ledger = dataset === null ? [] : ["", ...ledgerLines(dataset.ledger, commandOf(dataset))];
  const next = report.kind === "workers" ? ["", `windrow merge ${report.path} makes one dataset of them`] : [];
  return [title, ...about, ...pieceLines(report), ...ledger, ...next];
}

/** What it is. */
export const infoCommand = command({
  name: "info",
  summary:
    "say what a dataset, an MDS folder, a Parquet or Arrow file, or a Zarr group such as L5Kit scenes is and holds",
  args: [PATH],
  options: {},
  examples: ["windrow info data", "windrow info data/mds --json", "windrow info scenes.zarr"],
  async run({ args, io }) {
    const { info, infoArrays } = await import("../../verbs/index.ts");
    const arrays = await infoArrays(args[0] ?? "");
    if (arrays !== undefined) {
      for (const line of warningLines(arrays.warnings)) io.say(line);
      io.result(arrays, () => arraysLines(arrays));
      return 0;
    }
    const report = await info(args[0] ?? "");
    io.result(report, () => lines(report));
    return 0;
  },
});
