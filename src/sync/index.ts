/** Sensors, traces and datasets, and the matching of their clocks. */

export { takeRows } from "./batch.ts";
export { concat, filter, type Part, type SliceOptions, slice, subset } from "./choose.ts";
export { type Dataset, type DatasetSpec, dataset, locate, type Place } from "./dataset.ts";
export { memorySensor } from "./memory-sensor.ts";
export { mapTraces, type Picked, pick } from "./pick.ts";
export { seconds, type TimeUnit } from "./seconds.ts";
export {
  type Interpolation,
  type SampleOf,
  type SchemaOf,
  type Sensor,
  type SensorMeta,
  type SensorSpec,
  type Sensors,
  sensor,
  type TraceBatch,
  type TraceSample,
  type ValueOf,
} from "./sensor.ts";
export type {
  Clock,
  Grid,
  InterpolateOptions,
  Margin,
  MatchOptions,
  NearestOptions,
  PreviousOptions,
  Rule,
  SyncSpec,
  ToleranceOptions,
} from "./sync-spec.ts";
export type { Between, IndexMap, Match, Synchronization, Timestamps } from "./synchronization.ts";
export { empty, interpolate, nearest, next, previous, synchronization } from "./synchronize.ts";
export { type TableSensorOptions, tableSensor } from "./table-sensor.ts";
export { type Trace, type TraceSpec, trace, type WithOptional } from "./trace.ts";
export { batches, type DatasetBatch, samples, type WalkOptions } from "./walk.ts";
