/** The options that every `materialize` has. */

import { WindrowError } from "../core/index.ts";
import type { OutputOptions } from "../verbs/index.ts";
import { bytes, flag, number, oneOf, someOf, whole, wholeBig, word, words } from "./values.ts";

/** Where to, and what. */
export const PLACE_OPTIONS = {
  out: { value: "<dir>", summary: "folder to write to", parse: word, isRequired: true },
  format: {
    value: "<list>",
    summary: "mds, parquet, or both",
    fallback: "mds,parquet",
    parse: someOf("mds", "parquet"),
  },
} as const;

/** Order, splits and parts. */
export const ORDER_OPTIONS = {
  parts: {
    value: "<n>",
    summary: "parts of the training split, a worker folder and a Parquet file each",
    fallback: "one for each 4 GiB of raw samples",
    parse: whole,
  },
  seed: { value: "<n>", summary: "seed of the order and the splits", fallback: "42", parse: wholeBig },
  val: { value: "<fraction>", summary: "share held out for validation", fallback: "0.003", parse: number },
  test: { value: "<fraction>", summary: "share held out for test", fallback: "0", parse: number },
} as const;

/** How files are written. */
export const FILE_OPTIONS = {
  compression: {
    value: "<codec>",
    summary: "zstd[:1-22], snappy, gz[:0-9], br[:0-11] or none",
    fallback: "zstd:1",
    parse: word,
  },
  shardBytes: { value: "<size>", summary: "most raw bytes of an MDS shard", fallback: "64MiB", parse: bytes },
  hashes: { value: "<list>", summary: "hashes kept in index.json, such as sha1,xxh64", fallback: "none", parse: words },
  mdsEncoding: {
    value: "<how>",
    summary: "MDS arrays as ndarray (with their type and shape) or bytes",
    fallback: "ndarray",
    parse: oneOf("ndarray", "bytes"),
  },
  byteStreamSplit: flag("Parquet floats as byte streams: smaller and faster, but not every reader takes it"),
} as const;

/** With what, and what becomes of what is there. */
export const RUN_OPTIONS = {
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
  temp: { value: "<dir>", summary: "folder for temporary files", fallback: "inside --out", parse: word },
  append: flag("add inputs that are not there yet to the dataset in --out, as a generation of its own"),
  overwrite: flag("replace the dataset in --out once the new one is whole"),
} as const;

/** What to do where a dataset is there already. */
export function existing(values: {
  readonly append?: true;
  readonly overwrite?: true;
}): Pick<OutputOptions, "existing"> {
  if (values.append && values.overwrite)
    throw new WindrowError("usage", "Cannot materialize: --append and --overwrite exclude each other");
  if (values.append) return { existing: "append" };
  return values.overwrite ? { existing: "overwrite" } : {};
}
