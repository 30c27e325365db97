/** Tables, one after the other, as one. */

import {
  type Batch,
  type ColumnType,
  type ReadOptions,
  type Schema,
  type ShardedTable,
  type Table,
  WindrowError,
} from "../core/index.ts";
import { type Rows, TakenRows } from "./taken-rows.ts";

/** A table that is opened when its rows are asked for. */
export interface SourcePart {
  /** What users call it. */
  readonly name: string;
  readonly length: number;
  open(): Promise<Table | ShardedTable>;
  /** Whether it opens as a table in shards. */
  readonly isSharded: boolean;
}

/** Parts as one table. */
export interface JoinedTable extends Table {
  /** Where all parts are in shards: copies rows to the front of `into`, whose columns are those that are wanted. Calls must not overlap. */
  readonly take?: (rows: Rows, into: Batch) => Promise<void>;
}

/** Open tables that are kept: neighbouring tasks read the same. */
const KEPT_OPEN = 4;

/** A schema, and what users call the table that has it. */
interface NamedSchema {
  readonly name: string;
  readonly schema: Schema;
}

/** What the parts of a source have in common: column by column the same type, nullable where it is in any. */
export function commonSchema(tables: readonly NamedSchema[]): Schema {
  const [first, ...others] = tables;
  if (first === undefined) return {};
  for (const other of others) checkSame(first, other);
  const columns = Object.entries(first.schema).map(([name, type]): [string, ColumnType] => {
    const isNullable = tables.some(({ schema }) => schema[name]?.nullable === true);
    return [name, isNullable ? { ...type, nullable: true } : type];
  });
  return Object.fromEntries(columns);
}

function checkSame(first: NamedSchema, other: NamedSchema): void {
  const names = new Set([...Object.keys(first.schema), ...Object.keys(other.schema)]);
  for (const name of names) {
    const types = [first, other].map(({ schema }) => (Object.hasOwn(schema, name) ? schema[name] : undefined));
    if (isSame(types[0], types[1])) continue;
    throw new WindrowError(
      "unsupported",
      `Cannot convert: all files must have the same columns, but ${name} differs in ${first.name} and ${other.name}; choose others with --columns`,
    );
  }
}

function isSame(a: ColumnType | undefined, b: ColumnType | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.kind === b.kind && JSON.stringify(a.shape) === JSON.stringify(b.shape);
}

/** Parts of a source as one table. */
export function joinedTables(parts: readonly SourcePart[], schema: Schema): JoinedTable {
  const starts = [0];
  for (const { length } of parts) starts.push(starts.at(-1)! + length);
  const open = new Map<number, Promise<Table | ShardedTable>>();
  async function table(number: number): Promise<Table | ShardedTable> {
    const found = open.get(number) ?? opened(parts[number]!);
    // Put last again: the first is the one that was not asked for the longest.
    open.delete(number);
    open.set(number, found);
    const [oldest] = open.keys();
    if (open.size > KEPT_OPEN && oldest !== undefined) {
      const old = open.get(oldest);
      open.delete(oldest);
      await (await old)?.[Symbol.asyncDispose]();
    }
    return found;
  }
  /** The parts that rows lie in, with which of their own they are, and the first of the parts' rows. */
  function* places({ from, to }: Rows): Generator<Rows & { readonly number: number; readonly start: number }> {
    for (const [number, start] of starts.slice(0, -1).entries()) {
      const [first, last] = [Math.max(from, start), Math.min(to, starts[number + 1]!)];
      if (first < last) yield { number, start, from: first - start, to: last - start };
    }
  }
  async function* batches({ from = 0, to = starts.at(-1)!, ...rest }: ReadOptions = {}): AsyncGenerator<Batch> {
    for (const { number, ...rows } of places({ from, to })) {
      const own = await table(number);
      yield* own.batches({ ...rest, from: rows.from, to: rows.to });
    }
  }
  const taken = new TakenRows(Object.keys(schema));
  async function take(rows: Rows, into: Batch): Promise<void> {
    for (const { number, start, ...own } of places(rows)) {
      // Every part is in shards where this is called.
      const sharded = (await table(number)) as ShardedTable;
      await taken.take(sharded, own, into, start + own.from - rows.from);
    }
  }
  return {
    schema,
    length: starts.at(-1)!,
    batches,
    ...(parts.every(({ isSharded }) => isSharded) && { take }),
    async [Symbol.asyncDispose]() {
      taken[Symbol.dispose]();
      for (const each of open.values()) await (await each)[Symbol.asyncDispose]();
      open.clear();
    },
  };
}

/** Opens a part, which must have the rows that it had when they were counted. */
async function opened(part: SourcePart): Promise<Table> {
  const table = await part.open();
  if (table.length === part.length) return table;
  throw new WindrowError(
    "damaged",
    `Cannot convert: ${part.name} had ${part.length} rows when the conversion began, got ${table.length}`,
  );
}
