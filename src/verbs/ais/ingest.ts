/** From files of reports to trips on disk: read, put in order, clean, split. */

import { join } from "node:path";
import {
  AIS_COLUMNS,
  AIS_STATICS,
  type AisRules,
  type CleanCounts,
  cleaner,
  type ReportChunk,
  reasonCode,
  type Trip,
  type TripSink,
  type VesselChoice,
  vesselTypeFilter,
  WIDTH,
} from "../../domains/ais/index.ts";
import {
  type Ledger,
  ROWS_FILE,
  SOURCES_FILE,
  TIMES_FILE,
  type TraceTable,
  traceTable,
} from "../../materialize/index.ts";
import type { InputFile } from "../../node/inputs.ts";
import { KeyNumbers } from "../../node/key-numbers.ts";
import { LatestTexts } from "../../node/latest-texts.ts";
import { RowBuckets, type SortedChunk } from "../../node/row-buckets.ts";
import { type BadRow, type RowSink, Tabular, type TabularChunk } from "../../node/tabular.ts";
import { type ColumnFile, columnFile, float64Blocks } from "../../node/workspace.ts";
import { NO_CUTS, type TimeCuts, timeCuts } from "../../order/index.ts";
import type { KnownInput, Watch } from "../dataset/job.ts";
import { addCounts } from "./counts.ts";
import { AisLogs } from "./logs.ts";
import type { ResolvedAis } from "./options.ts";
import { type CountedRows, ledgerOf, splitTrips } from "./splits.ts";

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
export type RankedInput = InputFile & KnownInput;

/** A row takes 64 bytes: about what its text takes, where much else stands beside it. Packed text and Parquet hold some six times as much. */
const PACKED_RATIO = 6;
const DUCK_BYTES = 256 * 2 ** 20;

/** All reports of a run: rows on disk by vessel, and what each vessel says of itself. */
class Reports implements Pick<RowSink, "take">, Disposable {
  readonly #keys = new KeyNumbers();
  readonly #texts = new LatestTexts();
  readonly #rows: RowBuckets;

  constructor(folder: string, memoryBytes: number, inputs: readonly InputFile[]) {
    this.#rows = new RowBuckets({
      folder,
      memoryBytes,
      expectedBytes: inputs.reduce(
        (sum, { kind, packing, bytes }) =>
          sum + (kind === "parquet" || packing !== "none" ? PACKED_RATIO * bytes : bytes),
        0,
      ),
      columns: AIS_COLUMNS.filter((column) => column.kind !== "text"),
      keys: this.#keys,
    });
  }

  take(chunk: TabularChunk): void {
    const { mmsi, t } = chunk.columns as Record<"mmsi" | "t", Float64Array>;
    const numbers = this.#keys.of(mmsi, chunk.bad, chunk.length);
    this.#texts.take(chunk, t, numbers);
    this.#rows.take(chunk, numbers);
  }

  /** Takes what vessels said of themselves in logs, where it comes apart from their positions. */
  takeFacts(facts: AisLogs["facts"]): void {
    const { length } = facts;
    const mmsi = Float64Array.from(facts, (each) => each.mmsi);
    const t = Float64Array.from(facts, (each) => each.t);
    const bad = new Float32Array(length);
    // Below 0: a fingerprint of a table's texts is not.
    const textHash = Float64Array.from(facts, (_, index) => -1 - index);
    const texts = (row: number) => AIS_STATICS.map((name) => facts[row]!.texts[name]);
    this.#texts.take({ file: 0, length, bad, columns: {}, textHash, texts }, t, this.#keys.of(mmsi, bad, length));
  }

  /** How many rows of a file come after a later one of the same vessel (§3.6). */
  get reordered(): number {
    return this.#rows.reordered;
  }

  get facts(): Ingested["facts"] {
    return this.#texts.byKey(this.#keys, AIS_STATICS);
  }

  /** Vessel by vessel, each by time. */
  async *sorted(): AsyncIterable<ReportChunk> {
    for await (const chunk of this.#rows.sorted()) yield reports(chunk);
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
  }
}

/** A chunk of rows as the cleaner takes it. */
function reports({ length, columns }: SortedChunk): ReportChunk {
  const { file: source, ...values } = columns;
  // The cast: the buckets give all columns they were opened for, and `file`.
  return { length, ...values, source } as unknown as ReportChunk;
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

/** Where to leave files, and when each vessel was last seen in an earlier generation (epoch seconds). */
interface IngestTask extends Watch {
  readonly temp: string;
  readonly lastTime: ReadonlyMap<number, number>;
}

async function importAll(
  table: Tabular,
  inputs: readonly RankedInput[],
  sink: Pick<RowSink, "take">,
  { progress, signal }: Watch,
): Promise<void> {
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0);
  progress.stage("read", bytes, "B");
  let done = 0;
  for (const input of inputs) {
    signal?.throwIfAborted();
    const before = done;
    await table.import(input, {
      take: (chunk) => sink.take(chunk),
      part: (fraction) => progress.at(before + fraction * input.bytes),
    });
    done += input.bytes;
    progress.at(done);
  }
}

/** Reports that were read, and how many of them are good. */
interface ReadReports {
  readonly reports: Reports;
  readonly good: number;
}

async function clean(
  read: ReadReports,
  sink: TripSink,
  rules: AisRules,
  task: Watch & { choice: VesselChoice; stage: string },
): Promise<CleanCounts> {
  task.progress.stage(task.stage, read.good, "rows");
  const cleaning = cleaner(rules, task.choice, sink);
  let done = 0;
  for await (const chunk of read.reports.sorted()) {
    task.signal?.throwIfAborted();
    cleaning.push(chunk);
    done += chunk.length;
    task.progress.at(done);
  }
  return cleaning.finish();
}

/** Where the splits by time begin: a quantile of the kept points' times, which a first cleaning finds. */
async function findCuts(
  read: ReadReports,
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
  const { kept } = await clean(read, sink, options.rules, { ...task, stage: "find the time" });
  if (kept === 0) return NO_CUTS;
  const cuts = timeCuts(() => float64Blocks(path), kept, options.fractions);
  // With vessels held out as well, all held-out time is one.
  return options.splitBy === "time" ? cuts : { ...cuts, test: Number.POSITIVE_INFINITY };
}

/** What was read of all inputs. */
interface Rows extends Omit<CountedRows, "reordered"> {
  readonly badRows: readonly BadRow[];
  readonly factNames: readonly string[];
}

/** Reads all inputs; DuckDB is gone afterwards. */
async function readAll(
  reports: Reports,
  inputs: readonly RankedInput[],
  options: ResolvedAis,
  task: IngestTask,
): Promise<Rows & { readonly good: number }> {
  const logs = new AisLogs({ coarse: options.coarse, startTime: options.startTime, signal: task.signal });
  await using table = await Tabular.open({
    folder: task.temp,
    memoryBytes: Math.min(options.memory / 4, DUCK_BYTES),
    threads: options.workers,
    signal: task.signal,
    columns: AIS_COLUMNS,
    other: logs,
    ...(options.columns === undefined ? {} : { names: options.columns }),
  });
  await importAll(table, inputs, reports, task);
  const { facts } = logs;
  reports.takeFacts(facts);
  const { counts, present } = table;
  const dropped = addCounts(counts.bad > 0 ? { parse_error: counts.bad } : {}, logs.dropped);
  const good = counts.rows - counts.bad + logs.positions;
  return {
    good,
    all: Object.values(dropped).reduce((sum, count) => sum + count, good),
    dropped,
    noted: logs.noted,
    badRows: [...counts.examples, ...logs.badRows],
    factNames: AIS_STATICS.filter((name) => present.has(name) || facts.some(({ texts }) => texts[name] !== "")),
  };
}

async function ingest(inputs: readonly RankedInput[], options: ResolvedAis, task: IngestTask): Promise<Ingested> {
  using reports = new Reports(task.temp, options.memory / 4, inputs);
  const rows = await readAll(reports, inputs, options, task);
  const read = { reports, good: rows.good };
  const { facts, reordered } = reports;
  const choice = vesselChoice(options, facts, task.lastTime);
  const cuts = await findCuts(read, options, { ...task, choice });
  using files = new TrackFiles(task.temp);
  const cutTimes = [cuts.validation, cuts.test].filter(Number.isFinite);
  const cleaned = await clean(
    read,
    files,
    { ...options.rules, cutTimes },
    { ...task, choice, stage: "sort and clean" },
  );
  // Vessels come in the order of their buckets, which goes by --memory; what is written must not.
  const trips = [...files.trips].sort((a, b) => a.mmsi - b.mmsi);
  const split = splitTrips(trips, options, cuts);
  return {
    table: traceTable(split.traces),
    ledger: ledgerOf(cleaned, split, { ...rows, reordered }),
    facts,
    factNames: rows.factNames,
    badRows: rows.badRows,
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
