/** Runs a plan's tasks on worker threads. */

import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import process from "node:process";
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
  /** Absent where it is no worker that tells something, but the one who stops the run. */
  readonly worker?: Worker;
  readonly answer: WorkerAnswer;
}

function failure(answer: Extract<WorkerAnswer, { kind: "failed" }>): WindrowError {
  const cause = new WindrowError("internal", answer.stack);
  return new WindrowError(answer.code ?? "internal", answer.message, answer.code === undefined ? { cause } : {});
}

/** Tasks that a worker has at a time: it computes one while the files of the other become durable. */
const TASKS_AT_A_TIME = 2;

/** The environment of a worker: it keeps compiled code where this thread does, which alone does not reach it. */
function workerEnv(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  // The cache lies in a folder for this version of Node, in the one that was named.
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

/** Workers that are started when there is something to do, each with how many tasks it has. */
class Pool implements AsyncDisposable {
  readonly #options: ThreadsOptions;
  readonly #inbox = new Inbox<Arrival>();
  readonly #tasks = new Map<Worker, number>();

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#tasks.values().reduce((sum, tasks) => sum + tasks, 0);
  }

  get isFull(): boolean {
    return this.running >= this.#options.workers * TASKS_AT_A_TIME;
  }

  #started(): Worker {
    const worker = new Worker(this.#options.entry, { workerData: this.#options.data, env: workerEnv() });
    worker.on("message", (answer: WorkerAnswer) => this.#inbox.put({ worker, answer }));
    worker.on("error", ({ message, stack = "" }: Error) => {
      this.#inbox.put({ worker, answer: { kind: "failed", id: "", code: undefined, message, stack } });
    });
    // One that leaves by itself answers nothing any more.
    worker.on("exit", (code) => {
      const message = `Cannot go on: a worker thread ended with code ${code}`;
      this.#inbox.put({ worker, answer: { kind: "failed", id: "", code: undefined, message, stack: message } });
    });
    this.#tasks.set(worker, 0);
    return worker;
  }

  /** The worker with the fewest tasks; a new one while there may be more and none is idle. */
  #leastBusy(): Worker {
    const [least] = [...this.#tasks].sort((a, b) => a[1] - b[1]);
    if (least === undefined || (least[1] > 0 && this.#tasks.size < this.#options.workers)) return this.#started();
    return least[0];
  }

  #count(worker: Worker, more: number): void {
    this.#tasks.set(worker, (this.#tasks.get(worker) ?? 0) + more);
  }

  begin(id: string): void {
    const worker = this.#leastBusy();
    this.#count(worker, 1);
    worker.postMessage({ id } satisfies WorkerRequest);
  }

  /** Wakes whoever waits for a task: the run is to stop. */
  stop(): void {
    this.#inbox.put({ answer: { kind: "failed", id: "", code: undefined, message: "stopped", stack: "" } });
  }

  /** The next task that is done. */
  async done(signal: AbortSignal | undefined): Promise<{ readonly id: string; readonly result: Json }> {
    const { worker, answer } = await this.#inbox.take();
    signal?.throwIfAborted();
    if (answer.kind === "failed") throw failure(answer);
    if (worker !== undefined) this.#count(worker, -1);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#tasks.keys()].map((worker) => worker.terminate()));
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
  signal?.addEventListener("abort", () => pool.stop(), { once: true });
  while (waiting.length > 0 || pool.running > 0) {
    signal?.throwIfAborted();
    while (!pool.isFull) {
      const task = takeReady(waiting, done);
      if (task === undefined) break;
      pool.begin(task.id);
      yield { kind: "start", id: task.id };
    }
    const { id, result } = await pool.done(signal);
    await options.journal.finish(id, result);
    done.add(id);
    yield { kind: "done", id, result, skipped: false };
  }
}

/** A runner on threads of this process. Finished tasks are noted in the journal and not done again. */
export function threadsRunner(options: ThreadsOptions): Runner {
  return { run: (plan, { signal } = {}) => run(plan, options, signal) };
}
