/** Records as columns and back. */

import {
  type Arrays,
  type Batch,
  bytesOf,
  type Column,
  isNumeric,
  NUMERIC_ARRAYS,
  type NumberArray,
  type Strided,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { damaged } from "../fault.ts";
import type { ZarrField } from "./dtype.ts";
import { copyRuns, swapBytes, wordsOf } from "./gather.kernel.ts";

/** Records that lie in memory, some of them: every `step`th from record `first` on. */
export interface Records {
  readonly bytes: Uint8Array;
  readonly recordBytes: number;
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** Columns that are filled with records, in any order. */
export interface ColumnRooms {
  /** Puts records where row `row` and the following are. */
  put(records: Records, row: number): void;
  /** The columns, once all records are there. */
  batch(): Batch;
}

/** The largest word that all these byte counts are multiples of. */
function wordBytesOf(...counts: readonly number[]): number {
  return [4, 2].find((word) => counts.every((count) => count % word === 0)) ?? 1;
}

interface Room {
  put(records: Records, at: number): void;
  readonly column: Column;
}

function numberRoom({ value, type, bytes, places, run, isSwapped }: ZarrField, length: number): Room {
  if (value.is !== "numbers") return damaged("a column of numbers was expected");
  const rowValues = valuesPerRow(type);
  const data = new NUMERIC_ARRAYS[value.kind](length * rowValues);
  const out = bytesOf(data);
  return {
    column: { data },
    put(records, at) {
      const { bytes: source, recordBytes, first, step, count } = records;
      const word = wordBytesOf(bytes, recordBytes, source.byteOffset, source.length, ...places);
      const [from, to] = [wordsOf(source, word), wordsOf(out, word)];
      const words = (run * bytes) / word;
      const [fromStep, toStep] = [(step * recordBytes) / word, (rowValues * bytes) / word];
      for (const [i, place] of places.entries()) {
        const begin = (first * recordBytes + place) / word;
        copyRuns(from, begin, fromStep, to, at * toStep + i * words, toStep, words, count);
      }
      const own = out.subarray(at * rowValues * bytes, (at + count) * rowValues * bytes);
      if (isSwapped) swapBytes(own, bytes);
      // NumPy takes any byte but 0 for true.
      if (value.kind === "bool") for (let i = 0; i < own.length; i++) if (own[i]! > 1) own[i] = 1;
    },
  };
}

const MOST_LETTER = 0x10ffff;

function textAt(view: DataView, { bytes, isSwapped }: ZarrField, at: number): string {
  let text = "";
  let gap = "";
  for (let i = 0; i < bytes; i += 4) {
    const letter = view.getUint32(at + i, !isSwapped);
    if (letter > MOST_LETTER) damaged(`a letter of number ${letter}`);
    // NULs at the end are no part of the text; those in its middle are.
    if (letter === 0) gap += "\0";
    else {
      text += gap + String.fromCodePoint(letter);
      gap = "";
    }
  }
  return text;
}

function bytesAt(source: Uint8Array, { value, bytes }: ZarrField, at: number): Uint8Array {
  let end = at + bytes;
  if (value.is === "bytes" && !value.keepsNuls) while (end > at && source[end - 1] === 0) end--;
  return source.slice(at, end);
}

function varyingRoom(field: ZarrField, length: number): Room {
  const data = new Array<string | Uint8Array>(length);
  const place = field.places[0]!;
  return {
    column: { data: data as Arrays["str"] | Arrays["bytes"] }, // all of the one kind that the field has
    put({ bytes, recordBytes, first, step, count }, at) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let row = 0; row < count; row++) {
        const begin = (first + row * step) * recordBytes + place;
        data[at + row] = field.value.is === "text" ? textAt(view, field, begin) : bytesAt(bytes, field, begin);
      }
    },
  };
}

/** Makes room for `length` rows of these fields. */
export function columnRooms(fields: readonly ZarrField[], length: number): ColumnRooms {
  const rooms = fields.map((field) => (isNumeric(field.type.kind) ? numberRoom : varyingRoom)(field, length));
  return {
    put(records, row) {
      for (const room of rooms) room.put(records, row);
    },
    batch: () => ({ length, columns: Object.fromEntries(fields.map(({ name }, i) => [name, rooms[i]!.column])) }),
  };
}

/**
 * A field of records as they lie in memory, without a copy; `undefined` where that cannot be: its numbers do not lie at multiples of
 * their size, or the other way round in bytes, or in more than one place of a record, or it holds texts or bytes.
 */
export function stridedField(
  records: Uint8Array,
  recordBytes: number,
  field: ZarrField,
): Strided<NumberArray> | undefined {
  const { value, bytes, places, isSwapped, type } = field;
  if (value.is !== "numbers" || value.kind === "bool" || isSwapped || places.length !== 1) return undefined;
  const place = places[0]!;
  if ([records.byteOffset, recordBytes, place].some((count) => count % bytes !== 0)) return undefined;
  const rows = Math.floor(records.length / recordBytes);
  const buffer = records.buffer as ArrayBuffer; // or one that threads share, which typed arrays take as well
  const data = new NUMERIC_ARRAYS[value.kind](buffer, records.byteOffset, (rows * recordBytes) / bytes);
  const shape = type.shape ?? [];
  const inner = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, size) => all * size, 1));
  return { data, shape: [rows, ...shape], strides: [recordBytes / bytes, ...inner], offset: place / bytes };
}

/** Rows of a batch that become records, and where. */
export interface RecordsRoom {
  /** First row of the batch. */
  readonly from: number;
  readonly count: number;
  /** Whole records; what no field covers is left as it is. */
  readonly into: Uint8Array;
  readonly recordBytes: number;
  /** First record. */
  readonly at: number;
}

function putNumbers(field: ZarrField, column: Column, { from, count, into, recordBytes, at }: RecordsRoom): void {
  const { type, bytes, places, run, isSwapped } = field;
  const rowBytes = valuesPerRow(type) * bytes;
  const data = column.data as NumberArray; // the column's kind was checked
  const part = bytesOf(data).subarray(from * rowBytes, (from + count) * rowBytes);
  const source = isSwapped ? part.slice() : part;
  if (isSwapped) swapBytes(source, bytes);
  const word = wordBytesOf(bytes, recordBytes, into.byteOffset, into.length, source.byteOffset, ...places);
  const [words, out] = [wordsOf(source, word), wordsOf(into, word)];
  const length = (run * bytes) / word;
  for (const [i, place] of places.entries()) {
    const to = (at * recordBytes + place) / word;
    copyRuns(words, i * length, rowBytes / word, out, to, recordBytes / word, length, count);
  }
}

/** A value that its field has no room for. */
function tooLong(field: ZarrField, value: string | Uint8Array): WindrowError {
  const [most, unit] = field.value.is === "text" ? [field.bytes / 4, "letters"] : [field.bytes, "bytes"];
  const got = typeof value === "string" ? JSON.stringify(value) : `${value.length} bytes`;
  return new WindrowError(
    "usage",
    `Cannot write ${field.name}: up to ${most} ${unit} fit, and no NUL at the end, got ${got}`,
  );
}

function putText(view: DataView, field: ZarrField, at: number, text: string): void {
  let place = at;
  for (const letter of text) {
    if (place === at + field.bytes) throw tooLong(field, text);
    view.setUint32(place, letter.codePointAt(0)!, !field.isSwapped);
    place += 4;
  }
  for (; place < at + field.bytes; place += 4) view.setUint32(place, 0);
}

function putVarying(field: ZarrField, column: Column, { from, count, into, recordBytes, at }: RecordsRoom): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const keepsNuls = field.value.is === "bytes" && field.value.keepsNuls;
  for (let row = 0; row < count; row++) {
    const value = column.data[from + row] as string | Uint8Array; // the column's kind was checked
    const place = (at + row) * recordBytes + field.places[0]!;
    const last = typeof value === "string" ? value.charCodeAt(value.length - 1) : value.at(-1);
    if (!keepsNuls && last === 0) throw tooLong(field, value);
    if (typeof value === "string") putText(view, field, place, value);
    else {
      if (value.length > field.bytes || (keepsNuls && value.length < field.bytes)) throw tooLong(field, value);
      into.fill(0, place + value.length, place + field.bytes);
      into.set(value, place);
    }
  }
}

/**
 * Writes rows as records.
 * @throws WindrowError `usage` for a text or bytes that its field has no room for.
 */
export function putRecords(fields: readonly ZarrField[], batch: Batch, room: RecordsRoom): void {
  for (const field of fields) {
    const column = batch.columns[field.name]!;
    (isNumeric(field.type.kind) ? putNumbers : putVarying)(field, column, room);
  }
}

/**
 * Checks that a batch has the columns of these fields, of their kinds, and a value in every row.
 * @throws WindrowError `usage`
 */
export function checkBatch(fields: readonly ZarrField[], batch: Batch, path: string): void {
  const wrong = (what: string) => new WindrowError("usage", `Cannot write ${path}: ${what}`);
  const names = new Set(fields.map(({ name }) => name));
  const other = Object.keys(batch.columns).find((name) => !names.has(name));
  if (other !== undefined) throw wrong(`its records have no field ${other}`);
  for (const { name, type } of fields) {
    const column = Object.hasOwn(batch.columns, name) ? batch.columns[name] : undefined;
    if (column === undefined) throw wrong(`the batch has no column ${name}`);
    const isRight = isNumeric(type.kind)
      ? column.data instanceof NUMERIC_ARRAYS[type.kind]
      : Array.isArray(column.data);
    if (!isRight) throw wrong(`column ${name} must be of kind ${type.kind}, got ${column.data.constructor.name}`);
    const values = batch.length * valuesPerRow(type);
    if (column.data.length !== values)
      throw wrong(`column ${name} must have ${values} values, got ${column.data.length}`);
    if (column.valid?.subarray(0, batch.length).includes(0))
      throw wrong(`column ${name} has rows without a value, which Zarr has not`);
  }
}
