/** `materialize`: any dataset's synchronized rows in, globally shuffled training shards out. */

import { availableParallelism } from "node:os";
import type { Dataset, Sensors } from "../../sync/index.ts";
import type { Watch } from "../dataset/job.ts";
import { type MaterializeResult, type MaterializeRun, materializeJob } from "../dataset/materialize.ts";
import { type MaterializeOptions, resolveTraces } from "./options.ts";

/**
 * Turns any dataset into training shards: rows cut into windows, split by entity, globally shuffled, every row accounted for. A sample
 * has a column for each field, `sensor_field`, or `sensor` where it has no other: an array of shape [window, …], or of the field's own
 * where a window is one row. Values of varying size, such as encoded images, land as they are; in longer windows one behind the other,
 * with `<name>_lengths`. Fields that a row may lack have `<name>_valid`. Traces are known by their names, times and matches: the same
 * traces, options and seed give the same bytes, and a run that was interrupted goes on where it was.
 * @throws WindrowError `usage` for options and traces that do not fit; as the sensors, for what they read; `exists` for what is in the way;
 * `empty` when there is no window to write; `io` for the disk.
 *
 * @example
 * await materialize(drives, { out: "shards", window: 32, stride: 16, sensors: ["camera", "imu.gyro"] });
 */
export async function materialize<T extends Sensors>(
  dataset: Dataset<T>,
  options: MaterializeOptions,
  run: MaterializeRun = {},
): Promise<MaterializeResult> {
  const resolved = resolveTraces(options, availableParallelism());
  const open = async (watch: Watch) => {
    const { tracesJob } = await import("./job.ts");
    return tracesJob({ dataset }, resolved, watch);
  };
  return materializeJob(resolved, open, run);
}
