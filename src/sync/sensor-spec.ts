/** Sensors made of functions that read: what is given is checked, and times are read once. */

import { type Batch, type RowChoice, type Schema, WindrowError } from "../core/index.ts";
import { batchFault } from "./batch.ts";
import { interpolationFault } from "./interpolation.ts";
import { once } from "./once.ts";
import { checkRows, rowCount } from "./rows.ts";
import type { Sensor, SensorMeta } from "./sensor.ts";

/** What a sensor is made from: where its samples lie, and how they are read. */
export interface SensorSpec<S extends Schema = Schema> {
  readonly schema: S;
  readonly meta?: SensorMeta;
  /** Number of samples, where that is known without reading their times. */
  readonly length?: () => Promise<number>;
  /** Time of each sample, in seconds. Called once, when it is first wanted. */
  readonly times: () => Promise<Float64Array>;
  /** Samples by their numbers, which are in range. The batch has arrays of its own: the caller may keep them and write to them. */
  readonly read: (rows: RowChoice) => Promise<Batch>;
}

/**
 * A sensor that keeps the promises of one: times are read once, lengths agree, and rows are checked before they are read.
 * @throws WindrowError `usage` for a rate that is none, and for an interpolation that does not fit its field. From its functions: `damaged` where there
 *   are more or fewer times than samples, `internal` for a batch that is not what was asked for.
 *
 * @example
 * const camera = sensor({
 *   schema: { image: { kind: "bytes" } },
 *   times: async () => stamps,
 *   read: async (rows) => jpegs(folder, rows),
 * });
 */
export function sensor<const S extends Schema>(spec: SensorSpec<S>): Sensor<S> {
  const { schema, meta = {} } = spec;
  const name = `a sensor of ${Object.keys(schema).join(", ")}`;
  checkMeta(name, schema, meta);
  const told = spec.length && once(spec.length);
  const times = once(async () => {
    const [read, length] = await Promise.all([spec.times(), told?.()]);
    if (length !== undefined && length !== read.length) throw unequal(name, length, read.length);
    return read;
  });
  const length = told ?? (async () => (await times()).length);
  return {
    schema,
    meta,
    length,
    times,
    async read(rows) {
      checkRows(rows, await length(), name);
      const batch = await spec.read(rows);
      const fault = batchFault(batch, schema, rowCount(rows));
      if (fault !== undefined) throw new WindrowError("internal", `Cannot use what was read of ${name}: ${fault}`);
      return batch as Batch<S>; // checked against the schema
    },
  };
}

function checkMeta(name: string, schema: Schema, { rateHz, interpolation = {} }: SensorMeta): void {
  if (rateHz !== undefined && !(rateHz > 0 && rateHz < Number.POSITIVE_INFINITY))
    throw new WindrowError("usage", `Cannot make ${name}: rateHz must be above 0, got ${rateHz}`);
  for (const [field, how] of Object.entries(interpolation)) {
    const fault = interpolationFault(Object.hasOwn(schema, field) ? schema[field] : undefined, how);
    if (fault !== undefined) throw new WindrowError("usage", `Cannot make ${name}: ${field} ${fault}`);
  }
}

function unequal(name: string, length: number, times: number): WindrowError {
  return new WindrowError("damaged", `Cannot read ${name}: ${length} samples need as many times, got ${times}`);
}
