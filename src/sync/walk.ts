/** Going through a dataset from its first row to its last. */

import { WindrowError } from "../core/index.ts";
import type { Dataset } from "./dataset.ts";
import type { Sensors, TraceBatch, TraceSample } from "./sensor.ts";
import { rowSample } from "./trace.ts";

/** Rows of a trace that follow each other. */
export interface DatasetBatch<T extends Sensors> {
  /** Number of the trace. */
  readonly trace: number;
  /** First row within the trace. */
  readonly from: number;
  readonly length: number;
  readonly sensors: TraceBatch<T>;
}

/** How much is read at a time. */
export interface WalkOptions {
  /** Most rows in one batch; 64 where absent. A batch never spans two traces. */
  readonly batchRows?: number;
}

/**
 * All rows in order, as columns. What is in memory is one batch, and the match of the trace that it is of.
 * @throws WindrowError `usage` for a size of batches that is none.
 *
 * @example
 * for await (const { length, sensors } of batches(drives, { batchRows: 1024 })) console.log(length, sensors.imu.columns.gyro.data);
 */
export async function* batches<T extends Sensors>(
  data: Dataset<T>,
  { batchRows = 64 }: WalkOptions = {},
): AsyncGenerator<DatasetBatch<T>> {
  if (!Number.isSafeInteger(batchRows) || batchRows < 1)
    throw new WindrowError(
      "usage",
      `Cannot read a dataset: batchRows must be a whole number from 1 up, got ${batchRows}`,
    );
  for (let number = 0; number < data.traces; number++) {
    const trace = data.trace(number);
    const rows = await trace.length();
    for (let from = 0; from < rows; from += batchRows) {
      const to = Math.min(from + batchRows, rows);
      yield { trace: number, from, length: to - from, sensors: await trace.read({ from, to }) };
    }
  }
}

/**
 * All rows in order, one by one, for people.
 * @throws WindrowError `usage` for a row that lacks a sample of a sensor that is not optional.
 *
 * @example
 * for await (const { camera, imu } of samples(drives)) console.log(camera.image.length, imu.gyro);
 */
export async function* samples<T extends Sensors>(
  data: Dataset<T>,
  options?: WalkOptions,
): AsyncGenerator<TraceSample<T>> {
  for await (const { trace, from, length, sensors } of batches(data, options)) {
    for (let i = 0; i < length; i++) yield rowSample(data.trace(trace), sensors, i, from + i);
  }
}
