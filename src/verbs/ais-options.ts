/** The options of `materialize ais`, checked once, here. */

import { type Compression, parseCompression, WindrowError } from "../core/index.ts";
import {
  AIS_COLUMNS,
  AIS_RULES,
  type AisRules,
  type BoundingBox,
  type SplitBy,
  vesselTypeFilter,
} from "../domains/ais/index.ts";
import type { DatasetFormat, IdColumn } from "../materialize/index.ts";
import { checkNames } from "../node/csv-head.ts";
import { partRange, seedOf, splitSpec } from "../order/index.ts";
import { windowSpec } from "../window/index.ts";

/** What `materializeAis` takes. Everything but `inputs` and `out` has a default. */
export interface MaterializeAisOptions {
  /** Files, folders, globs: MarineCadastre CSV, DMA CSV, other CSV, canonical Parquet, NMEA logs; plain, .gz, .zst, .zip; `-` for stdin. */
  readonly inputs: readonly string[];
  /** Folder to write to. */
  readonly out: string;
  /** Default: both. */
  readonly format?: readonly DatasetFormat[];
  /** Positions of a window; 928. */
  readonly window?: number;
  /** How many of them are a model's input; the rest is the horizon; 128. */
  readonly inputLength?: number;
  /** Positions from one window to the next; 32. */
  readonly stride?: number;
  /** Parts of the training split; one for each 4 GiB of raw samples. */
  readonly parts?: number;
  /** Seed of order and splits, a whole number below 2⁶⁴; 42. */
  readonly seed?: number | bigint;
  /** Fraction held out for validation; 0.003. */
  readonly val?: number;
  /** Fraction held out for test; 0. */
  readonly test?: number;
  /** What is held out: vessels, the end of the time span, or both; `vessel`. */
  readonly splitBy?: SplitBy;
  /** `zstd:1` … `zstd:22`, `snappy`, `gz`, `br` or `none`; `zstd:1`. */
  readonly compression?: string;
  /** Most raw bytes of an MDS shard; 64 MiB. */
  readonly shardBytes?: number;
  /** Hashes kept in index.json, e.g. `sha1`, `xxh64`; none. */
  readonly hashes?: readonly string[];
  /** MDS features as an array of shape [window, 5], or as its bytes; `ndarray`. */
  readonly mdsEncoding?: "ndarray" | "bytes";
  /** Ids as further columns of each sample: `mmsi`, `t_start`, `t_end`, `trace_id`, `start`, `key`. */
  readonly with?: readonly string[];
  /** Parquet features as byte streams: smaller and faster, but not every reader takes it; false. */
  readonly byteStreamSplit?: boolean;
  /** Seconds; a longer gap cuts a trip; 14400. */
  readonly maxGap?: number;
  /** Knots; 60. */
  readonly sogMax?: number;
  /** Knots; 80. */
  readonly jumpMax?: number;
  /** Keep MMSIs of craft associated with a parent ship. */
  readonly keepAuxiliary?: boolean;
  /** Column names of inputs without a known header. */
  readonly columns?: readonly string[];
  /** Take positions of NMEA message type 27, known to a sixth of a minute of arc; false. */
  readonly coarse?: boolean;
  /** Epoch seconds at which an NMEA log without receive times begins. */
  readonly startTime?: number;
  /** south, west, north, east in degrees. */
  readonly bbox?: BoundingBox;
  /** Epoch seconds; both ends are included. */
  readonly from?: number;
  readonly to?: number;
  /** Ship types, e.g. `60-69,70`. */
  readonly vesselType?: string;
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
export interface ResolvedAis {
  readonly inputs: readonly string[];
  readonly out: string;
  readonly formats: readonly DatasetFormat[];
  readonly window: { readonly size: number; readonly stride: number };
  readonly inputLength: number;
  readonly parts: number | undefined;
  readonly seed: bigint;
  readonly fractions: { readonly validation: number; readonly test: number };
  readonly splitBy: SplitBy;
  readonly compression: Compression | undefined;
  readonly shardBytes: number;
  readonly hashes: readonly string[];
  readonly mdsEncoding: "ndarray" | "bytes";
  readonly ids: readonly IdColumn[];
  readonly byteStreamSplit: boolean;
  readonly rules: AisRules;
  readonly columns: readonly string[] | undefined;
  readonly coarse: boolean;
  readonly startTime: number | undefined;
  readonly vesselType: string | undefined;
  readonly memory: number;
  readonly workers: number;
  readonly temp: string | undefined;
  readonly existing: "append" | "overwrite" | undefined;
}

const ID_COLUMNS: Readonly<Record<string, IdColumn["source"]>> = {
  mmsi: "entity_number",
  t_start: "t_start",
  t_end: "t_end",
  trace_id: "trace_id",
  start: "start",
  key: "key",
};

const MIB = 2 ** 20;
/** Below this not even one shard can be built. */
const LEAST_MEMORY = 64 * MIB;

/** Positions of a window: no shard holds a longer one. */
const MOST_POSITIONS = 100_000_000;

function refuse(what: string): never {
  throw new WindrowError("usage", `Cannot materialize: ${what}`);
}

function idColumns(names: readonly string[]): IdColumn[] {
  return names.map((name) => {
    const source = Object.hasOwn(ID_COLUMNS, name) ? ID_COLUMNS[name] : undefined;
    return source === undefined
      ? refuse(`--with takes ${Object.keys(ID_COLUMNS).join(", ")}, got ${name}`)
      : { name, source };
  });
}

function positive(name: string, value: number): number {
  return value > 0 && Number.isFinite(value) ? value : refuse(`${name} must be a number above 0, got ${value}`);
}

function whole(name: string, value: number, least: number): number {
  return Number.isSafeInteger(value) && value >= least
    ? value
    : refuse(`${name} must be a whole number from ${least} up, got ${value}`);
}

function rules(options: MaterializeAisOptions): AisRules {
  const { from, to, bbox } = options;
  if (from !== undefined && to !== undefined && from > to) refuse("--from must not lie after --to");
  if (bbox !== undefined) checkBox(bbox);
  return {
    maxGapSeconds: positive("--max-gap", options.maxGap ?? AIS_RULES.maxGapSeconds),
    sogMax: positive("--sog-max", options.sogMax ?? AIS_RULES.sogMax),
    jumpMax: positive("--jump-max", options.jumpMax ?? AIS_RULES.jumpMax),
    jumpRecover: AIS_RULES.jumpRecover,
    keepAuxiliary: options.keepAuxiliary ?? false,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(bbox === undefined ? {} : { bbox }),
  };
}

/** Epoch seconds from here on are milliseconds, as logs have them. */
const LATEST_SECONDS = 1e11;

function startTime(time: number | undefined): number | undefined {
  return time === undefined || (time >= 0 && time < LATEST_SECONDS)
    ? time
    : refuse(`--start-time must be a time from 1970 on in seconds, not milliseconds, got ${time}`);
}

/** How many parts the key space can be cut into is for the order to say. */
function parts(count: number): number {
  partRange(0, count);
  return count;
}

function checkBox(box: BoundingBox): void {
  const latitudes = [box.south, box.north].every((value) => Math.abs(value) <= 90) && box.south <= box.north;
  const longitudes = [box.west, box.east].every((value) => Math.abs(value) <= 180);
  if (!latitudes || !longitudes) {
    refuse(`--bbox is south,west,north,east in degrees, got ${[box.south, box.west, box.north, box.east].join(",")}`);
  }
}

function formats(list: readonly DatasetFormat[]): readonly DatasetFormat[] {
  const known: readonly DatasetFormat[] = ["mds", "parquet"];
  const stray = list.find((format) => !known.includes(format));
  if (stray !== undefined || list.length === 0) refuse(`--format takes mds, parquet or both, got ${stray ?? "none"}`);
  return known.filter((format) => list.includes(format));
}

function splitBy(value: SplitBy): SplitBy {
  return ["vessel", "time", "vessel+time"].includes(value)
    ? value
    : refuse(`--split-by takes vessel, time or vessel+time, got ${value}`);
}

/** The defaults, where they do not follow from other options. */
const DEFAULTS = {
  format: ["mds", "parquet"],
  window: 928,
  inputLength: 128,
  stride: 32,
  seed: 42,
  val: 0.003,
  test: 0,
  splitBy: "vessel",
  compression: "zstd:1",
  shardBytes: 64 * MIB,
  hashes: [],
  mdsEncoding: "ndarray",
  with: [],
  byteStreamSplit: false,
  memory: 1024 * MIB,
} as const satisfies Partial<MaterializeAisOptions>;

function checkTogether(options: MaterializeAisOptions, window: { readonly size: number }, inputLength: number): void {
  if (inputLength >= window.size) refuse(`--input-length must be below --window ${window.size}, got ${inputLength}`);
  if (window.size > MOST_POSITIONS) refuse(`--window must be at most ${MOST_POSITIONS}, got ${window.size}`);
  if (options.columns !== undefined) checkNames(options.columns, AIS_COLUMNS);
  if (options.inputs.length === 0) refuse("no input was given; name files, folders or globs");
  if (options.vesselType !== undefined && vesselTypeFilter(options.vesselType) === undefined) {
    refuse(`--vessel-type takes numbers, ranges and words like 60-69,70,Cargo, got ${options.vesselType}`);
  }
}

/**
 * Fills in the defaults and checks every option.
 * @throws WindrowError `usage` that names the option and what it takes.
 */
export function resolveAis(options: MaterializeAisOptions, processors: number): ResolvedAis {
  const given = { ...DEFAULTS, ...options };
  const window = windowSpec(given.window, given.stride);
  const inputLength = whole("--input-length", given.inputLength, 1);
  checkTogether(options, window, inputLength);
  if (!(given.memory >= LEAST_MEMORY)) refuse(`--memory must be at least 64MiB, got ${given.memory} bytes`);
  seedOf(given.seed);
  return {
    inputs: given.inputs,
    out: given.out,
    formats: formats(given.format),
    window,
    inputLength,
    parts: given.parts === undefined ? undefined : parts(given.parts),
    seed: BigInt(given.seed),
    fractions: splitSpec(given.val, given.test),
    splitBy: splitBy(given.splitBy),
    compression: parseCompression(given.compression),
    shardBytes: whole("--shard-bytes", given.shardBytes, 1024),
    hashes: [...new Set(given.hashes)],
    mdsEncoding: given.mdsEncoding,
    ids: idColumns(given.with),
    byteStreamSplit: given.byteStreamSplit,
    rules: rules(options),
    columns: given.columns,
    coarse: given.coarse ?? false,
    startTime: startTime(given.startTime),
    vesselType: given.vesselType,
    memory: given.memory,
    workers: whole("--workers", given.workers ?? processors, 1),
    temp: given.temp,
    existing: given.existing,
  };
}
