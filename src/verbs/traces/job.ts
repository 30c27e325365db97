/** Any dataset's traces as work for `materialize`: their rows, matched and cut into stretches without a gap. */

import { createHash } from "node:crypto";
import type { Lost } from "../../adapters/bad-rows.ts";
import { type Batch, bytesOf, type Json, WindrowError } from "../../core/index.ts";
import { type Ledger, type RowFiles, rowFiles, TIMES_FILE, traceTable } from "../../materialize/index.ts";
import { float64Blocks, folderWorkspace } from "../../node/workspace.ts";
import { NO_CUTS, type TimeCuts, timeCuts } from "../../order/index.ts";
import { type Dataset, type Match, pick, type Trace } from "../../sync/index.ts";
import type { DatasetJob, Ingested, IngestTask, KnownInput, Watch } from "../dataset/job.ts";
import { outputAbout } from "../dataset/output-options.ts";
import { ranked } from "../dataset/plan.ts";
import { indexNames } from "../dataset/previous.ts";
import { type SplitStretches, type Stretch, splitStretches } from "../dataset/split-stretches.ts";
import { differingFields, fieldBatch, fieldColumns, joinedFields, type TraceField, traceFields } from "./fields.ts";
import { TraceLedger } from "./ledger.ts";
import type { ResolvedTraces } from "./options.ts";
import { cutByTime, stretchesOf } from "./stretches.ts";

/** Its number goes up when the same traces and options give other samples. */
const PIPELINE = "traces@1";

/** A trace as an input: known by its name, its rows, and what each row is made from. */
interface TraceInput extends KnownInput {
  readonly number: number;
  readonly rows: number;
}

/** What a user's recordings add to what traces say of themselves. */
export interface TracesSource {
  readonly dataset: Dataset;
  /** Options beyond those of `materialize`, for the manifest: how rows were matched. */
  readonly options?: Readonly<Record<string, Json>>;
  /** A digest of what a trace is read from; absent where nothing is known but the trace. */
  readonly content?: (number: number) => Promise<Content>;
  /** Rows that could not be read, of what has been read so far. */
  readonly lost?: () => Lost;
}

/** What files hold. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * What a trace is known by: what makes its rows, and the files they are read from. Where there are none, values are not looked at: two
 * traces that differ in them alone are one.
 */
function identity(trace: Trace, match: Match, fields: readonly TraceField[], content: Content | undefined): Content {
  const about = { name: trace.name, entity: trace.entity, rows: match.length, fields, content: content?.sha256 };
  const parts = [new TextEncoder().encode(JSON.stringify(about)), bytesOf(match.times), bytesOf(match.segments)];
  for (const sensor of new Set(fields.map((field) => field.sensor))) {
    const { before, after, weight } = match.between[sensor] ?? {};
    const lists = before && after && weight ? [before, after, weight] : [match.index[sensor]!, match.valid[sensor]!];
    parts.push(...lists.map(bytesOf));
  }
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  const bytes = content?.bytes ?? parts.reduce((sum, { length }) => sum + length, 0);
  return { sha256: hash.digest("hex"), bytes };
}

/** What all traces are found to be, before any sample is read. */
interface Survey {
  readonly inputs: readonly TraceInput[];
  readonly fields: readonly TraceField[];
}

/** Matches every trace once: which rows it has, and whether its sensors are those of the others. */
async function surveyed({ dataset, content }: TracesSource, options: ResolvedTraces, watch: Watch): Promise<Survey> {
  watch.progress.stage("match traces", dataset.traces, "traces");
  const inputs: TraceInput[] = [];
  const names = new Set<string>();
  let fields: readonly TraceField[] | undefined;
  let first = "";
  for (let number = 0; number < dataset.traces; number++) {
    watch.signal?.throwIfAborted();
    const trace = dataset.trace(number);
    const { name } = trace;
    if (names.has(name)) throw new WindrowError("usage", `Cannot materialize: two traces have the name ${name}`);
    names.add(name);
    const match = await trace.match();
    const own = traceFields(trace.sensors, match, options.sensors);
    const differs = fields && differingFields(fields, own);
    if (differs !== undefined) {
      throw new WindrowError(
        "usage",
        `Cannot materialize trace ${name}: it must have the columns of ${first}, ${differs}; --sensors chooses those that all have`,
      );
    }
    // Columns are in the order that the trace with the least name has, in whatever order traces come.
    const isFirst = fields === undefined || name < first;
    fields = isFirst ? joinedFields(own, fields ?? []) : joinedFields(fields ?? [], own);
    if (isFirst) first = name;
    inputs.push({ name, number, rows: match.length, ...identity(trace, match, own, await content?.(number)) });
    watch.progress.at(number + 1);
  }
  if (fields === undefined || fields.length === 0)
    throw new WindrowError("empty", `Cannot materialize: there is no trace with a field, got ${dataset.traces} traces`);
  return { inputs, fields };
}

/** Bytes of rows that are read at a time; at first a few rows, since their size is not known. */
const READ_BYTES = 8 * 2 ** 20;
const FIRST_ROWS = 16;
const MOST_ROWS = 8192;

function batchBytes({ columns }: Batch): number {
  let bytes = 0;
  for (const { data } of Object.values(columns)) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const value of data as readonly (string | Uint8Array)[]) bytes += value.length;
  }
  return bytes;
}

/** Reads traces into the rows file. */
class TraceIngest {
  readonly stretches: Stretch[] = [];
  readonly ledger: TraceLedger;
  readonly #files: RowFiles;
  readonly #fields: readonly TraceField[];
  readonly #task: IngestTask;
  #batchRows = FIRST_ROWS;

  constructor(files: RowFiles, fields: readonly TraceField[], task: IngestTask) {
    this.#files = files;
    this.#fields = fields;
    this.#task = task;
    this.ledger = new TraceLedger(fields.map(({ sensor }) => sensor));
  }

  async add(trace: Trace, source: number): Promise<void> {
    const match = await trace.match();
    await this.ledger.add(trace, match);
    for (const stretch of stretchesOf(trace, match, this.#files.rows)) this.stretches.push(stretch);
    // Sensors that no column is of are not read.
    const chosen = pick(trace, Object.fromEntries(this.#fields.map(({ sensor }) => [sensor, sensor])));
    for (let from = 0; from < match.length; ) {
      this.#task.signal?.throwIfAborted();
      const to = Math.min(match.length, from + this.#batchRows);
      const batch = fieldBatch(await chosen.read({ from, to }), this.#fields, to - from);
      this.#files.append({ batch, times: match.times.subarray(from, to), source });
      const rowBytes = Math.max(1, batchBytes(batch) / batch.length);
      this.#batchRows = Math.max(1, Math.min(MOST_ROWS, 4 * this.#batchRows, Math.floor(READ_BYTES / rowBytes)));
      from = to;
      this.#task.progress.at(this.#files.rows);
    }
  }
}

/** Where the splits by time begin: quantiles of the rows' times. */
function cutsOf(options: ResolvedTraces, temp: string, rows: number): TimeCuts {
  if (options.splitBy === "entity" || rows === 0) return NO_CUTS;
  const cuts = timeCuts(() => float64Blocks(`${temp}/${TIMES_FILE}`), rows, options.fractions);
  // With entities held out as well, all held-out time is one.
  return options.splitBy === "time" ? cuts : { ...cuts, test: Number.POSITIVE_INFINITY };
}

function nothingToDo(all: TraceLedger, { kept }: Ledger, split: SplitStretches, window: number): WindrowError {
  const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
  const stretches = `${counted(split.all, "stretch", "stretches")} of ${counted(kept, "row", "rows")}`;
  const lacking = all.whatLacks();
  const why =
    all.whyNoRow() ??
    `no stretch without a gap is long enough: ${stretches} for a window of ${window}; see --window${lacking && `. ${lacking}`}`;
  return new WindrowError("empty", `Cannot materialize: there is no window to write; ${why}`);
}

/** Traces are whole: more rows of one that is there would have names that are taken. */
async function checkNew(inputs: readonly TraceInput[], { previous }: IngestTask): Promise<void> {
  if (previous === undefined) return;
  const known = await indexNames(previous.out, "trace_id");
  const again = inputs.find(({ name }) => known.has(name));
  if (again === undefined) return;
  throw new WindrowError(
    "exists",
    `Cannot append trace ${again.name} to ${previous.out}: it has one of that name with other rows; give it another name, or use --overwrite`,
  );
}

async function ingest(
  source: TracesSource,
  { fields, layout }: { readonly fields: readonly TraceField[]; readonly layout: DatasetJob["layout"] },
  options: ResolvedTraces,
  run: { readonly inputs: readonly TraceInput[]; readonly task: IngestTask },
): Promise<Ingested> {
  const { inputs, task } = run;
  await checkNew(inputs, task);
  const workspace = folderWorkspace(task.temp);
  using files = rowFiles(workspace, layout);
  const all = new TraceIngest(files, fields, task);
  const total = inputs.reduce((sum, input) => sum + input.rows, 0);
  task.progress.stage("read traces", total, "rows");
  for (const [number, input] of inputs.entries()) await all.add(source.dataset.trace(input.number), number);
  const { rows } = files;
  const values = files.close();
  const cuts = cutsOf(options, task.temp, rows);
  const stretches = cutByTime(workspace, all.stretches, cuts);
  const { seed, fractions, window, splitBy } = options;
  const split = splitStretches(stretches, { splitBy, seed, fractions, window, short: "stretch_short" }, cuts);
  const lost: Lost = source.lost?.() ?? { rows: 0, examples: [] };
  for (const note of lost.notes ?? []) task.progress.note(`warning: ${note}`);
  const ledger = all.ledger.of(split, lost.rows > 0 ? { lost_rows: lost.rows } : {});
  if (split.traces.length === 0) throw nothingToDo(all.ledger, ledger, split, window.size);
  const facts = { names: [], values: {} };
  return { table: traceTable(split.traces), rows, values, ledger, facts, badRows: lost.examples };
}

function aboutOf(options: ResolvedTraces, source: TracesSource): DatasetJob["about"] {
  const { split, files } = outputAbout(options);
  return {
    command: "materialize traces",
    pipeline: PIPELINE,
    options: {
      format: options.formats,
      window: options.window.size,
      stride: options.window.stride,
      ...split,
      split_by: options.splitBy,
      ...files,
      sensors: options.sensors ?? null,
      ...source.options,
    },
  };
}

/** Opens the traces of a dataset: matches each of them, and reads no sample yet. */
export async function tracesJob(
  source: TracesSource,
  options: ResolvedTraces,
  watch: Watch,
): Promise<DatasetJob<TraceInput>> {
  const { inputs, fields } = await surveyed(source, options, watch);
  const layout = {
    window: options.window,
    columns: fieldColumns(fields, options.window.size),
    times: "stamps",
  } as const;
  return {
    layout,
    inputs: ranked(inputs),
    about: aboutOf(options, source),
    fixed:
      options.splitBy === "entity"
        ? undefined
        : `it is split by ${options.splitBy}, and a later time would move the split`,
    ingest: (chosen, task) => ingest(source, { fields, layout }, options, { inputs: chosen, task }),
    async [Symbol.asyncDispose]() {},
  };
}
