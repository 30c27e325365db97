/** `materialize l5kit`: scenes in, globally shuffled motion-prediction samples out. */

import { availableParallelism } from "node:os";
import type { Plan } from "../../run/index.ts";
import type { Watch } from "../dataset/job.ts";
import { type MaterializeResult, type MaterializeRun, materializeJob, planJob } from "../dataset/materialize.ts";
import type { Progress } from "../progress.ts";
import { type MaterializeL5kitOptions, type ResolvedL5kit, resolveL5kit } from "./options.ts";

async function opened(options: ResolvedL5kit, watch: Watch) {
  const { l5kitJob } = await import("./job.ts");
  return l5kitJob(options, watch);
}

/** The plan of `materialize l5kit` with these options. */
export async function planL5kit(options: MaterializeL5kitOptions, progress?: Progress): Promise<Plan> {
  const resolved = resolveL5kit(options, availableParallelism());
  return planJob(resolved, (watch) => opened(resolved, watch), progress);
}

/**
 * Turns L5Kit scenes into training shards: for each agent that is chosen, and for the recording car, its past and future and who is
 * around it, in its own frame. Split by scene, globally shuffled, every agent accounted for. A run that was interrupted goes on where it
 * was; the same scenes, options and seed give the same bytes, whatever the scenes lie in side by side.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for inputs, such as a scene whose intervals leave a gap or whose time
 * goes back; `exists` for what is in the way; `empty` when there is no sample to write; `io` for the disk.
 *
 * @example
 * await materializeL5kit({ inputs: ["scenes.zarr"], out: "shards", history: 10, future: 50 });
 */
export async function materializeL5kit(
  options: MaterializeL5kitOptions,
  run: MaterializeRun = {},
): Promise<MaterializeResult> {
  const resolved = resolveL5kit(options, availableParallelism());
  return materializeJob(resolved, (watch) => opened(resolved, watch), run);
}
