/** Writes `.npy` files as numpy does, in every version, byte order and order of axes. */

import { bytesOf, kindBytes, type NumberArray, type NumericKind } from "../src/core/index.ts";

/** An array, and how it is to be written. */
export interface NpyFile {
  readonly kind: NumericKind;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: NumberArray;
  readonly isFortran?: boolean;
  readonly isLittle?: boolean;
  readonly version?: 1 | 2 | 3;
}

const TYPES: Readonly<Record<NumericKind, string>> = {
  bool: "b1",
  i8: "i1",
  u8: "u1",
  i16: "i2",
  u16: "u2",
  i32: "i4",
  u32: "u4",
  i64: "i8",
  u64: "u8",
  f16: "f2",
  f32: "f4",
  f64: "f8",
};

/** Magic, version, and a header of this text. */
export function npyHead(text: string, version: 1 | 2 | 3 = 1): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const padded = text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1);
  const bytes = new Uint8Array(prefix + padded.length + 1);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, padded.length + 1, true);
  else view.setUint32(8, padded.length + 1, true);
  bytes.set(
    Uint8Array.from(`${padded}\n`, (letter) => letter.charCodeAt(0)),
    prefix,
  );
  return bytes;
}

/** The places, row-major, of values that are stored with the first axis fastest. */
function fortranOrder(shape: readonly number[]): number[] {
  let places = [0];
  let stride = shape.reduce((product, size) => product * size, 1);
  const strides = shape.map((size) => {
    stride /= size;
    return stride;
  });
  for (const [axis, size] of shape.entries())
    places = Array.from({ length: size }, (_, i) => places.map((place) => place + i * strides[axis]!)).flat();
  return places;
}

/** The bytes of a file. */
export function npyBytes({
  kind,
  shape,
  values,
  isFortran = false,
  isLittle = true,
  version = 1,
}: NpyFile): Uint8Array {
  const size = kindBytes(kind);
  const sign = size === 1 ? "|" : isLittle ? "<" : ">";
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const order = isFortran ? "True" : "False";
  const head = npyHead(`{'descr': '${sign}${TYPES[kind]}', 'fortran_order': ${order}, 'shape': ${sizes}, }`, version);
  const raw = bytesOf(values);
  const out = new Uint8Array(head.length + raw.length);
  out.set(head);
  const places = isFortran && values.length > 0 ? fortranOrder(shape) : values.keys().toArray();
  for (const [at, place] of places.entries()) {
    const value = raw.slice(place * size, (place + 1) * size);
    out.set(isLittle ? value : value.reverse(), head.length + at * size);
  }
  return out;
}
