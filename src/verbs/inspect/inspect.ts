/** Looks and checks by path: info, head, stats, verify, leak, diff. */

import type {
  DiffOptions,
  DiffReport,
  HeadOptions,
  HeadReport,
  InfoReport,
  InspectRun,
  LeakReport,
  ShuffleOptions,
  ShuffleReport,
  StatsOptions,
  StatsReport,
  VerifyReport,
} from "../../inspect/index.ts";
import { inspectPlace } from "./place.ts";

// Loaded when first used: who imports the library for one verb need not wait for all.
const inspection = () => import("../../inspect/index.ts");

/** What lies at a path: kind, schema, counts, sizes, where it comes from. Reads indexes and footers only. */
export async function info(path: string): Promise<InfoReport> {
  return (await inspection()).info(await inspectPlace(path));
}

/** The first samples. */
export async function head(path: string, options: HeadOptions = {}): Promise<HeadReport> {
  return (await inspection()).head(await inspectPlace(path), options);
}

/** Statistics of every feature, and of the times and entities that the index tells of. */
export async function stats(path: string, options: StatsOptions = {}, run: InspectRun = {}): Promise<StatsReport> {
  return (await inspection()).stats(await inspectPlace(path), options, run);
}

/** Measures how random the stored order is, against what chance gives; see docs/shuffle.md. */
export async function shuffleReport(
  path: string,
  options: ShuffleOptions = {},
  run: InspectRun = {},
): Promise<ShuffleReport> {
  return (await inspection()).shuffleReport(await inspectPlace(path), options, run);
}

/** Recomputes every hash and count. */
export async function verify(path: string, run: InspectRun = {}): Promise<VerifyReport> {
  return (await inspection()).verify(await inspectPlace(path), run);
}

/** Proves that no entity, and no stretch of its time, is in two splits, or names those that are. */
export async function leak(path: string, run: InspectRun = {}): Promise<LeakReport> {
  return (await inspection()).leak(await inspectPlace(path), run);
}

/** Whether two paths hold the same samples, in the same order, with the same values. */
export async function diff(a: string, b: string, options: DiffOptions = {}, run: InspectRun = {}): Promise<DiffReport> {
  return (await inspection()).diff(await inspectPlace(a), await inspectPlace(b), options, run);
}
