/** `windrow convert`. */

import type { ConvertOptions } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { PATH, SPLIT } from "../inspect-options.ts";
import { count } from "../terminal.ts";
import { bytes, flag, oneOf, whole, word, words } from "../values.ts";

/** From one format to another. */
export const convertCommand = command({
  name: "convert",
  summary:
    "write the same samples in the same order as MDS, Parquet or Arrow; in parallel, and an interrupted run goes on",
  args: [
    { ...PATH, name: "from" },
    { name: "to", summary: "a file that ends in .parquet or .arrow, or a folder" },
  ],
  options: {
    format: {
      value: "<format>",
      summary: "mds, parquet or arrow",
      fallback: "what the name of <to> says; of a folder, mds",
      parse: oneOf("mds", "parquet", "arrow"),
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
  ],
  async run({ args, options, io }) {
    const { convert } = await import("../../verbs/index.ts");
    const [from = "", to = ""] = args;
    const { overwrite, ...rest } = options;
    const all: ConvertOptions = { ...rest, from, to, ...(overwrite ? { existing: "overwrite" as const } : {}) };
    const result = await convert(all, { progress: io.progress, signal: io.signal });
    const { samples, parts, format, split, wasThere, ...more } = result;
    io.result({ ...more, format, samples, parts, split, was_there: wasThere }, () => {
      const what = `${count(samples)} ${split === null ? "" : `${split} `}samples as ${format}`;
      const where = parts.length === 1 ? result.to : `${result.to}, in ${count(parts.length)} parts`;
      return [wasThere ? `${where} holds ${what} already; nothing was done` : `wrote ${what} to ${where}`];
    });
    return 0;
  },
});
