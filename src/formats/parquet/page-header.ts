/** Page headers, written and read. */

import { damaged } from "../fault.ts";
import { ENCODING, PAGE } from "./codes.ts";
import { i32, struct, thriftBytes } from "./thrift.ts";
import { need, readStruct, structField, type ThriftStruct } from "./thrift-read.ts";

/** A page as its header tells it. */
export interface PageHeader {
  /** Code of `PAGE`. */
  readonly type: number;
  readonly encoding: number;
  /** Values, gaps counted. */
  readonly values: number;
  readonly rawBytes: number;
  readonly bytes: number;
  readonly crc?: number;
  /** Of a data page of version 1: how its levels are written; means nothing for levels that are not there. */
  readonly levelEncodings?: { readonly definition: number; readonly repetition: number };
  /** Bytes of the levels that stand before the packed values, uncompressed, in a page of version 2. */
  readonly levels?: { readonly repetition: number; readonly definition: number; readonly isPacked: boolean };
}

/** The bytes of the header of a dictionary page or a data page of version 1. */
export function pageHeader({ type, encoding, values, rawBytes, bytes, crc = 0 }: PageHeader): Uint8Array {
  const data = { 1: i32(values), 2: i32(encoding), 3: i32(ENCODING.rle), 4: i32(ENCODING.rle) };
  const isDictionary = type === PAGE.dictionary;
  return thriftBytes(
    struct({
      1: i32(type),
      2: i32(rawBytes),
      3: i32(bytes),
      4: i32(crc | 0),
      5: isDictionary ? undefined : struct(data),
      7: isDictionary ? struct({ 1: i32(values), 2: i32(encoding) }) : undefined,
    }),
  );
}

function levelsOf(header: ThriftStruct): NonNullable<PageHeader["levels"]> {
  return { definition: need(header, 5), repetition: need(header, 6), isPacked: header.get(7) !== false };
}

/** Reads the header at a place, and where its page begins. @throws WindrowError `damaged`, `unsupported` */
export function readPageHeader(bytes: Uint8Array, from: number): { readonly header: PageHeader; readonly end: number } {
  const { value, end } = readStruct(bytes, from);
  const type = need(value, 1);
  const fields = structField(value, type === PAGE.data ? 5 : type === PAGE.dictionary ? 7 : 8);
  const crc = value.get(4);
  const common = {
    type,
    rawBytes: need(value, 2),
    bytes: need(value, 3),
    ...(typeof crc === "number" ? { crc: crc >>> 0 } : {}),
  };
  if (type === PAGE.index) return { header: { ...common, encoding: 0, values: 0 }, end };
  if (fields === undefined) damaged(`a page of type ${type} has no header of that type`);
  const values = need(fields, 1);
  if (type === PAGE.dictionary) return { header: { ...common, encoding: need(fields, 2), values }, end };
  if (type === PAGE.data) {
    const levelEncodings = { definition: need(fields, 3), repetition: need(fields, 4) };
    return { header: { ...common, encoding: need(fields, 2), values, levelEncodings }, end };
  }
  return { header: { ...common, encoding: need(fields, 4), values, levels: levelsOf(fields) }, end };
}
