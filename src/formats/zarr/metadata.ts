/** What is known of an array before a chunk of it is read: `.zarray` of Zarr v2, checked. */

import type { Json, Key, ReadStore } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { isObject, type JsonObject, type ZarrCompressor, zarrCompressor } from "./compressor.ts";
import { type ZarrDtype, zarrDtype } from "./dtype.ts";
import { fillBytes, repeat } from "./fill.ts";

/** How an array of any number of axes lies in chunks. */
export interface ArrayLayout {
  readonly format: 2 | 3;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly order: "C" | "F";
  /** As NumPy has it. */
  readonly dtype: Json;
  readonly fillValue: Json;
  /** As the metadata says it. */
  readonly compressor: Json;
  /** Names of what changes chunks besides the compressor. */
  readonly filters: readonly string[];
  /** What stands before a chunk's numbers, and between them. */
  readonly keyPrefix: string;
  readonly separator: string;
}

/** An array whose chunks are whole rows one behind the other. */
export interface RowsMeta {
  readonly path: string;
  readonly length: number;
  readonly chunkRows: number;
  /** Shape of a row; empty for structured and other arrays of one axis. */
  readonly rowShape: readonly number[];
  readonly dtype: ZarrDtype;
  readonly rowBytes: number;
  readonly compressor: ZarrCompressor | null;
  readonly fillValue: Json;
  /** One row of the fill value; `undefined` for zeros. */
  readonly fill: Uint8Array | undefined;
  chunkKey(chunk: number): Key;
}

/** A path with a name behind it. */
export const joined = (path: string, name: string): Key => (path === "" ? name : `${path}/${name}`);

/** Reads a key as a JSON object; `undefined` where it is not there. @throws WindrowError `damaged` */
export async function jsonAt(store: ReadStore, key: Key): Promise<JsonObject | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  return at({ key, offset: 0 }, () => {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json; // what JSON holds
    return isObject(value) ? value : damaged("a JSON object was expected");
  });
}

/** Whole numbers from `least` up. */
export function wholeNumbers(value: Json | undefined, name: string, least: number): readonly number[] {
  const isRight = Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= least);
  if (!isRight) damaged(`${name} must be whole numbers from ${least} up, got ${JSON.stringify(value)}`);
  return value as readonly number[]; // just looked at
}

function filterNames(filters: Json | undefined): readonly string[] {
  if (filters === null || filters === undefined) return [];
  if (!Array.isArray(filters)) return damaged(`filters must be a list or null, got ${JSON.stringify(filters)}`);
  return filters.map((filter: Json) =>
    isObject(filter) ? String(filter["id"]) : damaged("a filter must be an object"),
  );
}

/** Reads `.zarray`. @throws WindrowError `damaged` */
export function layoutOfV2(meta: JsonObject): ArrayLayout {
  if (meta["zarr_format"] !== 2) damaged(`zarr_format must be 2, got ${JSON.stringify(meta["zarr_format"])}`);
  const { order, dtype, dimension_separator: separator = "." } = meta;
  if (order !== "C" && order !== "F") return damaged(`order must be "C" or "F", got ${JSON.stringify(order)}`);
  if (separator !== "." && separator !== "/")
    return damaged(`dimension_separator must be "." or "/", got ${JSON.stringify(separator)}`);
  if (dtype === undefined) return damaged("there is no dtype");
  return {
    format: 2,
    shape: wholeNumbers(meta["shape"], "shape", 0),
    chunks: wholeNumbers(meta["chunks"], "chunks", 1),
    order,
    dtype,
    fillValue: meta["fill_value"] ?? null,
    compressor: meta["compressor"] ?? null,
    filters: filterNames(meta["filters"]),
    keyPrefix: "",
    separator,
  };
}

/** Bytes of a row: one that is not there is made of its fill value. */
const MOST_ROW_BYTES = 1 << 26;
/** Bytes of a chunk: Blosc counts them in 32 bits, and so do typed arrays of some engines. */
const MOST_CHUNK_BYTES = 2 ** 31 - 1;

/** The bytes of a chunk, if they are not too many. @throws WindrowError `unsupported` */
export function checkedChunkBytes(bytes: number): number {
  return bytes <= MOST_CHUNK_BYTES ? bytes : unsupported(`chunks of ${bytes} bytes`);
}

/** Whether chunks of this array are rows one behind the other, so that it is read and written here. */
export function isRows({ shape, chunks, order, filters }: ArrayLayout): boolean {
  const isWhole = shape.slice(1).every((size, axis) => chunks[axis + 1] === size);
  return shape.length > 0 && isWhole && filters.length === 0 && (order === "C" || shape.length === 1);
}

/** A row of the fill value: it is said for one item, of which rows of plain arrays have several. */
function fillOf({ dtype, fillValue }: ArrayLayout, rowBytes: number): Uint8Array | undefined {
  const item = fillBytes(zarrDtype(dtype), fillValue);
  if (item === undefined || item.length === rowBytes) return item;
  const row = new Uint8Array(rowBytes);
  repeat(item, row);
  return row;
}

/** What reading and writing needs of such an array. @throws WindrowError `damaged`, `unsupported` */
export function rowsMeta(path: string, layout: ArrayLayout): RowsMeta {
  const { shape, chunks, filters } = layout;
  if (shape.length !== chunks.length) damaged(`shape has ${shape.length} axes, chunks ${chunks.length}`);
  if (filters.length > 0) unsupported(`filter ${JSON.stringify(filters[0])} of records is not known here`);
  if (!isRows(layout)) unsupported(`records in chunks that are no rows, shape ${shape}, chunks ${chunks}`);
  const [length = 0, ...rowShape] = shape;
  const [chunkRows = 1] = chunks;
  const dtype = zarrDtype(layout.dtype, rowShape);
  const rowBytes = rowShape.reduce((bytes, size) => bytes * size, dtype.itemBytes);
  if (rowBytes === 0 || rowBytes > MOST_ROW_BYTES) unsupported(`rows of ${rowBytes} bytes`);
  checkedChunkBytes(rowBytes * chunkRows);
  const tail = rowShape.map(() => `${layout.separator}0`).join("");
  return {
    path,
    length,
    chunkRows,
    rowShape,
    dtype,
    rowBytes,
    compressor: zarrCompressor(layout.compressor),
    fillValue: layout.fillValue,
    fill: fillOf(layout, rowBytes),
    chunkKey: (chunk) => joined(path, `${layout.keyPrefix}${chunk}${tail}`),
  };
}
