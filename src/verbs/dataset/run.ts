/** Opens the folder of an unfinished run, and carries out its plan on threads. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { type Json, type Store, WindrowError } from "../../core/index.ts";
import {
  type DatasetSpec,
  datasetTasks,
  type EntityFacts,
  GatherPool,
  type Ledger,
  readManifest,
  readTraces,
  runDatasetTask,
  type TaskContext,
  type TraceTable,
  writeTraces,
} from "../../materialize/index.ts";
import { stopwatch } from "../../node/clock.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";
import { settleFolder } from "../../node/folder-store-draft.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { storeJournal } from "../../node/journal.ts";
import { threadsRunner } from "../../node/threads.ts";
import { workerEntry } from "../../node/worker-entry.ts";
import { folderWorkspace } from "../../node/workspace.ts";
import { type Journal, type Plan, taskOf } from "../../run/index.ts";
import type { Progress } from "../progress.ts";
import { readPrevious } from "./previous.ts";

/** Where a run keeps its plan and journal, below the output folder, while it is unfinished. */
export const STATE_FOLDER = ".windrow";
const PLAN = `${STATE_FOLDER}/plan.json`;
/** Where files wait that replace published ones. */
const STAGING = `${STATE_FOLDER}/publish`;
const FACTS = "facts.json";

/** The part of a plan that all tasks share. */
export interface PlanSpec {
  readonly dataset: DatasetSpec;
  readonly ledger: Ledger;
  readonly about: Json;
  /** SHA-256 of the inputs that this run adds. */
  readonly inputs: readonly string[];
  readonly request: string;
}

/** A hash of plain data: SHA-256 of its JSON. */
export function jsonHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** Facts about entities as they are written to the temporary folder. */
interface FactsFile {
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Writes what the tasks need to the temporary folder and makes the plan. */
export async function writePlan(
  places: { readonly out: string; readonly temp: string },
  shared: PlanSpec,
  data: { readonly table: TraceTable; readonly facts: FactsFile },
): Promise<Plan> {
  const workspace = folderWorkspace(places.temp);
  writeTraces(workspace, data.table);
  using facts = workspace.writer(FACTS);
  facts.write(new TextEncoder().encode(JSON.stringify(data.facts)));
  facts.close();
  // Plain data by its type; the cast only says so to the compiler.
  const spec = shared as unknown as Json;
  const tasks = datasetTasks(shared.dataset);
  const plan: Plan = {
    format: "windrow-plan",
    version: 1,
    hash: jsonHash([spec, tasks]),
    out: places.out,
    temp: places.temp,
    spec,
    tasks,
  };
  await folderStore(places.out).put(PLAN, new TextEncoder().encode(JSON.stringify(plan)));
  return plan;
}

function notAPlan(name: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError("damaged", `Cannot read the plan ${name}: ${why}`, { cause });
}

function parsePlan(text: string, name: string): Plan {
  let plan: Plan;
  try {
    plan = JSON.parse(text) as Plan;
  } catch (cause) {
    throw notAPlan(name, "it is no JSON", cause);
  }
  if (plan?.format !== "windrow-plan" || plan.version !== 1) {
    throw new WindrowError("damaged", `Cannot read the plan ${name}: expected a windrow-plan of version 1`);
  }
  if (plan.hash !== jsonHash([plan.spec, plan.tasks])) {
    throw new WindrowError(
      "damaged",
      `Cannot use the plan ${name}: its content does not match its hash; make it anew with windrow plan`,
    );
  }
  return plan;
}

/** The plan of an unfinished run in `out`; `undefined` when there is none. */
export function unfinishedPlan(out: string): Plan | undefined {
  const path = join(out, PLAN);
  return existsSync(path) ? parsePlan(readFileSync(path, "utf8"), path) : undefined;
}

/** A plan from a file that a user names. */
export function planFile(path: string): Plan {
  if (!existsSync(path)) throw new WindrowError("missing", `Cannot read the plan ${path}: there is no such file`);
  return parsePlan(readFileSync(path, "utf8"), path);
}

/** What all tasks of a plan share. */
export function planSpec(plan: Plan): PlanSpec {
  return plan.spec as unknown as PlanSpec;
}

function readFacts(bytes: Uint8Array | undefined): EntityFacts {
  const file: FactsFile =
    bytes === undefined ? { names: [], values: {} } : (JSON.parse(new TextDecoder().decode(bytes)) as FactsFile);
  return { names: file.names, of: (entity) => file.values[entity] };
}

function journalOf(store: Store): Journal {
  return storeJournal(store, `${STATE_FOLDER}/done`);
}

/** Gives a staged file its final name. Where it is not staged, it has been released before, or never was. */
async function release(out: string, path: string): Promise<void> {
  const staged = join(out, STAGING, path);
  if (!existsSync(staged)) return;
  const final = join(out, path);
  mkdirSync(dirname(final), { recursive: true });
  renameSync(staged, final);
  await settleFolder(dirname(final));
}

/** Everything that a plan's tasks share, read once in each worker. */
export async function openContext(plan: Plan): Promise<TaskContext> {
  const store = folderStore(plan.out);
  const workspace = folderWorkspace(plan.temp);
  const spec = planSpec(plan);
  const previous = await readPrevious(plan.temp);
  const staging = previous === undefined ? store : folderStore(join(plan.out, STAGING));
  return {
    places: {
      store,
      staging,
      workspace,
      codecs: nodeCodecs(),
      hashes: await nodeHashes(),
      release: (path) => release(plan.out, path),
    },
    spec: spec.dataset,
    table: readTraces(workspace),
    facts: readFacts(workspace.read(FACTS)),
    journal: journalOf(store),
    tasks: plan.tasks,
    manifest: { about: spec.about, request: spec.request, inputs: spec.inputs },
    ledger: spec.ledger,
    pool: new GatherPool(),
    previous,
  };
}

async function isPublished(plan: Plan): Promise<boolean> {
  return (await readManifest(folderStore(plan.out)))?.request === planSpec(plan).request;
}

/** Removes what a finished run kept for itself. */
export function tidyUp(plan: Plan): void {
  rmSync(plan.temp, { recursive: true, force: true });
  rmSync(join(plan.out, STATE_FOLDER), { recursive: true, force: true });
}

/**
 * Carries out one task in this thread; one that is done is not done again.
 * @returns what the journal keeps of it, and whether it was done before.
 */
export async function runTask(plan: Plan, id: string): Promise<{ readonly result: Json; readonly skipped: boolean }> {
  const task = taskOf(plan, id);
  if (await isPublished(plan)) return { result: null, skipped: true };
  const context = await openContext(plan);
  const before = await context.journal.result(id);
  if (before !== undefined) return { result: before, skipped: true };
  const result = await runDatasetTask(task, context);
  await context.journal.finish(id, result);
  if (task.op === "publish") tidyUp(plan);
  return { result, skipped: false };
}

/** What a thread takes besides the shard: its heap, a batch, row groups. */
const THREAD_BYTES = 64 * 2 ** 20;

/** Bytes that a worker takes: a raw shard, its packed form in a buffer for the worst case, and the thread itself. */
function taskBytes(spec: DatasetSpec): number {
  return 2.2 * spec.mds.shardBytes + THREAD_BYTES;
}

/** How many tasks may run at once within the memory. */
function concurrency(spec: DatasetSpec, memory: number, workers: number): number {
  return Math.max(1, Math.min(workers, Math.floor(memory / taskBytes(spec))));
}

/** Runs what is left of a plan, then removes what it kept for itself. */
export async function runPlan(
  plan: Plan,
  options: {
    readonly memory: number;
    readonly workers: number;
    readonly progress: Progress;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const store = folderStore(plan.out);
  const { dataset } = planSpec(plan);
  const workers = concurrency(dataset, options.memory, options.workers);
  const planPath = join(plan.out, PLAN);
  const runner = threadsRunner({
    workers,
    entry: workerEntry(import.meta.url, "worker"),
    data: { plan: planPath },
    journal: journalOf(store),
  });
  const total = Object.values(dataset.counts)
    .flat()
    .reduce((sum, count) => sum + count, 0);
  options.progress.stage("write samples", total, "samples");
  const watch = stopwatch();
  let done = 0;
  let resumed = 0;
  for await (const event of runner.run(plan, options.signal === undefined ? {} : { signal: options.signal })) {
    if (event.kind !== "done") continue;
    if (event.skipped) resumed += 1;
    if (taskOf(plan, event.id).op !== "gather") continue;
    done += (event.result as { rows: number }).rows;
    options.progress.at(done);
  }
  const run = {
    started: watch.started,
    seconds: watch.seconds(),
    host: hostname(),
    workers,
    tasks: plan.tasks.length,
    tasks_resumed: resumed,
  };
  await store.put("run.json", new TextEncoder().encode(`${JSON.stringify(run, null, 2)}\n`));
  tidyUp(plan);
}
