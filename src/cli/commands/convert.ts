/** `windrow convert`. */

import { WindrowError } from "../../core/index.ts";
import type { ConvertArraysOptions, ConvertOptions } from "../../verbs/index.ts";
import { warningLines } from "../arrays-lines.ts";
import { command, type Io, kebab } from "../command.ts";
import { PATH, SPLIT } from "../inspect-options.ts";
import { count } from "../terminal.ts";
import { bytes, flag, oneOf, whole, word, words } from "../values.ts";

// By itself: within the command, the types of its options would not be inferred.
const format = oneOf("mds", "parquet", "arrow", "zarr", "zarr-zip", "parquet-tables");

/** From one format to another. */
export const convertCommand = command({
  name: "convert",
  summary:
    "write the same samples in the same order as MDS, Parquet or Arrow, in parallel, and an interrupted run goes on; or the arrays of a Zarr group as a folder, a zip or Parquet tables",
  args: [
    { ...PATH, name: "from", summary: `${PATH.summary}; or a Zarr group, a zip of one, or Parquet tables of one` },
    {
      name: "to",
      summary:
        "a file that ends in .parquet or .arrow, or a folder; of arrays, a name that ends in .zarr, .zarr.zip or .parquet",
    },
  ],
  options: {
    format: {
      value: "<format>",
      summary: "mds, parquet or arrow; of arrays zarr, zarr-zip or parquet-tables",
      fallback: "what the name of <to> says; of a folder, mds",
      parse: format,
    },
    parts: {
      value: "<n>",
      summary: "worker folders of MDS, or files, in a folder",
      fallback: "one for each 4 GiB of raw samples",
      parse: whole,
    },
    split: { ...SPLIT, summary: "which split of a dataset: train, validation or test", fallback: "train" },
    columns: {
      value: "<names>",
      summary: "take only these columns, such as features,mmsi",
      fallback: "all",
      parse: words,
    },
    compression: {
      value: "<codec>",
      summary: "zstd[:1-22], snappy, gz[:0-9], br[:0-11] or none; Arrow takes zstd or none",
      fallback: "zstd:1",
      parse: word,
    },
    shardBytes: { value: "<size>", summary: "most raw bytes of an MDS shard", fallback: "64MiB", parse: bytes },
    hashes: {
      value: "<list>",
      summary: "hashes kept in index.json, such as sha1,xxh64",
      fallback: "none",
      parse: words,
    },
    memory: {
      value: "<size>",
      summary: "memory for the whole run, beyond what Node itself takes",
      fallback: "1GiB",
      parse: bytes,
    },
    workers: {
      value: "<n>",
      summary: "threads; never changes what is written",
      fallback: "one for each processor",
      parse: whole,
    },
    overwrite: flag("replace shards or tables that are there, once the new ones are whole"),
  },
  examples: [
    "windrow convert materialized/parquet mds --parts 16",
    "windrow convert data windows.parquet --split validation",
    "windrow convert shards tables --format arrow --parts 4 --compression none",
    "windrow convert scenes.zarr scenes.parquet",
    "windrow convert scenes.parquet scenes.zarr.zip",
  ],
  async run({ args, options, io }) {
    const { convert, isArraysConversion } = await import("../../verbs/index.ts");
    const [from = "", to = ""] = args;
    const { overwrite, format: wanted, ...rest } = options;
    const places = { from, to, ...(overwrite ? { existing: "overwrite" as const } : {}) };
    const asked = wanted === undefined ? places : { ...places, format: wanted };
    if (await isArraysConversion(asked)) {
      const { compression, ...others } = rest;
      refuseOthers(others);
      const own = compression === undefined ? asked : { ...asked, compression };
      return arrays(own as ConvertArraysOptions, io); // its format is one of arrays, or none is given
    }
    const all = { ...rest, ...asked } as ConvertOptions; // its format is none of arrays
    const result = await convert(all, { progress: io.progress, signal: io.signal });
    const { samples, parts, split, wasThere, ...more } = result;
    io.result({ ...more, samples, parts, split, was_there: wasThere }, () => {
      const what = `${count(samples)} ${split === null ? "" : `${split} `}samples as ${more.format}`;
      const where = parts.length === 1 ? result.to : `${result.to}, in ${count(parts.length)} parts`;
      return [wasThere ? `${where} holds ${what} already; nothing was done` : `wrote ${what} to ${where}`];
    });
    return 0;
  },
});

/** Refuses options that say nothing of arrays. */
function refuseOthers(options: object): void {
  // What every command has is among them.
  const [stray] = Object.keys(options).filter((key) => key !== "json" && key !== "quiet");
  if (stray !== undefined)
    throw new WindrowError(
      "usage",
      `Cannot convert: --${kebab(stray)} is for samples in MDS, Parquet or Arrow; of arrays, all are written as they are`,
    );
}

/** Arrays of a group, from one form to another. */
async function arrays(options: ConvertArraysOptions, io: Io): Promise<number> {
  const { convertArrays } = await import("../../verbs/index.ts");
  const result = await convertArrays(options, { progress: io.progress, signal: io.signal });
  for (const line of warningLines(result.warnings)) io.say(line);
  io.result(result, () => [
    ...result.arrays.map(({ name, rows }) => `${name}: ${count(rows)} rows`),
    `wrote ${count(result.arrays.length)} arrays as ${result.format} to ${result.to}`,
  ]);
  return 0;
}
