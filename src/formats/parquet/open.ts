/** Opens Parquet files as tables that are read by row range. */

import {
  type Batch,
  type Column,
  type Key,
  type OpenOptions,
  type Schema,
  type ShardedTable,
  WindrowError,
} from "../../core/index.ts";
import { at, damaged } from "../fault.ts";
import { chosenColumns, rowRange } from "../read-choice.ts";
import { ARROW_KEY, arrowHints } from "./arrow-schema.ts";
import { cursorAt } from "./cursor-at.ts";
import { fileInfo, type GroupInfo, sourceFile } from "./file.ts";
import { lender } from "./lent-memory.ts";
import type { PageContext } from "./pages.ts";
import { openShard } from "./shard.ts";
import { bytesPerRow, type SourceColumn, sourceColumns } from "./source-column.ts";

/** What a Parquet file is opened with. */
export interface ParquetOpenOptions extends OpenOptions {
  /** Names of the columns that the table has; all where absent. The way to open a file some of whose columns are not read here. */
  readonly columns?: readonly string[];
}

/** A Parquet file. Its shards are its row groups. */
export interface ParquetTable extends ShardedTable {
  /** The file's key-value metadata. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly rowGroups: readonly { readonly firstRow: number; readonly rows: number; readonly bytes: number }[];
}

/** Raw bytes of a batch where the caller does not say how many rows. */
const BATCH_BYTES = 8 << 20;
const BATCH_ROWS = 1 << 16;

/**
 * Opens a Parquet file: flat columns of numbers, booleans, texts, bytes and JSON, and lists of equally many numbers.
 * A checksum that a page has is checked.
 * @throws WindrowError `missing`, `damaged`, `unsupported` (a column that is a struct, map, decimal …: choose the others by `columns`)
 */
export async function openParquet(key: Key, options: ParquetOpenOptions): Promise<ParquetTable> {
  const file = await sourceFile(options.store, key);
  const info = await fileInfo(file);
  const place = { key, offset: file.size - 8 };
  const arrow = info.metadata.get(ARROW_KEY);
  const hints = at(place, () => (arrow === undefined ? new Map() : arrowHints(arrow)));
  const all = at(place, () => sourceColumns(info, hints, options.columns));
  chosenColumns(all, options.columns, key);
  const shared = { file, codecs: options.codecs, hashes: options.hashes, memory: lender() };
  for (const group of info.groups) at(place, () => checkGroup(group, all));
  return {
    schema: Object.fromEntries(all.map(({ name, type }) => [name, type])) satisfies Schema,
    length: info.rows,
    metadata: info.metadata,
    rowGroups: info.groups.map(({ firstRow, rows, chunks }) => ({
      firstRow,
      rows,
      bytes: chunks.reduce((sum, { from, to }) => sum + to - from, 0),
    })),
    batches(read = {}) {
      const columns = chosenColumns(all, read.columns, key);
      const { from, to } = rowRange(info.rows, read, key);
      const batchRows = read.batchRows ?? defaultRows(columns);
      if (!(batchRows >= 1))
        throw new WindrowError("usage", `Cannot read ${key}: batchRows must be from 1 up, got ${batchRows}`);
      return batches(shared, columns, { groups: info.groups, from, to, batchRows: Math.floor(batchRows) });
    },
    shardRows: info.groups.map(({ rows }) => rows),
    async openShard(number, { columns, access = "any" } = {}) {
      const group = info.groups[number];
      if (group === undefined)
        throw new WindrowError(
          "usage",
          `Cannot read ${key}: it has ${info.groups.length} row groups, got number ${number}`,
        );
      return openShard({ ...shared, open: file.open() }, { columns: chosenColumns(all, columns, key), group, access });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function defaultRows(columns: readonly SourceColumn[]): number {
  const bytes = columns.reduce((sum, column) => sum + bytesPerRow(column), 1);
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / bytes)));
}

/** What the footer says of a chunk must fit its column and its group. */
function checkGroup(group: GroupInfo, columns: readonly SourceColumn[]): void {
  for (const column of columns) {
    const chunk = group.chunks[column.chunk]!;
    if (chunk.physical !== column.physical)
      damaged(`column ${column.name} is of type ${column.physical}, got ${chunk.physical} in a row group`);
    if (!column.isList && chunk.values !== group.rows)
      damaged(`column ${column.name} has ${chunk.values} values in a row group of ${group.rows} rows`);
  }
}

interface Reading {
  readonly groups: readonly GroupInfo[];
  readonly from: number;
  readonly to: number;
  readonly batchRows: number;
}

async function* batches(
  shared: Omit<PageContext, "open">,
  columns: readonly SourceColumn[],
  { groups, from: first, to: end, batchRows }: Reading,
): AsyncGenerator<Batch> {
  using open = shared.file.open();
  const context = { ...shared, open };
  for (const group of groups) {
    const from = Math.max(0, first - group.firstRow);
    const to = Math.min(group.rows, end - group.firstRow);
    if (from >= to) continue;
    const cursors = await Promise.all(columns.map((column) => cursorAt(context, column, { group, from, to })));
    for (let row = from; row < to; row += batchRows) {
      const length = Math.min(batchRows, to - row);
      const taken = await Promise.all(
        columns.map(async ({ name }, i): Promise<[string, Column]> => [name, await cursors[i]!.take(length)]),
      );
      yield { length, columns: Object.fromEntries(taken) };
    }
    if (from === 0 && to === group.rows) await Promise.all(cursors.map((one) => one.finish()));
  }
}
