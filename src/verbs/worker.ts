/** The worker's entry: carries out the tasks of a plan that it is told to, one after the other. */

import { parentPort, workerData } from "node:worker_threads";
import { WindrowError } from "../core/index.ts";
import { runDatasetTask } from "../materialize/index.ts";
import type { WorkerAnswer, WorkerRequest } from "../node/threads.ts";
import { taskOf } from "../run/index.ts";
import { openContext, planFile } from "./run-dataset.ts";

const plan = planFile((workerData as { plan: string }).plan);
const context = openContext(plan);
// Each task that waits for it tells of a failure; none may be asked for before it fails.
context.catch(() => {});

async function answer(id: string): Promise<WorkerAnswer> {
  try {
    return { kind: "done", id, result: await runDatasetTask(taskOf(plan, id), await context) };
  } catch (error) {
    const code = error instanceof WindrowError ? error.code : undefined;
    const { message, stack = "" } = error instanceof Error ? error : new WindrowError("internal", String(error));
    return { kind: "failed", id, code, message, stack };
  }
}

parentPort?.on("message", (request: WorkerRequest) => {
  void answer(request.id).then((reply) => parentPort?.postMessage(reply));
});
