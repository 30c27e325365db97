/** Traces with other sensors: some of them, under other names; and all traces of a dataset changed alike. */

import { WindrowError } from "../core/index.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { Sensors } from "./sensor.ts";
import { matchedTrace, type Trace } from "./trace.ts";

/** The sensors that the names of `P` stand for. */
export type Picked<T extends Sensors, P extends Readonly<Record<string, keyof T>>> = {
  readonly [N in keyof P]: T[P[N]];
};

/**
 * A trace with some of its sensors, under the names wanted. Its rows stay those that all sensors were matched in; the samples of the others are not read.
 * @throws WindrowError `usage` for a sensor that is not there.
 *
 * @example
 * const front = pick(drive, { camera: "camera_front_wide", imu: "imu" });
 */
export function pick<T extends Sensors, const P extends Readonly<Record<string, keyof T & string>>>(
  trace: Trace<T>,
  names: P,
): Trace<Picked<T, P>> {
  const { name, entity } = trace;
  const own = Object.entries(names);
  if (own.length === 0) throw unfit(`${name} must keep a sensor, got none`);
  for (const [, old] of own) {
    if (Object.hasOwn(trace.sensors, old)) continue;
    throw unfit(`${name} has ${Object.keys(trace.sensors).join(", ")}, got ${old}`);
  }
  /** What belongs to each of the sensors, under its other name. */
  const renamed = <V>(values: Readonly<Partial<Record<string, V>>>) =>
    // Each of the names wanted has one; none has in `between` where the sensor is not interpolated.
    Object.fromEntries(own.filter(([, old]) => old in values).map(([to, old]) => [to, values[old]])) as Record<
      keyof P & string,
      V
    >;
  return matchedTrace({
    name,
    entity,
    sensors: renamed(trace.sensors) as Sensors as Picked<T, P>, // each of its names stands for one
    async match() {
      const all = await trace.match();
      const { index, dt, valid, between, missing } = all;
      return {
        ...all,
        index: renamed(index),
        dt: renamed(dt),
        valid: renamed(valid),
        between: renamed(between),
        missing: renamed(missing),
      };
    },
    length: () => trace.length(),
  });
}

function unfit(fault: string): WindrowError {
  return new WindrowError("usage", `Cannot pick sensors of a trace: ${fault}`);
}

/**
 * A dataset of the same traces, each changed when it is made: other sensors, another name. Rows must stay as they are.
 *
 * @example
 * const fronts = mapTraces(drives, (drive) => pick(drive, { camera: "camera_front_wide" }));
 */
export function mapTraces<T extends Sensors, U extends Sensors>(
  data: Dataset<T>,
  change: (trace: Trace<T>, number: number) => Trace<U>,
): Dataset<U> {
  return dataset({
    traces: data.traces,
    lengths: async () => {
      const offsets = await data.offsets();
      return Float64Array.from({ length: data.traces }, (_, i) => offsets[i + 1]! - offsets[i]!);
    },
    trace: (i) => change(data.trace(i), i),
  });
}
