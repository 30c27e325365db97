/** Runs a plan's tasks on worker threads. */

import { Worker } from "node:worker_threads";
import { type ErrorCode, type Json, WindrowError } from "../core/index.ts";
import { inWaitingOrder, type Journal, type Plan, type Runner, type Task, type TaskEvent } from "../run/index.ts";

/** What a worker is told: a task to carry out. */
export interface WorkerRequest {
  readonly id: string;
}

/** What a worker answers. */
export type WorkerAnswer =
  | { readonly kind: "done"; readonly id: string; readonly result: Json }
  | { readonly kind: "failed"; readonly id: string; readonly code: ErrorCode | undefined; readonly message: string; readonly stack: string };

/** How to run. */
export interface ThreadsOptions {
  readonly workers: number;
  /** The module that a worker runs; it answers `WorkerRequest`s with `WorkerAnswer`s. */
  readonly entry: URL;
  /** What each worker gets as its `workerData`. */
  readonly data: Json;
  readonly journal: Journal;
}

/** Things to come, one after the other, for one who waits. */
class Inbox<T> {
  readonly #arrived: T[] = [];
  #wake: () => void = () => {};

  put(item: T): void {
    this.#arrived.push(item);
    this.#wake();
  }

  async take(): Promise<T> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    // The loop ends only with something there.
    return this.#arrived.shift() as T;
  }
}

type Arrival = { readonly worker: Worker; readonly answer: WorkerAnswer };

function startWorker(options: ThreadsOptions, inbox: Inbox<Arrival>): Worker {
  const worker = new Worker(options.entry, { workerData: options.data });
  worker.on("message", (answer: WorkerAnswer) => inbox.put({ worker, answer }));
  worker.on("error", (error: Error) => {
    inbox.put({ worker, answer: { kind: "failed", id: "", code: undefined, message: error.message, stack: error.stack ?? "" } });
  });
  return worker;
}

function failure(answer: Extract<WorkerAnswer, { kind: "failed" }>): WindrowError {
  const cause = new WindrowError("internal", answer.stack);
  return new WindrowError(answer.code ?? "internal", answer.message, answer.code === undefined ? { cause } : {});
}

/** Which tasks may start, given what is done. */
function ready(waiting: readonly Task[], done: ReadonlySet<string>): Task | undefined {
  return waiting.find((task) => task.after.every((id) => done.has(id)));
}

async function* run(plan: Plan, options: ThreadsOptions, signal: AbortSignal | undefined): AsyncIterable<TaskEvent> {
  const done = new Set<string>();
  const waiting: Task[] = [];
  for (const task of inWaitingOrder(plan.tasks)) {
    const result = await options.journal.result(task.id);
    if (result === undefined) {
      waiting.push(task);
    } else {
      done.add(task.id);
      yield { kind: "done", id: task.id, result, skipped: true };
    }
  }
  const inbox = new Inbox<Arrival>();
  const idle: Worker[] = [];
  const all: Worker[] = [];
  let running = 0;
  try {
    while (waiting.length > 0 || running > 0) {
      signal?.throwIfAborted();
      for (let task = ready(waiting, done); task !== undefined && running < options.workers; task = ready(waiting, done)) {
        const worker = idle.pop() ?? startWorker(options, inbox);
        if (!all.includes(worker)) all.push(worker);
        waiting.splice(waiting.indexOf(task), 1);
        running += 1;
        worker.postMessage({ id: task.id } satisfies WorkerRequest);
        yield { kind: "start", id: task.id };
      }
      const { worker, answer } = await inbox.take();
      if (answer.kind === "failed") throw failure(answer);
      await options.journal.finish(answer.id, answer.result);
      running -= 1;
      idle.push(worker);
      done.add(answer.id);
      yield { kind: "done", id: answer.id, result: answer.result, skipped: false };
    }
  } finally {
    await Promise.all(all.map((worker) => worker.terminate()));
  }
}

/** A runner on threads of this process. Finished tasks are noted in the journal and not done again. */
export function threadsRunner(options: ThreadsOptions): Runner {
  return { run: (plan, { signal } = {}) => run(plan, options, signal) };
}
