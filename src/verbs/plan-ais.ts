/** From options to a plan: looks at inputs and output, ingests, orders, and lists the tasks. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { stdin } from "node:process";
import { isNmea } from "../adapters/nmea/index.ts";
import { type Json, WindrowError } from "../core/index.ts";
import { FEATURES, PIPELINE } from "../domains/ais/index.ts";
import { INDEX_FILE } from "../formats/dataset/index.ts";
import { mdsLayout } from "../formats/mds/index.ts";
import { openParquet } from "../formats/parquet/index.ts";
import {
  type DatasetSpec,
  type Ledger,
  longestId,
  type Manifest,
  pieces,
  sampleSchema,
  type TraceTable,
  writeOrder,
} from "../materialize/index.ts";
import { nodeCodecs } from "../node/codecs.ts";
import { folderStore } from "../node/folder-store.ts";
import { fileSha256, nodeHashes } from "../node/hashes.ts";
import { findInputs } from "../node/inputs.ts";
import { ioError } from "../node/io-error.ts";
import { spooled } from "../node/spool.ts";
import type { BadRow } from "../node/tabular.ts";
import { folderWorkspace } from "../node/workspace.ts";
import type { Split } from "../order/index.ts";
import type { Plan } from "../run/index.ts";
import { ingestAis, type RankedInput, type Watch } from "./ais-ingest.ts";
import type { ResolvedAis } from "./ais-options.ts";
import { checkOurs, clear, type FolderState, folderState } from "./output-folder.ts";
import { keepPrevious } from "./previous.ts";
import type { Progress } from "./progress.ts";
import { jsonHash, planSpec, STATE_FOLDER, tidyUp, writePlan } from "./run-dataset.ts";
import { PACKAGE_VERSION } from "./version.ts";

const FOUR_GIB = 4 * 2 ** 30;

/** Plain data about what was asked for. */
interface About {
  readonly options: Readonly<Record<string, Json>>;
  readonly inputs: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly [name: string]: Json;
}

/** What a run is to do. */
interface Request {
  readonly inputs: readonly RankedInput[];
  /** Of all generations. */
  readonly about: About;
  readonly hash: string;
  /** The dataset that the run appends to. */
  readonly previous: Manifest | undefined;
}

/** The options that decide what is written, and the inputs by content. */
function aboutOf(options: ResolvedAis, inputs: readonly RankedInput[]): About {
  const { rules } = options;
  return {
    command: "materialize ais",
    pipeline: PIPELINE,
    options: {
      format: options.formats,
      window: options.window.size,
      stride: options.window.stride,
      input_length: options.inputLength,
      parts: options.parts ?? "auto",
      seed: options.seed.toString(),
      val: options.fractions.validation,
      test: options.fractions.test,
      split_by: options.splitBy,
      compression: options.compression === undefined ? "none" : { ...options.compression },
      shard_bytes: options.shardBytes,
      hashes: options.hashes,
      mds_encoding: options.mdsEncoding,
      with: options.ids.map((id) => id.name),
      byte_stream_split: options.byteStreamSplit,
      columns: options.columns ?? null,
      vessel_type: options.vesselType ?? null,
      ...(options.coarse && { coarse: true }),
      ...(options.startTime !== undefined && { start_time: options.startTime }),
      rules: { ...rules, bbox: rules.bbox === undefined ? null : { ...rules.bbox } },
    },
    features: [...FEATURES],
    inputs: inputs.map((input) => ({ name: input.name, bytes: input.bytes, sha256: input.sha256 })),
  };
}

async function rankedInputs(patterns: readonly string[], progress: Progress): Promise<RankedInput[]> {
  const found = findInputs(patterns, isNmea);
  progress.stage(
    "look at inputs",
    found.reduce((sum, file) => sum + file.bytes, 0),
    "B",
  );
  const ranked: RankedInput[] = [];
  let done = 0;
  for (const file of found) {
    ranked.push({ ...file, sha256: await fileSha256(file.path) });
    done += file.bytes;
    progress.at(done);
  }
  return ranked.sort((a, b) => (a.sha256 < b.sha256 ? -1 : a.sha256 > b.sha256 ? 1 : a.name < b.name ? -1 : 1));
}

/** The samples' columns and how MDS holds them; refuses what cannot be held. */
function layoutOf(options: ResolvedAis) {
  const features = { name: "features", type: { kind: "f32", shape: [options.window.size, FEATURES.length] } } as const;
  const schema = sampleSchema({ columns: [features], ids: options.ids, window: options.window });
  const mds = mdsLayout(schema, {
    style: options.mdsEncoding,
    shardBytes: options.shardBytes,
    compression: options.compression,
    hashes: options.hashes,
  });
  return { features, schema, mds };
}

/** Refuses what could only fail once everything is read. */
async function checkEarly(options: ResolvedAis): Promise<void> {
  layoutOf(options);
  const known = await nodeHashes();
  const stray = options.hashes.find((name) => !known.has(name));
  if (stray !== undefined)
    throw new WindrowError("usage", `Cannot materialize: --hashes takes ${[...known.keys()].join(", ")}, got ${stray}`);
}

/** Number of the first part that a run adds to a split. */
function firstParts(previous: Manifest | undefined): DatasetSpec["firstPart"] {
  const of = (split: Split) => previous?.counts[split].length ?? 0;
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

function specOf(
  options: ResolvedAis,
  table: TraceTable,
  request: Request,
): Omit<DatasetSpec, "counts" | "runSamples"> & { readonly sampleBytes: number } {
  const { features, schema, mds } = layoutOf(options);
  const cut = pieces(schema, mds, { window: options.window, longestId: longestId(table), values: {} });
  return {
    seed: options.seed.toString(),
    window: options.window,
    columns: [features],
    times: "stamps",
    ids: options.ids,
    formats: options.formats,
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    mds,
    byteStreamSplit: options.byteStreamSplit,
    ...cut,
    // All generations have shards of one size, whatever the longest id of each.
    unitRows: request.previous?.shard_samples ?? cut.unitRows,
    firstPart: firstParts(request.previous),
    sources: request.inputs.map((input) => input.name),
    createdBy: `windrow ${PACKAGE_VERSION}`,
  };
}

/** Sorted runs at most: a gather task holds each of them open. */
const MOST_RUNS = 256;

/** Samples of a sorted run, when the source columns do not fit in memory (DESIGN §2); else `undefined`. */
function runSamples(options: ResolvedAis, { kept, windows }: Ledger): number | undefined {
  const rowBytes = FEATURES.length * 4;
  // Behind each row of features its time and its input.
  const columns = kept * (rowBytes + 12);
  if (columns <= options.memory) return undefined;
  // A run's rows are read out of order: they are to stay in the page cache.
  const cached = Math.floor(options.memory / 4 / (options.window.stride * rowBytes));
  return Math.max(1024, cached, Math.ceil(Math.max(windows.train, windows.validation, windows.test) / MOST_RUNS));
}

/** Orders every split, which also counts it, and gives the whole specification. */
function ordered(
  options: ResolvedAis,
  ledger: Ledger,
  work: { table: TraceTable; temp: string; request: Request },
): DatasetSpec {
  const { sampleBytes, ...spec } = specOf(options, work.table, work.request);
  const parts = options.parts ?? Math.max(1, Math.ceil((ledger.windows.train * sampleBytes) / FOUR_GIB));
  const run = runSamples(options, ledger);
  const shared = { ...spec, ...(run === undefined ? {} : { runSamples: run }) };
  const workspace = folderWorkspace(work.temp);
  const memoryBytes = options.memory / 2;
  const count = (split: Split, into: number) =>
    writeOrder(workspace, work.table, split, { ...shared, parts: into, memoryBytes });
  const counts = { train: count("train", parts), validation: count("validation", 1), test: count("test", 1) };
  return { ...shared, counts };
}

/** The most frequent reasons, for people. */
function topReasons(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return sorted
    .slice(0, 3)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function nothingToDo(ledger: Ledger, [bad]: readonly BadRow[]): WindrowError {
  const { input, kept, dropped, points, traces } = ledger;
  if (input === 0) return new WindrowError("empty", "Cannot materialize: the inputs hold no row");
  const first = bad === undefined ? "" : `; the first bad row is ${bad.file} line ${bad.line}: ${bad.why}`;
  // Most of a log's positions are lost only where nothing tells the time.
  const clock = (dropped["no_time"] ?? 0) > kept ? "; --start-time tells when a log without receive times begins" : "";
  const why =
    kept === 0
      ? `${input === 1 ? "the only row was" : `all ${input} rows were`} dropped (${topReasons(dropped)})`
      : `no trip is long enough: ${traces.all} trips of ${kept} kept rows (${topReasons(points.unused)}); see --window, --max-gap`;
  return new WindrowError("empty", `Cannot materialize: there is no window to write; ${why}${clock}${first}`);
}

/** The temporary folder of a run. */
function tempFolder(options: ResolvedAis, out: string, request: Request): string {
  return options.temp === undefined
    ? join(out, STATE_FOLDER, "temp")
    : join(resolve(options.temp), `windrow-${request.hash.slice(0, 16)}`);
}

/** Makes the temporary folder. One that the user names may be new, but what it lies in must be there. */
function makeTemp(temp: string, named: string | undefined): void {
  const folders = named === undefined ? [temp] : [resolve(named), temp];
  for (const folder of folders) {
    try {
      if (!existsSync(folder)) mkdirSync(folder);
    } catch (cause) {
      throw ioError("make the folder", folder, cause);
    }
  }
}

/** When each vessel was last seen in a window of the dataset: what comes at or before that time is there already. */
async function lastTimes(out: string): Promise<ReadonlyMap<number, number>> {
  const last = new Map<number, number>();
  await using index = await openParquet(INDEX_FILE, {
    store: folderStore(out),
    codecs: nodeCodecs(),
    hashes: await nodeHashes(),
  });
  for await (const batch of index.batches({ columns: ["entity", "t_end"] })) {
    const entities = batch.columns["entity"]?.data as readonly string[];
    const ends = batch.columns["t_end"]?.data as Float64Array;
    for (let row = 0; row < batch.length; row++) {
      const mmsi = Number(entities[row]);
      last.set(mmsi, Math.max(last.get(mmsi) ?? Number.NEGATIVE_INFINITY, ends[row]!));
    }
  }
  return last;
}

/** Ingests, orders, and writes the plan. */
async function makePlan(
  options: ResolvedAis,
  out: string,
  task: Watch & { readonly request: Request },
): Promise<{ plan: Plan; badRows: readonly BadRow[] }> {
  const { request, progress, signal } = task;
  const temp = tempFolder(options, out, request);
  // A journal whose temporary files are gone is worth nothing.
  rmSync(join(out, STATE_FOLDER), { recursive: true, force: true });
  mkdirSync(join(out, STATE_FOLDER), { recursive: true });
  try {
    makeTemp(temp, options.temp);
    if (request.previous !== undefined) keepPrevious(out, temp);
    const lastTime = request.previous === undefined ? new Map<number, number>() : await lastTimes(out);
    const { table, ledger, facts, factNames, badRows } = await ingestAis(request.inputs, options, {
      temp,
      progress,
      signal,
      lastTime,
    });
    if (table.length === 0) throw nothingToDo(ledger, badRows);
    progress.stage("order");
    const dataset = ordered(options, ledger, { table, temp, request });
    const values = Object.fromEntries([...facts].map(([mmsi, texts]) => [String(mmsi), texts]));
    const inputs = request.inputs.map((input) => input.sha256);
    const shared = { dataset, ledger, about: request.about, inputs, request: request.hash };
    return { plan: await writePlan({ out, temp }, shared, { table, facts: { names: factNames, values } }), badRows };
  } catch (error) {
    // Nothing was published yet: leave the place as it was.
    rmSync(temp, { recursive: true, force: true });
    rmSync(join(out, STATE_FOLDER), { recursive: true, force: true });
    throw error;
  }
}

/** The first option in which a dataset differs from what is asked for; how many parts a generation has is its own matter. */
function differing(manifest: Manifest, about: About): string | undefined {
  const before = (manifest.about as About).options;
  const names = Object.keys({ ...before, ...about.options }).filter((name) => name !== "parts");
  return names.find((name) => JSON.stringify(before[name]) !== JSON.stringify(about.options[name]));
}

/** What appending means: inputs that are not there yet. `undefined` when there is none. */
function appending(
  options: ResolvedAis,
  out: string,
  asked: { about: About; inputs: readonly RankedInput[]; manifest: Manifest },
): Request | undefined {
  const { about, manifest } = asked;
  const differs = differing(manifest, about);
  if (differs !== undefined) {
    throw new WindrowError(
      "exists",
      `Cannot append to ${out}: it was made with another ${differs.replaceAll("_", " ")}; append with the same options`,
    );
  }
  if (options.splitBy !== "vessel") {
    throw new WindrowError(
      "usage",
      `Cannot append to ${out}: it is split by ${options.splitBy}, and a later time would move the split; use --overwrite`,
    );
  }
  const before = (manifest.about as About).inputs;
  const known = new Set(before.map((input) => input.sha256));
  const inputs = asked.inputs.filter((input) => !known.has(input.sha256));
  if (inputs.length === 0) return undefined;
  const added = aboutOf(options, inputs);
  const all = { ...(manifest.about as About), inputs: [...before, ...added.inputs] };
  return { inputs, about: all, hash: jsonHash({ previous: manifest.request, added }), previous: manifest };
}

/** What is to be done; `undefined` when the dataset is there. */
function requestOf(
  options: ResolvedAis,
  out: string,
  asked: { about: About; hash: string; inputs: readonly RankedInput[]; manifest: Manifest | undefined },
): Request | undefined {
  const { about, hash, inputs, manifest } = asked;
  if (manifest === undefined) return { inputs, about, hash, previous: undefined };
  if (manifest.request === hash) return undefined;
  if (options.existing === "append") return appending(options, out, { about, inputs, manifest });
  throw new WindrowError(
    "exists",
    `Cannot write to ${out}: it holds another dataset (other options or inputs); pass --append to add to it, --overwrite to replace it, or choose another --out`,
  );
}

/** A plan to carry out, or a dataset that is there already. */
export type Planned =
  | { readonly kind: "plan"; readonly plan: Plan; readonly badRows: readonly BadRow[] }
  | { readonly kind: "there" };

/** Looks at the folder; where it is only a place to prepare a replacement, what was prepared for another request goes. */
async function stateOf(out: string, hash: string, isPreparing: boolean): Promise<FolderState> {
  const state = await folderState(out);
  const requests = [state.manifest?.request, state.unfinished && planSpec(state.unfinished).request];
  if (!isPreparing || requests.every((request) => request === undefined || request === hash)) return state;
  clear(out, state);
  return folderState(out);
}

/**
 * The plan of what is asked for: that of an interrupted run, or a new one. With `isPreparing`, `out` is no dataset of the user's but
 * the place where a replacement is prepared.
 */
export async function plannedAis(
  options: ResolvedAis,
  out: string,
  task: Watch & { readonly isPreparing: boolean },
): Promise<Planned> {
  await checkEarly(options);
  using input = await spooled(options.inputs, { from: stdin, temp: options.temp, signal: task.signal });
  const inputs = await rankedInputs(input.paths, task.progress);
  const about = aboutOf(options, inputs);
  const hash = jsonHash(about);
  const state = await stateOf(out, hash, task.isPreparing);
  checkOurs(out, state);
  const { unfinished } = state;
  const request = requestOf(options, out, { about, hash, inputs, manifest: state.manifest });
  if (request === undefined) {
    // A run that was killed after its last file leaves its state behind, or a part of it, and what it began to write of itself.
    if (unfinished !== undefined) tidyUp(unfinished);
    rmSync(join(out, STATE_FOLDER), { recursive: true, force: true });
    await folderStore(out).removeDrafts();
    return { kind: "there" };
  }
  if (unfinished !== undefined && planSpec(unfinished).request !== request.hash) {
    throw new WindrowError(
      "exists",
      `Cannot write to ${out}: a run with other options or inputs is unfinished there; run it again as it was, or pass --overwrite`,
    );
  }
  await folderStore(out).removeDrafts();
  if (unfinished !== undefined && existsSync(unfinished.temp)) {
    task.progress.note("resuming the run that was interrupted");
    return { kind: "plan", plan: unfinished, badRows: [] };
  }
  return { kind: "plan", ...(await makePlan(options, out, { request, ...task })) };
}
