/** Sensors whose samples are in memory. */

import { type Batch, type Schema, WindrowError } from "../core/index.ts";
import { batchFault, takeRows } from "./batch.ts";
import type { Sensor, SensorMeta } from "./sensor.ts";
import { sensor } from "./sensor-spec.ts";

/**
 * A sensor of samples that are in memory. The arrays are held, not copied: they are not to be written to.
 * @param times in seconds, one for each sample
 * @throws WindrowError `usage` where times, batch and schema do not fit each other.
 *
 * @example
 * const gps = memorySensor(
 *   { speed: { kind: "f32", unit: "m/s" } },
 *   { length: 2, columns: { speed: { data: Float32Array.of(0.5, 0.7) } } },
 *   Float64Array.of(1_700_000_000, 1_700_000_001),
 *   { rateHz: 1, interpolation: { speed: "linear" } },
 * );
 */
export function memorySensor<const S extends Schema>(
  schema: S,
  batch: Batch<S>,
  times: Float64Array,
  meta: SensorMeta = {},
): Sensor<S> {
  const fault = batchFault(batch, schema, times.length);
  if (fault !== undefined) throw new WindrowError("usage", `Cannot make a sensor of a batch: ${fault}`);
  return sensor({ schema, meta, times: async () => times, read: async (rows) => takeRows(schema, batch, rows) });
}
