/** Row groups of a Parquet table as shards, each read into memory when it is opened. */

import { type Batch, type Column, type OpenShardRows, type ShardedTable, WindrowError } from "../core/index.ts";
import type { ParquetTable } from "../formats/parquet/index.ts";

/** A Parquet table as one of shards; where it is one already, as it is. */
export function inRowGroups(table: ParquetTable | ShardedTable): ShardedTable {
  if ("openShard" in table) return table;
  const { rowGroups } = table;
  return {
    schema: table.schema,
    length: table.length,
    shardRows: rowGroups.map(({ rows }) => rows),
    batches: (options) => table.batches(options),
    [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
    async openShard(number, { columns } = {}) {
      const group = rowGroups[number];
      if (group === undefined) {
        throw new WindrowError("usage", `Cannot open a row group: must be one of ${rowGroups.length}, got ${number}`);
      }
      const { firstRow, rows } = group;
      const read = {
        from: firstRow,
        to: firstRow + rows,
        batchRows: rows,
        ...(columns === undefined ? {} : { columns }),
      };
      const [batch] = await Array.fromAsync(table.batches(read));
      return openRows(batch ?? { length: 0, columns: {} });
    },
  };
}

function openRows(batch: Batch): OpenShardRows {
  return {
    length: batch.length,
    take(choice, into, at) {
      const rows =
        choice instanceof Uint32Array
          ? choice
          : Uint32Array.from({ length: choice.to - choice.from }, (_, i) => choice.from + i);
      for (const [name, column] of Object.entries(batch.columns)) {
        copyRows(column, { rows, length: batch.length }, into.columns[name]!, at);
      }
    },
    [Symbol.dispose]() {},
  };
}

function copyRows(
  { data, valid }: Column,
  { rows, length }: { readonly rows: Uint32Array; readonly length: number },
  into: Column,
  at: number,
): void {
  const from = data as Float32Array; // any array has a length and places
  const out = into.data as Float32Array; // of the same kind
  const width = from.length / length;
  for (const [i, row] of rows.entries()) {
    for (let k = 0; k < width; k++) out[(at + i) * width + k] = from[row * width + k]!;
    if (into.valid !== undefined) into.valid[at + i] = valid?.[row] ?? 1;
  }
}
