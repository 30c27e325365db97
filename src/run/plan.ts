/** Work as data: a plan is a list of small, deterministic, idempotent tasks. */

import { type Json, WindrowError } from "../core/index.ts";

/** One piece of work. Running it again, late or twice at once, leaves the same files. */
export interface Task<Args extends Json = Json> {
  /** Unique in the plan; letters, digits and `-`. */
  readonly id: string;
  /** What kind of work it is. */
  readonly op: string;
  readonly args: Args;
  /** Ids of the tasks that must be done before. */
  readonly after: readonly string[];
  /** Files that it publishes, below the plan's output folder. */
  readonly makes: readonly string[];
}

/** A list of tasks, and what they share. `hash` covers all the rest. */
export interface Plan {
  readonly format: "windrow-plan";
  readonly version: 1;
  readonly hash: string;
  /** The folder that is written to, and the one for temporary files. */
  readonly out: string;
  readonly temp: string;
  /** What all tasks share. */
  readonly spec: Json;
  readonly tasks: readonly Task[];
}

/** What happens to tasks while a plan runs. */
export type TaskEvent =
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "done"; readonly id: string; readonly result: Json; readonly skipped: boolean };

/** Carries out a plan: each task after those that it waits for. */
export interface Runner {
  run(plan: Plan, options?: { readonly signal?: AbortSignal }): AsyncIterable<TaskEvent>;
}

/** Remembers finished tasks and their results, so that a plan that was interrupted goes on. */
export interface Journal {
  /** The result of a finished task; `undefined` for one that is not finished. */
  result(id: string): Promise<Json | undefined>;
  /** Notes that a task is finished, durably. */
  finish(id: string, result: Json): Promise<void>;
}

/**
 * The task of that id.
 * @throws WindrowError `usage` when there is none.
 */
export function taskOf(plan: Plan, id: string): Task {
  const task = plan.tasks.find((each) => each.id === id);
  if (task === undefined)
    throw new WindrowError(
      "usage",
      `Cannot run task ${id}: the plan has no such task; its tasks are ${firstIds(plan)}`,
    );
  return task;
}

function firstIds(plan: Plan): string {
  const ids = plan.tasks.map((task) => task.id);
  return ids.length <= 6 ? ids.join(", ") : `${ids.slice(0, 5).join(", ")} … ${ids.at(-1)}`;
}

/**
 * The tasks in an order in which each comes after those that it waits for, the given order kept where it can be.
 * @throws WindrowError `damaged` when a task waits for one that is not there, or for itself.
 */
export function inWaitingOrder(tasks: readonly Task[]): readonly Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const placed = new Set<string>();
  const entered = new Set<string>();
  const ordered: Task[] = [];
  const place = (task: Task): void => {
    if (placed.has(task.id)) return;
    if (entered.has(task.id))
      throw new WindrowError("damaged", `Cannot run the plan: task ${task.id} waits for itself`);
    entered.add(task.id);
    for (const id of task.after) {
      const before = byId.get(id);
      if (before === undefined)
        throw new WindrowError("damaged", `Cannot run the plan: task ${task.id} waits for ${id}, which is not in it`);
      place(before);
    }
    placed.add(task.id);
    ordered.push(task);
  };
  for (const task of tasks) place(task);
  return ordered;
}
