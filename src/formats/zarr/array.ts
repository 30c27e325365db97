/** Arrays of rows, read by choice of rows and columns. */

import {
  type Batch,
  type Column,
  type ColumnType,
  type Json,
  type NumberArray,
  type RowChoice,
  type RowTable,
  type Schema,
  type Strided,
  WindrowError,
} from "../../core/index.ts";
import { at } from "../fault.ts";
import { chosenColumns } from "../read-choice.ts";
import type { Range, ZarrSource } from "./chunks.ts";
import { columnRooms, stridedField } from "./columns.ts";
import type { JsonObject, ZarrCompressor } from "./compressor.ts";
import { schemaOf, type ZarrDtype } from "./dtype.ts";
import type { RowsMeta } from "./metadata.ts";
import { RowReader } from "./row-reader.ts";

/** Every `step`th row from `from` on, before `to`: `z[from:to:step]`, but that rows which are not there are refused. */
export interface ZarrRange {
  readonly from: number;
  readonly to: number;
  /** From 1 up; 1 where absent. */
  readonly step?: number;
}

/** One value of a row, for people: with a shape, lists in lists. */
export type ZarrCell = number | bigint | boolean | string | Uint8Array | readonly ZarrCell[];

/** One row, for people. */
export type ZarrRow = Readonly<Record<string, ZarrCell>>;

/** An array of rows: structured, or plain in chunks of whole rows; those have one column, `value`. */
export interface ZarrArray extends RowTable {
  readonly kind: "rows";
  readonly path: string;
  readonly attributes: JsonObject;
  readonly dtype: ZarrDtype;
  /** Of plain arrays of more axes than one: the shape of a row. */
  readonly rowShape: readonly number[];
  /** Bytes of a row. */
  readonly rowBytes: number;
  readonly chunkRows: number;
  readonly compressor: ZarrCompressor | null;
  /** As the metadata says it. */
  readonly fillValue: Json;
  readonly schema: Schema;
  readonly length: number;
  /** Columns of the rows chosen, in the order asked for. @throws as `RowTable.read` */
  read(rows: RowChoice | ZarrRange, options?: { readonly columns?: readonly string[] }): Promise<Batch>;
  /**
   * The bytes of the rows chosen, one behind the other as NumPy has them. They may lie in the cache or in memory that threads share, and are
   * not to be written to.
   */
  records(rows: RowChoice | ZarrRange): Promise<Uint8Array>;
  /**
   * A column of such bytes without a copy, as `[rows, …shape]`; `undefined` where its numbers do not lie at multiples of their size, have the
   * high byte first, or are no numbers: `read` copies those.
   */
  view(records: Uint8Array, column: string): Strided<NumberArray> | undefined;
  /** Rows as objects, for people. */
  rows(rows: RowChoice | ZarrRange): Promise<readonly ZarrRow[]>;
}

function checkedRange({ from, to, step = 1 }: ZarrRange, { path, length }: RowsMeta): Range {
  const isRange = [from, to, step].every(Number.isSafeInteger) && 0 <= from && from <= to && to <= length && step >= 1;
  if (isRange) return { from, to, step };
  throw new WindrowError(
    "usage",
    `Cannot read rows of ${path}: from and to must be within 0 to ${length} and step from 1 up, got ${from} to ${to} by ${step}`,
  );
}

function checkedRows(rows: Uint32Array, { path, length }: RowsMeta): Uint32Array {
  const beyond = rows.find((row) => row >= length);
  if (beyond === undefined) return rows;
  throw new WindrowError("usage", `Cannot read row ${beyond} of ${path}: it has ${length} rows`);
}

/** Values of one row, as lists in lists by its shape. */
function cell(values: ArrayLike<number | bigint>, shape: readonly number[], from: number, isBool: boolean): ZarrCell {
  const [size, ...rest] = shape;
  if (size === undefined) return isBool ? values[from] === 1 : values[from]!;
  const step = rest.reduce((all, each) => all * each, 1);
  return Array.from({ length: size }, (_, i) => cell(values, rest, from + i * step, isBool));
}

function cellOf({ kind, shape = [] }: ColumnType, { data }: Column, row: number): ZarrCell {
  if (kind === "str" || kind === "bytes") return data[row] as string | Uint8Array; // what columns of those kinds hold
  const values = shape.reduce((all, each) => all * each, 1);
  return cell(data as ArrayLike<number | bigint>, shape, row * values, kind === "bool"); // the other kinds are of numbers
}

/** An array of rows of a store. Its metadata is what it was when it was opened. */
export function zarrRows(meta: RowsMeta, attributes: JsonObject, source: ZarrSource): ZarrArray {
  const { path, length, dtype, rowBytes } = meta;
  const schema = schemaOf(dtype);
  const reader = new RowReader(meta, source);
  async function records(rows: RowChoice | ZarrRange): Promise<Uint8Array> {
    return rows instanceof Uint32Array
      ? reader.chosen(checkedRows(rows, meta))
      : reader.records(checkedRange(rows, meta));
  }
  async function read(
    rows: RowChoice | ZarrRange,
    { columns }: { readonly columns?: readonly string[] } = {},
  ): Promise<Batch> {
    const fields = chosenColumns(dtype.fields, columns, path);
    if (!(rows instanceof Uint32Array)) return reader.columns(checkedRange(rows, meta), fields);
    const bytes = await records(rows);
    const rooms = columnRooms(fields, rows.length);
    at({ key: path, offset: 0 }, () =>
      rooms.put({ bytes, recordBytes: rowBytes, first: 0, step: 1, count: rows.length }, 0),
    );
    return rooms.batch();
  }
  return {
    kind: "rows",
    path,
    attributes,
    dtype,
    rowShape: meta.rowShape,
    rowBytes,
    chunkRows: meta.chunkRows,
    compressor: meta.compressor,
    fillValue: meta.fillValue,
    schema,
    length,
    read,
    records,
    view(bytes, column) {
      const [field] = chosenColumns(dtype.fields, [column], path);
      return stridedField(bytes, rowBytes, field!);
    },
    async rows(rows) {
      const batch = await read(rows);
      return Array.from({ length: batch.length }, (_, row) =>
        Object.fromEntries(
          Object.entries(schema).map(([name, type]) => [name, cellOf(type, batch.columns[name]!, row)]),
        ),
      );
    },
  };
}
