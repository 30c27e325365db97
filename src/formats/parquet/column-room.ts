/** The arrays that rows of a column are put into. */

import {
  type Arrays,
  bytesOf,
  type Column,
  isNumeric,
  type Kind,
  kindBytes,
  NUMERIC_ARRAYS,
} from "../../core/index.ts";
import type { HeldValues } from "./held.ts";
import { presentRuns } from "./present.ts";
import { bytesPerRow, type SourceColumn } from "./source-column.ts";

/**
 * Bytes of an array that is made before its rows are there, for a file may promise any number of them: what real pages make of theirs,
 * at least a megabyte, at most so many.
 */
const AT_ONCE_BYTES = 64 << 20;
const LEAST_AT_ONCE = 1 << 20;
const FOR_A_BYTE = 1024;

/** Rows of a column that arrays are made for before the rows are there, where its chunk has so many bytes. */
export function rowsAtOnce(column: SourceColumn, chunkBytes: number): number {
  const bytes = Math.min(AT_ONCE_BYTES, Math.max(LEAST_AT_ONCE, FOR_A_BYTE * chunkBytes));
  return Math.max(1, Math.floor(bytes / bytesPerRow(column)));
}

/** New arrays for rows of a column. */
export function room({ type: { kind, nullable }, values }: SourceColumn, rows: number): Column {
  const data: unknown = isNumeric(kind) ? new NUMERIC_ARRAYS[kind](rows * values) : new Array(rows);
  // The array is of the column's own kind.
  return { data: data as Arrays[Kind], ...(nullable ? { valid: new Uint8Array(rows) } : {}) };
}

/** Columns of one kind, one behind the other. */
export function joinedColumns(column: SourceColumn, parts: readonly Column[], rows: number): Column {
  if (parts.length === 1) return parts[0]!;
  const all = room(column, rows);
  let row = 0;
  for (const { data, valid } of parts) {
    if (Array.isArray(data)) for (let i = 0; i < data.length; i++) (all.data as unknown[])[row + i] = data[i];
    // One loop serves all typed arrays: both are of the column's kind.
    else (all.data as Float64Array).set(data as Float64Array, row * column.values);
    if (valid) all.valid?.set(valid, row);
    row += data.length / column.values;
  }
  return all;
}

/** The column; without `valid` where every row has a value. */
export function withoutNeedlessValid({ data, valid }: Column): Column {
  return valid?.includes(0) ? { data, valid } : { data };
}

const GAPS = { str: "", bytes: new Uint8Array(0), json: null } as const;

/** Moves values to the rows from `at` on that have one; the others are 0, empty or null. */
export function spread(
  { type: { kind }, values: size }: SourceColumn,
  valid: Uint8Array,
  { values, into, at }: { readonly values: HeldValues; readonly into: Column; readonly at: number },
): void {
  if (isNumeric(kind)) {
    const width = kindBytes(kind) * size;
    bytesOf(into.data as Float64Array).fill(0, at * width, (at + valid.length) * width); // a typed array: the kind is numeric
  } else (into.data as unknown[]).fill(GAPS[kind], at, at + valid.length); // a plain array: the kind is not
  for (const { from, to } of presentRuns(valid)) values.take((to - from) * size, into.data, (at + from) * size);
  into.valid?.set(valid, at);
}
