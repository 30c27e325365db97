/** Sensors of files that are read whole when their first sample is asked for. */

import type { Batch, Schema } from "../core/index.ts";
import { memorySensor, type Sensor, type SensorMeta } from "../sync/index.ts";
import { once } from "../sync/once.ts";

/** All samples of a sensor, and their times in seconds. */
export interface Samples {
  readonly times: Float64Array;
  readonly batch: Batch;
}

/** What a sensor is made of whose samples are all read at once. */
export interface WholeSensorSpec {
  readonly schema: Schema;
  readonly meta?: SensorMeta;
  readonly load: () => Promise<Samples>;
}

/** A sensor that reads all its samples when one of them is asked for, and keeps them. */
export function wholeSensor({ schema, meta = {}, load }: WholeSensorSpec): Sensor {
  const held = once(async () => {
    const { times, batch } = await load();
    return memorySensor(schema, batch, times, meta);
  });
  return {
    schema,
    meta,
    length: async () => (await held()).length(),
    times: async () => (await held()).times(),
    read: async (rows) => (await held()).read(rows),
  };
}
