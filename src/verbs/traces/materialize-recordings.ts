/** `materialize traces`: recordings of several sensors in, globally shuffled training shards out. */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import type { Json } from "../../core/index.ts";
import { INDEX_FILE } from "../../formats/dataset/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { fileSha256 } from "../../node/hashes.ts";
import type { Plan } from "../../run/index.ts";
import { type SyncSpec, synchronization } from "../../sync/index.ts";
import type { Watch } from "../dataset/job.ts";
import { type MaterializeResult, type MaterializeRun, materializeJob, planJob } from "../dataset/materialize.ts";
import type { Progress } from "../progress.ts";
import { saysWhen } from "../query-times.ts";
import type { OpenRecordingsOptions } from "../recordings/recordings.ts";
import type { Content } from "./job.ts";
import { type MaterializeOptions, resolveTraces } from "./options.ts";

/** What `materializeTraces` takes. */
export interface MaterializeTracesOptions extends MaterializeOptions {
  /** Files and folders, as `openRecordings` takes them. */
  readonly inputs: readonly string[];
  /** How the sensors of each recording are matched. Where absent, or silent about when rows are, each must have one: rows are at its times. */
  readonly sync?: SyncSpec;
  /** What the inputs are. */
  readonly recordings?: Omit<OpenRecordingsOptions, "synchronization" | "temp" | "signal">;
}

/** What a dataset of ours holds below a recording that it is written into: nothing of this is the recording's. */
function datasetsBelow(keys: readonly string[]): string[] {
  const all = new Set(keys);
  return keys.flatMap((key) => {
    const folder = /^(.+\/)(?:manifest\.json|\.windrow\/.*)$/.exec(key)?.[1];
    if (folder === undefined) return [];
    return !key.endsWith("/manifest.json") || all.has(`${folder}${INDEX_FILE}`) ? [folder] : [];
  });
}

/** The files of a recording, in the order of their names, also through links. */
async function filesOf(path: string): Promise<readonly string[]> {
  if (!statSync(path).isDirectory()) return [path];
  const keys = await Array.fromAsync(folderStore(path).list(""));
  const datasets = [...new Set(datasetsBelow(keys))];
  return keys.filter((key) => !datasets.some((folder) => key.startsWith(folder))).map((key) => join(path, key));
}

/** Digests what a recording's files hold, and what they are called within it. */
async function contentOf(path: string, signal: AbortSignal | undefined): Promise<Content> {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const file of await filesOf(path)) {
    const digest = await fileSha256(file, signal === undefined ? {} : { signal });
    hash.update(JSON.stringify([relative(path, file).replaceAll("\\", "/"), digest]));
    bytes += statSync(file).size;
  }
  return { bytes, sha256: hash.digest("hex") };
}

// Loaded when it is first used. Apart from `using`: where that is, tsc leaves the names of modules that are loaded late as they are in the checkout.
async function readers() {
  const { openRecordings } = await import("../recordings/recordings.ts");
  const { tracesJob } = await import("./job.ts");
  return { openRecordings, tracesJob };
}

async function opened(options: MaterializeTracesOptions, resolved: ReturnType<typeof resolveTraces>, watch: Watch) {
  const { openRecordings, tracesJob } = await readers();
  const { inputs, sync, recordings = {}, temp } = options;
  const rule = sync !== undefined && saysWhen(sync) ? synchronization(sync) : sync;
  await using scope = new AsyncDisposableStack();
  const dataset = scope.use(
    await openRecordings(inputs, {
      ...recordings,
      ...(rule && { synchronization: rule }),
      signal: watch.signal,
      // One that is not there yet is made with the plan.
      ...(temp !== undefined && existsSync(temp) && { temp }),
    }),
  );
  // Several traces may be of one file.
  const contents = new Map<string, Promise<Content>>();
  const content = (number: number): Promise<Content> => {
    const path = dataset.pathOf(number);
    const found = contents.get(path) ?? contentOf(path, watch.signal);
    contents.set(path, found);
    return found;
  };
  // Plain data by its type; the cast only says so to the compiler.
  const how = typeof rule === "function" ? rule.spec : ((rule ?? null) as Json);
  const about = { sync: how, recordings: recordings as unknown as Json };
  const source = { dataset, options: about, content, lost: () => dataset.lost() };
  const job = await tracesJob(source, resolved, watch);
  const kept = scope.move();
  return { ...job, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The plan of `materialize traces` with these options. */
export async function planTraces(options: MaterializeTracesOptions, progress?: Progress): Promise<Plan> {
  const resolved = resolveTraces(options, availableParallelism());
  return planJob(resolved, (watch) => opened(options, resolved, watch), progress);
}

/**
 * Turns recordings of several sensors into training shards: their clocks matched, rows cut into windows, split by entity, globally shuffled, every
 * sample accounted for. A run that was interrupted goes on where it was. The same inputs, options and seed give the same bytes.
 * @throws WindrowError as `openRecordings` and `materialize`.
 *
 * @example
 * await materializeTraces({ inputs: ["drives/*"], sync: { rule: "nearest", reference: "camera" }, window: 32, out: "shards" });
 */
export async function materializeTraces(
  options: MaterializeTracesOptions,
  run: MaterializeRun = {},
): Promise<MaterializeResult> {
  const resolved = resolveTraces(options, availableParallelism());
  return materializeJob(resolved, (watch) => opened(options, resolved, watch), run);
}
