/** Carries out a conversion's tasks, and puts together what they left. */

import { type Json, unreachable, WindrowError } from "../core/index.ts";
import { arrowAssembly, type RecordBatchMeta } from "../formats/arrow/index.ts";
import { mdsIndex, mergedIndex } from "../formats/mds/index.ts";
import { parquetAssembly, type RowGroupMeta } from "../formats/parquet/index.ts";
import type { Journal, Task } from "../run/index.ts";
import {
  type FragmentGroup,
  fragmentFile,
  fragmentHash,
  type GroupsResult,
  type RowsContext,
  type ShardsResult,
  writeGroups,
  writeShards,
} from "./rows.ts";
import { type ConvertOp, type FinishArgs, type PartArgs, partFile, type RowsArgs, workerFolder } from "./tasks.ts";

/** What the tasks of one run share, once a worker has read it. */
export interface ConvertContext extends RowsContext {
  readonly journal: Journal;
  readonly tasks: readonly Task[];
  /** Throws where the source is not what it was when the conversion was planned. */
  unchanged(): Promise<void>;
}

async function resultOf(context: ConvertContext, id: string): Promise<Json> {
  const result = await context.journal.result(id);
  if (result === undefined) throw new WindrowError("usage", `Cannot go on: task ${id} has not been run; run it first`);
  return result;
}

/** Results of a part's tasks of rows, in order. */
async function resultsOf<R>(context: ConvertContext, part: number): Promise<readonly (R & { readonly id: string })[]> {
  const own = context.tasks.filter(
    ({ op, args }) => (op === "shards" || op === "groups") && (args as unknown as RowsArgs).part === part,
  );
  // The journal gives back what the tasks of that kind left.
  return Array.fromAsync(own, async ({ id }) => ({ ...((await resultOf(context, id)) as unknown as R), id }));
}

async function writeIndex({ part }: PartArgs, context: ConvertContext): Promise<Json> {
  const results = await resultsOf<ShardsResult>(context, part);
  const entries = results.flatMap(({ shards }) => shards);
  await context.places.store.put(`${workerFolder(part)}/index.json`, mdsIndex(entries));
  return { rows: entries.reduce((sum, { samples }) => sum + samples, 0) };
}

/** A group out of its fragment. */
function readGroup(context: ConvertContext, file: string, group: FragmentGroup & { readonly at: number }): Uint8Array {
  const { workspace, hashes } = context.places;
  using reader = workspace.reader(file);
  const bytes = new Uint8Array(group.bytes);
  reader.readInto(group.at, bytes);
  if (fragmentHash(hashes).digest(bytes) === group.xxh64) return bytes;
  throw new WindrowError(
    "damaged",
    `Cannot go on: the temporary file ${file} is not what was written, as after a power cut; run it once more to begin anew`,
  );
}

/** Writes the file of a part from the groups of its tasks, in their order. */
async function writeFile({ part }: PartArgs, context: ConvertContext): Promise<Json> {
  const { spec, places } = context;
  const results = await resultsOf<GroupsResult>(context, part);
  await using draft = await places.store.draft(partFile(spec, part));
  const parquet =
    spec.format === "parquet" ? parquetAssembly(draft, spec.schema, { createdBy: spec.createdBy }) : undefined;
  const arrow = parquet === undefined ? arrowAssembly(draft, spec.schema) : undefined;
  for (const { id, groups } of results) {
    let at = 0;
    for (const group of groups) {
      const bytes = readGroup(context, fragmentFile(id), { ...group, at });
      at += group.bytes;
      // Encoded for this format by the tasks of this plan.
      await parquet?.add(bytes, group.meta as RowGroupMeta);
      await arrow?.add(bytes, group.meta as RecordBatchMeta);
    }
  }
  const rows = (await (parquet ?? arrow)?.close())?.rows ?? 0;
  await context.unchanged();
  await draft.publish();
  return { rows };
}

/** Counts what was written, and makes one dataset of the parts. */
async function finish({ request }: FinishArgs, context: ConvertContext): Promise<Json> {
  const { spec, places, tasks } = context;
  const parts = tasks.filter(({ op }) => op === "index" || op === "file");
  let rows = 0;
  for (const { id } of parts) rows += ((await resultOf(context, id)) as { readonly rows: number }).rows;
  if (rows !== context.source.length)
    throw new WindrowError("internal", `Cannot finish: ${context.source.length} rows were to be written, got ${rows}`);
  await context.unchanged();
  if (spec.format !== "mds") return { rows, request };
  const workers = await Array.fromAsync(spec.parts.keys(), async (part) => ({
    prefix: workerFolder(part),
    entries: (await resultsOf<ShardsResult>(context, part)).flatMap(({ shards }) => shards),
  }));
  await places.store.put("index.json", mergedIndex(workers));
  return { rows, request };
}

/** Carries out one task and gives what the journal keeps of it. */
export async function runConvertTask(work: Task, context: ConvertContext): Promise<Json> {
  const op = work.op as ConvertOp; // the plan's tasks are made by `convertTasks`
  const args: unknown = work.args;
  switch (op) {
    case "shards":
      return (await writeShards(args as RowsArgs, context)) as unknown as Json;
    case "groups":
      return (await writeGroups(work.id, args as RowsArgs, context)) as unknown as Json;
    case "index":
      return writeIndex(args as PartArgs, context);
    case "file":
      return writeFile(args as PartArgs, context);
    case "finish":
      return finish(args as FinishArgs, context);
    default:
      return unreachable(op);
  }
}
