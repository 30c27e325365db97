/** Sensors, traces and datasets, and the matching of their clocks. */

export type { Dataset, Place } from "./dataset.ts";
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
export type { IndexMap, Match, Synchronization, Timestamps } from "./synchronization.ts";
export type { Trace } from "./trace.ts";
