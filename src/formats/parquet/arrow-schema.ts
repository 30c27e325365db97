/** The Arrow schema that Parquet files carry under `ARROW:schema`: it makes pyarrow, polars and others return fixed-size lists. */

import { type ColumnType, type Kind, type Schema, valuesPerRow } from "../../core/index.ts";
import { ByteWriter } from "./byte-writer.ts";
import { damaged } from "./fault.ts";
import { type FlatNode, type FlatTable, flatbuffer, flatRoot, type Scalar, type Slot } from "./flatbuffer.ts";

/** Key of the file's metadata that holds the schema, as base64 of an encapsulated IPC message. */
export const ARROW_KEY = "ARROW:schema";
const SHAPE_KEY = "windrow:shape";
const UNIT_KEY = "windrow:unit";

// Schema.fbs of Arrow 1.0 and later: the union `Type`, and `MetadataVersion.V5`, `MessageHeader.Schema`.
const TYPE = { int: 2, floatingPoint: 3, binary: 4, utf8: 5, bool: 6, fixedSizeList: 16 } as const;
const VERSION_5 = 4;
const HEADER_SCHEMA = 1;
const CONTINUATION = 0xffffffff;

const byte = (value: number): Scalar => ({ width: 1, value });
const short = (value: number): Scalar => ({ width: 2, value });
const int = (value: number): Scalar => ({ width: 4, value });

function integer(bits: number, signed: 0 | 1): readonly [number, readonly Slot[]] {
  return [TYPE.int, [int(bits), byte(signed)]];
}

/** Of each kind, the code of its type and that type's table. */
const TYPES: Readonly<Record<Kind, readonly [number, readonly Slot[]]>> = {
  bool: [TYPE.bool, []],
  i8: integer(8, 1),
  u8: integer(8, 0),
  i16: integer(16, 1),
  u16: integer(16, 0),
  i32: integer(32, 1),
  u32: integer(32, 0),
  i64: integer(64, 1),
  u64: integer(64, 0),
  f16: [TYPE.floatingPoint, [short(0)]],
  f32: [TYPE.floatingPoint, [short(1)]],
  f64: [TYPE.floatingPoint, [short(2)]],
  str: [TYPE.utf8, []],
  bytes: [TYPE.binary, []],
  json: [TYPE.utf8, []],
};

interface Field {
  readonly name: string;
  readonly isNullable: boolean;
  readonly type: readonly [number, readonly Slot[]];
  readonly children: readonly FlatNode[];
  readonly metadata: readonly (readonly [string, string])[];
}

function field({ name, isNullable, type, children, metadata }: Field): FlatNode {
  const entries = metadata.map(([key, value]): FlatNode => ({ table: [{ text: key }, { text: value }] }));
  return {
    table: [
      { text: name },
      byte(isNullable ? 1 : 0),
      byte(type[0]),
      { table: type[1] },
      undefined,
      { vector: children },
      entries.length === 0 ? undefined : { vector: entries },
    ],
  };
}

function columnField([name, type]: readonly [string, ColumnType]): FlatNode {
  const { kind, shape, unit } = type;
  const metadata: (readonly [string, string])[] = [];
  if (shape !== undefined && shape.length !== 1) metadata.push([SHAPE_KEY, JSON.stringify(shape)]);
  if (unit !== undefined) metadata.push([UNIT_KEY, unit]);
  const isNullable = type.nullable === true;
  if (shape === undefined) return field({ name, isNullable, type: TYPES[kind], children: [], metadata });
  const element = field({ name: "element", isNullable: false, type: TYPES[kind], children: [], metadata: [] });
  return field({
    name,
    isNullable,
    type: [TYPE.fixedSizeList, [int(valuesPerRow(type))]],
    children: [element],
    metadata,
  });
}

/** The schema as the value of `ARROW:schema`. */
export function arrowSchema(schema: Schema): string {
  const fields = Object.entries(schema).map(columnField);
  const message = flatbuffer({
    table: [short(VERSION_5), byte(HEADER_SCHEMA), { table: [undefined, { vector: fields }] }, { width: 8, value: 0 }],
  });
  const out = new ByteWriter();
  out.u32(CONTINUATION);
  out.u32(message.length);
  out.bytes(message);
  return base64(out.done());
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const value of bytes) binary += String.fromCharCode(value);
  return btoa(binary);
}

/** The bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** What the Arrow schema adds to the Parquet schema of one column. */
export interface ArrowHint {
  /** Values in each row, where the column is a fixed-size list. */
  readonly listSize?: number;
  readonly shape?: readonly number[];
  readonly unit?: string;
}

function shapeOf(text: string, listSize: number | undefined): readonly number[] {
  const shape: unknown = JSON.parse(text);
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
  if (!isShape || shape.reduce((product, size) => product * size, 1) !== listSize)
    damaged(`the shape ${text} does not hold lists of ${listSize}`);
  return shape;
}

function hint(table: FlatTable): ArrowHint {
  const metadata = new Map(table.tables(6).map((entry) => [entry.text(0), entry.text(1)]));
  const isFixed = table.int(2, 1) === TYPE.fixedSizeList;
  const listSize = isFixed ? (table.table(3)?.int(0, 4) ?? 0) : undefined;
  if (listSize !== undefined && listSize < 0) damaged(`a fixed-size list of ${listSize}`);
  const shape = metadata.get(SHAPE_KEY);
  const unit = metadata.get(UNIT_KEY);
  return {
    ...(listSize === undefined ? {} : { listSize }),
    ...(shape === undefined ? {} : { shape: shapeOf(shape, listSize) }),
    ...(unit === undefined ? {} : { unit }),
  };
}

/** What a value of `ARROW:schema` says of each top-level column. Throws for damage (see `at`). */
export function arrowHints(value: string): ReadonlyMap<string, ArrowHint> {
  const bytes = fromBase64(value);
  const view = new DataView(bytes.buffer);
  // Arrow before 0.15 has the length alone.
  const start = view.getUint32(0, true) === CONTINUATION ? 8 : 4;
  const schema = flatRoot(bytes.subarray(start)).table(2);
  if (schema === undefined) damaged(`${ARROW_KEY} holds no schema`);
  return new Map(schema.tables(1).map((table) => [table.text(0) ?? "", hint(table)]));
}
