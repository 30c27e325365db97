/** The plan's tasks, and how one of them is carried out. */

import { type Json, unreachable, WindrowError } from "../core/index.ts";
import type { Ledger } from "../formats/dataset/index.ts";
import type { Split } from "../order/index.ts";
import type { Journal, Task } from "../run/index.ts";
import {
  assembleParquet,
  type EntityFacts,
  type FileResult,
  type Gathered,
  writeIndex,
  writeMdsIndexes,
} from "./assemble.ts";
import { type GatherArgs, type GatherPool, type GatherResult, gather, type TaskPlaces } from "./gather.ts";
import { type Previous, publish } from "./manifest.ts";
import { scatter } from "./payload.ts";
import { mdsFolder, parquetFile, workerFolder } from "./places.ts";
import type { DatasetSpec } from "./spec.ts";
import { SPLITS, type TraceTable } from "./traces.ts";

/** The kinds of work. */
export type DatasetOp = "scatter" | "gather" | "parquet" | "index" | "mds-index" | "publish";

/** A task of a dataset's plan. Arguments are those of its op. */
type DatasetTask = Task & { readonly op: DatasetOp };

function task(
  op: DatasetOp,
  id: string,
  rest: { args?: object; after?: readonly string[]; makes?: readonly string[] },
): DatasetTask {
  // Arguments are plain data by their types; the cast only says so to the compiler.
  return { id, op, args: (rest.args ?? {}) as Json, after: rest.after ?? [], makes: rest.makes ?? [] };
}

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");

function scatterTasks(spec: DatasetSpec, split: Split): DatasetTask[] {
  if (spec.runSamples === undefined) return [];
  const total = spec.counts[split].reduce((sum, count) => sum + count, 0);
  return Array.from({ length: Math.ceil(total / spec.runSamples) }, (_, run) =>
    task("scatter", `scatter-${split}-${run}`, { args: { split, run } }),
  );
}

/** Gather tasks of one part: whole units each. */
function gatherTasks(
  spec: DatasetSpec,
  of: { split: Split; index: number; firstRecord: number },
  after: readonly string[],
): DatasetTask[] {
  const rows = spec.counts[of.split][of.index]!;
  const part = spec.firstPart[of.split] + of.index;
  const taskRows = spec.unitRows * spec.unitsPerTask;
  return Array.from({ length: Math.ceil(rows / taskRows) }, (_, number) => {
    const args: GatherArgs = {
      split: of.split,
      part,
      from: number * taskRows,
      to: Math.min(rows, (number + 1) * taskRows),
      firstRecord: of.firstRecord,
    };
    const makes = spec.formats.includes("mds") ? [`${workerFolder(of.split, part)}/`] : [];
    return task("gather", `gather-${of.split}-${pad(part, 3)}-${pad(number, 5)}`, { args, after, makes });
  });
}

function splitTasks(spec: DatasetSpec, split: Split): { gathers: DatasetTask[]; all: DatasetTask[] } {
  const scatters = scatterTasks(spec, split);
  const after = scatters.map((each) => each.id);
  const gathers: DatasetTask[] = [];
  const files: DatasetTask[] = [];
  let firstRecord = 0;
  for (const [index, rows] of spec.counts[split].entries()) {
    const part = spec.firstPart[split] + index;
    const own = gatherTasks(spec, { split, index, firstRecord }, after);
    gathers.push(...own);
    firstRecord += rows;
    // Validation and test are always there, also when they are empty.
    const wanted = split !== "train" || (rows > 0 && spec.formats.includes("parquet"));
    if (!wanted) continue;
    files.push(
      task("parquet", `parquet-${split}-${pad(part, 3)}`, {
        args: { split, part },
        after: own.map((each) => each.id),
        makes: [parquetFile(split, part)],
      }),
    );
  }
  return { gathers, all: [...scatters, ...gathers, ...files] };
}

/** All tasks that turn ordered windows into a dataset. The last one publishes the manifest. */
export function datasetTasks(spec: DatasetSpec): Task[] {
  const splits = SPLITS.map((split) => splitTasks(spec, split));
  const gathers = splits.flatMap((split) => split.gathers.map((each) => each.id));
  const before = splits.flatMap((split) => split.all);
  const indexes = [task("index", "index", { after: gathers, makes: ["index.parquet"] })];
  if (spec.formats.includes("mds")) {
    const made = SPLITS.filter((split) => spec.counts[split].some((rows) => rows > 0)).map(
      (split) => `${mdsFolder(split)}/index.json`,
    );
    indexes.push(task("mds-index", "mds-index", { after: gathers, makes: made }));
  }
  const all = [...before, ...indexes];
  return [...all, task("publish", "publish", { after: all.map((each) => each.id), makes: ["manifest.json"] })];
}

/** What the tasks of one run share, once a worker has read it. */
export interface TaskContext {
  readonly places: TaskPlaces;
  readonly spec: DatasetSpec;
  readonly table: TraceTable;
  readonly facts: EntityFacts;
  readonly journal: Journal;
  readonly tasks: readonly Task[];
  /** What the manifest says besides what the tasks find. */
  readonly manifest: Json;
  readonly ledger: Ledger;
  readonly pool: GatherPool;
  /** What this run appends to. */
  readonly previous: Previous | undefined;
}

async function resultOf(context: TaskContext, id: string): Promise<Json> {
  const result = await context.journal.result(id);
  if (result === undefined) throw new WindrowError("usage", `Cannot go on: task ${id} has not been run; run it first`);
  return result;
}

async function gathered(context: TaskContext, only?: { split: Split; part: number }): Promise<Gathered[]> {
  const all: Gathered[] = [];
  for (const each of context.tasks) {
    if (each.op !== "gather") continue;
    const args = each.args as unknown as GatherArgs;
    if (only !== undefined && (args.split !== only.split || args.part !== only.part)) continue;
    const { shards, groups, indexHash } = (await resultOf(context, each.id)) as unknown as GatherResult;
    all.push({ id: each.id, args, shards, groups, indexHash });
  }
  return all;
}

async function publishedFiles(context: TaskContext): Promise<FileResult["files"]> {
  const files = [];
  for (const each of context.tasks) {
    if (each.op === "scatter" || each.op === "publish") continue;
    files.push(...((await resultOf(context, each.id)) as unknown as FileResult).files);
  }
  return files;
}

/** Carries out one task and gives what the journal keeps of it. */
export async function runDatasetTask(work: Task, context: TaskContext): Promise<Json> {
  const { op, args } = work as DatasetTask;
  const { places, spec, table } = context;
  switch (op) {
    case "scatter":
      return { rows: scatter(places.workspace, table, spec, args as unknown as { split: Split; run: number }) };
    case "gather":
      return (await gather(work.id, args as unknown as GatherArgs, context)) as unknown as Json;
    case "parquet": {
      const of = args as unknown as { split: Split; part: number };
      return (await assembleParquet(of, await gathered(context, of), context)) as unknown as Json;
    }
    case "index":
      return (await writeIndex(await gathered(context), context)) as unknown as Json;
    case "mds-index":
      return (await writeMdsIndexes(await gathered(context), context)) as unknown as Json;
    case "publish":
      return publish(context, await publishedFiles(context));
    default:
      return unreachable(op);
  }
}
