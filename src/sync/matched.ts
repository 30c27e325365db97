/** Samples of one sensor for rows of a trace, as the match of their clocks says. */

import type { Batch } from "../core/index.ts";
import { take } from "./batch.ts";
import { type Between, interpolated } from "./interpolation.ts";
import { distinct } from "./rows.ts";
import type { Sensor } from "./sensor.ts";
import type { Match } from "./synchronization.ts";

/** What a match says of a sensor that is interpolated, for some of its rows. */
function betweenOf(match: Match, name: string, rows: Uint32Array): Between | undefined {
  const all = match.between[name];
  if (all === undefined) return undefined;
  const valid = match.valid[name]!;
  const pick = (numbers: Uint32Array) => Int32Array.from(rows, (row) => (valid[row] === 0 ? -1 : numbers[row]!));
  return {
    before: pick(all.before),
    after: pick(all.after),
    weight: Float64Array.from(rows, (row) => all.weight[row]!),
  };
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
  const at = betweenOf(match, name, rows);
  if (at !== undefined) {
    const isHeld = Object.values(sensor.meta.interpolation ?? {}).every((how) => how === "hold");
    return isHeld ? readSamples(sensor, at.before) : readBetween(sensor, at);
  }
  const [index, valid] = [match.index[name]!, match.valid[name]!];
  return readSamples(
    sensor,
    Int32Array.from(rows, (row) => (valid[row] === 0 ? -1 : index[row]!)),
  );
}
