/** The options of `materialize ais`, checked once, here. */

import {
  AIS_COLUMNS,
  AIS_RULES,
  type AisRules,
  type BoundingBox,
  type SplitBy,
  vesselTypeFilter,
} from "../../domains/ais/index.ts";
import { checkNames } from "../../node/csv-head.ts";
import { windowSpec } from "../../window/index.ts";
import {
  type OutputOptions,
  type ResolvedOutput,
  refuse,
  resolveOutput,
  SAMPLE_IDS,
  whole,
} from "../dataset/output-options.ts";

/** What `materializeAis` takes. Everything but `inputs` and `out` has a default. */
export interface MaterializeAisOptions extends OutputOptions {
  /** Files, folders, globs: MarineCadastre CSV, DMA CSV, other CSV, canonical Parquet, NMEA logs; plain, .gz, .zst, .zip; `-` for stdin. */
  readonly inputs: readonly string[];
  /** Positions of a window; 928. */
  readonly window?: number;
  /** How many of them are a model's input; the rest is the horizon; 128. */
  readonly inputLength?: number;
  /** Positions from one window to the next; 32. */
  readonly stride?: number;
  /** What is held out: vessels, the end of the time span, or both; `vessel`. */
  readonly splitBy?: SplitBy;
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
}

/** The same, every default filled in and everything checked. */
export interface ResolvedAis extends ResolvedOutput {
  readonly inputs: readonly string[];
  readonly window: { readonly size: number; readonly stride: number };
  readonly inputLength: number;
  readonly splitBy: SplitBy;
  readonly rules: AisRules;
  readonly columns: readonly string[] | undefined;
  readonly coarse: boolean;
  readonly startTime: number | undefined;
  readonly vesselType: string | undefined;
}

const ID_COLUMNS = { mmsi: "entity_number", ...SAMPLE_IDS } as const;

/** Positions of a window: no shard holds a longer one. */
const MOST_POSITIONS = 100_000_000;

function positive(name: string, value: number): number {
  return value > 0 && Number.isFinite(value) ? value : refuse(`${name} must be a number above 0, got ${value}`);
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

function checkBox(box: BoundingBox): void {
  const latitudes = [box.south, box.north].every((value) => Math.abs(value) <= 90) && box.south <= box.north;
  const longitudes = [box.west, box.east].every((value) => Math.abs(value) <= 180);
  if (!latitudes || !longitudes) {
    refuse(`--bbox is south,west,north,east in degrees, got ${[box.south, box.west, box.north, box.east].join(",")}`);
  }
}

function splitBy(value: SplitBy): SplitBy {
  return ["vessel", "time", "vessel+time"].includes(value)
    ? value
    : refuse(`--split-by takes vessel, time or vessel+time, got ${value}`);
}

/** The defaults of a window. */
const DEFAULTS = {
  window: 928,
  inputLength: 128,
  stride: 32,
  splitBy: "vessel",
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
  return {
    ...resolveOutput(options, { processors, ids: ID_COLUMNS }),
    inputs: given.inputs,
    window,
    inputLength,
    splitBy: splitBy(given.splitBy),
    rules: rules(options),
    columns: given.columns,
    coarse: given.coarse ?? false,
    startTime: startTime(given.startTime),
    vesselType: given.vesselType,
  };
}
