/** Column types, and batches of rows held as typed arrays. */

/** JSON as a value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The array that holds a column of each kind. `bool` is one byte a value, 0 or 1. */
export interface Arrays {
  readonly bool: Uint8Array;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f16: Float16Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly str: readonly string[];
  readonly bytes: readonly Uint8Array[];
  readonly json: readonly Json[];
}

/** The kind of a column's values. */
export type Kind = keyof Arrays;

/** The kinds whose values have a fixed number of bytes. */
export type NumericKind = Exclude<Kind, "str" | "bytes" | "json">;

/** What makes an array of each numeric kind. */
export const NUMERIC_ARRAYS = {
  bool: Uint8Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f16: Float16Array,
  f32: Float32Array,
  f64: Float64Array,
} as const satisfies Readonly<Record<NumericKind, unknown>>;

/** What a column holds. With a `shape`, each row holds an array of that shape, flattened row-major; only for numeric kinds. */
export interface ColumnType<K extends Kind = Kind> {
  readonly kind: K;
  /** Shape of one row's value, e.g. `[928, 5]`; absent for a scalar. */
  readonly shape?: readonly number[];
  /** Unit of the values, e.g. `deg`, `kn`, `s`. */
  readonly unit?: string;
  /** Whether a row may have no value; then the column has `valid`. */
  readonly nullable?: boolean;
}

/** Columns by name, in order. */
export type Schema = Readonly<Record<string, ColumnType>>;

/** The values of one column: `length × product(shape)` of them. */
export interface Column<C extends ColumnType = ColumnType> {
  readonly data: Arrays[C["kind"]];
  /** One byte a row, 1 where there is a value; absent when every row has one. */
  readonly valid?: Uint8Array;
}

/** Rows as columns. */
export interface Batch<S extends Schema = Schema> {
  readonly length: number;
  readonly columns: { readonly [N in keyof S]: Column<S[N]> };
}

/** How many values one row of a column holds: 1, or the product of its shape. */
export function valuesPerRow(type: ColumnType): number {
  return type.shape === undefined ? 1 : type.shape.reduce((product, size) => product * size, 1);
}

const KIND_BYTES: Readonly<Record<NumericKind, number>> = {
  bool: 1,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f16: 2,
  f32: 4,
  f64: 8,
};

/** Whether values of this kind have a fixed number of bytes. */
export function isNumeric(kind: Kind): kind is NumericKind {
  return Object.hasOwn(KIND_BYTES, kind);
}

/** Bytes of one value of a numeric kind. */
export function kindBytes(kind: NumericKind): number {
  return KIND_BYTES[kind];
}

/** Bytes of one row's value; `undefined` where it varies. */
export function rowBytes(type: ColumnType): number | undefined {
  return isNumeric(type.kind) ? KIND_BYTES[type.kind] * valuesPerRow(type) : undefined;
}

/** The bytes beneath a typed array, not copied. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
