/** Plans: tasks by id, and an order in which nothing comes too early. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inWaitingOrder, type Plan, type Task, taskOf } from "./plan.ts";

const task = (id: string, after: readonly string[] = []): Task => ({ id, op: "test", args: null, after, makes: [] });

test("any plan without a circle is put in an order in which each task finds done what it waits for", () => {
  const edges = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 60 });
  fc.assert(
    fc.property(
      edges,
      fc.shuffledSubarray(
        Array.from({ length: 20 }, (_, i) => i),
        { minLength: 20 },
      ),
      (pairs, shuffled) => {
        const waits = (id: number) =>
          pairs.filter(([a, b]) => Math.max(a, b) === id && a !== b).map(([a, b]) => `t${Math.min(a, b)}`);
        const tasks = shuffled.map((id) => task(`t${id}`, waits(id)));
        const ordered = inWaitingOrder(tasks);
        assert.deepEqual(new Set(ordered), new Set(tasks));
        assert.equal(ordered.length, 20);
        const done = new Set<string>();
        for (const { id, after } of ordered) {
          assert.ok(after.every((before) => done.has(before)));
          done.add(id);
        }
      },
    ),
  );
});

test("tasks that wait for nothing keep their order", () => {
  const tasks = ["c", "a", "b"].map((id) => task(id));
  assert.deepEqual(inWaitingOrder(tasks), tasks);
});

test("a circle, and a task that is not there, are refused by name", () => {
  assert.throws(() => inWaitingOrder([task("a", ["b"]), task("b", ["a"])]), {
    code: "damaged",
    message: /task a waits for itself/,
  });
  assert.throws(() => inWaitingOrder([task("a", ["gone"])]), {
    code: "damaged",
    message: /task a waits for gone, which is not in it/,
  });
});

test("a task is found by its id; for another one the error names what there is", () => {
  const plan: Plan = {
    format: "windrow-plan",
    version: 1,
    hash: "",
    out: "",
    temp: "",
    spec: null,
    tasks: ["a", "b"].map((id) => task(id)),
  };
  assert.equal(taskOf(plan, "b").id, "b");
  assert.throws(() => taskOf(plan, "c"), {
    code: "usage",
    message: "Cannot run task c: the plan has no such task; its tasks are a, b",
  });
});
