/** From files of reports to trips on disk: read, sort, clean, split; every row accounted for. */

import { join } from "node:path";
import {
  AIS_COLUMNS,
  AIS_STATICS,
  type AisRules,
  type CleanCounts,
  cleaner,
  type ReportChunk,
  reasonCode,
  type TimeCuts,
  type Trip,
  type TripSink,
  timeCuts,
  tripId,
  type VesselChoice,
  vesselTypeFilter,
  WIDTH,
} from "../domains/ais/index.ts";
import {
  type Ledger,
  ROWS_FILE,
  SOURCES_FILE,
  TIMES_FILE,
  type Trace,
  type TraceTable,
  traceTable,
} from "../materialize/index.ts";
import type { InputFile } from "../node/inputs.ts";
import { type BadRow, Tabular, type TabularChunk } from "../node/tabular.ts";
import { type ColumnFile, columnFile, float64Blocks } from "../node/workspace.ts";
import { entitySplit, type Split } from "../order/index.ts";
import { windowUse } from "../window/index.ts";
import type { ResolvedAis } from "./ais-options.ts";
import type { Progress } from "./progress.ts";

/** What the ingest leaves besides the files in the temporary folder. */
export interface Ingested {
  readonly table: TraceTable;
  readonly ledger: Ledger;
  /** Facts about each vessel, by MMSI. */
  readonly facts: ReadonlyMap<number, Readonly<Record<string, string>>>;
  readonly factNames: readonly string[];
  readonly badRows: readonly BadRow[];
}

/** Numbers of inputs go by their content, so that the order in which files are named cannot matter. */
export type RankedInput = InputFile & { readonly sha256: string };

const NOTHING = new Float64Array(8192).fill(Number.NaN);

/** A chunk of DuckDB's as the cleaner takes it. */
function reports(chunk: TabularChunk): ReportChunk {
  const column = (name: string) => chunk.columns[name] ?? NOTHING;
  const exact = (name: string) => Float64Array.from(column(name));
  const double = (name: string) => {
    const values = column(name);
    return values instanceof Float64Array ? values : exact(name);
  };
  return {
    length: chunk.length,
    mmsi: double("mmsi"),
    t: double("t"),
    lat: double("lat"),
    lon: double("lon"),
    sog: column("sog"),
    cog: column("cog"),
    heading: column("heading"),
    msg_type: column("msg_type"),
    mobile: column("mobile"),
    source: column("file"),
  };
}

/** How many rows of a file come after a later one of the same vessel (§3.6). */
async function countReordered(table: Tabular): Promise<number> {
  const latest = new Map<number, number>();
  let file = -1;
  let reordered = 0;
  for await (const chunk of table.inOrder(["mmsi", "t"])) {
    const { file: files, mmsi, t } = chunk.columns as Record<"file" | "mmsi" | "t", Float64Array>;
    for (let i = 0; i < chunk.length; i++) {
      if (files[i] !== file) {
        latest.clear();
        file = files[i]!;
      }
      const last = latest.get(mmsi[i]!);
      if (last !== undefined && t[i]! < last) reordered += 1;
      else latest.set(mmsi[i]!, t[i]!);
    }
  }
  return reordered;
}

/** The three column files of the kept positions, and the trips they make up. */
class TrackFiles implements TripSink, Disposable {
  readonly trips: Trip[] = [];
  readonly #rows: ColumnFile;
  readonly #times: ColumnFile;
  readonly #sources: ColumnFile;

  constructor(folder: string) {
    this.#rows = columnFile(join(folder, ROWS_FILE));
    this.#times = columnFile(join(folder, TIMES_FILE));
    this.#sources = columnFile(join(folder, SOURCES_FILE));
  }

  append(block: Parameters<TripSink["append"]>[0]): void {
    this.#rows.append(block.features.subarray(0, block.length * WIDTH));
    this.#times.append(block.times.subarray(0, block.length));
    this.#sources.append(block.sources.subarray(0, block.length));
  }

  patch(rows: { readonly from: number; readonly to: number }, feature: number, value: number): void {
    const one = Float32Array.of(value);
    for (let row = rows.from; row < rows.to; row++) this.#rows.writeAt((row * WIDTH + feature) * 4, one);
  }

  trip(trip: Trip): void {
    this.trips.push(trip);
  }

  [Symbol.dispose](): void {
    for (const file of [this.#rows, this.#times, this.#sources]) file[Symbol.dispose]();
  }
}

/** What the split decided of all trips. */
interface SplitTrips {
  readonly traces: readonly Trace[];
  readonly all: number;
  readonly short: number;
  readonly used: number;
  readonly unused: Record<string, number>;
  readonly windows: Record<Split, number>;
}

/** The split of a trip; `undefined` when it lies between the splits. */
function splitOf(trip: Trip, options: ResolvedAis, cuts: TimeCuts): Split | undefined {
  const byTime: Split = trip.from >= cuts.test ? "test" : trip.from >= cuts.validation ? "validation" : "train";
  if (options.splitBy === "time") return byTime;
  const byVessel = entitySplit(options.seed, String(trip.mmsi), options.fractions);
  if (options.splitBy === "vessel") return byVessel;
  // Held-out vessels count only in the held-out time, and the others only before it.
  return (byVessel === "train") === (byTime === "train") ? byVessel : undefined;
}

const NO_CUTS: TimeCuts = { validation: Number.POSITIVE_INFINITY, test: Number.POSITIVE_INFINITY };

function splitTrips(trips: readonly Trip[], options: ResolvedAis, cuts: TimeCuts): SplitTrips {
  const traces: Trace[] = [];
  const unused: Record<string, number> = {};
  const leave = (reason: string, points: number) => {
    if (points > 0) unused[reason] = (unused[reason] ?? 0) + points;
  };
  const windows = { train: 0, validation: 0, test: 0 };
  let short = 0;
  let used = 0;
  for (const trip of trips) {
    const split = splitOf(trip, options, cuts);
    if (split === undefined) {
      leave("between_splits", trip.length);
      continue;
    }
    const use = windowUse(trip.length, options.window);
    if (use.windows === 0) {
      short += 1;
      leave("trip_short", trip.length);
      continue;
    }
    used += use.used;
    leave("tail", use.tail);
    leave("stride_gap", use.strideGap);
    windows[split] += use.windows;
    traces.push({ id: tripId(trip), entity: String(trip.mmsi), split, firstRow: trip.firstRow, rows: trip.length });
  }
  return { traces, all: trips.length, short, used, unused, windows };
}

function ledgerOf(
  clean: CleanCounts,
  split: SplitTrips,
  rows: { bad: number; all: number; reordered: number },
): Ledger {
  const noted: Record<string, number> = {
    sog_derived: clean.sogDerived,
    cog_derived: clean.cogDerived,
    reordered: rows.reordered,
    jump_cut: clean.jumpCut,
  };
  return {
    input: rows.all,
    kept: clean.kept,
    dropped: { ...(rows.bad > 0 ? { parse_error: rows.bad } : {}), ...clean.dropped },
    points: { used: split.used, unused: split.unused },
    windows: split.windows,
    traces: { all: split.all, short: split.short },
    noted: Object.fromEntries(Object.entries(noted).filter(([, count]) => count > 0)),
  };
}

/** Which vessels were asked for, and from when on. */
function vesselChoice(
  options: ResolvedAis,
  facts: Ingested["facts"],
  lastTime: ReadonlyMap<number, number>,
): VesselChoice {
  const code = reasonCode("vessel_type");
  const wanted = options.vesselType === undefined ? undefined : vesselTypeFilter(options.vesselType);
  return {
    vessel: (mmsi) => (wanted === undefined || wanted(facts.get(mmsi)?.["vessel_type"]) ? 0 : code),
    lastTime: (mmsi) => lastTime.get(mmsi) ?? Number.NEGATIVE_INFINITY,
  };
}

/** Who watches, and who may stop it. */
export interface Watch {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Where to leave files, and when each vessel was last seen in an earlier generation (epoch seconds). */
interface IngestTask extends Watch {
  readonly temp: string;
  readonly lastTime: ReadonlyMap<number, number>;
}

async function importAll(table: Tabular, inputs: readonly RankedInput[], { progress, signal }: Watch): Promise<void> {
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0);
  progress.stage("read", bytes, "B");
  let done = 0;
  for (const input of inputs) {
    signal?.throwIfAborted();
    await table.import(input);
    done += input.bytes;
    progress.at(done);
  }
}

async function clean(
  table: Tabular,
  sink: TripSink,
  rules: AisRules,
  task: Watch & { choice: VesselChoice; stage: string },
): Promise<CleanCounts> {
  const { rows, bad } = table.counts;
  task.progress.stage(task.stage, rows - bad, "rows");
  const cleaning = cleaner(rules, task.choice, sink);
  let done = 0;
  for await (const chunk of table.sorted(["mmsi", "t"])) {
    task.signal?.throwIfAborted();
    cleaning.push(reports(chunk));
    done += chunk.length;
    task.progress.at(done);
  }
  return cleaning.finish();
}

/** Where the splits by time begin: a quantile of the kept points' times, which a first cleaning finds. */
async function findCuts(
  table: Tabular,
  options: ResolvedAis,
  task: Watch & { choice: VesselChoice; temp: string },
): Promise<TimeCuts> {
  if (options.splitBy === "vessel") return NO_CUTS;
  const path = join(task.temp, TIMES_FILE);
  using times = columnFile(path);
  const sink: TripSink = {
    append: (block) => times.append(block.times.subarray(0, block.length)),
    patch: () => {},
    trip: () => {},
  };
  const { kept } = await clean(table, sink, options.rules, { ...task, stage: "find the time" });
  if (kept === 0) return NO_CUTS;
  const cuts = timeCuts(() => float64Blocks(path), kept, options.fractions);
  // With vessels held out as well, all held-out time is one.
  return options.splitBy === "time" ? cuts : { ...cuts, test: Number.POSITIVE_INFINITY };
}

async function ingest(inputs: readonly RankedInput[], options: ResolvedAis, task: IngestTask): Promise<Ingested> {
  await using table = await Tabular.open({
    folder: task.temp,
    memoryBytes: options.memory / 2,
    threads: options.workers,
    signal: task.signal,
    columns: AIS_COLUMNS,
    ...(options.columns === undefined ? {} : { names: options.columns }),
  });
  await importAll(table, inputs, task);
  const reordered = await countReordered(table);
  const facts = await table.latestTexts("mmsi", "t");
  const choice = vesselChoice(options, facts, task.lastTime);
  const cuts = await findCuts(table, options, { ...task, choice });
  using files = new TrackFiles(task.temp);
  const cutTimes = [cuts.validation, cuts.test].filter(Number.isFinite);
  const cleaned = await clean(
    table,
    files,
    { ...options.rules, cutTimes },
    { ...task, choice, stage: "sort and clean" },
  );
  const split = splitTrips(files.trips, options, cuts);
  const { rows: all, bad, examples } = table.counts;
  return {
    table: traceTable(split.traces),
    ledger: ledgerOf(cleaned, split, { all, bad, reordered }),
    facts,
    factNames: AIS_STATICS.filter((name) => table.present.has(name)),
    badRows: examples,
  };
}

/** Reads, cleans and splits; `inputs` come in the order of their content's hash. */
export async function ingestAis(
  inputs: readonly RankedInput[],
  options: ResolvedAis,
  task: IngestTask,
): Promise<Ingested> {
  try {
    return await ingest(inputs, options, task);
  } catch (error) {
    // DuckDB says in its own words that it was stopped.
    task.signal?.throwIfAborted();
    throw error;
  }
}
