/** Columns as fields of an Arrow schema: what Arrow files, and Parquet files under `ARROW:schema`, say of them. */

import { type ColumnType, type Kind, type Schema, valuesPerRow } from "../core/index.ts";
import { ByteWriter } from "./byte-writer.ts";
import { damaged } from "./fault.ts";
import { type FlatNode, type FlatTable, flatbuffer, type Scalar, type Slot } from "./flatbuffer.ts";

// Schema.fbs and Message.fbs of Arrow 1.0 and later: the union `Type`, `MetadataVersion.V5`, the union `MessageHeader`.
export const TYPE = {
  null: 1,
  int: 2,
  floatingPoint: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixedSizeBinary: 15,
  fixedSizeList: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const;
export const VERSION_5 = 4;
export const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;
/** Stands before the length of every message since Arrow 0.15. */
export const CONTINUATION = 0xffffffff;

const SHAPE_KEY = "windrow:shape";
const UNIT_KEY = "windrow:unit";
/** Names the canonical extension type of a field ("Canonical Extension Types", `arrow.json`). */
const EXTENSION_KEY = "ARROW:extension:name";
const EXTENSION_JSON = "arrow.json";

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
  return {
    table: [
      { text: name },
      byte(isNullable ? 1 : 0),
      byte(type[0]),
      { table: type[1] },
      undefined,
      { vector: children },
      metadata.length === 0 ? undefined : keyValues(metadata),
    ],
  };
}

/** Key-value metadata. */
export function keyValues(entries: Iterable<readonly [string, string]>): FlatNode {
  return { vector: Array.from(entries, ([key, value]): FlatNode => ({ table: [{ text: key }, { text: value }] })) };
}

/** Where a schema is written: Parquet says itself which of its texts are JSON, Arrow by an extension type. */
export type FieldStyle = "arrow" | "parquet";

function columnField(name: string, type: ColumnType, style: FieldStyle): FlatNode {
  const { kind, shape, unit } = type;
  const metadata: (readonly [string, string])[] = [];
  if (shape !== undefined && shape.length !== 1) metadata.push([SHAPE_KEY, JSON.stringify(shape)]);
  if (unit !== undefined) metadata.push([UNIT_KEY, unit]);
  if (kind === "json" && style === "arrow") metadata.push([EXTENSION_KEY, EXTENSION_JSON]);
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

/** A schema's table. */
export function schemaNode(schema: Schema, style: FieldStyle): { readonly table: readonly Slot[] } {
  const fields = Object.entries(schema).map(([name, type]) => columnField(name, type, style));
  return { table: [undefined, { vector: fields }] };
}

/**
 * An encapsulated message without its body: continuation, length, metadata. It ends at a multiple of `alignment` bytes (8 or more, as
 * the format wants it) where `before` bytes stand before it, so that a body behind it is aligned.
 */
export function messageHead(
  header: keyof typeof HEADER,
  node: FlatNode,
  of: { readonly body: number; readonly alignment: number; readonly before?: number },
): Uint8Array<ArrayBuffer> {
  const { body, alignment, before = 0 } = of;
  const message = flatbuffer({
    table: [short(VERSION_5), byte(HEADER[header]), node, { width: 8, value: body }],
  });
  const length = Math.ceil((before + message.length + 8) / alignment) * alignment - before;
  const out = new ByteWriter(length);
  out.u32(CONTINUATION);
  out.u32(length - 8);
  out.bytes(message);
  while (out.length < length) out.byte(0);
  return out.done();
}

/** What a field's metadata says that its type does not. */
export interface FieldHints {
  readonly shape?: readonly number[];
  readonly unit?: string;
  readonly isJson: boolean;
}

function shapeOf(text: string, listSize: number | undefined): readonly number[] {
  const shape: unknown = JSON.parse(text);
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
  if (!isShape || shape.reduce((product, size) => product * size, 1) !== listSize)
    damaged(`the shape ${text} does not hold lists of ${listSize}`);
  return shape;
}

/** Reads a field's metadata; a shape must hold lists of `listSize`. */
export function fieldHints(table: FlatTable, listSize: number | undefined): FieldHints {
  const metadata = new Map(table.tables(6).map((entry) => [entry.text(0), entry.text(1)]));
  const shape = metadata.get(SHAPE_KEY);
  const unit = metadata.get(UNIT_KEY);
  return {
    ...(shape === undefined ? {} : { shape: shapeOf(shape, listSize) }),
    ...(unit === undefined ? {} : { unit }),
    isJson: metadata.get(EXTENSION_KEY) === EXTENSION_JSON,
  };
}
