/** `materialize ais`: reports in, globally shuffled training shards out. */

import { existsSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { WindrowError } from "../core/index.ts";
import { MANIFEST_FILE, type Manifest, readManifest } from "../materialize/index.ts";
import { folderStore } from "../node/folder-store.ts";
import type { BadRow } from "../node/tabular.ts";
import type { Plan } from "../run/index.ts";
import { type MaterializeAisOptions, resolveAis } from "./ais-options.ts";
import { isReplaceable, lockFolder, putBack, replace, replacement } from "./output-folder.ts";
import { type Progress, SILENT } from "./progress.ts";
import { runPlan } from "./run-dataset.ts";

/** What a run leaves. */
export interface MaterializeResult {
  readonly out: string;
  readonly manifest: Manifest;
  /** The first few rows that could not be read; empty for a run that was resumed. */
  readonly badRows: readonly BadRow[];
  /** Whether the dataset was there already. */
  readonly wasThere: boolean;
}

/** The folder itself where `out` is a link to one: a link is not to be replaced. */
function realOut(out: string): string {
  return existsSync(out) ? realpathSync(out) : resolve(out);
}

// The reading of reports is half of the library: loaded when it is first used, so that who only loads batches begins sooner.
async function planned(...args: Parameters<typeof import("./plan-ais.ts").plannedAis>) {
  const { plannedAis } = await import("./plan-ais.ts");
  return plannedAis(...args);
}

/** The plan of `materialize ais` with these options; what must be counted first is counted. */
export async function planAis(options: MaterializeAisOptions, progress: Progress = SILENT): Promise<Plan> {
  const resolved = resolveAis(options, availableParallelism());
  const out = realOut(resolved.out);
  using _ = lockFolder(out);
  const outcome = await planned(resolved, out, { progress, signal: undefined, isPreparing: false });
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
 * Turns AIS reports into training shards: cleaned, cut into windows, split by vessel, globally shuffled, every row accounted for.
 * A run that was interrupted goes on where it was. The same inputs, options and seed give the same bytes.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for inputs; `exists` for what is in the way; `empty` when there
 * is no window to write; `io` for the disk.
 */
export async function materializeAis(
  options: MaterializeAisOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<MaterializeResult> {
  const { progress = SILENT, signal } = run;
  const resolved = resolveAis(options, availableParallelism());
  const out = realOut(resolved.out);
  putBack(out);
  using _ = lockFolder(out);
  const isReplacing = resolved.existing === "overwrite" && isReplaceable(out);
  const outcome = await planned(resolved, isReplacing ? replacement(out) : out, {
    progress,
    signal,
    isPreparing: isReplacing,
  });
  if (outcome.kind === "plan")
    await runPlan(outcome.plan, { memory: resolved.memory, workers: resolved.workers, progress, signal });
  if (isReplacing) await replace(out);
  return {
    out,
    manifest: await finished(out),
    badRows: outcome.kind === "plan" ? outcome.badRows : [],
    wasThere: outcome.kind === "there",
  };
}
