/** Looks and checks: what lies at a place, and whether it is what it says. */

export { type DiffOptions, type DiffReport, diff, type FirstDifference } from "./diff.ts";
export { type HeadOptions, type HeadReport, type HeadSample, head } from "./head.ts";
export { type DatasetInfo, type InfoReport, info, type PieceInfo } from "./info.ts";
export { type Leak, type LeakReport, leak } from "./leak.ts";
export type { Problem } from "./problems.ts";
export {
  type GenerationShuffle,
  type ShuffleOptions,
  type ShuffleReport,
  type ShuffleTest,
  type ShuffleVerdict,
  shuffleReport,
} from "./shuffle.ts";
export type { ShuffleMeasure, ShuffleTestName } from "./shuffle-tests.ts";
export type { OrderView } from "./shuffle-view.ts";
export type { InspectPlace, InspectRun } from "./source.ts";
export {
  type FeatureStats,
  type IndexStats,
  type NumberStats,
  type StatsOptions,
  type StatsReport,
  stats,
} from "./stats.ts";
export { type VerifyReport, verify } from "./verify.ts";
