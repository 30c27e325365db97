/** The values of a column without its gaps, as pages take them: plain, split into byte streams, or as places in a dictionary. */

import { bytesOf, type Column, type Json, NUMERIC_ARRAYS, type NumericKind, WindrowError } from "../../core/index.ts";
import { ByteWriter } from "../byte-writer.ts";
import { type Bounds, byteBounds, numberBounds } from "./bounds.ts";
import { ENCODING } from "./codes.ts";
import type { Leaf } from "./leaf.ts";
import { bitWidth, packBits, writeHybrid } from "./levels.kernel.ts";
import { countPresent, presentRuns } from "./present.ts";
import { split, split4 } from "./split.kernel.ts";

/** Values that go into pages. `from` and `to` count rows that have a value. */
export interface PageValues {
  readonly encoding: number;
  /** PLAIN bytes of the dictionary, where there is one. */
  readonly dictionary?: { readonly bytes: Uint8Array; readonly count: number };
  /** Bytes that a row takes, before any encoding: what pages are measured by. */
  rowBytes(row: number): number;
  /** The encoded rows; good until the next call. */
  bytes(from: number, to: number): Uint8Array;
  bounds(from: number, to: number): Bounds | undefined;
}

/** Every array that core uses for a numeric kind. */
type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** Rows `from` to `to` of a column's values. */
type Slice<T> = (from: number, to: number) => T;

function numbers(leaf: Leaf, data: Numbers, byteStreamSplit: boolean): PageValues {
  const { kind } = leaf.type;
  const { values } = leaf;
  const slice: Slice<Numbers> = (from, to) => data.subarray(from * values, to * values);
  const isSplit = byteStreamSplit && (kind === "f32" || kind === "f64");
  const width = (leaf.width ?? 0) * values;
  return {
    encoding: isSplit ? ENCODING.byteStreamSplit : ENCODING.plain,
    rowBytes: () => width,
    bytes: isSplit ? splitting(slice) : (from, to) => plain(leaf, slice(from, to)),
    bounds: (from, to) => (leaf.isList ? undefined : numberBounds(kind, slice(from, to))),
  };
}

/** Whole numbers below 32 bits are stored as 32, booleans as bits; all else lies in memory as it is stored. */
function plain(leaf: Leaf, values: Numbers): Uint8Array {
  switch (leaf.type.kind) {
    case "bool":
      return packBits(values as Uint8Array);
    case "i8":
    case "u8":
    case "i16":
    case "u16":
      return bytesOf(Int32Array.from(values as Uint8Array));
    default:
      return bytesOf(values);
  }
}

/** Splits into one array that is used again for each page. */
function splitting(slice: Slice<Numbers>): Slice<Uint8Array> {
  let scratch = new Uint8Array(0);
  return (from, to) => {
    const values = slice(from, to);
    if (scratch.length < values.byteLength) scratch = new Uint8Array(values.byteLength);
    const out = scratch.subarray(0, values.byteLength);
    if (values instanceof Float32Array) split4(new Uint32Array(values.buffer, values.byteOffset, values.length), out);
    else split(bytesOf(values), values.BYTES_PER_ELEMENT, out);
    return out;
  };
}

/** PLAIN: each value behind its length (Encodings.md, "Plain"). */
function plainByteStrings(values: readonly Uint8Array[]): Uint8Array {
  const out = new ByteWriter(values.reduce((sum, value) => sum + 4 + value.length, 0));
  for (const value of values) {
    out.u32(value.length);
    out.bytes(value);
  }
  return out.done();
}

function byteStrings(leaf: Leaf, values: readonly Uint8Array[]): PageValues {
  return {
    encoding: ENCODING.plain,
    rowBytes: (row) => 4 + values[row]!.length,
    bytes: (from, to) => plainByteStrings(values.slice(from, to)),
    // JSON texts have an order that no reader asks for.
    bounds: (from, to) => (leaf.type.kind === "json" ? undefined : byteBounds(values.slice(from, to))),
  };
}

function utf8(leaf: Leaf): (value: string) => Uint8Array {
  const encoder = new TextEncoder();
  return (value) => {
    if (!value.isWellFormed())
      throw new WindrowError("usage", `Cannot write column ${leaf.name} to Parquet: half a surrogate pair is no UTF-8`);
    return encoder.encode(value);
  };
}

/** Beyond this many different texts a dictionary does not pay. */
const MAX_DICTIONARY = 1 << 16;

/** Texts as places in a dictionary, in the order that they first come; `undefined` where plain takes no more bytes. */
function dictionary(leaf: Leaf, texts: readonly string[]): PageValues | undefined {
  const places = new Map<string, number>();
  const indices = new Uint32Array(texts.length);
  for (const [i, value] of texts.entries()) {
    let place = places.get(value);
    if (place === undefined) {
      place = places.size;
      if (place === MAX_DICTIONARY) return undefined;
      places.set(value, place);
    }
    indices[i] = place;
  }
  const entries = Array.from(places.keys(), utf8(leaf));
  const width = Math.max(1, bitWidth(entries.length - 1));
  const bytes = plainByteStrings(entries);
  const plainBytes = indices.reduce((sum, index) => sum + 4 + entries[index]!.length, 0);
  if (bytes.length + Math.ceil((indices.length * width) / 8) >= plainBytes) return undefined;
  return {
    encoding: ENCODING.rleDictionary,
    dictionary: { bytes, count: entries.length },
    rowBytes: () => width / 8,
    bytes(from, to) {
      const out = new ByteWriter();
      out.byte(width);
      writeHybrid(out, indices.subarray(from, to), width);
      return out.done();
    },
    bounds: (from, to) => byteBounds(Array.from(new Set(indices.subarray(from, to)), (index) => entries[index]!)),
  };
}

/** The items of rows that have a value. */
function present<T>(values: readonly T[], valid: Uint8Array | undefined): readonly T[] {
  return valid === undefined ? values : values.filter((_, i) => valid[i] !== 0);
}

function presentNumbers(kind: NumericKind, values: Numbers, valid: Uint8Array | undefined): Numbers {
  if (valid === undefined) return values;
  // One copy serves all typed arrays: both sides are of the column's kind.
  const from = values as Float64Array;
  const out = new NUMERIC_ARRAYS[kind](countPresent(valid)) as Float64Array;
  let length = 0;
  for (const run of presentRuns(valid)) {
    out.set(from.subarray(run.from, run.to), length);
    length += run.to - run.from;
  }
  return out;
}

/** The values of a column's rows, without those that `valid` leaves out. @throws WindrowError `usage` for text that UTF-8 cannot hold */
export function pageValues(leaf: Leaf, column: Column, byteStreamSplit: boolean): PageValues {
  const { data, valid } = column;
  switch (leaf.type.kind) {
    case "str": {
      const texts = present(data as readonly string[], valid);
      return dictionary(leaf, texts) ?? byteStrings(leaf, texts.map(utf8(leaf)));
    }
    case "bytes":
      return byteStrings(leaf, present(data as readonly Uint8Array[], valid));
    case "json": {
      const texts = present(data as readonly Json[], valid).map((value) => JSON.stringify(value));
      return byteStrings(leaf, texts.map(utf8(leaf)));
    }
    default:
      return numbers(leaf, presentNumbers(leaf.type.kind, data as Numbers, valid), byteStreamSplit);
  }
}
