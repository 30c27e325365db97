/** Carries out a conversion's tasks, and puts together what they left. */

import { type Json, unreachable, WindrowError } from "../core/index.ts";
import { arrowAssembly, type RecordBatchMeta } from "../formats/arrow/index.ts";
import { mdsIndex, mergedIndex } from "../formats/mds/index.ts";
import { type EncodedRowGroup, parquetAssembly, type RowGroupMeta } from "../formats/parquet/index.ts";
import type { Journal, Task } from "../run/index.ts";
import {
  encodedGroups,
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

/** The groups that a part's tasks left, in their order. Their bytes are good until the next one is asked for. */
async function* waitingGroups(
  part: number,
  context: ConvertContext,
): AsyncGenerator<Pick<EncodedRowGroup, "bytes"> & Pick<FragmentGroup, "meta">> {
  const { workspace, hashes } = context.places;
  let memory = new Uint8Array(0);
  for (const { id, groups } of await resultsOf<GroupsResult>(context, part)) {
    const file = fragmentFile(id);
    using reader = workspace.reader(file);
    let at = 0;
    for (const group of groups) {
      if (memory.length < group.bytes) memory = new Uint8Array(group.bytes);
      const bytes = memory.subarray(0, group.bytes);
      reader.readInto(at, bytes);
      if (fragmentHash(hashes).digest(bytes) !== group.xxh64) throw changedFile(file);
      yield { bytes, meta: group.meta };
      at += group.bytes;
    }
  }
}

function changedFile(file: string): WindrowError {
  return new WindrowError(
    "damaged",
    `Cannot go on: the temporary file ${file} is not what was written, as after a power cut; run it once more to begin anew`,
  );
}

/** Writes the file of a part: from its rows, or from the groups that wait for it. */
async function writeFile({ part, direct }: PartArgs, context: ConvertContext): Promise<Json> {
  const { spec, places, memory } = context;
  await using draft = await places.store.draft(partFile(spec, part));
  const rows = await memory.alone(async () => {
    const groups = direct === undefined ? waitingGroups(part, context) : encodedGroups(direct, context);
    // The groups are of the format that the plan was made for.
    if (spec.format === "parquet") {
      const assembly = parquetAssembly(draft, spec.schema, { createdBy: spec.createdBy });
      for await (const { bytes, meta } of groups) await assembly.add(bytes, meta as RowGroupMeta);
      return (await assembly.close()).rows;
    }
    const assembly = arrowAssembly(draft, spec.schema);
    for await (const { bytes, meta } of groups) await assembly.add(bytes, meta as RecordBatchMeta);
    return (await assembly.close()).rows;
  });
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
  // Each file was held against the source before it was published.
  if (spec.format !== "mds") return { rows, request };
  await context.unchanged();
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
