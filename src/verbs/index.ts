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
export type { Ledger, Manifest } from "../materialize/index.ts";
export type { MaterializeAisOptions } from "./ais-options.ts";
export { type DemoResult, demoAis } from "./demo.ts";
export { type MergeReport, merge } from "./inspect-merge.ts";
export { diff, head, info, leak, shuffleReport, stats, verify } from "./inspect-verbs.ts";
export { type MaterializeResult, materializeAis, planAis } from "./materialize-ais.ts";
export type { Progress } from "./progress.ts";
export { planFile, runTask } from "./run-dataset.ts";
export { putShufflePicture, shufflePicture } from "./shuffle-picture.ts";
export { type SimulateAisOptions, type SimulateAisResult, simulateAis } from "./simulate-ais.ts";
export { PACKAGE_VERSION } from "./version.ts";
