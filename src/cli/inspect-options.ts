/** What the commands that look and check share. */

import type { ArgumentSpec } from "./command.ts";
import { oneOf } from "./values.ts";

/** What they look at. */
export const PATH: ArgumentSpec = {
  name: "path",
  summary: "a dataset's folder, an MDS folder, a Parquet or Arrow file, or a folder of them",
};

/** Which samples of a dataset. */
export const SPLIT = {
  value: "<split>",
  summary: "only this split of a dataset: train, validation or test",
  parse: oneOf("train", "validation", "test"),
};

/** A moment as people read it, in UTC. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** A number in `digits` digits; `-` for none. */
export function short(value: number | null, digits = 6): string {
  if (value === null) return "-";
  if (Math.abs(value) >= 1e15) return value.toExponential(digits - 1);
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

/** Seconds as people say them. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "-";
  if (seconds < 120) return `${short(seconds)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

/** A length of time in one unit, to a tenth where it is not whole. */
export function span(seconds: number): string {
  const [value, unit] = seconds < 120 ? [seconds, "s"] : seconds < 3600 ? [seconds / 60, "min"] : [seconds / 3600, "h"];
  return `${short(Math.round(value * 10) / 10)} ${unit}`;
}
