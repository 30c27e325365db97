/** Reads what users write behind options. */

import { WindrowError } from "../core/index.ts";
import type { OptionSpec } from "./command.ts";

function refuse(text: string, wanted: string): never {
  throw new WindrowError("usage", `expected ${wanted}, got "${text}"`);
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
};

/** Bytes: `64MiB`, `1GiB`, `500MB`, `1000`. */
export function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? "?").toLowerCase()];
  if (match === null || unit === undefined) return refuse(text, "a size such as 64MiB or 1GiB");
  return Math.floor(Number(match[1]) * unit);
}

/** A number. */
export function number(text: string): number {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? refuse(text, "a number") : value;
}

/** A whole number. */
export function whole(text: string): number {
  const value = number(text);
  return Number.isSafeInteger(value) ? value : refuse(text, "a whole number");
}

/** A whole number of up to 64 bits. */
export function wholeBig(text: string): bigint {
  return /^\d+$/.test(text.trim()) ? BigInt(text.trim()) : refuse(text, "a whole number from 0 up");
}

/** Itself. */
export function word(text: string): string {
  return text === "" ? refuse(text, "a value") : text;
}

/** Words with commas between them. */
export function words(text: string): string[] {
  return text.split(",").map((each) => each.trim());
}

/** The ISO 8601 dates and times that are read; whatever else `Date.parse` takes it guesses, some of it by the machine's time zone. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?( ?(?:Z|[+-]\d\d:?\d\d))?)?$/i;

/** Epoch seconds: a number, or an ISO date or time, UTC unless it says otherwise. */
export function time(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const [all, day = "", zone] = ISO.exec(text.trim()) ?? [];
  const value = all === undefined ? Number.NaN : Date.parse(all === day || zone !== undefined ? all : `${all}Z`);
  // A day that its month does not have is one of the next month to `Date.parse`.
  const isDay = !Number.isNaN(value) && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  return isDay ? value / 1000 : refuse(text, "a time such as 2024-01-31 or 2024-01-31T12:00:00, or epoch seconds");
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...choices: W): (text: string) => W[number] {
  return (text) => (choices.includes(text) ? text : refuse(text, `one of ${choices.join(", ")}`));
}

/** Some of a few words, with commas between them. */
export function someOf<const W extends readonly string[]>(...choices: W): (text: string) => W[number][] {
  return (text) => words(text).map((each) => oneOf(...choices)(each));
}

/** A flag that stands alone. */
export function flag(summary: string): OptionSpec<true> {
  return { summary, parse: () => true };
}
