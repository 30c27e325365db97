/** Sensors of files that are read whole when their first sample is asked for. */

import type { Batch, Schema } from "../core/index.ts";
import type { Sensor, SensorMeta } from "../sync/index.ts";
import { takeRows } from "./take-rows.ts";

/** All samples of a sensor, and their times in seconds. */
export interface Samples {
  readonly times: Float64Array;
  readonly batch: Batch;
}

/** What a sensor is made of whose samples are all read at once. */
export interface WholeSensorSpec {
  readonly schema: Schema;
  readonly meta?: SensorMeta;
  /** Reads them; asked once, and again only where that failed. */
  load(): Promise<Samples>;
}

/** A sensor that reads all its samples when one of them is asked for, and keeps them. */
export function wholeSensor({ schema, meta = {}, load }: WholeSensorSpec): Sensor {
  const samples = once(load);
  return {
    schema,
    meta,
    length: async () => (await samples()).times.length,
    times: async () => (await samples()).times,
    read: async (rows) => takeRows(schema, (await samples()).batch, rows),
  };
}

/** Work that is done when it is first asked for, and whose result is kept; what failed is tried again. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work().catch((cause: unknown) => {
      done = undefined;
      throw cause;
    });
    return done;
  };
}
