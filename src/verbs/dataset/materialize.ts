/** Carries out a job for `materialize`: the folder locked, the plan made or found, run, and put in place. */

import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { WindrowError } from "../../core/index.ts";
import { MANIFEST_FILE, type Manifest, readManifest } from "../../materialize/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import type { BadRow } from "../../node/tabular.ts";
import type { Plan } from "../../run/index.ts";
import { type Progress, SILENT } from "../progress.ts";
import type { DatasetJob, KnownInput, Watch } from "./job.ts";
import { isReplaceable, lockFolder, putBack, replace, replacement } from "./output-folder.ts";
import type { ResolvedOutput } from "./output-options.ts";
import type { Planned } from "./plan.ts";
import { runPlan } from "./run.ts";

/** What a run leaves. */
export interface MaterializeResult {
  readonly out: string;
  readonly manifest: Manifest;
  /** The first few rows that could not be read; empty for a run that was resumed. */
  readonly badRows: readonly BadRow[];
  /** Whether the dataset was there already. */
  readonly wasThere: boolean;
}

/** Who watches a run, and who may stop it. */
export interface MaterializeRun {
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Opens a job, once the output folder is this run's own. */
export type OpenJob<I extends KnownInput> = (watch: Watch) => Promise<DatasetJob<I>>;

/** The folder itself where `out` is a link to one: a link is not to be replaced. */
function realOut(out: string): string {
  return existsSync(out) ? realpathSync(out) : resolve(out);
}

// Loaded when it is first used. Apart from `using`: where that is, tsc leaves the names of modules that are loaded late as they are in the checkout.
async function planner() {
  return (await import("./plan.ts")).plannedDataset;
}

async function planned<I extends KnownInput>(
  output: ResolvedOutput,
  open: OpenJob<I>,
  task: Watch & { readonly out: string; readonly isPreparing: boolean },
): Promise<Planned> {
  const plannedDataset = await planner();
  await using job = await open(task);
  // Awaited here: else the inputs were gone before they are read.
  return await plannedDataset({ job, output }, task.out, task);
}

/** The plan of a job; what must be counted first is counted. */
export async function planJob<I extends KnownInput>(
  output: ResolvedOutput,
  open: OpenJob<I>,
  progress: Progress = SILENT,
): Promise<Plan> {
  const out = realOut(output.out);
  using _ = lockFolder(out);
  const outcome = await planned(output, open, { out, progress, signal: undefined, isPreparing: false });
  if (outcome.kind === "plan") return outcome.plan;
  throw new WindrowError("exists", `Cannot plan: ${out} holds this very dataset already`);
}

async function finished(out: string): Promise<Manifest> {
  const manifest = await readManifest(folderStore(out));
  if (manifest === undefined)
    throw new WindrowError("internal", `Cannot finish: ${join(out, MANIFEST_FILE)} was not written`);
  return manifest;
}

/**
 * Carries out a job. A run that was interrupted goes on where it was.
 * @throws WindrowError as the job's ingest; `exists` for what is in the way; `empty` when there is no window to write; `io` for the disk.
 */
export async function materializeJob<I extends KnownInput>(
  output: ResolvedOutput,
  open: OpenJob<I>,
  run: MaterializeRun,
): Promise<MaterializeResult> {
  const { progress = SILENT, signal } = run;
  const out = realOut(output.out);
  putBack(out);
  using _ = lockFolder(out);
  const isReplacing = output.existing === "overwrite" && isReplaceable(out);
  const place = isReplacing ? replacement(out) : out;
  const outcome = await planned(output, open, { out: place, progress, signal, isPreparing: isReplacing });
  if (outcome.kind === "plan")
    await runPlan(outcome.plan, { memory: output.memory, workers: output.workers, progress, signal });
  if (isReplacing) await replace(out);
  return {
    out,
    manifest: await finished(out),
    badRows: outcome.kind === "plan" ? outcome.badRows : [],
    wasThere: outcome.kind === "there",
  };
}
