/** The main job: windows in training order, in shards, every row accounted for. */

export {
  type Ledger,
  MANIFEST_FILE,
  type Manifest,
  readManifest,
  type SensorCounts,
} from "../formats/dataset/index.ts";
export type { EntityFacts } from "./assemble.ts";
export { GatherPool } from "./gather.ts";
export type { Previous } from "./manifest.ts";
export { writeOrder } from "./order.ts";
export { type RowFiles, rowFiles } from "./row-files.ts";
export { ROWS_FILE, rowLayout, SOURCES_FILE, TIMES_FILE } from "./row-layout.ts";
export {
  type DatasetFormat,
  type DatasetSpec,
  type IdColumn,
  pieces,
  type RowTimes,
  type SampleColumn,
  sampleSchema,
  type ValueSizes,
  windowColumn,
} from "./spec.ts";
export { datasetTasks, runDatasetTask, type TaskContext } from "./tasks.ts";
export { longestId, readTraces, type Trace, type TraceTable, traceTable, writeTraces } from "./traces.ts";
