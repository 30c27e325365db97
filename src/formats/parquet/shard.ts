/** A row group as a shard whose rows are copied to where the caller wants them. */

import {
  type Batch,
  type Column,
  type Key,
  type OpenShardRows,
  type RowChoice,
  WindrowError,
} from "../../core/index.ts";
import { holds } from "./batch.ts";
import type { Cursor } from "./cursor.ts";
import { cursorAt } from "./cursor-at.ts";
import type { GroupInfo } from "./file.ts";
import type { PageContext } from "./pages.ts";
import { bytesPerRow, type SourceColumn } from "./source-column.ts";

/** What a shard is opened for. */
export interface ShardOpening {
  readonly columns: readonly SourceColumn[];
  readonly group: GroupInfo;
  readonly access: "forward" | "any";
}

/** Opens a row group: `any` decodes it whole, `forward` as its rows are taken. The open file of `context` is closed with it. */
export async function openShard(context: PageContext, opening: ShardOpening): Promise<OpenShardRows> {
  if (opening.access === "forward") return forwardShard(context, opening);
  using _ = context.open;
  return wholeShard(await decodedColumns(context, opening), { ...opening, key: context.file.key });
}

async function decodedColumns(context: PageContext, { columns, group }: ShardOpening): Promise<readonly Column[]> {
  return Promise.all(
    columns.map(async (column) => {
      const cursor = await cursorAt(context, column, { group, from: 0, to: group.rows });
      const rows = await cursor.take(group.rows);
      await cursor.finish();
      return rows;
    }),
  );
}

function wholeShard(held: readonly Column[], shard: ShardOpening & { readonly key: Key }): OpenShardRows {
  const { columns, group, key } = shard;
  let all: readonly Column[] | undefined = held;
  return {
    length: group.rows,
    take(choice, into, at) {
      const data = all ?? closed(key);
      checkRows(choice, group.rows, key);
      for (const [i, column] of columns.entries())
        copyRows(column, { from: data[i]!, into: target(column, into, at + countOf(choice)), choice, at });
    },
    [Symbol.dispose]() {
      all = undefined;
    },
  };
}

/** Bytes of rows that are rather passed by with the offset index than read: twice what is unpacked ahead, and lost. */
const FAR_BYTES = 8 << 20;

/** A column of a row group, from the front. */
interface ForwardColumn {
  /** Rows `from` to `to`, none of which was taken or passed, to rows `at` and on of arrays. */
  fill(run: { readonly from: number; readonly to: number }, into: Column, at: number): Promise<void>;
}

function forwardColumn(context: PageContext, column: SourceColumn, group: GroupInfo): ForwardColumn {
  const hasIndex = group.chunks[column.chunk]!.offsetIndex !== undefined;
  let current: { readonly cursor: Cursor; readonly isWhole: boolean } | undefined;
  let next = 0;
  return {
    async fill({ from, to }, into, at) {
      const isFar = hasIndex && (from - next) * bytesPerRow(column) > FAR_BYTES;
      const kept = isFar ? undefined : current;
      // After an error a cursor stands anywhere.
      current = undefined;
      const { cursor, isWhole } = kept ?? {
        cursor: await cursorAt(context, column, { group, from, to: group.rows }),
        isWhole: from === 0,
      };
      if (kept !== undefined) await cursor.skip(from - next);
      await cursor.fill(to - from, into, at);
      if (isWhole && to === group.rows) await cursor.finish();
      current = { cursor, isWhole };
      next = to;
    },
  };
}

function forwardShard(context: PageContext, { columns, group }: ShardOpening): OpenShardRows {
  const { key } = context.file;
  const readers = columns.map((column) => forwardColumn(context, column, group));
  let next = 0;
  let isClosed = false;
  return {
    length: group.rows,
    async take(choice, into, at) {
      if (isClosed) closed(key);
      checkRows(choice, group.rows, key);
      const targets = columns.map((column) => target(column, into, at + countOf(choice)));
      let done = at;
      for (const { from, to } of runs(choice)) {
        if (from < next) wrong(key, `rows must rise where access is forward, got ${from} behind ${next - 1}`);
        next = to;
        const place = done;
        await Promise.all(readers.map((reader, i) => reader.fill({ from, to }, targets[i]!, place)));
        done += to - from;
      }
    },
    [Symbol.dispose]() {
      isClosed = true;
      context.open?.[Symbol.dispose]();
    },
  };
}

function closed(key: Key): never {
  throw new WindrowError("internal", `Cannot read ${key}: the row group is closed`);
}

function wrong(key: Key, what: string): never {
  throw new WindrowError("usage", `Cannot take rows of ${key}: ${what}`);
}

function countOf(choice: RowChoice): number {
  return choice instanceof Uint32Array ? choice.length : choice.to - choice.from;
}

function checkRows(choice: RowChoice, rows: number, key: Key): void {
  if (choice instanceof Uint32Array) {
    for (const row of choice) if (row >= rows) wrong(key, `the row group has ${rows} rows, got number ${row}`);
    return;
  }
  const { from, to } = choice;
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= rows))
    wrong(key, `from and to must be within 0 to ${rows}, got ${from} to ${to}`);
}

/** Ranges of neighbours, in order. */
function* runs(choice: RowChoice): Generator<{ readonly from: number; readonly to: number }> {
  if (!(choice instanceof Uint32Array)) {
    if (choice.to > choice.from) yield choice;
    return;
  }
  for (let i = 0; i < choice.length; ) {
    const from = choice[i]!;
    let to = from;
    while (i < choice.length && choice[i] === to) {
      i++;
      to++;
    }
    yield { from, to };
  }
}

/** The column of a batch that rows up to `rows` go to. @throws WindrowError `usage` where they have no room in it */
function target({ name, type, values }: SourceColumn, into: Batch, rows: number): Column {
  const refuse = (what: string): never => {
    throw new WindrowError("usage", `Cannot take column ${name}: ${what}`);
  };
  const column = into.columns[name] ?? refuse("the batch does not have it");
  if (!holds(type.kind, column.data)) refuse(`values must be in the array of ${type.kind}`);
  // A plain array has room for any number.
  if (!Array.isArray(column.data) && column.data.length < rows * values)
    refuse(`${rows} rows hold ${rows * values} values, got room for ${column.data.length}`);
  if (type.nullable && (column.valid?.length ?? -1) < rows)
    refuse(`it is nullable, so that valid must have ${rows} bytes, got ${column.valid?.length ?? "none"}`);
  return column;
}

interface Copying {
  readonly from: Column;
  readonly into: Column;
  readonly choice: RowChoice;
  readonly at: number;
}

function copyRows({ values: size }: SourceColumn, { from, into, choice, at }: Copying): void {
  let done = at;
  for (const run of runs(choice)) {
    copyRun(from, into, { from: run.from, to: run.to, at: done, size });
    done += run.to - run.from;
  }
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly size: number;
}

function copyRun(source: Column, into: Column, { from, to, at, size }: Run): void {
  if (Array.isArray(source.data))
    // Both are plain arrays of the column's kind.
    for (let i = from; i < to; i++) (into.data as unknown[])[at + i - from] = source.data[i];
  // One copy serves all typed arrays: both are of the column's kind.
  else (into.data as Float64Array).set((source.data as Float64Array).subarray(from * size, to * size), at * size);
  if (source.valid) into.valid?.set(source.valid.subarray(from, to), at);
  else into.valid?.fill(1, at, at + to - from);
}
