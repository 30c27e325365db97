/** The tasks of a conversion. */

import type { Json } from "../core/index.ts";
import { samplesPerShard } from "../formats/mds/index.ts";
import type { Task } from "../run/index.ts";
import type { ConvertSpec } from "./spec.ts";

/** The kinds of work: rows to shards, rows to groups, a part's index or file, and the last look at it all. */
export type ConvertOp = "shards" | "groups" | "index" | "file" | "finish";

/** How many rows of the source a task reads. */
export function rowsOfTask({ op, args }: Task): number {
  const { from, to } =
    (op === "file" ? (args as unknown as PartArgs).direct : (args as unknown as Partial<RowsArgs>)) ?? {};
  return from === undefined || to === undefined ? 0 : to - from;
}

/** Rows `from` to `to` of the source, which belong to a part. */
export interface RowsArgs {
  readonly part: number;
  readonly from: number;
  readonly to: number;
  /** The number of the first shard in its part. */
  readonly firstShard: number;
}

/** A part, whole: its rows, where its file is written from them, and not from groups that wait. */
export interface PartArgs {
  readonly part: number;
  readonly direct?: { readonly from: number; readonly to: number };
}

/** The end. */
export interface FinishArgs {
  readonly request: string;
}

/** The id of the task that ends a conversion. */
export const FINISH = "finish";

type ConvertTask = Task & { readonly op: ConvertOp };

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");

/** The folder of a part of MDS. */
export function workerFolder(part: number): string {
  return `worker_${pad(part, 2)}`;
}

/** The file of a part of Parquet or Arrow. */
export function partFile(spec: ConvertSpec, part: number): string {
  return spec.file ?? `samples_${pad(part, 3)}.${spec.format}`;
}

function task(
  op: ConvertOp,
  id: string,
  rest: { args: object; after: readonly string[]; makes: readonly string[] },
): ConvertTask {
  // Arguments are plain data by their types; the cast only says so to the compiler.
  return { id, op, args: rest.args as Json, after: rest.after, makes: rest.makes };
}

/** Tasks of one part that write its rows. */
function rowTasks(
  spec: ConvertSpec,
  of: { readonly part: number; readonly first: number; readonly rows: number; readonly shardRows: number },
): ConvertTask[] {
  const { part, first, rows, shardRows } = of;
  const isMds = spec.format === "mds";
  return Array.from({ length: Math.ceil(rows / spec.taskRows) }, (_, number) => {
    const from = number * spec.taskRows;
    const to = Math.min(rows, from + spec.taskRows);
    const args: RowsArgs = { part, from: first + from, to: first + to, firstShard: Math.floor(from / shardRows) };
    const id = `${isMds ? "shards" : "groups"}-${pad(part, 3)}-${pad(number, 5)}`;
    return task(isMds ? "shards" : "groups", id, { args, after: [], makes: isMds ? [`${workerFolder(part)}/`] : [] });
  });
}

/** All tasks that write the target. The last one notes the `request` that was met. */
export function convertTasks(spec: ConvertSpec, request: string): readonly Task[] {
  // Where shards cut as the rows come, a part is one task, whose first shard is the part's.
  const shardRows = (spec.mds && samplesPerShard(spec.mds)) ?? Number.POSITIVE_INFINITY;
  const rowsWork: ConvertTask[] = [];
  const partsWork: ConvertTask[] = [];
  let first = 0;
  for (const [part, rows] of spec.parts.entries()) {
    const isDirect = spec.format !== "mds" && rows <= spec.directRows;
    const own = isDirect ? [] : rowTasks(spec, { part, first, rows, shardRows });
    const after = own.map(({ id }) => id);
    const args: PartArgs = { part, ...(isDirect && { direct: { from: first, to: first + rows } }) };
    rowsWork.push(...own);
    partsWork.push(
      spec.format === "mds"
        ? task("index", `index-${pad(part, 3)}`, { args, after, makes: [`${workerFolder(part)}/index.json`] })
        : task("file", `file-${pad(part, 3)}`, { args, after, makes: [partFile(spec, part)] }),
    );
    first += rows;
  }
  const makes = spec.format === "mds" ? ["index.json"] : [];
  const last = task("finish", FINISH, { args: { request }, after: partsWork.map(({ id }) => id), makes });
  return [...rowsWork, ...partsWork, last];
}
