/** Schemas and rows of any kind from fast-check, and rows as values that compare. */

import fc from "fast-check";
import {
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  isNumeric,
  type Json,
  type Kind,
  NUMERIC_ARRAYS,
  rng,
  type Schema,
  valuesPerRow,
} from "../src/core/index.ts";

const KINDS = [...Object.keys(NUMERIC_ARRAYS), "str", "bytes", "json"] as readonly Kind[];

/** Column types of all kinds, with and without shape, unit and gaps. */
export const anyType: fc.Arbitrary<ColumnType> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    shape: fc.option(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }), { nil: undefined }),
    nullable: fc.boolean(),
    unit: fc.option(fc.constantFrom("kn", "°"), { nil: undefined }),
  })
  .map(({ kind, shape, nullable, unit }) => ({
    kind,
    ...(shape && isNumeric(kind) ? { shape } : {}),
    ...(unit && { unit }),
    ...(nullable && { nullable }),
  }));

/** Schemas of up to four columns. */
export const anySchema: fc.Arbitrary<Schema> = fc
  .array(anyType, { minLength: 1, maxLength: 4 })
  .map((types) => Object.fromEntries(types.map((type, i) => [["b", "a", "ç ", "d"][i]!, type])));

function item(kind: Kind, next: () => number): unknown {
  const texts = ["train", "val", "", "\ufeffÆrø \u{1f6a2}", "x".repeat(70), `row ${next()}`];
  if (kind === "str") return texts[next() % texts.length]!;
  if (kind === "bytes") return Uint8Array.from({ length: next() % 5 }, next);
  const values: Json[] = [null, 1.5, "a", [1, { b: [] }], { c: true }];
  return values[next() % values.length]!;
}

function column(type: ColumnType, rows: number, next: () => number): Column {
  const { kind } = type;
  const valid = type.nullable ? Uint8Array.from({ length: rows }, () => (next() % 4 === 0 ? 0 : 1)) : undefined;
  const withValid = (data: unknown): Column => ({ data: data as Column["data"], ...(valid && { valid }) });
  if (!isNumeric(kind)) return withValid(Array.from({ length: rows }, () => item(kind, next)));
  const data = new NUMERIC_ARRAYS[kind](rows * valuesPerRow(type));
  const bytes = bytesOf(data);
  for (let i = 0; i < bytes.length; i++) bytes[i] = kind === "bool" ? next() & 1 : next();
  return withValid(data);
}

/** So many rows of a schema; the same seed gives the same. */
export function rowsFrom(schema: Schema, rows: number, seed: number): Batch {
  const random = rng(seed, "rows");
  const columns = Object.entries(schema).map(([name, type]) => [name, column(type, rows, () => random.u32())] as const);
  return { length: rows, columns: Object.fromEntries(columns) };
}

/** Rows as values that compare: a gap is `undefined`, numbers are their bytes, so that NaN and −0 count. Columns go by name. */
export function comparable(schema: Schema, batches: readonly Batch[]): unknown[] {
  const columns = Object.entries(schema).sort(([a], [b]) => (a < b ? -1 : 1));
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) =>
      columns.map(([name, type]) => {
        const { data, valid } = batch.columns[name]!;
        if (valid?.[row] === 0) return undefined;
        const size = valuesPerRow(type);
        if (!isNumeric(type.kind)) return data[row];
        return Array.from(bytesOf((data as Float64Array).slice(row * size, (row + 1) * size))).join();
      }),
    ),
  );
}

/** The same rows in batches that are cut there. */
export function cutRows(schema: Schema, batch: Batch, cuts: readonly number[]): Batch[] {
  const bounds = [0, ...cuts.map((cut) => cut % (batch.length + 1)).sort((a, b) => a - b), batch.length];
  return bounds.slice(1).map((to, i) => {
    const from = bounds[i]!;
    const columns = Object.entries(schema).map(([name, type]) => {
      const { data, valid } = batch.columns[name]!;
      const size = valuesPerRow(type);
      const part = { data: (data as Float64Array).slice(from * size, to * size) };
      return [name, { ...part, ...(valid && { valid: valid.slice(from, to) }) }];
    });
    return { length: to - from, columns: Object.fromEntries(columns) };
  });
}
