/** Opens Parquet files as tables that are read by row range. */

import {
  type Batch,
  type Column,
  isNumeric,
  type Key,
  kindBytes,
  type OpenOptions,
  type ReadOptions,
  type Schema,
  type Table,
  WindrowError,
} from "../../core/index.ts";
import { at, damaged } from "../fault.ts";
import { ARROW_KEY, arrowHints } from "./arrow-schema.ts";
import { type ChunkRange, type Cursor, cursor } from "./cursor.ts";
import { type ChunkInfo, fileInfo, type GroupInfo, type SourceFile, sourceFile } from "./file.ts";
import type { PageContext } from "./pages.ts";
import { type SourceColumn, sourceColumns } from "./source-column.ts";
import { need, readStruct, structList } from "./thrift-read.ts";

/** What a Parquet file is opened with. */
export interface ParquetOpenOptions extends OpenOptions {
  /** Names of the columns that the table has; all where absent. The way to open a file some of whose columns are not read here. */
  readonly columns?: readonly string[];
}

/** A Parquet file. */
export interface ParquetTable extends Table {
  /** The file's key-value metadata. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly rowGroups: readonly { readonly firstRow: number; readonly rows: number; readonly bytes: number }[];
}

/** Raw bytes of a batch where the caller does not say how many rows. */
const BATCH_BYTES = 8 << 20;
const BATCH_ROWS = 1 << 16;
/** What a value of varying length is taken for. */
const VARYING_BYTES = 64;

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
  chosen(all, options.columns, key);
  const context = { file, codecs: options.codecs, hashes: options.hashes };
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
      const columns = chosen(all, read.columns, key);
      const { from, to } = range(info.rows, read, key);
      const batchRows = read.batchRows ?? defaultRows(columns);
      if (!(batchRows >= 1))
        throw new WindrowError("usage", `Cannot read ${key}: batchRows must be from 1 up, got ${batchRows}`);
      return batches(context, columns, { groups: info.groups, from, to, batchRows: Math.floor(batchRows) });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function chosen(all: readonly SourceColumn[], names: readonly string[] | undefined, key: Key): readonly SourceColumn[] {
  return (
    names?.map((name) => {
      const column = all.find((one) => one.name === name);
      if (column === undefined) throw new WindrowError("missing", `Cannot read ${key}: there is no column ${name}`);
      return column;
    }) ?? all
  );
}

function range(length: number, { from = 0, to = length }: ReadOptions, key: Key): { from: number; to: number } {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > length)
    throw new WindrowError(
      "usage",
      `Cannot read rows of ${key}: from and to must be within 0 to ${length}, got ${from} to ${to}`,
    );
  return { from, to };
}

function defaultRows(columns: readonly SourceColumn[]): number {
  const bytes = columns.reduce(
    (sum, { type: { kind }, values }) => sum + (isNumeric(kind) ? kindBytes(kind) * values : VARYING_BYTES),
    1,
  );
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
  context: PageContext,
  columns: readonly SourceColumn[],
  reading: Reading,
): AsyncGenerator<Batch> {
  for (const group of reading.groups) {
    const from = Math.max(0, reading.from - group.firstRow);
    const to = Math.min(group.rows, reading.to - group.firstRow);
    if (from >= to) continue;
    const cursors = await Promise.all(columns.map((column) => begin(context, column, { group, from, to })));
    for (let row = from; row < to; row += reading.batchRows) {
      const length = Math.min(reading.batchRows, to - row);
      const taken = await Promise.all(
        columns.map(async ({ name }, i): Promise<[string, Column]> => [name, await cursors[i]!.take(length)]),
      );
      yield { length, columns: Object.fromEntries(taken) };
    }
    if (from === 0 && to === group.rows) await Promise.all(cursors.map((one) => one.finish()));
  }
}

/** A cursor at row `from` of a group; by the offset index, where it spares pages. */
async function begin(
  context: PageContext,
  column: SourceColumn,
  { group, from, to }: { group: GroupInfo; from: number; to: number },
): Promise<Cursor> {
  const chunk = group.chunks[column.chunk]!;
  const isPart = from > 0 || to < group.rows;
  const part =
    isPart && chunk.offsetIndex !== undefined ? await indexed(context.file, chunk, { group, from, to }) : undefined;
  const result = cursor(context, column, chunk, part?.range ?? { data: chunk });
  const skipped = from - (part?.firstRow ?? 0);
  if (skipped > 0) await result.skip(skipped);
  return result;
}

/** The pages that hold rows `from` to `to` of a chunk, as its offset index has them. */
async function indexed(
  file: SourceFile,
  chunk: ChunkInfo,
  { group, from, to }: { group: GroupInfo; from: number; to: number },
): Promise<{ range: ChunkRange; firstRow: number }> {
  const index = chunk.offsetIndex!;
  const bytes = await file.read(index.from, index.to);
  return at({ key: file.key, offset: index.from }, () => {
    const pages = structList(readStruct(bytes).value, 1).map((page) => ({
      offset: need(page, 1),
      end: need(page, 1) + need(page, 2),
      firstRow: need(page, 3),
    }));
    for (const [i, page] of pages.entries()) {
      const before = pages[i - 1];
      const isInOrder =
        before === undefined ? page.firstRow === 0 : page.firstRow >= before.firstRow && page.offset >= before.end;
      if (!isInOrder || page.offset < chunk.from || page.end > chunk.to || page.firstRow > group.rows)
        damaged(`page ${i} of an offset index is at row ${page.firstRow}, bytes ${page.offset} to ${page.end}`);
    }
    const firstPage = pages[0] ?? damaged("an offset index has no pages");
    const first = pages.findLastIndex((page) => page.firstRow <= from);
    const behind = pages.findIndex((page, i) => i > first && page.firstRow >= to);
    const last = behind === -1 ? pages.length : behind;
    const rowAt = (page: number): number => pages[page]?.firstRow ?? group.rows;
    return {
      firstRow: rowAt(first),
      range: {
        ...(firstPage.offset > chunk.from ? { dictionary: { from: chunk.from, to: firstPage.offset } } : {}),
        data: { from: pages[first]!.offset, to: pages[last - 1]!.end },
        pageRows: Array.from({ length: last - first }, (_, i) => rowAt(first + i + 1) - rowAt(first + i)),
      },
    };
  });
}
