/** Values of varying length: their bytes in a sample, and back. */

import { type Arrays, type Batch, type ColumnType, type Json, WindrowError } from "../../core/index.ts";
import type { Encoding } from "./encoding.ts";
import { pythonFloat, pythonJson } from "./python-json.ts";

/** An encoding whose values have a length each. */
export type VaryingEncoding = Exclude<Encoding, { is: "scalar" | "ndarray" }>;

const utf8 = new TextEncoder();
// A byte order mark is part of the text, and text that is not UTF-8 is damage.
const fromUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|Infinity|s?NaN\d*)$/;
const FLOAT = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|inf|nan)$/;

/**
 * The bytes of one row of a column.
 * @throws WindrowError `usage` when the value is none that the encoding holds.
 */
function encodeValue(data: Arrays[ColumnType["kind"]], row: number, encoding: VaryingEncoding): Uint8Array {
  const value: unknown = data[row];
  switch (encoding.is) {
    case "bytes":
    case "opaque":
      return value as Uint8Array; // the layout lets only the kind `bytes` have these
    case "json":
      return utf8.encode(pythonJson(value as Json)); // likewise
    case "str_float":
      return utf8.encode(pythonFloat(value as number)); // likewise
    case "str":
      return encodeText(value as string, undefined); // likewise
    case "str_int":
      return encodeText(value as string, WHOLE); // likewise
    case "str_decimal":
      return encodeText(value as string, DECIMAL); // likewise
  }
}

function encodeText(text: string, form: RegExp | undefined): Uint8Array {
  if (form !== undefined && !form.test(text)) {
    throw new WindrowError(
      "usage",
      `Cannot write a number as text: must be digits, got ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  // TextEncoder would put another letter in the place of half a surrogate pair.
  if (!text.isWellFormed())
    throw new WindrowError("usage", "Cannot write text: must be well-formed Unicode, got a lone surrogate");
  return utf8.encode(text);
}

/** The bytes of each of the rows `from` to `to`. */
export function encodeValues(
  column: Batch["columns"][string],
  encoding: VaryingEncoding,
  { from, to }: { readonly from: number; readonly to: number },
): Uint8Array[] {
  return Array.from({ length: to - from }, (_, i) => encodeValue(column.data, from + i, encoding));
}

/**
 * The value of bytes; bytes themselves are copied, so that a value kept does not keep its whole shard.
 * @throws WindrowError `damaged` when they are none of the encoding.
 */
export function decodeValue(bytes: Uint8Array, encoding: VaryingEncoding): Uint8Array | string | number | Json {
  switch (encoding.is) {
    case "bytes":
    case "opaque":
      // Not `slice`: where a store gives a Buffer, that is a view.
      return new Uint8Array(bytes);
    case "str":
      return decodeText(bytes, undefined);
    case "str_int":
      return decodeText(bytes, WHOLE);
    case "str_decimal":
      return decodeText(bytes, DECIMAL);
    case "str_float":
      return Number(decodeText(bytes, FLOAT).replace("inf", "Infinity"));
    case "json":
      return decodeJson(decodeText(bytes, undefined));
  }
}

function decodeText(bytes: Uint8Array, form: RegExp | undefined): string {
  let text: string;
  try {
    text = fromUtf8.decode(bytes);
  } catch (cause) {
    throw notThis("must be UTF-8, got other bytes", cause);
  }
  if (form === undefined || form.test(text)) return text;
  throw new WindrowError("damaged", `must be the digits of a number, got ${JSON.stringify(text.slice(0, 40))}`);
}

function decodeJson(text: string): Json {
  try {
    return JSON.parse(text) as Json; // what JSON.parse gives is Json
  } catch (cause) {
    // Python writes NaN and Infinity, which JSON does not have: refused, rather than changed to something else.
    throw notThis(`must be JSON, got ${JSON.stringify(text.slice(0, 40))}`, cause);
  }
}

function notThis(what: string, cause: unknown): WindrowError {
  return new WindrowError("damaged", what, { cause });
}
