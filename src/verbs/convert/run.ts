/** Writes a conversion's plan, and carries it out on threads. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  type ConvertContext,
  type ConvertSpec,
  convertTasks,
  fragmentFile,
  Memory,
  rowsOfTask,
} from "../../convert/index.ts";
import type { Json } from "../../core/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { storeJournal } from "../../node/journal.ts";
import { threadsRunner } from "../../node/threads.ts";
import { workerEntry } from "../../node/worker-entry.ts";
import { folderWorkspace } from "../../node/workspace.ts";
import { type Plan, taskOf } from "../../run/index.ts";
import { jsonHash } from "../dataset/run.ts";
import type { Progress } from "../progress.ts";
import { openSource, type PlannedSource } from "./source.ts";

/** The part of a plan that all tasks share. */
export interface ConversionSpec {
  readonly convert: ConvertSpec;
  readonly source: PlannedSource;
  /** What was asked for, and the source as it was. */
  readonly request: string;
  /** What was asked for. */
  readonly ask: string;
}

/** Names in the state folder. */
export const STATE = { plan: "plan.json", done: "done", groups: "groups" } as const;

/** What all tasks of a conversion's plan share. */
export function conversionSpec(plan: Plan): ConversionSpec {
  return plan.spec as unknown as ConversionSpec; // written by `writeConversion`, and checked by its hash
}

/** Whether a plan is one of a conversion: other commands keep theirs under the same name. */
export function isConversion({ spec }: Plan): boolean {
  return typeof spec === "object" && spec !== null && "convert" in spec;
}

/** Makes the plan and writes it to the state folder. */
export async function writeConversion(
  places: { readonly out: string; readonly state: string },
  shared: ConversionSpec,
): Promise<Plan> {
  // Plain data by its type; the cast only says so to the compiler.
  const spec = shared as unknown as Json;
  const tasks = convertTasks(shared.convert, shared.request);
  const plan: Plan = {
    format: "windrow-plan",
    version: 1,
    hash: jsonHash([spec, tasks]),
    out: places.out,
    temp: places.state,
    spec,
    tasks,
  };
  await folderStore(places.state).put(STATE.plan, new TextEncoder().encode(JSON.stringify(plan)));
  return plan;
}

/** Everything that a conversion's tasks share, read once in each worker. */
export async function openConversion(plan: Plan): Promise<ConvertContext> {
  const { convert, source } = conversionSpec(plan);
  const { table, unchanged } = await openSource(source);
  return {
    places: {
      store: folderStore(plan.out),
      workspace: folderWorkspace(join(plan.temp, STATE.groups)),
      codecs: nodeCodecs(),
      hashes: await nodeHashes(),
    },
    spec: convert,
    source: table,
    memory: new Memory(),
    journal: storeJournal(folderStore(plan.temp), STATE.done),
    tasks: plan.tasks,
    unchanged,
  };
}

/** What a thread takes besides what it writes: its heap, and what it reads. */
const THREAD_BYTES = 128 * 2 ** 20;

/** Bytes that a worker takes: a raw shard or group, and its packed form in a buffer for the worst case. */
function workerBytes({ mds, groupBytes }: ConvertSpec): number {
  return 2.2 * (mds?.shardBytes ?? 2 * groupBytes) + THREAD_BYTES;
}

/** Runs what is left of a plan. */
export async function runConversion(
  plan: Plan,
  options: {
    readonly memory: number;
    readonly workers: number;
    readonly progress: Progress;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { convert } = conversionSpec(plan);
  const workers = Math.max(1, Math.min(options.workers, Math.floor(options.memory / workerBytes(convert))));
  const journal = storeJournal(folderStore(plan.temp), STATE.done);
  const data = { plan: join(plan.temp, STATE.plan) };
  const runner = threadsRunner({ workers, entry: workerEntry(import.meta.url, "worker"), data, journal });
  const total = convert.parts.reduce((sum, rows) => sum + rows, 0);
  options.progress.stage("convert samples", total, "samples");
  let done = 0;
  for await (const event of runner.run(plan, options.signal === undefined ? {} : { signal: options.signal })) {
    if (event.kind !== "done") continue;
    const task = taskOf(plan, event.id);
    if (task.op === "file") {
      // Only a file that the journal knows of is never made again.
      for (const id of task.after) rmSync(join(plan.temp, STATE.groups, fragmentFile(id)), { force: true });
    }
    done += rowsOfTask(task);
    options.progress.at(done);
  }
}
