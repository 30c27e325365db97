/** The values of one column in a range of a record batch's rows. */

import {
  type Arrays,
  type Column,
  isNumeric,
  type Json,
  type Kind,
  kindBytes,
  NUMERIC_ARRAYS,
  type NumericKind,
  WindrowError,
} from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { unpackBits } from "./bits.kernel.ts";
import type { Buffers } from "./buffers.ts";
import type { Layout, SourceField } from "./fields.ts";

/** Half-open range of a record batch's rows. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** The values of dictionaries, by id; read when first asked for. */
export type Dictionaries = (id: number, field: SourceField) => Promise<Column>;

// A byte order mark is part of the text, and text that is not UTF-8 is damage.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type Numbers = Arrays[NumericKind];

/** A typed array over bytes; over a copy where they are not aligned for it. */
function typed(kind: NumericKind, bytes: Uint8Array): Numbers {
  const width = kindBytes(kind);
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  // What lies beneath is no SharedArrayBuffer: it comes from a store or a codec.
  return new NUMERIC_ARRAYS[kind](aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / width);
}

/** `count` numbers from the `from`-th on. Booleans are bits, and come as bytes. */
async function numbers(buffers: Buffers, buffer: number, kind: NumericKind, { from, to }: Rows): Promise<Numbers> {
  if (kind === "bool") {
    const first = Math.floor(from / 8);
    const bits = await buffers.read(buffer, first, Math.ceil(to / 8));
    return unpackBits(bits, from - 8 * first, to - from);
  }
  const width = kindBytes(kind);
  return typed(kind, await buffers.read(buffer, from * width, to * width));
}

/** Which rows have a value; `undefined` where all have one. */
async function validity(buffers: Buffers, buffer: number, nulls: number, rows: Rows): Promise<Uint8Array | undefined> {
  if (nulls === 0) return undefined;
  const valid = (await numbers(buffers, buffer, "bool", rows)) as Uint8Array; // bool is bytes
  return valid.includes(0) ? valid : undefined;
}

/** Bytes of each row between offsets, which are held against each other and the end of the values. */
async function varyingBytes(buffers: Buffers, first: number, offsetBytes: 4 | 8, rows: Rows): Promise<Uint8Array[]> {
  const count = rows.to - rows.from;
  if (count === 0) return [];
  const raw = await numbers(buffers, first, offsetBytes === 4 ? "i32" : "i64", { from: rows.from, to: rows.to + 1 });
  const offsets = Float64Array.from(raw as Int32Array, Number);
  const start = offsets[0]!;
  buffers.at(() => {
    if (!(start >= 0)) damaged(`an offset of ${start}`);
    for (let i = 0; i < count; i++)
      if (!(offsets[i + 1]! >= offsets[i]!)) damaged(`offsets that fall, ${offsets[i + 1]} behind ${offsets[i]}`);
  });
  const bytes = await buffers.read(first + 1, start, offsets[count]!);
  return Array.from({ length: count }, (_, i) => bytes.subarray(offsets[i]! - start, offsets[i + 1]! - start));
}

/** Columnar.rst, "Variable-size Binary View Layout": up to 12 bytes lie in the view itself. */
async function viewBytes(
  buffers: Buffers,
  field: { readonly first: number; readonly views: number },
  rows: Rows,
): Promise<Uint8Array[]> {
  const views = await buffers.read(field.first, 16 * rows.from, 16 * rows.to);
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const { own } = buffers.variadic(field.views);
  const found: Uint8Array[] = [];
  for (let at = 0; at < views.length; at += 16) {
    const length = view.getInt32(at, true);
    if (length < 0) buffers.at(() => damaged(`a value of ${length} bytes`));
    if (length <= 12) {
      found.push(views.subarray(at + 4, at + 4 + length));
      continue;
    }
    const [number, offset] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    if (number < 0 || number >= own || offset < 0) buffers.at(() => damaged(`a view of buffer ${number} at ${offset}`));
    found.push(await buffers.read(field.first + 1 + number, offset, offset + length));
  }
  return found;
}

async function fixedBytes(buffers: Buffers, buffer: number, width: number, { from, to }: Rows): Promise<Uint8Array[]> {
  if (width === 0) buffers.at(() => unsupported("values of no bytes, which are not read"));
  const bytes = await buffers.read(buffer, from * width, to * width);
  return Array.from({ length: to - from }, (_, i) => bytes.subarray(i * width, (i + 1) * width));
}

function notThis(what: string, cause: unknown): WindrowError {
  return new WindrowError("damaged", what, { cause });
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw notThis("text must be UTF-8, got other bytes", cause);
  }
}

function json(bytes: Uint8Array): Json {
  const source = text(bytes);
  try {
    return JSON.parse(source) as Json; // what JSON.parse gives is Json
  } catch (cause) {
    throw notThis(`JSON was expected, got ${JSON.stringify(source.slice(0, 40))}`, cause);
  }
}

/** Bytes as what their kind says; those without a value as nothing of it. */
function decoded(kind: Kind, bytes: readonly Uint8Array[], valid: Uint8Array | undefined): Column["data"] {
  const isThere = (row: number) => valid === undefined || valid[row] !== 0;
  if (kind === "str") return bytes.map((value, row) => (isThere(row) ? text(value) : ""));
  if (kind === "json") return bytes.map((value, row) => (isThere(row) ? json(value) : null));
  // Copied, so that a value that is kept does not keep its whole buffer.
  return bytes.map((value, row) => (isThere(row) ? new Uint8Array(value) : new Uint8Array(0)));
}

/** What a row without a value holds is nobody's business: it becomes zeros. */
function withoutGaps(data: Numbers, valid: Uint8Array, perRow: number): Numbers {
  const copy = data.slice() as Float64Array; // all typed arrays are filled alike
  const zero = (copy instanceof BigInt64Array || copy instanceof BigUint64Array ? 0n : 0) as number;
  for (let row = 0; row < valid.length; row++) if (valid[row] === 0) copy.fill(zero, row * perRow, (row + 1) * perRow);
  return copy;
}

function column(data: Column["data"], valid: Uint8Array | undefined): Column {
  return valid === undefined ? { data } : { data, valid };
}

/** What stands for a value that is not there, of kinds that are no numbers. */
const EMPTY = { str: "", bytes: new Uint8Array(0), json: null } as const;

/** A place in a dictionary, or -1 for a row without a value. */
type Place = number;

/** The values behind indexes. */
async function looked(
  field: SourceField,
  layout: Layout & { is: "dictionary" },
  read: { buffers: Buffers; buffer: number; rows: Rows; valid: Uint8Array | undefined; dictionaries: Dictionaries },
): Promise<Column> {
  const { buffers, buffer, rows, valid } = read;
  const { data, valid: entryValid } = await read.dictionaries(layout.id, field);
  const indexes = (await numbers(buffers, buffer, layout.index, rows)) as Int32Array; // or another of whole numbers
  const count = rows.to - rows.from;
  const there = new Uint8Array(count).fill(1);
  const places = Array.from({ length: count }, (_, row): Place => {
    const index = Number(indexes[row]);
    if (valid?.[row] === 0 || entryValid?.[index] === 0) {
      there[row] = 0;
      return -1;
    }
    return index >= 0 && index < data.length
      ? index
      : buffers.at(() => damaged(`entry ${index} of a dictionary of ${data.length}`));
  });
  const { kind } = field.type;
  const found = isNumeric(kind)
    ? numbersAt(data as Numbers, places) // a dictionary's values are of its field's kind
    : places.map((place) => (place < 0 ? EMPTY[kind] : data[place]));
  return column(found as Column["data"], there.includes(0) ? there : undefined); // values of the dictionary's own kind
}

/** Numbers of a dictionary, moved as bits, so that each NaN stays the NaN it was; 0 where there is none. */
function numbersAt(data: Numbers, places: readonly Place[]): Numbers {
  const width = data.BYTES_PER_ELEMENT;
  const Typed = data.constructor as new (length: number) => Numbers;
  const found = new Typed(places.length);
  const Unit = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const units = Math.ceil(width / 4);
  const from = new Unit(data.buffer as ArrayBuffer, data.byteOffset, data.length * units); // nothing here is shared
  const to = new Unit(found.buffer as ArrayBuffer);
  for (const [row, place] of places.entries())
    for (let i = 0; place >= 0 && i < units; i++) to[row * units + i] = from[place * units + i]!;
  return found;
}

/** Gaps inside of lists are not read; those in rows that have no list are nobody's business. */
async function checkElements(
  buffers: Buffers,
  at: { readonly node: number; readonly buffer: number; readonly size: number },
  rows: Rows,
  valid: Uint8Array | undefined,
): Promise<void> {
  const { nulls } = buffers.node(at.node, buffers.batch.rows * at.size);
  if (nulls === 0) return;
  const { from, to } = rows;
  const elements = await validity(buffers, at.buffer, nulls, { from: from * at.size, to: to * at.size });
  const gap = elements?.findIndex((value, i) => value === 0 && valid?.[Math.floor(i / at.size)] !== 0) ?? -1;
  if (gap >= 0)
    buffers.at(() =>
      unsupported(`row ${from + Math.floor(gap / at.size)} of a record batch is a list with gaps, which is not read`),
    );
}

/** Reads rows of a column. Throws WindrowError with its place. */
export async function readColumn(
  field: SourceField,
  buffers: Buffers,
  rows: Rows,
  dictionaries: Dictionaries,
): Promise<Column> {
  const { layout, type } = field;
  const { nulls } = buffers.node(field.node, buffers.batch.rows);
  if (nulls > 0 && type.nullable !== true)
    buffers.at(() => damaged(`column ${field.name} must have a value in each row, got ${nulls} without`));
  const first = field.buffer + buffers.shift(field.viewsBefore);
  const valid = await validity(buffers, first, nulls, rows);
  const plain = (data: Numbers, perRow: number) =>
    column(valid === undefined ? data : withoutGaps(data, valid, perRow), valid);
  const values = (bytes: readonly Uint8Array[]) =>
    column(
      buffers.at(() => decoded(type.kind, bytes, valid)),
      valid,
    );
  switch (layout.is) {
    case "fixed":
      return plain(await numbers(buffers, first + 1, layout.kind, rows), 1);
    case "list": {
      const { size } = layout;
      // The values' own validity and their bytes come behind the list's validity.
      await checkElements(buffers, { node: field.node + 1, buffer: first + 1, size }, rows, valid);
      return plain(
        await numbers(buffers, first + 2, layout.kind, { from: rows.from * size, to: rows.to * size }),
        size,
      );
    }
    case "fixedBytes":
      return values(await fixedBytes(buffers, first + 1, layout.width, rows));
    case "varying":
      return values(await varyingBytes(buffers, first + 1, layout.offsetBytes, rows));
    case "view":
      return values(await viewBytes(buffers, { first: first + 1, views: field.viewsBefore }, rows));
    case "dictionary":
      return looked(field, layout, { buffers, buffer: first + 1, rows, valid, dictionaries });
  }
}
