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
export type { MaterializeAisOptions } from "./ais-options.ts";
export { type AisTrips, type AisTripsOptions, aisTrips } from "./ais-trips.ts";
export { type ArrayInfo, type ArraysReport, infoArrays } from "./arrays-info.ts";
export type { ArraysFormat } from "./arrays-place.ts";
export { type BaselineAisOptions, type BaselineAisReport, baselineAis, type Forecaster } from "./baseline-ais.ts";
export { type ConvertOptions, type ConvertResult, convert } from "./convert.ts";
export {
  type ConvertArraysOptions,
  type ConvertArraysResult,
  type ConvertedArray,
  convertArrays,
  isArraysConversion,
} from "./convert-arrays.ts";
export type { ConvertSplit } from "./convert-source.ts";
export { type DemoResult, demoAis } from "./demo.ts";
export { type MergeReport, merge } from "./inspect-merge.ts";
export { diff, head, info, leak, shuffleReport, stats, verify } from "./inspect-verbs.ts";
export type { MaskUse, MaterializeL5kitOptions } from "./l5kit-options.ts";
export { type LoadedSchema, type LoadOptions, load } from "./load.ts";
export { loadMatch, type MatchFileOrigin, saveMatch } from "./match-file.ts";
export { materialize } from "./materialize.ts";
export { materializeAis, planAis } from "./materialize-ais.ts";
export type { MaterializeResult, MaterializeRun } from "./materialize-job.ts";
export { materializeL5kit, planL5kit } from "./materialize-l5kit.ts";
export type { MaterializeOptions } from "./materialize-options.ts";
export { type MaterializeTracesOptions, materializeTraces, planTraces } from "./materialize-traces.ts";
export type { OutputOptions } from "./output-options.ts";
export type { Progress } from "./progress.ts";
export { RECORDING_KINDS, type RecordingKind } from "./recording-kinds.ts";
export { type OpenedRecordings, type OpenRecordingsOptions, openRecordings, type Recordings } from "./recordings.ts";
export { planFile, runTask } from "./run-dataset.ts";
export { putShufflePicture, shufflePicture } from "./shuffle-picture.ts";
export { type SimulateAisOptions, type SimulateAisResult, simulateAis } from "./simulate-ais.ts";
export { type SimulateL5kitOptions, type SimulateL5kitResult, simulateL5kit } from "./simulate-l5kit.ts";
export { type SyncOptions, type SyncResult, sync, type TraceSync } from "./sync.ts";
export { PACKAGE_VERSION } from "./version.ts";
