/** A Parquet file as rows that are read in any choice and order. */

import {
  type Batch,
  type ColumnType,
  isNumeric,
  NUMERIC_ARRAYS,
  type OpenShardRows,
  type RowChoice,
  type RowTable,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import type { ParquetTable } from "./open.ts";

/** A row group of more bytes is read from the front each time and not kept decoded: its rows are likely images. */
const KEPT_GROUP_BYTES = 64 << 20;
/** Row groups that stay decoded: rows are mostly asked for in order, and a window may reach over an end. */
const KEPT_GROUPS = 2;

/** Rows to copy from a row group: its own numbers, and where in the answer they go one behind the other. */
interface Share {
  readonly group: number;
  readonly rows: RowChoice;
  readonly at: number;
}

function countOf(rows: RowChoice): number {
  return rows instanceof Uint32Array ? rows.length : rows.to - rows.from;
}

function room({ kind, shape, nullable }: ColumnType, rows: number): Batch["columns"][string] {
  const values = rows * valuesPerRow({ kind, ...(shape && { shape }) });
  const data = isNumeric(kind) ? new NUMERIC_ARRAYS[kind](values) : new Array<never>(values);
  return nullable ? { data, valid: new Uint8Array(rows).fill(1) } : { data };
}

/** First rows of the row groups, and at the end the number of all. */
function groupStarts(table: ParquetTable): number[] {
  return [...table.rowGroups.map(({ firstRow }) => firstRow), table.length];
}

/** What to copy from each row group, group by group. */
function shares(starts: readonly number[], rows: RowChoice): Share[] {
  if (!(rows instanceof Uint32Array)) {
    return starts.slice(0, -1).flatMap((start, group) => {
      const [from, to] = [Math.max(rows.from, start), Math.min(rows.to, starts[group + 1]!)];
      return from < to ? [{ group, rows: { from: from - start, to: to - start }, at: from - rows.from }] : [];
    });
  }
  const found: Share[] = [];
  for (let at = 0; at < rows.length; ) {
    const group = starts.findLastIndex((start) => start <= rows[at]!);
    let end = at + 1;
    // Rising rows of one group go together; a number that comes again begins anew.
    while (end < rows.length && rows[end]! > rows[end - 1]! && rows[end]! < starts[group + 1]!) end += 1;
    found.push({ group, rows: rows.subarray(at, end).map((row) => row - starts[group]!), at });
    at = end;
  }
  return found.sort((a, b) => a.group - b.group);
}

/** The decoded row groups that were asked for last. */
class Groups {
  readonly #table: ParquetTable;
  readonly #kept = new Map<string, OpenShardRows>();

  constructor(table: ParquetTable) {
    this.#table = table;
  }

  async copy({ group, rows, at }: Share, columns: readonly string[], into: Batch): Promise<void> {
    if (this.#table.rowGroups[group]!.bytes > KEPT_GROUP_BYTES) {
      using shard = await this.#table.openShard(group, { columns, access: "forward" });
      await shard.take(rows, into, at);
      return;
    }
    const name = JSON.stringify([group, columns]);
    const shard = this.#kept.get(name) ?? (await this.#table.openShard(group, { columns }));
    this.#kept.delete(name);
    this.#kept.set(name, shard);
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= KEPT_GROUPS) break;
      this.#kept.delete(oldest);
      old[Symbol.dispose]();
    }
    await shard.take(rows, into, at);
  }
}

function chosenColumns(schema: Schema, names: readonly string[] | undefined): readonly string[] {
  const stray = names?.find((name) => !Object.hasOwn(schema, name));
  if (stray === undefined) return names ?? Object.keys(schema);
  throw new WindrowError("usage", `Cannot read column ${stray}: there is none, only ${Object.keys(schema).join(", ")}`);
}

function checkRows(rows: RowChoice, length: number): void {
  const isThere =
    rows instanceof Uint32Array
      ? rows.every((row) => row < length)
      : Number.isInteger(rows.from) &&
        Number.isInteger(rows.to) &&
        0 <= rows.from &&
        rows.from <= rows.to &&
        rows.to <= length;
  if (isThere) return;
  const got = rows instanceof Uint32Array ? `${rows.find((row) => row >= length)}` : `${rows.from} to ${rows.to}`;
  throw new WindrowError("usage", `Cannot read rows: they must be within 0 to ${length}, got ${got}`);
}

/** The rows of an open Parquet file in any choice. The two row groups that were used last stay decoded; reads wait for each other. */
export function parquetRows(table: ParquetTable): RowTable {
  const starts = groupStarts(table);
  const groups = new Groups(table);
  let last: Promise<unknown> = Promise.resolve();
  const read = async (rows: RowChoice, columns: readonly string[]): Promise<Batch> => {
    const length = countOf(rows);
    const into = {
      length,
      columns: Object.fromEntries(columns.map((name) => [name, room(table.schema[name]!, length)])),
    };
    for (const share of shares(starts, rows)) await groups.copy(share, columns, into);
    return into;
  };
  return {
    schema: table.schema,
    length: table.length,
    async read(rows, options = {}) {
      checkRows(rows, table.length);
      const columns = chosenColumns(table.schema, options.columns);
      const turn = last.then(() => read(rows, columns));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
