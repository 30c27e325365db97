/** From a job to a plan: looks at the output folder, ingests, orders, and lists the tasks. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Json, type Schema, WindrowError } from "../../core/index.ts";
import { type MdsLayout, mdsLayout } from "../../formats/mds/index.ts";
import {
  type DatasetSpec,
  type Ledger,
  longestId,
  type Manifest,
  pieces,
  rowLayout,
  sampleSchema,
  writeOrder,
} from "../../materialize/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { ioError } from "../../node/io-error.ts";
import type { BadRow } from "../../node/tabular.ts";
import { folderWorkspace } from "../../node/workspace.ts";
import type { Split } from "../../order/index.ts";
import type { Plan } from "../../run/index.ts";
import { PACKAGE_VERSION } from "../version.ts";
import type { DatasetJob, Ingested, KnownInput, Watch } from "./job.ts";
import { checkOurs, clear, type FolderState, folderState } from "./output-folder.ts";
import type { ResolvedOutput } from "./output-options.ts";
import { keepPrevious } from "./previous.ts";
import { jsonHash, planSpec, STATE_FOLDER, tidyUp, writePlan } from "./run.ts";

const FOUR_GIB = 4 * 2 ** 30;

/** Plain data about what was asked for. */
interface About {
  readonly options: Readonly<Record<string, Json>>;
  readonly inputs: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly [name: string]: Json;
}

/** What a run is to do. */
interface Request<I extends KnownInput> {
  readonly inputs: readonly I[];
  /** Of all generations. */
  readonly about: About;
  readonly hash: string;
  /** The dataset that the run appends to. */
  readonly previous: Manifest | undefined;
}

/** A job, and how its samples are to be written. */
interface Work<I extends KnownInput> {
  readonly job: DatasetJob<I>;
  readonly output: ResolvedOutput;
}

/** The options that decide what is written, and the inputs by content. */
function aboutOf<I extends KnownInput>(job: DatasetJob<I>, inputs: readonly I[]): About {
  return { ...job.about, inputs: inputs.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })) };
}

/** Inputs in the order of their content, so that the order in which they are named cannot matter. */
export function ranked<I extends KnownInput>(inputs: readonly I[]): I[] {
  return [...inputs].sort((a, b) =>
    a.sha256 < b.sha256 ? -1 : a.sha256 > b.sha256 ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
}

/** The samples' columns and how MDS holds them; refuses what cannot be held. */
function layoutOf<I extends KnownInput>({ job, output }: Work<I>): { schema: Schema; mds: MdsLayout } {
  const schema = sampleSchema({ ...job.layout, ids: output.ids });
  const { mdsEncoding: style, shardBytes, compression, hashes } = output;
  return { schema, mds: mdsLayout(schema, { style, shardBytes, compression, hashes }) };
}

/** Refuses what could only fail once everything is read. */
async function checkEarly<I extends KnownInput>(work: Work<I>): Promise<void> {
  layoutOf(work);
  const known = await nodeHashes();
  const stray = work.output.hashes.find((name) => !known.has(name));
  if (stray !== undefined)
    throw new WindrowError("usage", `Cannot materialize: --hashes takes ${[...known.keys()].join(", ")}, got ${stray}`);
}

/** Number of the first part that a run adds to a split. */
function firstParts(previous: Manifest | undefined): DatasetSpec["firstPart"] {
  const of = (split: Split) => previous?.counts[split].length ?? 0;
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

function specOf<I extends KnownInput>(
  work: Work<I>,
  { table, values }: Ingested,
  request: Request<I>,
): Omit<DatasetSpec, "counts" | "runSamples"> & { readonly sampleBytes: number } {
  const { job, output } = work;
  const { schema, mds } = layoutOf(work);
  // All generations have shards of one size, whatever the longest id or value of each.
  const unitRows = request.previous?.shard_samples;
  const cut = pieces(schema, mds, { window: job.layout.window, longestId: longestId(table), values, unitRows });
  return {
    seed: output.seed.toString(),
    window: job.layout.window,
    columns: job.layout.columns,
    times: job.layout.times,
    ids: output.ids,
    formats: output.formats,
    ...(output.compression === undefined ? {} : { compression: output.compression }),
    mds,
    byteStreamSplit: output.byteStreamSplit,
    ...cut,
    firstPart: firstParts(request.previous),
    sources: request.inputs.map((input) => input.name),
    createdBy: `windrow ${PACKAGE_VERSION}`,
  };
}

/** Sorted runs at most: a gather task holds each of them open. */
const MOST_RUNS = 256;
/** Behind each row of the rows file its time and its input. */
const ROW_META_BYTES = 12;

/** Samples of a sorted run, when the source columns do not fit in memory (DESIGN §2); else `undefined`. */
function runSamples<I extends KnownInput>(
  { job, output }: Work<I>,
  rows: number,
  windows: Ledger["windows"],
): number | undefined {
  const { rowBytes } = rowLayout(job.layout);
  if (rows * (rowBytes + ROW_META_BYTES) <= output.memory) return undefined;
  // A run's rows are read out of order: they are to stay in the page cache.
  const cached = Math.floor(output.memory / 4 / (job.layout.window.stride * rowBytes));
  return Math.max(1024, cached, Math.ceil(Math.max(windows.train, windows.validation, windows.test) / MOST_RUNS));
}

/** Orders every split, which also counts it, and gives the whole specification. */
function ordered<I extends KnownInput>(
  work: Work<I>,
  ingested: Ingested,
  run: { temp: string; request: Request<I> },
): DatasetSpec {
  const { output } = work;
  const { table, ledger, rows } = ingested;
  const { sampleBytes, ...spec } = specOf(work, ingested, run.request);
  const parts = output.parts ?? Math.max(1, Math.ceil((ledger.windows.train * sampleBytes) / FOUR_GIB));
  const inRuns = runSamples(work, rows, ledger.windows);
  const shared = { ...spec, ...(inRuns === undefined ? {} : { runSamples: inRuns }) };
  const workspace = folderWorkspace(run.temp);
  const memoryBytes = output.memory / 2;
  const count = (split: Split, into: number) =>
    writeOrder(workspace, table, split, { ...shared, parts: into, memoryBytes });
  const counts = { train: count("train", parts), validation: count("validation", 1), test: count("test", 1) };
  return { ...shared, counts };
}

/** The temporary folder of a run. */
function tempFolder(named: string | undefined, out: string, hash: string): string {
  return named === undefined ? join(out, STATE_FOLDER, "temp") : join(resolve(named), `windrow-${hash.slice(0, 16)}`);
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

/** Ingests, orders, and writes the plan. */
async function makePlan<I extends KnownInput>(
  work: Work<I>,
  out: string,
  task: Watch & { readonly request: Request<I> },
): Promise<{ plan: Plan; badRows: readonly BadRow[] }> {
  const { request, progress, signal } = task;
  const temp = tempFolder(work.output.temp, out, request.hash);
  // A journal whose temporary files are gone is worth nothing.
  rmSync(join(out, STATE_FOLDER), { recursive: true, force: true });
  mkdirSync(join(out, STATE_FOLDER), { recursive: true });
  try {
    makeTemp(temp, work.output.temp);
    if (request.previous !== undefined) keepPrevious(out, temp);
    const previous = request.previous === undefined ? undefined : { manifest: request.previous, out };
    const ingested = await work.job.ingest(request.inputs, { temp, previous, progress, signal });
    const { table, ledger, facts, badRows } = ingested;
    if (table.length === 0) throw new WindrowError("empty", "Cannot materialize: there is no window to write");
    progress.stage("order");
    const dataset = ordered(work, ingested, { temp, request });
    const inputs = request.inputs.map((input) => input.sha256);
    const shared = { dataset, ledger, about: request.about, inputs, request: request.hash };
    return { plan: await writePlan({ out, temp }, shared, { table, facts }), badRows };
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
function appending<I extends KnownInput>(
  work: Work<I>,
  out: string,
  asked: { about: About; inputs: readonly I[]; manifest: Manifest },
): Request<I> | undefined {
  const { about, manifest } = asked;
  const { job } = work;
  const before = manifest.about as About;
  const differs = before["command"] === about["command"] ? differing(manifest, about) : "command";
  if (differs !== undefined) {
    throw new WindrowError(
      "exists",
      `Cannot append to ${out}: it was made with another ${differs.replaceAll("_", " ")}; append with the same options`,
    );
  }
  if (job.fixed !== undefined)
    throw new WindrowError("usage", `Cannot append to ${out}: ${job.fixed}; use --overwrite`);
  const [there, wanted] = [manifest.schema, layoutOf(work).schema].map((schema) => JSON.stringify(schema));
  if (there !== wanted) {
    throw new WindrowError(
      "exists",
      `Cannot append to ${out}: its samples must have the same columns, got ${wanted} where it has ${there}`,
    );
  }
  const known = new Set(before.inputs.map((input) => input.sha256));
  const inputs = asked.inputs.filter((input) => !known.has(input.sha256));
  if (inputs.length === 0) return undefined;
  const added = aboutOf(job, inputs);
  const all = { ...before, inputs: [...before.inputs, ...added.inputs] };
  return { inputs, about: all, hash: jsonHash({ previous: manifest.request, added }), previous: manifest };
}

/** What is to be done; `undefined` when the dataset is there. */
function requestOf<I extends KnownInput>(
  work: Work<I>,
  out: string,
  asked: { about: About; hash: string; inputs: readonly I[]; manifest: Manifest | undefined },
): Request<I> | undefined {
  const { about, hash, inputs, manifest } = asked;
  if (manifest === undefined) return { inputs, about, hash, previous: undefined };
  if (manifest.request === hash) return undefined;
  if (work.output.existing === "append") return appending(work, out, { about, inputs, manifest });
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
export async function plannedDataset<I extends KnownInput>(
  work: Work<I>,
  out: string,
  task: Watch & { readonly isPreparing: boolean },
): Promise<Planned> {
  await checkEarly(work);
  const inputs = ranked(work.job.inputs);
  const about = aboutOf(work.job, inputs);
  const hash = jsonHash(about);
  const state = await stateOf(out, hash, task.isPreparing);
  checkOurs(out, state);
  const { unfinished } = state;
  const request = requestOf(work, out, { about, hash, inputs, manifest: state.manifest });
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
  return { kind: "plan", ...(await makePlan(work, out, { request, ...task })) };
}
