/** The options that every `materialize` has: what is written, where to, and with what. Checked once, here. */

import { type Compression, parseCompression, WindrowError } from "../../core/index.ts";
import type { DatasetFormat, IdColumn } from "../../materialize/index.ts";
import { partRange, seedOf, splitSpec } from "../../order/index.ts";

/** What every `materialize` takes. Everything but `out` has a default. */
export interface OutputOptions {
  /** Folder to write to. */
  readonly out: string;
  /** Default: both. */
  readonly format?: readonly DatasetFormat[];
  /** Parts of the training split; one for each 4 GiB of raw samples. */
  readonly parts?: number;
  /** Seed of order and splits, a whole number below 2⁶⁴; 42. */
  readonly seed?: number | bigint;
  /** Fraction held out for validation; 0.003. */
  readonly val?: number;
  /** Fraction held out for test; 0. */
  readonly test?: number;
  /** `zstd:1` … `zstd:22`, `snappy`, `gz`, `br` or `none`; `zstd:1`. */
  readonly compression?: string;
  /** Most raw bytes of an MDS shard; 64 MiB. Where samples vary in size, shards have about so many. */
  readonly shardBytes?: number;
  /** Hashes kept in index.json, e.g. `sha1`, `xxh64`; none. */
  readonly hashes?: readonly string[];
  /** MDS arrays with their shape, or as their bytes; `ndarray`. */
  readonly mdsEncoding?: "ndarray" | "bytes";
  /** Ids as further columns of each sample: `t_start`, `t_end`, `trace_id`, `start`, `key`, and what the entity is called. */
  readonly with?: readonly string[];
  /** Parquet floats as byte streams: smaller and faster, but not every reader takes it; false. */
  readonly byteStreamSplit?: boolean;
  /** Bytes of memory for the whole run, beyond what Node itself takes; 1 GiB. */
  readonly memory?: number;
  /** Threads; one for each processor. */
  readonly workers?: number;
  /** Folder for temporary files; inside `out` where absent. */
  readonly temp?: string;
  /** What to do where `out` holds a dataset; refuse where absent. */
  readonly existing?: "append" | "overwrite";
}

/** The same, every default filled in and everything checked. */
export interface ResolvedOutput {
  readonly out: string;
  readonly formats: readonly DatasetFormat[];
  readonly parts: number | undefined;
  readonly seed: bigint;
  readonly fractions: { readonly validation: number; readonly test: number };
  readonly compression: Compression | undefined;
  readonly shardBytes: number;
  readonly hashes: readonly string[];
  readonly mdsEncoding: "ndarray" | "bytes";
  readonly ids: readonly IdColumn[];
  readonly byteStreamSplit: boolean;
  readonly memory: number;
  readonly workers: number;
  readonly temp: string | undefined;
  readonly existing: "append" | "overwrite" | undefined;
}

/** Names that `--with` takes, beside those that say which entity it is. */
export const SAMPLE_IDS = {
  t_start: "t_start",
  t_end: "t_end",
  trace_id: "trace_id",
  start: "start",
  key: "key",
} as const satisfies Readonly<Record<string, IdColumn["source"]>>;

const MIB = 2 ** 20;
/** Below this not even one shard can be built. */
const LEAST_MEMORY = 64 * MIB;

/** Refuses an option. */
export function refuse(what: string): never {
  throw new WindrowError("usage", `Cannot materialize: ${what}`);
}

/** A whole number that an option must be. */
export function whole(name: string, value: number, least: number): number {
  return Number.isSafeInteger(value) && value >= least
    ? value
    : refuse(`${name} must be a whole number from ${least} up, got ${value}`);
}

function idColumns(names: readonly string[], known: Readonly<Record<string, IdColumn["source"]>>): IdColumn[] {
  return names.map((name) => {
    const source = Object.hasOwn(known, name) ? known[name] : undefined;
    return source === undefined
      ? refuse(`--with takes ${Object.keys(known).join(", ")}, got ${name}`)
      : { name, source };
  });
}

/** How many parts the key space can be cut into is for the order to say. */
function parts(count: number): number {
  partRange(0, count);
  return count;
}

function formats(list: readonly DatasetFormat[]): readonly DatasetFormat[] {
  const known: readonly DatasetFormat[] = ["mds", "parquet"];
  const stray = list.find((format) => !known.includes(format));
  if (stray !== undefined || list.length === 0) refuse(`--format takes mds, parquet or both, got ${stray ?? "none"}`);
  return known.filter((format) => list.includes(format));
}

/** The defaults, where they do not follow from other options. */
const DEFAULTS = {
  format: ["mds", "parquet"],
  seed: 42,
  val: 0.003,
  test: 0,
  compression: "zstd:1",
  shardBytes: 64 * MIB,
  hashes: [],
  mdsEncoding: "ndarray",
  with: [],
  byteStreamSplit: false,
  memory: 1024 * MIB,
} as const satisfies Partial<OutputOptions>;

/** What the options depend on besides themselves. */
export interface OutputFacts {
  readonly processors: number;
  /** Names that `--with` takes. */
  readonly ids: Readonly<Record<string, IdColumn["source"]>>;
}

/**
 * Fills in the defaults and checks every option.
 * @throws WindrowError `usage` that names the option and what it takes.
 */
export function resolveOutput(options: OutputOptions, { processors, ids }: OutputFacts): ResolvedOutput {
  const given = { ...DEFAULTS, ...options };
  if (!(given.memory >= LEAST_MEMORY)) refuse(`--memory must be at least 64MiB, got ${given.memory} bytes`);
  seedOf(given.seed);
  return {
    out: given.out,
    formats: formats(given.format),
    parts: given.parts === undefined ? undefined : parts(given.parts),
    seed: BigInt(given.seed),
    fractions: splitSpec(given.val, given.test),
    compression: parseCompression(given.compression),
    shardBytes: whole("--shard-bytes", given.shardBytes, 1024),
    hashes: [...new Set(given.hashes)],
    mdsEncoding: given.mdsEncoding,
    ids: idColumns(given.with, ids),
    byteStreamSplit: given.byteStreamSplit,
    memory: given.memory,
    workers: whole("--workers", given.workers ?? processors, 1),
    temp: given.temp,
    existing: given.existing,
  };
}

/** The options that decide what is written, as the manifest has them, in two groups between which a field's own stand. */
export function outputAbout(output: ResolvedOutput) {
  return {
    split: {
      parts: output.parts ?? "auto",
      seed: output.seed.toString(),
      val: output.fractions.validation,
      test: output.fractions.test,
    },
    files: {
      compression: output.compression === undefined ? "none" : { ...output.compression },
      shard_bytes: output.shardBytes,
      hashes: output.hashes,
      mds_encoding: output.mdsEncoding,
      with: output.ids.map((id) => id.name),
      byte_stream_split: output.byteStreamSplit,
    },
  } as const;
}
