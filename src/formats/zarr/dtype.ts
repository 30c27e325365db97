/** NumPy's types as Zarr writes them down: plain ones such as `<f4`, and structured ones, lists of named fields. */

import type { ColumnType, Json, NumericKind, Schema } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";

/** How a value's bytes are read: numbers as they are, text of 32-bit letters, bytes with or without the NULs at their end. */
type ZarrValue =
  | { readonly is: "numbers"; readonly kind: NumericKind }
  | { readonly is: "text" }
  | { readonly is: "bytes"; readonly keepsNuls: boolean };

/** A column of the records: where its bytes lie in each. */
export interface ZarrField {
  /** `a.b` for a field of a structure in a structure. */
  readonly name: string;
  readonly type: ColumnType;
  readonly value: ZarrValue;
  /** Bytes of one number, or of one text. */
  readonly bytes: number;
  /** Whether the high byte comes first. */
  readonly isSwapped: boolean;
  /** Where in a record its values begin, `run` of them one behind the other at each place. More than one for fields of structures in arrays. */
  readonly places: readonly number[];
  readonly run: number;
}

/** A type of records, or of plain numbers as records of one field. */
export interface ZarrDtype {
  /** As in `.zarray`. */
  readonly descr: Json;
  readonly isStructured: boolean;
  /** Bytes of one value of the type: a record, or one number. */
  readonly itemBytes: number;
  readonly fields: readonly ZarrField[];
}

/** The field of a plain array. */
const PLAIN = "value";
/** Of NumPy: an item's size is an int of 32 bits. */
const MOST_BYTES = 2 ** 31 - 1;
/** Places of all fields together: structures in arrays have many. */
const MOST_PLACES = 1 << 18;
const MOST_DEPTH = 32;

interface Plain {
  readonly value: ZarrValue;
  readonly bytes: number;
  readonly isSwapped: boolean;
  /** Axes beneath those of the field: the two numbers of a complex one. */
  readonly shape: readonly number[];
  readonly unit?: string;
}

// bytes of each kind that NumPy has; `<f16` and `<c32`, which differ from machine to machine, are not read.
const NUMBERS: Readonly<Record<string, NumericKind>> = {
  b1: "bool",
  i1: "i8",
  i2: "i16",
  i4: "i32",
  i8: "i64",
  u1: "u8",
  u2: "u16",
  u4: "u32",
  u8: "u64",
  f2: "f16",
  f4: "f32",
  f8: "f64",
};

const numbers = (kind: NumericKind): ZarrValue => ({ is: "numbers", kind });

/** What a letter and a number of bytes stand for; `undefined` where that is nothing that is read. */
function plainValue(letter: string, bytes: number): Omit<Plain, "isSwapped"> | undefined {
  const kind = NUMBERS[`${letter}${bytes}`];
  if (kind !== undefined) return { value: numbers(kind), bytes, shape: [] };
  switch (letter) {
    case "S":
    case "V":
      return { value: { is: "bytes", keepsNuls: letter === "V" }, bytes, shape: [] };
    case "U":
      return { value: { is: "text" }, bytes: 4 * bytes, shape: [] };
    case "m":
    case "M":
      return bytes === 8 ? { value: numbers("i64"), bytes, shape: [] } : undefined;
    case "c":
      if (bytes !== 8 && bytes !== 16) return undefined;
      return { value: numbers(bytes === 8 ? "f32" : "f64"), bytes: bytes / 2, shape: [2] };
    default:
      return undefined;
  }
}

function plainType(text: string): Plain {
  const [, order, letter = "", digits, unit] = /^([<>|])([biufcSUVmM])(\d{1,9})(?:\[([^\]]+)\])?$/.exec(text) ?? [];
  const plain = plainValue(letter, Number(digits));
  const isTime = letter === "m" || letter === "M";
  if (plain === undefined || (unit !== undefined && !isTime)) return unsupported(`data type ${JSON.stringify(text)}`);
  // Of single bytes, as `S` and `V` are, the order says nothing.
  const hasOrder = plain.value.is === "text" || (plain.value.is === "numbers" && plain.bytes > 1);
  if (hasOrder && order === "|") unsupported(`data type ${JSON.stringify(text)} without a byte order`);
  return { ...plain, isSwapped: hasOrder && order === ">", ...(unit !== undefined && { unit }) };
}

const product = (shape: readonly number[]) => shape.reduce((all, size) => all * size, 1);

/** Texts and bytes of one field in several have no column kind: they are numbers, with an axis more. */
function asNumbers(plain: Plain): Plain {
  const { value, bytes } = plain;
  if (value.is === "text") return { ...plain, value: numbers("u32"), bytes: 4, shape: [bytes / 4] };
  if (value.is === "bytes") return { ...plain, value: numbers("u8"), bytes: 1, shape: [bytes] };
  return plain;
}

function columnType(value: ZarrValue, shape: readonly number[], unit: string | undefined): ColumnType {
  const kind = value.is === "numbers" ? value.kind : value.is === "text" ? "str" : "bytes";
  return { kind, ...(shape.length > 0 && { shape }), ...(unit !== undefined && { unit }) };
}

/** What has been found of a structure's fields so far, and what surrounds those to come. */
interface Found {
  readonly fields: ZarrField[];
  readonly prefix: string;
  /** Shape of the structures' arrays around, and where each begins in the record. */
  readonly outer: readonly number[];
  readonly places: readonly number[];
  readonly depth: number;
  /** How many places there may still be. */
  readonly left: { places: number };
}

function shapeOf(shape: Json | undefined, name: string): readonly number[] {
  const sizes = shape === undefined ? [] : typeof shape === "number" ? [shape] : shape;
  const isShape = Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);
  if (!isShape) damaged(`field ${JSON.stringify(name)} of shape ${JSON.stringify(shape)}`);
  return sizes as readonly number[]; // just looked at
}

function checkedBytes(bytes: number): number {
  return bytes <= MOST_BYTES ? bytes : unsupported(`a data type of ${bytes} bytes`);
}

interface Entry {
  readonly name: string;
  readonly type: string | readonly Json[];
  readonly shape: readonly number[];
}

function entryOf(entry: Json): Entry {
  const [name, type, sizes, ...more]: readonly Json[] = Array.isArray(entry) ? entry : [];
  if (typeof name !== "string" || more.length > 0)
    return damaged(`a field must be a name, a type and perhaps a shape, got ${JSON.stringify(entry)}`);
  if (typeof type !== "string" && !Array.isArray(type))
    damaged(`a type must be a text or a list, got ${JSON.stringify(type)}`);
  return { name, type: type as Entry["type"], shape: shapeOf(sizes, name) }; // just looked at
}

function bytesOfType(type: Entry["type"], depth: number): number {
  if (depth > MOST_DEPTH) unsupported(`a data type in more than ${MOST_DEPTH} levels`);
  if (typeof type === "string") {
    const { bytes, shape } = plainType(type);
    return bytes * product(shape);
  }
  return type.reduce<number>((sum, each) => {
    const entry = entryOf(each);
    return checkedBytes(sum + bytesOfType(entry.type, depth + 1) * product(entry.shape));
  }, 0);
}

/** Adds the fields of a structure that begins at each of the places. */
function addStructure(descr: readonly Json[], found: Found): void {
  let offset = 0;
  for (const each of descr) {
    const entry = entryOf(each);
    addField(entry, { ...found, places: found.places.map((place) => place + offset) });
    offset += bytesOfType(entry.type, found.depth) * product(entry.shape);
  }
}

function addField({ name, type, shape }: Entry, { fields, prefix, outer, places, depth, left }: Found): void {
  const count = product(shape);
  const path = `${prefix}${name}`;
  const whole = [...outer, ...shape];
  if (typeof type !== "string") {
    const bytes = bytesOfType(type, depth);
    if (places.length * count > left.places) unsupported(`field ${JSON.stringify(path)} of ${count} structures`);
    const inner = places.flatMap((place) => Array.from({ length: count }, (_, i) => place + i * bytes));
    addStructure(type, { fields, prefix: `${path}.`, outer: whole, places: inner, depth: depth + 1, left });
    return;
  }
  const plain = plainType(type);
  // A field without a name, of raw bytes, is what NumPy writes for the gaps between fields.
  if (name === "" && plain.value.is === "bytes") return;
  const { value, bytes, isSwapped, shape: beneath, unit } = whole.length > 0 ? asNumbers(plain) : plain;
  const run = count * product(beneath);
  const columnShape = [...whole, ...beneath];
  left.places -= places.length;
  if (left.places < 0) unsupported(`more than ${MOST_PLACES} places in a record`);
  fields.push({ name: path, type: columnType(value, columnShape, unit), value, bytes, isSwapped, places, run });
}

/**
 * Reads a type as `.zarray` says it.
 * @param rowShape of plain arrays with more axes than one: the shape of a row.
 * @throws WindrowError `damaged` for what is no type, `unsupported` for one that is not read
 */
export function zarrDtype(descr: Json, rowShape: readonly number[] = []): ZarrDtype {
  const fields: ZarrField[] = [];
  const root = { fields, prefix: "", outer: [], places: [0], depth: 0, left: { places: MOST_PLACES } };
  const { type } = entryOf([PLAIN, descr]);
  const itemBytes = bytesOfType(type, 0);
  if (itemBytes === 0) unsupported("a data type of 0 bytes");
  const isStructured = typeof type !== "string";
  if (isStructured && rowShape.length > 0) unsupported(`records in ${rowShape.length + 1} axes`);
  checkedBytes(itemBytes * product(rowShape));
  if (isStructured) addStructure(type, root);
  else addField({ name: PLAIN, type, shape: rowShape }, root);
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) damaged(`two fields of the name ${JSON.stringify(name)}`);
    names.add(name);
  }
  return { descr, isStructured, itemBytes, fields };
}

/** The columns of a type. */
export function schemaOf(dtype: ZarrDtype): Schema {
  return Object.fromEntries(dtype.fields.map(({ name, type }) => [name, type]));
}
