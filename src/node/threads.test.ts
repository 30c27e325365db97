/** The runner on threads: each task after those it waits for, done ones not again, failures and stops told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Json, WindrowError } from "../core/index.ts";
import type { Plan, Task, TaskEvent } from "../run/index.ts";
import { memoryStore } from "../stores/index.ts";
import { storeJournal } from "./journal.ts";
import { threadsRunner } from "./threads.ts";

/** A worker that answers with the task's id, and fails, or dies, where the id says so. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from "node:worker_threads";
    parentPort.on("message", ({ id }) => {
      if (id === "dies") throw new RangeError("out of reach");
      if (id === "fails") parentPort.postMessage({ kind: "failed", id, code: "damaged", message: "Cannot go on: broken", stack: "" });
      else parentPort.postMessage({ kind: "done", id, result: { id, with: workerData } });
    });
  `)}`,
);

const task = (id: string, ...after: readonly string[]): Task => ({ id, op: "test", args: null, after, makes: [] });

function plan(...tasks: readonly Task[]): Plan {
  return { format: "windrow-plan", version: 1, hash: "", out: "", temp: "", spec: null, tasks };
}

async function ran(
  tasks: readonly Task[],
  workers: number,
  done: Readonly<Record<string, Json>> = {},
  signal?: AbortSignal,
) {
  const journal = storeJournal(memoryStore(), "done");
  for (const [id, result] of Object.entries(done)) await journal.finish(id, result);
  const events: TaskEvent[] = [];
  const runner = threadsRunner({ workers, entry: ENTRY, data: "shared", journal });
  for await (const event of runner.run(plan(...tasks), signal === undefined ? {} : { signal })) events.push(event);
  return { events, journal };
}

const finished = (events: readonly TaskEvent[]) => events.flatMap((event) => (event.kind === "done" ? [event.id] : []));

test("every task is done once, after those it waits for, with any number of workers", async () => {
  const tasks = [task("c", "a", "b"), task("a"), task("b", "a"), task("d"), task("e", "c", "d")];
  for (const workers of [1, 2, 7]) {
    const { events, journal } = await ran(tasks, workers);
    const order = finished(events);
    assert.deepEqual([...order].sort(), ["a", "b", "c", "d", "e"]);
    for (const { id, after } of tasks) {
      const started = events.findIndex((event) => event.kind === "start" && event.id === id);
      for (const before of after) {
        assert.ok(events.findIndex((event) => event.kind === "done" && event.id === before) < started);
      }
      assert.deepEqual(await journal.result(id), { id, with: "shared" });
    }
  }
});

test("a task that was done is told as skipped and not done again", async () => {
  const { events } = await ran([task("a"), task("b", "a")], 1, { a: "before" });
  assert.deepEqual(events, [
    { kind: "done", id: "a", result: "before", skipped: true },
    { kind: "start", id: "b" },
    { kind: "done", id: "b", result: { id: "b", with: "shared" }, skipped: false },
  ]);
  const all = await ran([task("a")], 3, { a: null });
  assert.deepEqual(finished(all.events), ["a"]);
});

test("a failure keeps its code, and a worker that dies is a failure too", async () => {
  await assert.rejects(ran([task("a"), task("fails", "a"), task("b", "fails")], 2), {
    name: "WindrowError",
    code: "damaged",
    message: "Cannot go on: broken",
  });
  await assert.rejects(ran([task("dies"), task("a")], 1), (error) => {
    return error instanceof WindrowError && error.code === "internal" && error.message.includes("out of reach");
  });
});

test("a run that is told to stop stops", async () => {
  const stop = AbortSignal.abort();
  await assert.rejects(ran([task("a")], 1, {}, stop));
});
