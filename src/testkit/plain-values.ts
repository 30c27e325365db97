/** What batches and samples hold, as plain values that can be compared and shown. */

import { type Batch, type Column, type Json, type RowChoice, type Schema, valuesPerRow } from "../core/index.ts";

function plainValue(value: unknown): Json {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, plainValue); // any view of numbers is read alike
  return value as Json; // what else a column holds is text or JSON
}

function plainRow({ data, valid }: Column, width: number, row: number): Json {
  if (valid?.[row] === 0) return "no value";
  return Array.from(data.slice(row * width, (row + 1) * width), plainValue);
}

/** The rows of a batch: for each its fields in the schema's order. Of a row without a value it does not matter what stands there. */
export function plainRows(schema: Schema, { columns, length }: Batch): readonly Json[] {
  return Array.from({ length }, (_, row) =>
    Object.entries(schema).map(([name, type]) => plainRow(columns[name]!, valuesPerRow(type), row)),
  );
}

/** A sample as a row of a batch is shown. */
export function plainSample(schema: Schema, sample: Readonly<Record<string, unknown>>): Json {
  return Object.entries(schema).map(([name, { kind, shape }]) => {
    const value = sample[name];
    if (value === undefined) return "no value";
    if (shape !== undefined) return plainValue(value);
    return [kind === "bool" ? Number(value) : plainValue(value)];
  });
}

/** Some rows of so many: the first, the last, and some between. */
export function someRows(length: number, most = 24): Uint32Array {
  const count = Math.min(length, most);
  return Uint32Array.from({ length: count }, (_, i) => (count < 2 ? 0 : Math.floor((i * (length - 1)) / (count - 1))));
}

/** Choices that no `length` rows have. */
export function wrongChoices(length: number): readonly RowChoice[] {
  return [
    Uint32Array.of(length),
    { from: 0, to: length + 1 },
    { from: -1, to: 0 },
    { from: 1, to: 0 },
    { from: 0, to: 0.5 },
    { from: 0, to: Number.NaN },
  ];
}
