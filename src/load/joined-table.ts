/** Several tables as one: the shards of the first, then those of the second, and so on. */

import { type ReadOptions, type Schema, type ShardedTable, WindrowError } from "../core/index.ts";

/**
 * Joins tables of the same columns; `names` are what messages call them.
 * @throws WindrowError `usage` when there are none, or their columns differ.
 */
export function joinedTable(tables: readonly ShardedTable[], names: readonly string[]): ShardedTable {
  const [first] = tables;
  if (first === undefined) throw new WindrowError("usage", "Cannot join tables: there must be one, got none");
  if (tables.length === 1) return first;
  const odd = tables.findIndex((table) => columnsOf(table.schema) !== columnsOf(first.schema));
  if (odd >= 0) {
    throw new WindrowError(
      "usage",
      `Cannot load ${names[odd]} with ${names[0]}: columns must be the same, got ${columnsOf(tables[odd]!.schema)} and ${columnsOf(first.schema)}`,
    );
  }
  // By number of the shard in the whole: whose it is, and its number there.
  const shards = tables.flatMap((table) => table.shardRows.map((_, number) => ({ table, number })));
  return {
    schema: nullableWhereOneIs(tables),
    length: tables.reduce((sum, { length }) => sum + length, 0),
    shardRows: tables.flatMap(({ shardRows }) => shardRows),
    openShard(number, options) {
      const { table, number: own } = shards[number]!; // the loader asks only for shards that there are
      return table.openShard(own, options);
    },
    async *batches(options: ReadOptions = {}) {
      let start = 0;
      const { from = 0, to = Number.POSITIVE_INFINITY } = options;
      for (const table of tables) {
        const range = { from: Math.max(0, from - start), to: Math.min(table.length, to - start) };
        if (range.from < range.to) yield* table.batches({ ...options, ...range });
        start += table.length;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const table of tables) await table[Symbol.asyncDispose]();
    },
  };
}

/** The schema of the first; a column that may lack a value in one table may in the whole. */
function nullableWhereOneIs(tables: readonly ShardedTable[]): Schema {
  const isNullable = (name: string) => tables.some(({ schema }) => schema[name]?.nullable === true);
  const columns = Object.entries(tables[0]?.schema ?? {});
  return Object.fromEntries(
    columns.map(([name, type]) => [name, isNullable(name) ? { ...type, nullable: true } : type] as const),
  );
}

function columnsOf(schema: Schema): string {
  const columns = Object.entries(schema).map(
    ([name, { kind, shape }]) => `${name} ${kind} [${shape?.join(", ") ?? ""}]`,
  );
  return columns.sort().join(", ");
}
