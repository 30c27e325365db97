/** Least and greatest values of pages and columns, in the order that parquet-format gives each type, and as bytes for the footer. */

import { type Kind, unreachable } from "../../core/index.ts";

/** A value as it is compared: numbers by size, bytes from the first one on, unsigned. */
export type Comparable = number | bigint | Uint8Array;

/** The least and greatest of some values. */
export interface Bounds {
  readonly min: Comparable;
  readonly max: Comparable;
}

/** Below zero where `a` comes first. Both are of one type. */
export function compare(a: Comparable, b: Comparable): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    const shared = Math.min(a.length, b.length);
    for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
    return a.length - b.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bounds of both; `undefined` is those of no value. */
export function joined(a: Bounds | undefined, b: Bounds | undefined): Bounds | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { min: compare(b.min, a.min) < 0 ? b.min : a.min, max: compare(b.max, a.max) > 0 ? b.max : a.max };
}

/** Bounds of floats: NaN has no place in the order, and a zero may be of either sign (parquet.thrift, "ColumnOrder"). */
function floatBounds(values: ArrayLike<number>): Bounds | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return undefined;
  return { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max };
}

function orderedBounds<T extends Comparable>(values: ArrayLike<T>): Bounds | undefined {
  if (values.length === 0) return undefined;
  let min = values[0]!;
  let max = min;
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    if (compare(value, min) < 0) min = value;
    else if (compare(value, max) > 0) max = value;
  }
  return { min, max };
}

/** Bounds of typed values; `undefined` where none has a place in the order. */
export function numberBounds(kind: Kind, values: ArrayLike<number> | ArrayLike<bigint>): Bounds | undefined {
  if (kind === "f16" || kind === "f32" || kind === "f64") return floatBounds(values as ArrayLike<number>);
  // All of one column are numbers, or all are bigints.
  return orderedBounds(values as ArrayLike<Comparable>);
}

/** Bounds of byte strings. */
export function byteBounds(values: readonly Uint8Array[]): Bounds | undefined {
  return orderedBounds(values);
}

/** Longest bound of bytes that is written whole. */
const MAX_BOUND = 64;

/** A bound as bytes, and whether it is the value itself. */
export interface EncodedBound {
  readonly bytes: Uint8Array;
  readonly isExact: boolean;
}

/** The bytes of a bound, as PLAIN has them without a length. */
export function encodeBound(kind: Kind, value: Comparable, side: "min" | "max"): EncodedBound {
  if (value instanceof Uint8Array) return shortened(value, { side, isText: kind === "str" });
  return { bytes: plainBytes(kind, value), isExact: true };
}

function plainBytes(kind: Kind, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  switch (kind) {
    case "bool":
      bytes[0] = Number(value);
      return bytes.subarray(0, 1);
    case "i8":
    case "u8":
    case "i16":
    case "u16":
    case "i32":
    case "u32":
      view.setInt32(0, Number(value), true);
      return bytes.subarray(0, 4);
    case "i64":
    case "u64":
      view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
      return bytes;
    case "f16":
      view.setFloat16(0, Number(value), true);
      return bytes.subarray(0, 2);
    case "f32":
      view.setFloat32(0, Number(value), true);
      return bytes.subarray(0, 4);
    case "f64":
      view.setFloat64(0, Number(value), true);
      return bytes;
    case "str":
    case "bytes":
    case "json":
      return bytes.subarray(0, 0);
    default:
      return unreachable(kind);
  }
}

/** A long bound cut to one that is not greater (min) or not less (max); text stays valid UTF-8. */
function shortened(value: Uint8Array, { side, isText }: { side: "min" | "max"; isText: boolean }): EncodedBound {
  if (value.length <= MAX_BOUND) return { bytes: value, isExact: true };
  let end = MAX_BOUND;
  if (isText) while ((value[end]! & 0xc0) === 0x80) end--;
  if (side === "min") return { bytes: value.slice(0, end), isExact: false };
  // The last byte that can grow does. In text only ASCII letters grow, which needs no thought about UTF-8; what comes behind goes.
  const limit = isText ? 0x7f : 0xff;
  while (end > 0 && value[end - 1]! >= limit) end--;
  if (end === 0) return { bytes: value, isExact: true };
  const bytes = value.slice(0, end);
  bytes[end - 1]!++;
  return { bytes, isExact: false };
}
