/** JSON and floats as Python spells them, so that what is written here is, byte for byte, what MDSWriter writes. */

import { type Json, WindrowError } from "../../core/index.ts";

/** A float as Python's `repr` spells it: `1.0`, `1e-07`, `1e+16`, `nan`, `inf`. Python reads it back to the same float. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  // CPython's float_repr_style "short": digits up to 16 places before the point and 4 zeros behind it, else an exponent.
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/**
 * JSON as `json.dumps` spells it: `, ` and `: ` between, ASCII only; with `keys: "sorted"` as `sort_keys=True` does.
 * Whole numbers are spelled without a point: JavaScript does not tell `1` from `1.0`.
 * @throws WindrowError `usage` for a number that JSON cannot hold.
 */
export function pythonJson(value: Json, options: { readonly keys?: "sorted" | "as given" } = {}): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") return pythonNumber(value);
  if (isList(value)) return `[${value.map((item) => pythonJson(item, options)).join(", ")}]`;
  const entries = Object.entries(value);
  if (options.keys === "sorted") entries.sort(([a], [b]) => byCodePoint(a, b));
  return `{${entries.map(([key, item]) => `${pythonString(key)}: ${pythonJson(item, options)}`).join(", ")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function pythonString(text: string): string {
  // `ensure_ascii` escapes all that is not printable ASCII; JSON.stringify leaves DEL and what lies above it.
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function pythonNumber(value: number): string {
  if (!Number.isFinite(value)) {
    throw new WindrowError("usage", `Cannot write JSON: numbers must be finite, got ${value}`);
  }
  const whole = Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 1e21;
  return whole ? String(value) : pythonFloat(value);
}

/** Order of strings as Python sorts them: by code point, where JavaScript's own order goes by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
