/** Encodes a batch as one record batch: bytes that know nothing of the file around them, and a plain description for the footer. */

import {
  type Batch,
  bytesOf,
  type Codecs,
  type Column,
  type ColumnType,
  type Compression,
  isNumeric,
  type Kind,
  NUMERIC_ARRAYS,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { messageHead } from "../arrow-fields.ts";
import type { FlatNode } from "../flatbuffer.ts";
import { packBits } from "./bits.kernel.ts";

/** How record batches are encoded. */
export interface RecordBatchOptions {
  /** `zstd`, the one packing that all readers of Arrow have besides LZ4; none where absent. */
  readonly compression?: Compression | undefined;
  readonly codecs: Codecs;
}

/** A record batch as plain data: it goes through JSON and comes back the same. */
export interface RecordBatchMeta {
  readonly rows: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** A record batch that `arrowAssembly` takes. */
export interface EncodedRecordBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly meta: RecordBatchMeta;
}

/** Columnar.rst recommends it: readers map the file and use the values as they lie. */
export const ALIGNMENT = 64;
const MOST_OFFSET = 2 ** 31 - 1;
// Message.fbs, `CompressionType.ZSTD`.
const ZSTD = 1;

const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();

/** Nodes and buffers of a record batch under construction. */
interface Parts {
  readonly nodes: { readonly length: number; readonly nulls: number }[];
  readonly buffers: Uint8Array[];
}

function refuse(name: string, what: string): never {
  throw new WindrowError("usage", `Cannot write column ${name} to Arrow: ${what}`);
}

/** @throws WindrowError `usage` for a schema that an Arrow file of ours cannot hold */
export function checkArrowSchema(schema: Schema): void {
  for (const [name, { kind, shape }] of Object.entries(schema)) {
    if (shape === undefined) continue;
    if (!isNumeric(kind)) refuse(name, `only numbers can have a shape, got ${kind}`);
    const values = shape.reduce((product, size) => product * size, 1);
    if (!shape.every((size) => Number.isSafeInteger(size) && size > 0) || values > MOST_OFFSET)
      refuse(name, `sizes must be whole numbers from 1 up with a product below 2^31, got [${shape}]`);
  }
}

function holds(kind: Kind, data: unknown): boolean {
  return isNumeric(kind) ? data instanceof NUMERIC_ARRAYS[kind] : Array.isArray(data);
}

function checkColumn(name: string, type: ColumnType, batch: Batch): Column {
  const column = Object.hasOwn(batch.columns, name) ? batch.columns[name] : undefined;
  if (column === undefined) return refuse(name, "the batch does not have it");
  if (!holds(type.kind, column.data)) refuse(name, `values must be in the array of ${type.kind}`);
  const values = batch.length * valuesPerRow(type);
  if (column.data.length !== values)
    refuse(name, `${batch.length} rows hold ${values} values, got ${column.data.length}`);
  const { valid } = column;
  if (valid === undefined) return column;
  if (valid.length !== batch.length) refuse(name, `valid must have ${batch.length} bytes, got ${valid.length}`);
  if (type.nullable !== true && valid.includes(0))
    refuse(name, "a column that is not nullable has rows without a value");
  return column;
}

/** @throws WindrowError `usage` where a batch does not have the columns, arrays and lengths of its schema */
export function checkArrowBatch(schema: Schema, batch: Batch): void {
  for (const [name, type] of Object.entries(schema)) checkColumn(name, type, batch);
}

/** The bytes of one value; nothing for a row without one. */
function valueBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string" && !value.isWellFormed())
    refuse(name, "text must be well-formed Unicode, got a lone surrogate");
  return typeof value === "string" ? utf8.encode(value) : NOTHING;
}

function varying(
  name: string,
  kind: Kind,
  { data, valid }: Column,
): readonly [offsets: Uint8Array, values: Uint8Array] {
  const pieces = Array.from({ length: data.length }, (_, row) => {
    if (valid?.[row] === 0) return NOTHING;
    return valueBytes(name, kind === "json" ? JSON.stringify(data[row]) : data[row]);
  });
  const offsets = new Int32Array(data.length + 1);
  let bytes = 0;
  for (const [row, piece] of pieces.entries()) {
    bytes += piece.length;
    if (bytes > MOST_OFFSET) refuse(name, "the values of a record batch must take less than 2 GiB");
    offsets[row + 1] = bytes;
  }
  const values = new Uint8Array(bytes);
  for (const [row, piece] of pieces.entries()) values.set(piece, offsets[row]);
  return [bytesOf(offsets), values];
}

function addColumn(name: string, type: ColumnType, batch: Batch, parts: Parts): void {
  const column = checkColumn(name, type, batch);
  const { data, valid } = column;
  const nulls = valid?.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0) ?? 0;
  parts.nodes.push({ length: batch.length, nulls });
  parts.buffers.push(valid === undefined || nulls === 0 ? NOTHING : packBits(valid));
  if (!isNumeric(type.kind)) {
    parts.buffers.push(...varying(name, type.kind, column));
    return;
  }
  if (type.shape !== undefined) {
    parts.nodes.push({ length: data.length, nulls: 0 });
    parts.buffers.push(NOTHING);
  }
  const bytes = bytesOf(data as Uint8Array); // a numeric kind: a typed array
  parts.buffers.push(type.kind === "bool" ? packBits(bytes) : bytes);
}

/** Message.fbs, `BodyCompressionMethod.BUFFER`: the raw length before each buffer, −1 where packing would not pay. */
function packed(bytes: Uint8Array, pack: (bytes: Uint8Array) => Uint8Array): readonly Uint8Array[] {
  if (bytes.length === 0) return [];
  const small = pack(bytes);
  const isWorth = small.length < bytes.length;
  const length = new DataView(new ArrayBuffer(8));
  length.setBigInt64(0, isWorth ? BigInt(bytes.length) : -1n, true);
  return [new Uint8Array(length.buffer), isWorth ? small : bytes];
}

function packer({ compression, codecs }: RecordBatchOptions): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (compression === undefined) return undefined;
  const codec = compression.codec === "zstd" ? codecs.get("zstd") : undefined;
  if (codec === undefined)
    throw new WindrowError(
      "unsupported",
      `Cannot write Arrow: compression must be zstd or none, and at hand, got ${compression.codec}`,
    );
  return (bytes) => codec.pack(bytes, compression.level);
}

/** 16-byte structs of two whole numbers. */
function pairs(values: readonly (readonly [number, number])[]): FlatNode {
  const view = new DataView(new ArrayBuffer(16 * values.length));
  for (const [i, [first, second]] of values.entries()) {
    view.setBigInt64(16 * i, BigInt(first), true);
    view.setBigInt64(16 * i + 8, BigInt(second), true);
  }
  return { structs: new Uint8Array(view.buffer), count: values.length };
}

const padded = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/**
 * Encodes rows as a record batch. The bytes depend on nothing but the arguments.
 * @throws WindrowError `usage` for a batch that does not fit the schema, `unsupported` for a codec that is not there
 */
export function encodeRecordBatch(schema: Schema, batch: Batch, options: RecordBatchOptions): EncodedRecordBatch {
  checkArrowSchema(schema);
  const pack = packer(options);
  const parts: Parts = { nodes: [], buffers: [] };
  for (const [name, type] of Object.entries(schema)) addColumn(name, type, batch, parts);
  const buffers = parts.buffers.map((bytes) => (pack === undefined ? [bytes] : packed(bytes, pack)));
  const places: (readonly [number, number])[] = [];
  let bodyBytes = 0;
  for (const pieces of buffers) {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    places.push([bodyBytes, length]);
    bodyBytes += padded(length);
  }
  const header: FlatNode = {
    table: [
      { width: 8, value: batch.length },
      pairs(parts.nodes.map(({ length, nulls }) => [length, nulls])),
      pairs(places),
      pack === undefined ? undefined : { table: [{ width: 1, value: ZSTD }] },
    ],
  };
  const head = messageHead("recordBatch", header, { body: bodyBytes, alignment: ALIGNMENT });
  const bytes = new Uint8Array(head.length + bodyBytes);
  bytes.set(head);
  for (const [i, pieces] of buffers.entries()) {
    let at = head.length + places[i]![0];
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
  }
  return { bytes, meta: { rows: batch.length, headBytes: head.length, bodyBytes } };
}
