/** The check of batches where they come in, and the arrays that hold each kind. */

import {
  type Batch,
  type ColumnType,
  type Kind,
  NUMERIC_ARRAYS,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";

/** Whether an array is the one that core has for a kind. */
export function holds(kind: Kind, data: unknown): boolean {
  if (kind === "str" || kind === "bytes" || kind === "json") return Array.isArray(data);
  return data instanceof NUMERIC_ARRAYS[kind];
}

/** @throws WindrowError `usage` where a batch does not have the columns, arrays and lengths of its schema */
export function checkBatch(schema: Schema, batch: Batch): void {
  for (const [name, type] of Object.entries(schema)) checkColumn(name, type, batch);
}

function checkColumn(name: string, type: ColumnType, batch: Batch): void {
  const refuse = (what: string): never => {
    throw new WindrowError("usage", `Cannot write column ${name} to Parquet: ${what}`);
  };
  const column = batch.columns[name] ?? refuse("the batch does not have it");
  if (!holds(type.kind, column.data)) refuse(`values must be in the array of ${type.kind}`);
  const expected = batch.length * valuesPerRow(type);
  if (column.data.length !== expected)
    refuse(`${batch.length} rows hold ${expected} values, got ${column.data.length}`);
  if (column.valid === undefined) return;
  if (column.valid.length !== batch.length) refuse(`valid must have ${batch.length} bytes, got ${column.valid.length}`);
  if (!type.nullable && column.valid.includes(0)) refuse("a column that is not nullable has rows without a value");
}
