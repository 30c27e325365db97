/** Fill values: what rows are whose chunk is not there. */

import { type Arrays, type Json, NUMERIC_ARRAYS, type NumericKind, valuesPerRow } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { putRecords } from "./columns.ts";
import { isObject } from "./compressor.ts";
import type { ZarrDtype, ZarrField } from "./dtype.ts";

const NAMED: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

const wrong = (value: Json) => damaged(`fill_value ${JSON.stringify(value)} is none of its data type's values`);

function unpacked(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return wrong(text);
  }
}

function base64(text: string, bytes: number): Uint8Array {
  const raw = unpacked(text);
  return raw.length === bytes ? raw : damaged(`fill_value has ${raw.length} bytes, its data type ${bytes}`);
}

const BITS: Readonly<Partial<Record<NumericKind, number>>> = { i8: 8, u8: 8, i16: 16, u16: 16, i32: 32, u32: 32 };

/** Whether a kind of whole numbers has this one. Of 64 bits, JSON gives those that it keeps. */
function fits(number: number, kind: NumericKind): boolean {
  const isUnsigned = kind.startsWith("u");
  const bits = BITS[kind];
  if (bits === undefined) return !isUnsigned || number >= 0;
  return isUnsigned ? number >= 0 && number < 2 ** bits : number >= -(2 ** (bits - 1)) && number < 2 ** (bits - 1);
}

function numberOf(value: Json, kind: NumericKind): number {
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "string" && Object.hasOwn(NAMED, value) ? NAMED[value]! : value;
  if (typeof number !== "number") return wrong(value);
  const isWhole = kind !== "f16" && kind !== "f32" && kind !== "f64";
  if (isWhole && !(Number.isInteger(number) && fits(number, kind))) return wrong(value);
  // −2⁶³, which stands for "not a time", is exact though it is large.
  if (isWhole && !Number.isSafeInteger(number) && number !== -(2 ** 63))
    unsupported(`fill_value ${number}, which JSON does not keep exactly`);
  return number;
}

function numbersOf({ type }: ZarrField, kind: NumericKind, value: Json): Arrays[NumericKind] {
  // v3 has a word for it; v2 the number that NumPy keeps it as.
  const said = value === "NaT" && type.unit !== undefined ? -(2 ** 63) : value;
  const list = (Array.isArray(said) ? said : [said]).map((each: Json) => numberOf(each, kind));
  const values = valuesPerRow(type);
  if (list.length === 0 || values % list.length !== 0) return wrong(value);
  const all = Array.from({ length: values }, (_, i) => list[i % list.length]!);
  return kind === "i64" || kind === "u64"
    ? NUMERIC_ARRAYS[kind].from(all.map(BigInt))
    : (NUMERIC_ARRAYS[kind] as Float64ArrayConstructor).from(all); // the number kinds' arrays are made alike
}

function putFill(field: ZarrField, value: Json, into: Uint8Array): void {
  const room = { from: 0, count: 1, into, recordBytes: into.length, at: 0 };
  putRecords([field], { length: 1, columns: { [field.name]: { data: fillData(field, value) } } }, room);
}

function fillData(field: ZarrField, value: Json): Arrays[keyof Arrays] {
  if (field.value.is === "numbers") return numbersOf(field, field.value.kind, value);
  if (typeof value !== "string") return wrong(value);
  if (field.value.is === "text") return [...value].length * 4 <= field.bytes ? [withoutNuls(value)] : wrong(value);
  return [fillBytesOf(field, value)];
}

const withoutNuls = (text: string) => text.replace(/\0+$/, "");

/** Bytes of a field: zarr-python leaves out the NULs that fill one of kind `S` up. */
function fillBytesOf({ value, bytes }: ZarrField, text: string): Uint8Array {
  if (value.is === "bytes" && value.keepsNuls) return base64(text, bytes);
  const raw = unpacked(text);
  if (raw.length > bytes) return wrong(text);
  return raw.subarray(0, raw.findLastIndex((byte) => byte !== 0) + 1);
}

/** v3 `struct`: a value for each field, by name, in objects for structures in structures. */
function fieldValue(value: Json, path: readonly string[]): Json {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (!isObject(value) || !Object.hasOwn(value, name)) return wrong(value);
  return fieldValue(value[name]!, rest);
}

/**
 * The bytes of the fill value, one item's; `undefined` for zeros.
 * @throws WindrowError `damaged` for a value that the type has not, `unsupported` for a whole number beyond 2⁵³
 */
export function fillBytes(dtype: ZarrDtype, value: Json): Uint8Array | undefined {
  if (value === null || value === 0 || value === false || value === "") return undefined;
  if (typeof value === "string" && dtype.isStructured) return base64(value, dtype.itemBytes);
  const bytes = new Uint8Array(dtype.itemBytes);
  if (dtype.isStructured && !isObject(value)) return wrong(value);
  for (const field of dtype.fields) {
    const own = dtype.isStructured ? fieldValue(value, field.name.split(".")) : value;
    putFill(field, own, bytes);
  }
  return bytes.some((byte) => byte !== 0) ? bytes : undefined;
}

/** Fills bytes with one row over and over. */
export function repeat(row: Uint8Array | undefined, out: Uint8Array): void {
  if (row === undefined) {
    out.fill(0);
    return;
  }
  out.set(row.subarray(0, out.length));
  for (let done = row.length; done < out.length; done *= 2) out.copyWithin(done, 0, Math.min(done, out.length - done));
}
