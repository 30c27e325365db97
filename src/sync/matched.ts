/** Samples of one sensor for rows of a trace, as the match of their clocks says. */

import type { Batch } from "../core/index.ts";
import { take } from "./batch.ts";
import { type Between, interpolated } from "./interpolation.ts";
import { distinct } from "./rows.ts";
import type { Sensor } from "./sensor.ts";
import type { Match } from "./synchronization.ts";

/** Numbers of samples at these rows; −1 where there is none. */
function pick(numbers: Uint32Array | Int32Array, valid: Uint8Array, rows: Uint32Array): Int32Array {
  const picked = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = valid[rows[i]!] === 0 ? -1 : numbers[rows[i]!]!;
  return picked;
}

/** Samples in the order of their numbers, −1 for none, each read once and in the recording's order. */
async function readSamples(sensor: Sensor, numbers: Int32Array): Promise<Batch> {
  const { numbers: read, places } = distinct(numbers);
  const batch = await sensor.read(read);
  return places === undefined ? batch : take(sensor.schema, batch, places);
}

/** Values between samples, each of which is read once. */
async function readBetween(sensor: Sensor, { before, after, weight }: Between): Promise<Batch> {
  const { schema, meta } = sensor;
  const both = new Int32Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  const { numbers, places = Int32Array.from(both.keys()) } = distinct(both);
  const batch = await sensor.read(numbers);
  const at = { before: places.subarray(0, before.length), after: places.subarray(before.length), weight };
  const columns = Object.entries(schema).map(([field, type]) => {
    const how = meta.interpolation?.[field] ?? "hold";
    return [field, interpolated(type, how, batch.columns[field]!, at)];
  });
  return { length: before.length, columns: Object.fromEntries(columns) };
}

/** Rows of one sensor of a trace. In a row without a sample no field has a value. */
export async function readMatched(sensor: Sensor, match: Match, name: string, rows: Uint32Array): Promise<Batch> {
  const [pair, valid] = [match.between[name], match.valid[name]!];
  if (pair === undefined) return readSamples(sensor, pick(match.index[name]!, valid, rows));
  const before = pick(pair.before, valid, rows);
  const isHeld = Object.values(sensor.meta.interpolation ?? {}).every((how) => how === "hold");
  if (isHeld) return readSamples(sensor, before);
  const weight = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) weight[i] = pair.weight[rows[i]!]!;
  return readBetween(sensor, { before, after: pick(pair.after, valid, rows), weight });
}
