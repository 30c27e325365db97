/** The options of `materialize ais`, which `plan ais` shares. */

import { WindrowError } from "../core/index.ts";
import type { MaterializeAisOptions } from "../verbs/index.ts";
import type { OptionValues } from "./command.ts";
import { bytes, flag, number, oneOf, someOf, time, whole, wholeBig, word, words } from "./values.ts";

/** As the command line knows them. */
export const AIS_OPTIONS = {
  out: { value: "<dir>", summary: "folder to write to", parse: word, isRequired: true },
  format: {
    value: "<list>",
    summary: "mds, parquet, or both",
    fallback: "mds,parquet",
    parse: someOf("mds", "parquet"),
  },
  window: { value: "<n>", summary: "positions of a window: input and horizon", fallback: "928", parse: whole },
  inputLength: { value: "<n>", summary: "how many of them are a model's input", fallback: "128", parse: whole },
  stride: { value: "<n>", summary: "positions from one window to the next", fallback: "32", parse: whole },
  parts: {
    value: "<n>",
    summary: "parts of the training split, a worker folder and a Parquet file each",
    fallback: "one for each 4 GiB of raw samples",
    parse: whole,
  },
  seed: { value: "<n>", summary: "seed of the order and the splits", fallback: "42", parse: wholeBig },
  val: { value: "<fraction>", summary: "share held out for validation", fallback: "0.003", parse: number },
  test: { value: "<fraction>", summary: "share held out for test", fallback: "0", parse: number },
  splitBy: {
    value: "<what>",
    summary: "hold out whole vessels, the end of the time span, or both: vessel, time, vessel+time",
    fallback: "vessel",
    parse: oneOf("vessel", "time", "vessel+time"),
  },
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
    summary: "MDS features as ndarray (float32 of shape window×5) or bytes",
    fallback: "ndarray",
    parse: oneOf("ndarray", "bytes"),
  },
  with: {
    value: "<ids>",
    summary: "ids as further columns of each sample: mmsi, t_start, t_end, trace_id, start, key",
    fallback: "none",
    parse: words,
  },
  byteStreamSplit: flag("Parquet features as byte streams: smaller and faster, but not every reader takes it"),
  maxGap: { value: "<seconds>", summary: "a longer gap cuts a trip", fallback: "14400", parse: number },
  sogMax: { value: "<knots>", summary: "drop reports of a higher speed", fallback: "60", parse: number },
  jumpMax: {
    value: "<knots>",
    summary: "drop positions that imply a higher speed over more than 1000 m",
    fallback: "80",
    parse: number,
  },
  keepAuxiliary: flag("keep MMSIs 98… of craft associated with a parent ship"),
  columns: {
    value: "<names>",
    summary: "columns of inputs without a known header, such as mmsi,t,lat,lon; - skips one",
    parse: words,
  },
  coarse: flag("NMEA: keep positions of type 27 too, which are known to a sixth of a minute of arc"),
  startTime: {
    value: "<time>",
    summary: "NMEA: when a log begins whose sentences have no receive time",
    parse: time,
  },
  bbox: {
    value: "<s,w,n,e>",
    summary: "keep positions inside, in degrees; west above east spans the date line",
    parse: (text: string) => box(text),
  },
  from: {
    value: "<time>",
    summary: "keep reports from then on: 2024-01-31, 2024-01-31T12:00:00 (UTC) or epoch seconds",
    parse: time,
  },
  to: { value: "<time>", summary: "keep reports up to then, included", parse: time },
  vesselType: { value: "<list>", summary: "keep vessels of these ship types, such as 60-69,70", parse: word },
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

function box(text: string): { south: number; west: number; north: number; east: number } {
  const [south, west, north, east, ...more] = words(text).map(number);
  if (south === undefined || west === undefined || north === undefined || east === undefined || more.length > 0) {
    throw new WindrowError("usage", `expected four numbers: south,west,north,east, got "${text}"`);
  }
  return { south, west, north, east };
}

function existing(values: {
  readonly append?: true;
  readonly overwrite?: true;
}): Pick<MaterializeAisOptions, "existing"> {
  if (values.append && values.overwrite)
    throw new WindrowError("usage", "Cannot materialize: --append and --overwrite exclude each other");
  if (values.append) return { existing: "append" };
  return values.overwrite ? { existing: "overwrite" } : {};
}

/** The verb's options from those of the command line. */
export function aisOptions(inputs: readonly string[], values: OptionValues<typeof AIS_OPTIONS>): MaterializeAisOptions {
  const { out = "", append, overwrite, ...rest } = values;
  return { ...rest, inputs, out, ...existing({ ...(append && { append }), ...(overwrite && { overwrite }) }) };
}
