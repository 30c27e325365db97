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
  | {
      readonly kind: "failed";
      readonly id: string;
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly stack: string;
    };

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

interface Arrival {
  readonly worker: Worker;
  readonly answer: WorkerAnswer;
}

function failure(answer: Extract<WorkerAnswer, { kind: "failed" }>): WindrowError {
  const cause = new WindrowError("internal", answer.stack);
  return new WindrowError(answer.code ?? "internal", answer.message, answer.code === undefined ? { cause } : {});
}

/** Workers that are started when there is something to do, and used again. */
class Pool implements AsyncDisposable {
  readonly #options: ThreadsOptions;
  readonly #inbox = new Inbox<Arrival>();
  readonly #all: Worker[] = [];
  readonly #idle: Worker[] = [];

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#all.length - this.#idle.length;
  }

  get isFull(): boolean {
    return this.running >= this.#options.workers;
  }

  #started(): Worker {
    const worker = new Worker(this.#options.entry, { workerData: this.#options.data });
    worker.on("message", (answer: WorkerAnswer) => this.#inbox.put({ worker, answer }));
    worker.on("error", ({ message, stack = "" }: Error) => {
      this.#inbox.put({ worker, answer: { kind: "failed", id: "", code: undefined, message, stack } });
    });
    this.#all.push(worker);
    return worker;
  }

  begin(id: string): void {
    const worker = this.#idle.pop() ?? this.#started();
    worker.postMessage({ id } satisfies WorkerRequest);
  }

  /** The next task that is done. */
  async done(): Promise<{ readonly id: string; readonly result: Json }> {
    const { worker, answer } = await this.#inbox.take();
    if (answer.kind === "failed") throw failure(answer);
    this.#idle.push(worker);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}

/** Takes from the waiting tasks one that may start, given what is done. */
function takeReady(waiting: Task[], done: ReadonlySet<string>): Task | undefined {
  const at = waiting.findIndex((task) => task.after.every((id) => done.has(id)));
  return at < 0 ? undefined : waiting.splice(at, 1)[0];
}

async function* run(plan: Plan, options: ThreadsOptions, signal: AbortSignal | undefined): AsyncIterable<TaskEvent> {
  const done = new Set<string>();
  const waiting: Task[] = [];
  for (const task of inWaitingOrder(plan.tasks)) {
    const result = await options.journal.result(task.id);
    if (result === undefined) {
      waiting.push(task);
      continue;
    }
    done.add(task.id);
    yield { kind: "done", id: task.id, result, skipped: true };
  }
  await using pool = new Pool(options);
  while (waiting.length > 0 || pool.running > 0) {
    signal?.throwIfAborted();
    while (!pool.isFull) {
      const task = takeReady(waiting, done);
      if (task === undefined) break;
      pool.begin(task.id);
      yield { kind: "start", id: task.id };
    }
    const { id, result } = await pool.done();
    await options.journal.finish(id, result);
    done.add(id);
    yield { kind: "done", id, result, skipped: false };
  }
}

/** A runner on threads of this process. Finished tasks are noted in the journal and not done again. */
export function threadsRunner(options: ThreadsOptions): Runner {
  return { run: (plan, { signal } = {}) => run(plan, options, signal) };
}
