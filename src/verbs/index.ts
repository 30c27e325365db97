/** What the library offers, by the command's names. */

export type {
  DatasetInfo,
  DiffOptions,
  DiffReport,
  FeatureStats,
  FirstDifference,
  GenerationShuffle,
  HeadOptions,
  HeadReport,
  HeadSample,
  IndexStats,
  InfoReport,
  InspectRun,
  Leak,
  LeakReport,
  NumberStats,
  OrderView,
  PieceInfo,
  Problem,
  ShuffleMeasure,
  ShuffleOptions,
  ShuffleReport,
  ShuffleTest,
  ShuffleTestName,
  ShuffleVerdict,
  StatsOptions,
  StatsReport,
  VerifyReport,
} from "../inspect/index.ts";
export type { ColumnsSpec, ColumnTypes, LoadBatch, LoadColumn, LoadCursor, Loader, LoadInfo } from "../load/index.ts";
export type { Ledger, Manifest } from "../materialize/index.ts";
export type { Margin, SyncSpec } from "../sync/index.ts";
export { type BaselineAisOptions, type BaselineAisReport, baselineAis, type Forecaster } from "./ais/baseline.ts";
export { materializeAis, planAis } from "./ais/materialize.ts";
export type { MaterializeAisOptions } from "./ais/options.ts";
export { type SimulateAisOptions, type SimulateAisResult, simulateAis } from "./ais/simulate.ts";
export { type AisTrips, type AisTripsOptions, aisTrips } from "./ais/trips.ts";
export {
  type ConvertArraysOptions,
  type ConvertArraysResult,
  type ConvertedArray,
  convertArrays,
  isArraysConversion,
} from "./convert/arrays.ts";
export type { ArraysFormat } from "./convert/arrays-place.ts";
export { type ConvertOptions, type ConvertResult, convert } from "./convert/convert.ts";
export type { ConvertSplit } from "./convert/source.ts";
export type { MaterializeResult, MaterializeRun } from "./dataset/materialize.ts";
export type { OutputOptions } from "./dataset/output-options.ts";
export { planFile, runTask } from "./dataset/run.ts";
export { type DemoResult, demoAis } from "./demo.ts";
export { type ArrayInfo, type ArraysReport, infoArrays } from "./inspect/arrays-info.ts";
export { diff, head, info, leak, shuffleReport, stats, verify } from "./inspect/inspect.ts";
export { type MergeReport, merge } from "./inspect/merge.ts";
export { putShufflePicture, shufflePicture } from "./inspect/shuffle-picture.ts";
export { materializeL5kit, planL5kit } from "./l5kit/materialize.ts";
export type { MaskUse, MaterializeL5kitOptions } from "./l5kit/options.ts";
export { type SimulateL5kitOptions, type SimulateL5kitResult, simulateL5kit } from "./l5kit/simulate.ts";
export { type LoadedSchema, type LoadOptions, load } from "./load.ts";
export { loadMatch, type MatchFileOrigin, saveMatch } from "./match-file.ts";
export type { Progress } from "./progress.ts";
export { RECORDING_KINDS, type RecordingKind } from "./recordings/kind-names.ts";
export {
  type OpenedRecordings,
  type OpenRecordingsOptions,
  openRecordings,
  type Recordings,
} from "./recordings/recordings.ts";
export { type SyncOptions, type SyncResult, sync, type TraceSync } from "./sync.ts";
export { materialize } from "./traces/materialize.ts";
export { type MaterializeTracesOptions, materializeTraces, planTraces } from "./traces/materialize-recordings.ts";
export type { MaterializeOptions } from "./traces/options.ts";
export { PACKAGE_VERSION } from "./version.ts";
