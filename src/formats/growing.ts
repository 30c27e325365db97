/** A batch that grows by rows of others and is emptied again, its arrays kept. */

import {
  type Arrays,
  type Batch,
  type Column,
  type ColumnType,
  isNumeric,
  NUMERIC_ARRAYS,
  type Schema,
  valuesPerRow,
} from "../core/index.ts";

interface GrowingColumn {
  append(column: Column, from: number, to: number): void;
  column(): Column;
  clear(): void;
}

/** Rows copied from batches. */
export interface GrowingBatch {
  append(batch: Batch, from: number, to: number): void;
  /** The rows so far; good until the next change. */
  batch(): Batch;
  clear(): void;
}

/** What the typed arrays have in common here. Their `set` and `subarray` differ in types alone. */
type Numbers = Float64Array;

function growingNumbers(make: (length: number) => Numbers): {
  append(values: Numbers): void;
  values(): Numbers;
  clear(): void;
} {
  let data = make(0);
  let length = 0;
  return {
    append(values) {
      if (length + values.length > data.length) {
        const grown = make(Math.max(length + values.length, Math.ceil(data.length * 1.5)));
        grown.set(data.subarray(0, length));
        data = grown;
      }
      data.set(values, length);
      length += values.length;
    },
    values: () => data.subarray(0, length),
    clear() {
      length = 0;
    },
  };
}

function growingColumn(type: ColumnType): GrowingColumn {
  const { kind } = type;
  const values = valuesPerRow(type);
  // Each maker's array is of the column's own kind; the shared type is only for the methods that all have.
  const numbers = isNumeric(kind)
    ? growingNumbers((length) => new NUMERIC_ARRAYS[kind](length) as unknown as Numbers)
    : undefined;
  const valid = growingNumbers((length) => new Uint8Array(length) as unknown as Numbers);
  let items: unknown[] = [];
  return {
    append(column, from, to) {
      if (numbers === undefined) for (let i = from; i < to; i++) items.push(column.data[i]);
      else numbers.append((column.data as unknown as Numbers).subarray(from * values, to * values));
      if (type.nullable)
        valid.append((column.valid?.subarray(from, to) ?? new Uint8Array(to - from).fill(1)) as unknown as Numbers);
    },
    column() {
      const data = (numbers?.values() ?? items) as unknown as Arrays[typeof kind];
      return type.nullable ? { data, valid: valid.values() as unknown as Uint8Array } : { data };
    },
    clear() {
      items = [];
      numbers?.clear();
      valid.clear();
    },
  };
}

/** An empty batch of a schema. */
export function growingBatch(schema: Schema): GrowingBatch {
  const columns = Object.entries(schema).map(([name, type]) => [name, growingColumn(type)] as const);
  let length = 0;
  return {
    append(batch, from, to) {
      for (const [name, column] of columns) column.append(batch.columns[name]!, from, to);
      length += to - from;
    },
    batch: () => ({ length, columns: Object.fromEntries(columns.map(([name, column]) => [name, column.column()])) }),
    clear() {
      length = 0;
      for (const [, column] of columns) column.clear();
    },
  };
}
