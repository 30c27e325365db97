/** The values of a page, from bytes to the arrays of core. */

import {
  type Arrays,
  bytesOf,
  isNumeric,
  type Json,
  type Kind,
  kindBytes,
  NUMERIC_ARRAYS,
  type NumericKind,
  unreachable,
} from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { ENCODING, PHYSICAL } from "./codes.ts";
import { checkDeltas, readDeltaLengths, readDeltaStrings, readDeltas } from "./delta.kernel.ts";
import { isInPieces, PIECE, pieces } from "./in-pieces.ts";
import { type HybridForm, readHybrid, unpackBits } from "./levels.kernel.ts";
import type { SourceColumn } from "./source-column.ts";
import { join, join4 } from "./split.kernel.ts";

/** Values of a column, gaps left out. */
export type Values = Arrays[keyof Arrays];

/** Encoded values: how they are laid out, and how many there are. */
export interface EncodedValues {
  readonly bytes: Uint8Array;
  readonly encoding: number;
  readonly count: number;
}

function checkLength({ bytes, count }: Pick<EncodedValues, "bytes" | "count">, width: number): void {
  if (bytes.length !== count * width) damaged(`${count} values of ${width} bytes expected, got ${bytes.length} bytes`);
}

/** Stored values of fixed width, byte for byte. */
function fixedBytes({ bytes, encoding, count }: EncodedValues, width: number): Uint8Array<ArrayBuffer> {
  checkLength({ bytes, count }, width);
  // Copied, so that it begins where typed arrays may, and nothing holds on to the page.
  if (encoding === ENCODING.plain) return new Uint8Array(bytes);
  const out = new Uint8Array(bytes.length);
  joinValues({ bytes, count }, { from: 0, to: count }, out, 0);
  return out;
}

/** Joins values `from` to `to` of byte streams, from byte `at` of `out` on. */
function joinValues(
  { bytes, count }: Pick<EncodedValues, "bytes" | "count">,
  { from, to }: { readonly from: number; readonly to: number },
  out: Uint8Array,
  at: number,
): void {
  const width = bytes.length / count;
  if (width === 4) join4(view(bytes), count, from, to, view(out), at);
  else join(bytes, width, from, to, out, at);
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The runs of booleans that are no plain bits, behind their length. */
function booleanRuns(bytes: Uint8Array): Uint8Array {
  const length = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length < 0 || length > bytes.length - 4) damaged(`booleans of ${length} bytes, got ${bytes.length}`);
  return bytes.subarray(4, 4 + length);
}

function booleans({ bytes, encoding, count }: EncodedValues): Uint8Array {
  if (encoding === ENCODING.rle) {
    const out = new Uint8Array(count);
    readHybrid(booleanRuns(bytes), 1, out, 1);
    return out;
  }
  if (encoding !== ENCODING.plain) unsupported(`booleans of encoding ${encoding} are not read`);
  if (bytes.length < Math.ceil(count / 8)) damaged(`${count} booleans in ${bytes.length} bytes`);
  const out = new Uint8Array(count);
  unpackBits(bytes, out);
  return out;
}

function plainByteStrings(bytes: Uint8Array, count: number): Uint8Array[] {
  if (count * 4 > bytes.length) damaged(`${count} values in ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) damaged(`value ${i} of ${count} goes behind the end of the page`);
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at) damaged(`a value of ${length} bytes, got ${bytes.length - at} left`);
    out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}

function byteStrings(column: SourceColumn, encoded: EncodedValues): readonly Uint8Array[] {
  const { bytes, encoding, count } = encoded;
  if (column.physical === PHYSICAL.fixedByteArray && encoding !== ENCODING.deltaByteArray) {
    const { width } = column;
    if (encoding !== ENCODING.plain && encoding !== ENCODING.byteStreamSplit)
      unsupported(`values of encoding ${encoding} are not read`);
    const all = fixedBytes(encoded, width);
    return Array.from({ length: count }, (_, i) => all.subarray(i * width, (i + 1) * width));
  }
  switch (encoding) {
    case ENCODING.plain:
      return plainByteStrings(bytes, count);
    case ENCODING.deltaLengthByteArray:
      return readDeltaLengths(bytes, count);
    case ENCODING.deltaByteArray:
      return readDeltaStrings(bytes, count);
    default:
      return unsupported(`values of encoding ${encoding} are not read`);
  }
}

function strings(bytes: readonly Uint8Array[]): readonly string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return bytes.map((value) => decoder.decode(value));
}

/** Stored numbers as an array of `kind`, one after another. */
function stored(column: SourceColumn, encoded: EncodedValues): Uint8Array<ArrayBuffer> {
  const is64 = column.physical === PHYSICAL.int64;
  const width = is64 || column.physical === PHYSICAL.double ? 8 : column.physical === PHYSICAL.fixedByteArray ? 2 : 4;
  if (encoded.encoding === ENCODING.deltaBinaryPacked && (is64 || column.physical === PHYSICAL.int32)) {
    checkDeltas(encoded.bytes, encoded.count);
    const out = is64 ? new BigInt64Array(encoded.count) : new Int32Array(encoded.count);
    readDeltas(encoded.bytes, out);
    return new Uint8Array(out.buffer);
  }
  if (encoded.encoding !== ENCODING.plain && encoded.encoding !== ENCODING.byteStreamSplit)
    unsupported(`numbers of encoding ${encoded.encoding} are not read`);
  return fixedBytes(encoded, width);
}

function numbers(kind: NumericKind, bytes: Uint8Array<ArrayBuffer>): Values {
  switch (kind) {
    case "i8":
    case "u8":
    case "i16":
    case "u16": {
      const wide = new Int32Array(bytes.buffer);
      const narrow = NUMERIC_ARRAYS[kind].from(wide);
      for (let i = 0; i < wide.length; i++) if (wide[i] !== narrow[i]) damaged(`a value of ${kind} is ${wide[i]}`);
      return narrow;
    }
    case "bool":
      return bytes;
    case "i32":
    case "u32":
    case "i64":
    case "u64":
    case "f16":
    case "f32":
    case "f64":
      return new NUMERIC_ARRAYS[kind](bytes.buffer);
    default:
      return unreachable(kind);
  }
}

/** Decodes values that stand for themselves. @throws WindrowError `damaged`, `unsupported` */
export function decodeValues(column: SourceColumn, encoded: EncodedValues): Values {
  const { kind } = column.type;
  switch (kind) {
    case "str":
      return strings(byteStrings(column, encoded));
    case "bytes":
      return byteStrings(column, encoded).map((value) => value.slice());
    case "json":
      return strings(byteStrings(column, encoded)).map((text): Json => JSON.parse(text));
    case "bool":
      return booleans(encoded);
    default:
      return numbers(kind, stored(column, encoded));
  }
}

/** The places in a dictionary: their bytes, and how wide they are. @throws WindrowError `damaged` */
function placeForm(dictionary: Values, { bytes, count }: EncodedValues): HybridForm {
  const width = bytes[0] ?? (count === 0 ? 0 : damaged("a page of dictionary places is empty"));
  if (count > 0 && dictionary.length === 0) damaged(`${count} values of an empty dictionary`);
  if (width > 32) damaged(`dictionary places of ${width} bits`);
  return { width, max: dictionary.length - 1, count };
}

/** Values of a dictionary that are places in it. @throws WindrowError `damaged` for a place behind its end */
export function placedValues(dictionary: Values, encoded: EncodedValues): StoredValues {
  const form = placeForm(dictionary, encoded);
  const { width, max, count } = form;
  const runs = encoded.bytes.subarray(1);
  if (width === 0 ? count > PIECE : isInPieces(runs, count)) {
    const make = () => (width === 0 ? zeros(count) : pieces(runs, form, new Uint32Array(PIECE)));
    return valuesInPieces(make, count, (places) => entries(dictionary, places));
  }
  const places = new Uint32Array(count);
  if (width > 0) readHybrid(runs, width, places, max);
  return decodedValues(entries(dictionary, places));
}

function* zeros(count: number): Generator<Uint32Array> {
  const all = new Uint32Array(Math.min(count, PIECE));
  for (let done = 0; done < count; done += PIECE) yield all.subarray(0, Math.min(PIECE, count - done));
}

function entries(dictionary: Values, places: Uint32Array): Values {
  if (Array.isArray(dictionary)) return Array.from(places, (place) => dictionary[place]);
  const from = dictionary as Float64Array;
  const out = new (from.constructor as Float64ArrayConstructor)(places.length);
  // Whole numbers are moved where they are as wide, so that each NaN stays the NaN it was. One loop serves all typed arrays.
  const [source, target] = [bits(from), bits(out)];
  for (let i = 0; i < places.length; i++) target[i] = source[places[i]!]!;
  return out;
}

/** Values that are looked through at once, so that damage comes with their page, and made again piece by piece when they are copied. */
function valuesInPieces<A>(make: () => Iterable<A>, length: number, decoded: (piece: A) => Values): StoredValues {
  for (const _ of make());
  const again = make()[Symbol.iterator]();
  let held = decodedValues([]);
  let first = 0;
  return {
    length,
    copy(from, to, into, at) {
      for (let done = from; done < to; ) {
        // Pieces that nobody copied are passed over.
        while (first + held.length <= done) {
          first += held.length;
          held = decodedValues(decoded(again.next().value!)); // there are pieces up to `length`
        }
        const end = Math.min(to, first + held.length);
        held.copy(done - first, end - first, into, at + done - from);
        done = end;
      }
    },
  };
}

/** Numbers of up to 32 bits as their bits; others as they are. */
function bits(values: Float64Array): Float64Array | Uint32Array | Uint16Array {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: width } = values;
  if (width === 4) return new Uint32Array(buffer, byteOffset, length);
  return width === 2 ? new Uint16Array(buffer, byteOffset, length) : values;
}

/** Whether values of a kind lie in memory as they are stored. */
function isStoredAsIs(kind: Kind): kind is "i32" | "u32" | "i64" | "u64" | "f16" | "f32" | "f64" {
  return isNumeric(kind) && !(kind === "bool" || kind.endsWith("8") || kind === "i16" || kind === "u16");
}

/** Values of a page that go to where they are wanted. */
export interface StoredValues {
  readonly length: number;
  /** Copies values `from` to `to` to place `at` of `into`, which is of the column's kind, and on. */
  copy(from: number, to: number, into: Values, at: number): void;
}

/** Values that are decoded. */
function decodedValues(values: Values): StoredValues {
  const { length } = values;
  if (!Array.isArray(values))
    // One copy serves all typed arrays: both are of the column's kind.
    return {
      length,
      copy: (from, to, into, at) => copyNumbers(values as Float64Array, [from, to], into as Float64Array, at),
    };
  return {
    length,
    copy(from, to, into, at) {
      const items = into as unknown[];
      for (let i = from; i < to; i++) items[at + i - from] = values[i];
    },
  };
}

function copyNumbers(
  values: Float64Array,
  [from, to]: readonly [number, number],
  into: Float64Array,
  at: number,
): void {
  into.set(values.subarray(from, to), at);
}

/**
 * Decodes as `decodeValues` does, with the same errors, but leaves numbers in the page that need nothing but to be copied or joined, so that
 * they are moved once. The page's bytes must stay until then.
 */
export function storedValues(column: SourceColumn, encoded: EncodedValues): StoredValues {
  const { kind } = column.type;
  const { bytes, encoding, count } = encoded;
  if (kind === "bool" && encoding === ENCODING.rle && isInPieces(bytes, count)) {
    const runs = booleanRuns(bytes);
    const form = { width: 1, max: 1, count };
    return valuesInPieces(
      () => pieces(runs, form, new Uint8Array(PIECE)),
      count,
      (piece) => piece,
    );
  }
  const isSplit = encoding === ENCODING.byteStreamSplit;
  if (!isStoredAsIs(kind) || !(isSplit || encoding === ENCODING.plain))
    return decodedValues(decodeValues(column, encoded));
  const width = kindBytes(kind);
  checkLength(encoded, width);
  return {
    length: count,
    copy(from, to, into, at) {
      const out = bytesOf(into as Float64Array); // a typed array: the kind is numeric
      if (isSplit) joinValues({ bytes, count }, { from, to }, out, at * width);
      else out.set(bytes.subarray(from * width, to * width), at * width);
    },
  };
}
