/** Sensors, traces and datasets, and the matching of their clocks. */

export { batchFault, takeRows } from "./batch.ts";
export { concat, filter, type Part, type SliceOptions, slice, subset } from "./choose.ts";
export { type ClockFit, type FitMethod, fitClock } from "./clock.ts";
export {
  type CorrelationOptions,
  crossCorrelationOffset,
  type FoundOffset,
  type Signal,
} from "./cross-correlation.ts";
export { type Dataset, type DatasetSpec, dataset, locate, type Place } from "./dataset.ts";
export { type Cells, density } from "./density.ts";
export { memorySensor } from "./memory-sensor.ts";
export { mapTraces, type Picked, pick } from "./pick.ts";
export {
  type Dropout,
  type Explained,
  explain,
  type SensorReport,
  type SensorTiming,
  type SyncReport,
} from "./report.ts";
export { seconds, type TimeUnit } from "./seconds.ts";
export type {
  Interpolation,
  SampleOf,
  SchemaOf,
  Sensor,
  SensorMeta,
  Sensors,
  TraceBatch,
  TraceSample,
  ValueOf,
} from "./sensor.ts";
export { type SensorSpec, sensor } from "./sensor-spec.ts";
export { type MatchOrigin, restoredMatch, type StoredMatch, storedMatch } from "./stored-match.ts";
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
