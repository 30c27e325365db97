/** The loop of a worker: carries out the tasks that it is told to, and answers what became of them. */

import { parentPort } from "node:worker_threads";
import { type Json, WindrowError } from "../core/index.ts";
import type { WorkerAnswer, WorkerRequest } from "../node/threads.ts";

async function answer(id: string, run: (id: string) => Promise<Json>): Promise<WorkerAnswer> {
  try {
    return { kind: "done", id, result: await run(id) };
  } catch (error) {
    const code = error instanceof WindrowError ? error.code : undefined;
    const { message, stack = "" } = error instanceof Error ? error : new WindrowError("internal", String(error));
    return { kind: "failed", id, code, message, stack };
  }
}

/** Serves the thread that started this one, as long as it runs. */
export function serveTasks(run: (id: string) => Promise<Json>): void {
  parentPort?.on("message", (request: WorkerRequest) => {
    void answer(request.id, run).then((reply) => parentPort?.postMessage(reply));
  });
}
