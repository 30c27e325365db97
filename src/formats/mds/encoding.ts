/** The encodings of MDS columns: their names, their sizes, and what they hold (streaming/base/format/mds/encodings.py). */

import { type ColumnType, isNumeric, type Kind, kindBytes, type NumericKind, WindrowError } from "../../core/index.ts";

/** An encoding, read from its name. */
export type Encoding =
  /** One number. */
  | { readonly is: "scalar"; readonly kind: NumericKind }
  /** An array; what the name does not fix stands before the values of each sample. */
  | { readonly is: "ndarray"; readonly kind?: NumericKind; readonly shape?: readonly number[] }
  /** UTF-8 text. `str_int` and `str_decimal` are digits of any length, kept as text so that none is lost. */
  | { readonly is: "str" | "str_int" | "str_float" | "str_decimal" | "json" }
  | { readonly is: "bytes" }
  /** Bytes with a meaning that is not decoded here: images, and pickles, which would run code. */
  | { readonly is: "opaque" };

/** NumPy's names of the kinds. MDS has no bool; it is stored as uint8. */
const DTYPES: Readonly<Record<string, NumericKind>> = {
  uint8: "u8",
  int8: "i8",
  uint16: "u16",
  int16: "i16",
  float16: "f16",
  uint32: "u32",
  int32: "i32",
  float32: "f32",
  uint64: "u64",
  int64: "i64",
  float64: "f64",
};
const DTYPE_OF = new Map(Object.entries(DTYPES).map(([dtype, kind]) => [kind, dtype]));

const OPAQUE = new Set([
  "pil",
  "jpeg",
  "jpeg_array",
  "jpegarray",
  "png",
  "list[pil]",
  "list[jpeg]",
  "list[png]",
  "pkl",
]);

// Offsets in a shard are uint32, so no value is longer.
const MOST_BYTES = 2 ** 32 - 1;

/** Reads the name of an encoding; `undefined` for one that MDS does not have. */
export function parseEncoding(name: string): Encoding | undefined {
  switch (name) {
    case "bytes":
    case "str":
    case "str_int":
    case "str_float":
    case "str_decimal":
    case "json":
      return { is: name };
    case "int":
      return { is: "scalar", kind: "i64" };
    case "ndarray":
      return { is: "ndarray" };
    default:
      if (Object.hasOwn(DTYPES, name)) return { is: "scalar", kind: DTYPES[name]! };
      if (OPAQUE.has(name)) return { is: "opaque" };
      return parseArray(name);
  }
}

function parseArray(name: string): Encoding | undefined {
  const match = /^ndarray:([a-z0-9]+)(?::(\d+(?:,\d+)*))?$/.exec(name);
  const dtype = match?.[1] ?? "";
  if (match === null || !Object.hasOwn(DTYPES, dtype)) return undefined;
  const kind = DTYPES[dtype]!;
  if (match[2] === undefined) return { is: "ndarray", kind };
  const shape = match[2].split(",").map(Number);
  const bytes = shape.reduce((product, size) => product * size, kindBytes(kind));
  return shape.includes(0) || bytes > MOST_BYTES ? undefined : { is: "ndarray", kind, shape };
}

/** Bytes of each value, as `column_sizes` says it; `null` where it varies or is not fixed by the encoding's name. */
export function encodedSize(encoding: Encoding): number | null {
  if (encoding.is === "scalar") return kindBytes(encoding.kind);
  if (encoding.is !== "ndarray" || encoding.kind === undefined || encoding.shape === undefined) return null;
  return encoding.shape.reduce((product, size) => product * size, kindBytes(encoding.kind));
}

/**
 * The encoding that a column is stored with. `style` is for columns with a shape: `ndarray` lets StreamingDataset give back an
 * array of that shape (`ndarray:float32:928,5`), `bytes` the bytes of its values in row-major order, little-endian.
 */
export function mdsEncoding(type: ColumnType, style: "ndarray" | "bytes" = "ndarray"): string {
  const { kind, shape } = type;
  if (!isNumeric(kind)) return kind;
  if (shape === undefined || shape.length === 0) return dtypeOf(kind);
  return style === "bytes" ? "bytes" : `ndarray:${dtypeOf(kind)}:${shape.join(",")}`;
}

/** The kind that a value is stored as: bool as u8. */
export function storedKind(kind: NumericKind): NumericKind {
  return kind === "bool" ? "u8" : kind;
}

/** NumPy's name of a kind. */
function dtypeOf(kind: NumericKind): string {
  return DTYPE_OF.get(storedKind(kind))!;
}

/**
 * Checks that a column of this type can be stored with this encoding.
 * @throws WindrowError `usage` when it cannot.
 */
export function checkEncoding(name: string, type: ColumnType, encodingName: string): Encoding {
  const encoding = parseEncoding(encodingName);
  if (encoding === undefined) {
    throw new WindrowError("usage", `Cannot write column ${name}: MDS has no such encoding, got ${encodingName}`);
  }
  if (!fits(type, encoding)) {
    const shape = type.shape === undefined ? "" : ` [${type.shape.join(", ")}]`;
    throw new WindrowError("usage", `Cannot write column ${name}: ${encodingName} does not hold ${type.kind}${shape}`);
  }
  return encoding;
}

const TEXT_KIND = { str: "str", str_int: "str", str_decimal: "str", str_float: "f64", json: "json" } as const;

function fits(type: ColumnType, encoding: Encoding): boolean {
  const { kind, shape } = type;
  if (shape?.some((size) => !Number.isInteger(size) || size < 1)) return false;
  const single = shape === undefined || shape.length === 0;
  switch (encoding.is) {
    case "scalar":
      return single && isNumeric(kind) && storedKind(kind) === encoding.kind;
    case "ndarray":
      return !single && isNumeric(kind) && arrayFits(storedKind(kind), shape, encoding);
    case "bytes":
      return kind === "bytes" || isNumeric(kind);
    case "opaque":
      return kind === "bytes";
    default:
      return single && kind === TEXT_KIND[encoding.is];
  }
}

function arrayFits(kind: NumericKind, shape: readonly number[], encoding: Encoding & { is: "ndarray" }): boolean {
  // The header of an ndarray has 6 bits for the number of axes.
  if (shape.length > 63) return false;
  if (encoding.kind !== undefined && encoding.kind !== kind) return false;
  return encoding.shape === undefined || encoding.shape.join() === shape.join();
}

/** What a column is read as; `undefined` for an ndarray whose samples say themselves what they are. */
export function columnTypeOf(encoding: Encoding): ColumnType | undefined {
  switch (encoding.is) {
    case "scalar":
      return { kind: encoding.kind };
    case "ndarray":
      if (encoding.kind === undefined || encoding.shape === undefined) return undefined;
      return { kind: encoding.kind, shape: encoding.shape };
    case "opaque":
      return { kind: "bytes" };
    case "bytes":
      return { kind: "bytes" };
    default:
      return { kind: TEXT_KIND[encoding.is] satisfies Kind };
  }
}
