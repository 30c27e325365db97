/** The header before the values of an ndarray whose dtype or shape is not in the encoding's name. */

import { kindBytes, type NumericKind } from "../../core/index.ts";

/** The header's codes of dtypes (encodings.py, `NDArray._int2value_dtype`): bits a value, plus 1 if signed, plus 2 if a float. */
const CODES: ReadonlyMap<number, NumericKind> = new Map([
  [8, "u8"],
  [9, "i8"],
  [16, "u16"],
  [17, "i16"],
  [18, "f16"],
  [32, "u32"],
  [33, "i32"],
  [34, "f32"],
  [64, "u64"],
  [65, "i64"],
  [66, "f64"],
]);
const CODE_OF = new Map(Array.from(CODES, ([code, kind]) => [kind, code]));

/** What an array's header says. */
export interface ArrayHead {
  readonly kind: NumericKind;
  readonly shape: readonly number[];
  /** Bytes of the header: the values begin here. */
  readonly length: number;
}

/** The header of an array: its dtype where `withKind` says that the encoding's name does not have it, then its shape. */
export function arrayHead(kind: NumericKind, shape: readonly number[], fixed: { readonly kind: boolean }): Uint8Array {
  const most = Math.max(...shape);
  const width = most < 2 ** 8 ? 0 : most < 2 ** 16 ? 1 : most < 2 ** 32 ? 2 : 3;
  const bytes: number[] = fixed.kind ? [] : [CODE_OF.get(kind)!];
  bytes.push((shape.length << 2) | width);
  for (const size of shape) {
    for (let i = 0; i < 1 << width; i++) bytes.push(Math.floor(size / 256 ** i) % 256);
  }
  return Uint8Array.from(bytes);
}

/**
 * Reads an array's header and checks it against the bytes that are there; a sentence of what is wrong where it is damaged.
 * `kind` is the dtype of the encoding's name, where it has one.
 */
export function readArrayHead(value: Uint8Array, kind: NumericKind | undefined): ArrayHead | string {
  let at = 0;
  let found = kind;
  if (found === undefined) {
    found = CODES.get(value[at++] ?? -1);
    if (found === undefined) return `byte 0 must be the code of a dtype, got ${value[0] ?? "no byte"}`;
  }
  const axes = value[at++];
  if (axes === undefined) return "must have a byte for its axes, got none";
  const width = 1 << (axes & 3);
  const length = at + (axes >> 2) * width;
  if (length > value.length) return `must have ${length} bytes of header, got ${value.length}`;
  const shape: number[] = [];
  for (; at < length; at += width) shape.push(littleEndian(value.subarray(at, at + width)));
  const bytes = shape.reduce((product, size) => product * size, kindBytes(found));
  if (bytes !== value.length - length) {
    return `must hold ${bytes} bytes for shape [${shape.join(", ")}], got ${value.length - length}`;
  }
  return { kind: found, shape, length };
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
