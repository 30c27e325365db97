/** `materialize ais`: reports in, globally shuffled training shards out. */

import { availableParallelism } from "node:os";
import type { Plan } from "../../run/index.ts";
import type { Watch } from "../dataset/job.ts";
import { type MaterializeResult, type MaterializeRun, materializeJob, planJob } from "../dataset/materialize.ts";
import type { Progress } from "../progress.ts";
import { type MaterializeAisOptions, type ResolvedAis, resolveAis } from "./options.ts";

// The reading of reports is half of the library: loaded when it is first used, so that who only loads batches begins sooner.
async function opened(options: ResolvedAis, watch: Watch) {
  const { aisJob } = await import("./job.ts");
  return aisJob(options, watch);
}

/** The plan of `materialize ais` with these options; what must be counted first is counted. */
export async function planAis(options: MaterializeAisOptions, progress?: Progress): Promise<Plan> {
  const resolved = resolveAis(options, availableParallelism());
  return planJob(resolved, (watch) => opened(resolved, watch), progress);
}

/**
 * Turns AIS reports into training shards: cleaned, cut into windows, split by vessel, globally shuffled, every row accounted for.
 * A run that was interrupted goes on where it was. The same inputs, options and seed give the same bytes.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for inputs; `exists` for what is in the way; `empty` when there
 * is no window to write; `io` for the disk.
 */
export async function materializeAis(
  options: MaterializeAisOptions,
  run: MaterializeRun = {},
): Promise<MaterializeResult> {
  const resolved = resolveAis(options, availableParallelism());
  return materializeJob(resolved, (watch) => opened(resolved, watch), run);
}
