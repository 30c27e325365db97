/** `materialize ais`: reports in, globally shuffled training shards out. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type Json, WindrowError } from "../core/index.ts";
import { FEATURES, PIPELINE } from "../domains/ais/index.ts";
import { mdsLayout } from "../formats/mds/index.ts";
import {
  type DatasetSpec,
  type Ledger,
  longestId,
  MANIFEST_FILE,
  type Manifest,
  pieces,
  readManifest,
  sampleSchema,
  type TraceTable,
  writeOrder,
} from "../materialize/index.ts";
import { folderStore } from "../node/folder-store.ts";
import { fileSha256, nodeHashes } from "../node/hashes.ts";
import { findInputs } from "../node/inputs.ts";
import { lockFile } from "../node/lock.ts";
import type { BadRow } from "../node/tabular.ts";
import { folderWorkspace } from "../node/workspace.ts";
import type { Split } from "../order/index.ts";
import type { Plan } from "../run/index.ts";
import { ingestAis, type RankedInput } from "./ais-ingest.ts";
import { type MaterializeAisOptions, type ResolvedAis, resolveAis } from "./ais-options.ts";
import { type Progress, SILENT } from "./progress.ts";
import { jsonHash, planSpec, runPlan, STATE_FOLDER, tidyUp, unfinishedPlan, writePlan } from "./run-dataset.ts";
import { PACKAGE_VERSION } from "./version.ts";

/** What a run leaves. */
export interface MaterializeResult {
  readonly out: string;
  readonly manifest: Manifest;
  /** The first few rows that could not be read; empty for a run that was resumed. */
  readonly badRows: readonly BadRow[];
  /** Whether the dataset was there already. */
  readonly wasThere: boolean;
}

const FOUR_GIB = 4 * 2 ** 30;

/** The options that decide what is written, and the inputs by content. */
function about(options: ResolvedAis, inputs: readonly RankedInput[]): Json {
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
      rules: { ...rules, bbox: rules.bbox === undefined ? null : { ...rules.bbox } },
    },
    features: [...FEATURES],
    inputs: inputs.map((input) => ({ name: input.name, bytes: input.bytes, sha256: input.sha256 })),
  };
}

async function rankedInputs(patterns: readonly string[], progress: Progress): Promise<RankedInput[]> {
  const found = findInputs(patterns);
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

/** Whether a folder is one of ours, finished or not. */
function isOurs(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_FILE)) || existsSync(join(folder, STATE_FOLDER));
}

/** Folders that stand beside `out` while it is replaced; no user would give them these names. */
function besides(out: string): { readonly next: string; readonly old: string } {
  const beside = (what: string) => join(dirname(out), `.${basename(out)}.windrow-${what}`);
  return { next: beside("next"), old: beside("old") };
}

/** What lies in the output folder. */
async function found(
  out: string,
): Promise<{ manifest: Manifest | undefined; unfinished: Plan | undefined; other: boolean }> {
  if (!existsSync(out)) return { manifest: undefined, unfinished: undefined, other: false };
  if (!statSync(out).isDirectory())
    throw new WindrowError("exists", `Cannot write to ${out}: it is a file; name a folder`);
  const manifest = await readManifest(folderStore(out));
  const state = existsSync(join(out, STATE_FOLDER));
  return {
    manifest,
    unfinished: unfinishedPlan(out),
    other: manifest === undefined && !state && readdirSync(out).length > 0,
  };
}

/** The temporary folder of a run. */
function tempFolder(options: ResolvedAis, out: string, request: string): string {
  return options.temp === undefined
    ? join(out, STATE_FOLDER, "temp")
    : join(resolve(options.temp), `windrow-${request.slice(0, 16)}`);
}

/** The samples' columns and how MDS holds them; refuses what cannot be held. */
function layoutOf(options: ResolvedAis) {
  const features = { name: "features", type: { kind: "f32", shape: [options.window.size, FEATURES.length] } } as const;
  const schema = sampleSchema(features, options.ids);
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

function specOf(
  options: ResolvedAis,
  table: TraceTable,
  inputs: readonly RankedInput[],
): Omit<DatasetSpec, "counts" | "runSamples"> & { readonly sampleBytes: number } {
  const { features, schema, mds } = layoutOf(options);
  return {
    seed: options.seed.toString(),
    window: options.window,
    features,
    ids: options.ids,
    formats: options.formats,
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    mds,
    byteStreamSplit: options.byteStreamSplit,
    ...pieces(schema, mds, longestId(table)),
    firstPart: { train: 0, validation: 0, test: 0 },
    sources: inputs.map((input) => input.name),
    createdBy: `windrow ${PACKAGE_VERSION}`,
  };
}

/** Samples of a sorted run, when the source columns do not fit in memory (DESIGN §2); else `undefined`. */
function runSamples(options: ResolvedAis, rows: number): number | undefined {
  const rowBytes = FEATURES.length * 4;
  const columns = rows * (rowBytes + 12);
  if (columns <= options.memory) return undefined;
  // A run's rows are read out of order: they are to stay in the page cache.
  return Math.max(1024, Math.floor(options.memory / 4 / (options.window.stride * rowBytes)));
}

/** Orders every split, which also counts it, and gives the whole specification. */
function ordered(
  options: ResolvedAis,
  ledger: Ledger,
  work: { table: TraceTable; temp: string; inputs: readonly RankedInput[] },
): DatasetSpec {
  const { sampleBytes, ...spec } = specOf(options, work.table, work.inputs);
  const parts = options.parts ?? Math.max(1, Math.ceil((ledger.windows.train * sampleBytes) / FOUR_GIB));
  const run = runSamples(options, ledger.kept);
  const shared = { ...spec, ...(run === undefined ? {} : { runSamples: run }) };
  const workspace = folderWorkspace(work.temp);
  const memoryBytes = options.memory / 2;
  const count = (split: Split, into: number) =>
    writeOrder(workspace, work.table, split, { ...shared, parts: into, memoryBytes });
  const counts = { train: count("train", parts), validation: count("validation", 1), test: count("test", 1) };
  return { ...shared, counts };
}

function nothingToDo(ledger: Ledger): WindrowError {
  const { windows, traces, kept, input } = ledger;
  return new WindrowError(
    "empty",
    `Cannot materialize: no vessel has enough positions for a window; got ${windows.train} windows from ${traces.all} trips of ${kept} kept of ${input} rows (see --window, --max-gap)`,
  );
}

/** Who watches, and who may stop it. */
interface Watch {
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** Ingests, orders, and writes the plan. */
async function makePlan(
  options: ResolvedAis,
  out: string,
  task: Watch & { inputs: readonly RankedInput[]; about: Json; request: string },
): Promise<{ plan: Plan; badRows: readonly BadRow[] }> {
  const temp = tempFolder(options, out, task.request);
  const isNew = !existsSync(out);
  // A journal whose temporary files are gone is worth nothing.
  rmSync(join(out, STATE_FOLDER), { recursive: true, force: true });
  mkdirSync(join(out, STATE_FOLDER), { recursive: true });
  mkdirSync(temp, { recursive: true });
  try {
    const { table, ledger, facts, factNames, badRows } = await ingestAis(task.inputs, options, {
      temp,
      progress: task.progress,
      signal: task.signal,
    });
    if (table.length === 0) throw nothingToDo(ledger);
    task.progress.stage("order");
    const dataset = ordered(options, ledger, { table, temp, inputs: task.inputs });
    const values = Object.fromEntries([...facts].map(([mmsi, texts]) => [String(mmsi), texts]));
    const plan = await writePlan(
      { out, temp },
      { dataset, ledger, about: task.about, request: task.request },
      { table, facts: { names: factNames, values } },
    );
    return { plan, badRows };
  } catch (error) {
    // Nothing was published yet: leave the place as it was.
    rmSync(temp, { recursive: true, force: true });
    rmSync(isNew ? out : join(out, STATE_FOLDER), { recursive: true, force: true });
    throw error;
  }
}

/** A plan to carry out, or a dataset that is there already. */
type Planned =
  | { readonly kind: "plan"; readonly plan: Plan; readonly badRows: readonly BadRow[] }
  | { readonly kind: "there"; readonly manifest: Manifest };

async function planned(options: ResolvedAis, out: string, watch: Watch): Promise<Planned> {
  await checkEarly(options);
  const inputs = await rankedInputs(options.inputs, watch.progress);
  const what = about(options, inputs);
  const request = jsonHash(what);
  const { manifest, unfinished, other } = await found(out);
  if (manifest !== undefined && manifest.request === request) {
    // A run that was killed after its last file leaves its state behind.
    if (unfinished !== undefined) tidyUp(unfinished);
    return { kind: "there", manifest };
  }
  if (manifest !== undefined) {
    throw new WindrowError(
      "exists",
      `Cannot write to ${out}: it holds another dataset (other options or inputs); pass --overwrite to replace it, or choose another --out`,
    );
  }
  if (other)
    throw new WindrowError(
      "exists",
      `Cannot write to ${out}: the folder holds something else; choose an empty or new folder`,
    );
  if (unfinished !== undefined && planSpec(unfinished).request === request && existsSync(unfinished.temp)) {
    watch.progress.note("resuming the run that was interrupted");
    await folderStore(out).removeDrafts();
    return { kind: "plan", plan: unfinished, badRows: [] };
  }
  if (unfinished !== undefined && planSpec(unfinished).request !== request) {
    throw new WindrowError(
      "exists",
      `Cannot write to ${out}: a run with other options or inputs is unfinished there; run it again as it was, or pass --overwrite`,
    );
  }
  await folderStore(out).removeDrafts();
  return { kind: "plan", ...(await makePlan(options, out, { inputs, about: what, request, ...watch })) };
}

/** Only one run at a time may work on a folder; the lock lies beside it, since the folder itself may not be there yet. */
function locked(out: string): Disposable {
  mkdirSync(dirname(out), { recursive: true });
  return lockFile(`${out}.lock`, `write to ${out}`);
}

/** The plan of `materialize ais` with these options; what must be counted first is counted. */
export async function planAis(options: MaterializeAisOptions, progress: Progress = SILENT): Promise<Plan> {
  const resolved = resolveAis(options, availableParallelism());
  const out = resolve(resolved.out);
  using _ = locked(out);
  const outcome = await planned(resolved, out, { progress, signal: undefined });
  if (outcome.kind === "plan") return outcome.plan;
  throw new WindrowError("exists", `Cannot plan: ${out} holds this very dataset already`);
}

/** Puts a finished folder in the place of another. A kill between the two renames is mended by `putBack`. */
function swap(out: string): void {
  const { next, old } = besides(out);
  rmSync(old, { recursive: true, force: true });
  renameSync(out, old);
  renameSync(next, out);
  rmSync(old, { recursive: true, force: true });
}

/** Mends what a kill in the middle of a swap left. */
function putBack(out: string): void {
  const { old } = besides(out);
  if (!existsSync(old)) return;
  if (existsSync(out)) rmSync(old, { recursive: true, force: true });
  else renameSync(old, out);
}

/** Whether there is something to replace. */
function isReplacing(out: string, existing: ResolvedAis["existing"]): boolean {
  if (existing !== "overwrite" || !existsSync(out)) return false;
  if (isOurs(out)) return true;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return false;
  throw new WindrowError(
    "exists",
    `Cannot overwrite ${out}: it is no dataset of windrow, so it is left alone; choose another --out`,
  );
}

async function finished(out: string): Promise<Manifest> {
  const manifest = await readManifest(folderStore(out));
  if (manifest === undefined)
    throw new WindrowError("internal", `Cannot finish: ${join(out, MANIFEST_FILE)} was not written`);
  return manifest;
}

/**
 * Turns AIS reports into training shards: cleaned, cut into windows, split by vessel, globally shuffled, every row accounted for.
 * A run that was interrupted goes on where it was. The same inputs, options and seed give the same bytes.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for inputs; `exists` for what is in the way; `empty` when there
 * is no window to write; `io` for the disk.
 */
export async function materializeAis(
  options: MaterializeAisOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<MaterializeResult> {
  const { progress = SILENT, signal } = run;
  const resolved = resolveAis(options, availableParallelism());
  const out = resolve(resolved.out);
  using _ = locked(out);
  putBack(out);
  // What is there stays until the new dataset is whole.
  const replacing = isReplacing(out, resolved.existing);
  const target = replacing ? besides(out).next : out;
  const outcome = await planned(resolved, target, { progress, signal });
  if (outcome.kind === "plan") {
    await runPlan(outcome.plan, {
      memory: resolved.memory,
      workers: resolved.workers,
      progress,
      ...(signal === undefined ? {} : { signal }),
    });
  }
  if (replacing) swap(out);
  return {
    out,
    manifest: await finished(out),
    badRows: outcome.kind === "plan" ? outcome.badRows : [],
    wasThere: outcome.kind === "there",
  };
}
