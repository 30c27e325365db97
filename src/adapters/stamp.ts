/** Times as text: epoch numbers in a declared unit, converted without a rounding between. */

import type { TimeUnit } from "../sync/index.ts";

const EXPONENT: Readonly<Record<TimeUnit, number>> = { s: 0, ms: -3, us: -6, ns: -9 };

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/;

/**
 * Seconds of a written number in a unit; NaN where it is none. The result is the float64 next to the written value: `1403636579763555584`
 * in ns is never held as a float64 of nanoseconds, which would lose 128 of them (spec §5).
 */
export function stampSeconds(text: string, unit: TimeUnit): number {
  const found = NUMBER.exec(text);
  if (found === null) return Number.NaN;
  if (unit === "s") return Number(text);
  const [, exponent] = found;
  const digits = exponent === undefined ? text : text.slice(0, text.search(/e/i));
  return Number(`${digits}e${Number(exponent ?? 0) + EXPONENT[unit]}`);
}

/** The value of a written number; NaN for `nan`, `undefined` for what is no number. */
export function cellNumber(text: string): number | undefined {
  if (NUMBER.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  return /^[+-]?nan$/i.test(text) ? Number.NaN : undefined;
}
