/** Fields of an Arrow schema, of any writer: what each column is here, and how its buffers lie in a record batch. */

import { type ColumnType, type Kind, type NumericKind, WindrowError } from "../../core/index.ts";
import { fieldHints, TYPE } from "../arrow-fields.ts";
import { damaged, unsupported } from "../fault.ts";
import type { FlatTable } from "../flatbuffer.ts";

/** How a column's values lie in its buffers. */
export type Layout =
  /** Values of one width, or bits for `bool`. */
  | { readonly is: "fixed"; readonly kind: NumericKind }
  /** Bytes of `width` for each row. */
  | { readonly is: "fixedBytes"; readonly width: number }
  /** Offsets of so many bytes, then the values' bytes. */
  | { readonly is: "varying"; readonly offsetBytes: 4 | 8 }
  /** 16 bytes a row that hold a short value, or say where a long one lies. */
  | { readonly is: "view" }
  /** `size` values in each row. */
  | { readonly is: "list"; readonly size: number; readonly kind: NumericKind }
  /** Whole numbers that name entries of a dictionary. */
  | { readonly is: "dictionary"; readonly id: number; readonly index: NumericKind; readonly values: Layout };

/** A column of a file. */
export interface SourceField {
  readonly name: string;
  readonly type: ColumnType;
  readonly layout: Layout;
  /** Its first field node, and its first buffer, in a record batch. Buffers of views that come before are not counted. */
  readonly node: number;
  readonly buffer: number;
  /** Fields with views before it: each brings further buffers, as many as the record batch says. */
  readonly viewsBefore: number;
}

/** What a field takes up in a record batch. */
interface Room {
  nodes: number;
  buffers: number;
  views: number;
}

const INTEGERS: Readonly<Record<string, NumericKind>> = {
  "8,0": "u8",
  "8,1": "i8",
  "16,0": "u16",
  "16,1": "i16",
  "32,0": "u32",
  "32,1": "i32",
  "64,0": "u64",
  "64,1": "i64",
};
const FLOATS = ["f16", "f32", "f64"] as const;
// Schema.fbs, `TimeUnit` and `DateUnit`.
const TIME_UNITS = ["s", "ms", "us", "ns"] as const;
const DATE_UNITS = ["d", "ms"] as const;
const MILLISECOND = 1;
const DEEPEST = 64;

function integer(table: FlatTable | undefined): NumericKind {
  const bits = table?.int(0, 4) ?? 0;
  return INTEGERS[`${bits},${table?.int(1, 1)}`] ?? damaged(`whole numbers of ${bits} bits`);
}

/** A unit of a time type: whole numbers of it are what the file holds. */
function timed(kind: NumericKind, units: readonly string[], unit: number): { kind: NumericKind; unit: string } {
  return { kind, unit: units[unit] ?? damaged(`unit ${unit} of a time`) };
}

/** Numbers of one width, if the type is that. */
function number(code: number, table: FlatTable | undefined): { kind: NumericKind; unit?: string } | undefined {
  const short = (slot: number, absent: number) => table?.int(slot, 2, absent) ?? absent;
  switch (code) {
    case TYPE.bool:
      return { kind: "bool" };
    case TYPE.int:
      return { kind: integer(table) };
    case TYPE.floatingPoint:
      return { kind: FLOATS[short(0, 0)] ?? damaged(`floating point of precision ${short(0, 0)}`) };
    case TYPE.date:
      return timed(short(0, MILLISECOND) === 0 ? "i32" : "i64", DATE_UNITS, short(0, MILLISECOND));
    case TYPE.time:
      return timed((table?.int(1, 4, 32) ?? 32) === 32 ? "i32" : "i64", TIME_UNITS, short(0, MILLISECOND));
    case TYPE.timestamp:
      return timed("i64", TIME_UNITS, short(0, 0));
    case TYPE.duration:
      return timed("i64", TIME_UNITS, short(0, MILLISECOND));
    default:
      return undefined;
  }
}

const VARYING: Readonly<Record<number, { readonly kind: Kind; readonly layout: Layout }>> = {
  [TYPE.utf8]: { kind: "str", layout: { is: "varying", offsetBytes: 4 } },
  [TYPE.binary]: { kind: "bytes", layout: { is: "varying", offsetBytes: 4 } },
  [TYPE.largeUtf8]: { kind: "str", layout: { is: "varying", offsetBytes: 8 } },
  [TYPE.largeBinary]: { kind: "bytes", layout: { is: "varying", offsetBytes: 8 } },
  [TYPE.utf8View]: { kind: "str", layout: { is: "view" } },
  [TYPE.binaryView]: { kind: "bytes", layout: { is: "view" } },
};

interface Read {
  readonly type: ColumnType;
  readonly layout: Layout;
}

function fixedList(field: FlatTable): Read {
  const size = field.table(3)?.int(0, 4) ?? 0;
  if (size < 1) unsupported(`lists of ${size} values, which are not read`);
  const [child, ...more] = field.tables(5);
  if (child === undefined || more.length > 0) damaged("a list has one field for its values");
  const values = child.table(4) === undefined ? number(child.int(2, 1), child.table(3)) : undefined;
  if (values === undefined) unsupported("lists of other than numbers, which are not read");
  const { shape = [size], unit = values.unit } = fieldHints(field, size);
  return {
    type: { kind: values.kind, shape, ...(unit === undefined ? {} : { unit }) },
    layout: { is: "list", size, kind: values.kind },
  };
}

/** The type and layout of a field that has no dictionary. */
function plain(field: FlatTable): Read {
  const code = field.int(2, 1);
  const table = field.table(3);
  if (code === TYPE.fixedSizeList) return fixedList(field);
  const { unit: said, isJson } = fieldHints(field, undefined);
  const numeric = number(code, table);
  if (numeric !== undefined) {
    const unit = said ?? numeric.unit;
    return {
      type: { kind: numeric.kind, ...(unit === undefined ? {} : { unit }) },
      layout: { is: "fixed", kind: numeric.kind },
    };
  }
  const unit = said === undefined ? {} : { unit: said };
  if (code === TYPE.fixedSizeBinary) {
    const width = table?.int(0, 4) ?? 0;
    if (width < 0) damaged(`values of ${width} bytes`);
    return { type: { kind: "bytes", ...unit }, layout: { is: "fixedBytes", width } };
  }
  const varying = VARYING[code];
  if (varying !== undefined)
    return {
      type: { kind: isJson && varying.kind === "str" ? "json" : varying.kind, ...unit },
      layout: varying.layout,
    };
  return unsupported(`values of Arrow type ${code}, which are not read`);
}

function read(field: FlatTable): Read {
  const dictionary = field.table(4);
  const values = plain(field);
  const nullable = field.int(1, 1) === 0 ? {} : { nullable: true };
  if (dictionary === undefined) return { type: { ...values.type, ...nullable }, layout: values.layout };
  if (values.layout.is === "list") unsupported("a dictionary of lists, which is not read");
  const index = dictionary.table(1);
  const layout: Layout = {
    is: "dictionary",
    id: dictionary.int(0, 8),
    index: index === undefined ? "i32" : integer(index),
    values: values.layout,
  };
  return { type: { ...values.type, ...nullable }, layout };
}

/** Counts what a field and those below it take up (Columnar.rst, "Buffer Listing for Each Layout"). */
function take(field: FlatTable, room: Room, depth: number): void {
  if (depth > DEEPEST) damaged("fields lie deeper in each other than is read");
  const code = field.int(2, 1);
  const isDictionary = field.table(4) !== undefined;
  room.nodes++;
  if (!isDictionary) for (const child of field.tables(5)) take(child, room, depth + 1);
  if (isDictionary) room.buffers += 2;
  else if (code === TYPE.utf8View || code === TYPE.binaryView) {
    room.buffers += 2;
    room.views++;
  } else room.buffers += buffersOf(code);
}

function buffersOf(code: number): number {
  switch (code) {
    case TYPE.null:
      return 0;
    case TYPE.struct:
    case TYPE.fixedSizeList:
      return 1;
    case TYPE.binary:
    case TYPE.utf8:
    case TYPE.largeBinary:
    case TYPE.largeUtf8:
      return 3;
    case TYPE.int:
    case TYPE.floatingPoint:
    case TYPE.bool:
    case TYPE.decimal:
    case TYPE.date:
    case TYPE.time:
    case TYPE.timestamp:
    case TYPE.interval:
    case TYPE.list:
    case TYPE.fixedSizeBinary:
    case TYPE.map:
    case TYPE.duration:
    case TYPE.largeList:
      return 2;
    default:
      return unsupported(`a column of Arrow type ${code}, behind which no other can be found`);
  }
}

/**
 * The columns of a schema, those of `names` where given. Throws `unsupported` for one of them that is not read, `damaged` for what
 * does not add up (see `at`).
 */
export function sourceFields(schema: FlatTable, names: readonly string[] | undefined): readonly SourceField[] {
  if (schema.int(0, 2) !== 0) unsupported("numbers are big-endian, which are not read");
  const room: Room = { nodes: 0, buffers: 0, views: 0 };
  const found: SourceField[] = [];
  const seen = new Set<string>();
  for (const table of schema.tables(1)) {
    const name = table.text(0) ?? "";
    const at = { node: room.nodes, buffer: room.buffers, viewsBefore: room.views };
    const isWanted = names === undefined || names.includes(name);
    if (isWanted && seen.has(name)) unsupported(`two columns are named ${name}; choose others by columns`);
    seen.add(name);
    if (isWanted) found.push({ name, ...named(name, table), ...at });
    take(table, room, 0);
  }
  return found;
}

/** What is wrong with a field, with its name. */
function withName(name: string, error: unknown): unknown {
  return error instanceof WindrowError
    ? new WindrowError(error.code, `column ${name}: ${error.message}`, { cause: error })
    : error;
}

function named(name: string, table: FlatTable): Read {
  try {
    return read(table);
  } catch (error) {
    throw withName(name, error);
  }
}
