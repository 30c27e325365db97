/** Sensors, traces and datasets, and the matching of their clocks. */

export { type ClockFit, type FitMethod, fitClock } from "./clock.ts";
export {
  type CorrelationOptions,
  crossCorrelationOffset,
  type FoundOffset,
  type Signal,
} from "./cross-correlation.ts";
export type { Dataset, Place } from "./dataset.ts";
export {
  type Dropout,
  type Explained,
  explain,
  type SensorReport,
  type SensorTiming,
  type SyncReport,
} from "./report.ts";
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
export type { Trace } from "./trace.ts";
