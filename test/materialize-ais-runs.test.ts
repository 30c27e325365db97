/** However a dataset is made, its bytes are the same: workers, passes, tasks one by one, runs that stopped; and what is in the way stays. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { materializeAis, planAis } from "../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";
import { runPlan, runTask } from "../src/verbs/dataset/run.ts";
import { SILENT } from "../src/verbs/progress.ts";
import { fileHashes, namesIn, SMALL, testFolder, writeFleet } from "./ais-dataset.ts";
import { inTwoPasses } from "./two-passes.ts";

interface Ground {
  readonly folder: string;
  readonly options: MaterializeAisOptions;
  readonly at: (name: string) => MaterializeAisOptions;
}

/** A fleet's file in a folder of its own, and options to make it a dataset of some tasks. */
function ground(t: TestContext, change: Partial<MaterializeAisOptions> = {}): Ground {
  const folder = testFolder(t);
  writeFleet(join(folder, "fleet.csv"), { vessels: 10, days: 1, seed: 3 });
  const options = { ...SMALL, inputs: [join(folder, "fleet.csv")], out: join(folder, "out"), parts: 3, ...change };
  return { folder, options, at: (name) => ({ ...options, out: join(folder, name) }) };
}

const running = { memory: 2 ** 30, workers: 2, progress: SILENT };

test("one worker, two workers and tasks run one by one give the same files", async (t) => {
  const { folder, at } = ground(t);
  await materializeAis({ ...at("one"), workers: 1 });
  await materializeAis({ ...at("two"), workers: 2, temp: join(folder, "temp") });
  const plan = await planAis(at("tasks"));
  for (const task of plan.tasks) assert.equal((await runTask(plan, task.id)).skipped, false);
  const hashes = fileHashes(join(folder, "one"));
  assert.ok(Object.keys(hashes).length > 15);
  assert.deepEqual(fileHashes(join(folder, "two")), hashes);
  assert.deepEqual(fileHashes(join(folder, "tasks")), hashes);
  assert.deepEqual(namesIn(join(folder, "temp")), []);
  assert.deepEqual(await runTask(plan, "publish"), { result: null, skipped: true });
});

test("one pass and two give the same files, whatever the length of the runs", async (t) => {
  const { folder, at } = ground(t, { with: ["mmsi", "t_start", "trace_id"], test: 0.1, val: 0.2 });
  await materializeAis(at("direct"));
  const hashes = fileHashes(join(folder, "direct"));
  for (const runSamples of [1, 37, 250]) {
    const plan = await inTwoPasses(await planAis(at(`runs-${runSamples}`)), runSamples);
    assert.ok(plan.tasks.some(({ op }) => op === "scatter"));
    await runPlan(plan, running);
    assert.deepEqual(fileHashes(plan.out), hashes);
  }
});

test("memory does not change a byte", async (t) => {
  const { folder, at } = ground(t);
  await materializeAis({ ...at("much"), memory: 2 ** 31 });
  await materializeAis({ ...at("little"), memory: 64 * 2 ** 20 });
  assert.deepEqual(fileHashes(join(folder, "little")), fileHashes(join(folder, "much")));
});

test("every task may be the last before a kill", async (t) => {
  const { folder, at } = ground(t);
  await materializeAis(at("whole"));
  const hashes = fileHashes(join(folder, "whole"));
  const { length } = (await planAis(at("count"))).tasks;
  for (let done = 0; done < length - 1; done++) {
    const options = at(`after-${done}`);
    const plan = await planAis(options);
    for (const task of plan.tasks.slice(0, done)) await runTask(plan, task.id);
    await materializeAis(options);
    assert.deepEqual(fileHashes(options.out), hashes);
  }
});

test("what a kill left between the manifest and the end is tidied by the next run", async (t) => {
  const { folder, options } = ground(t);
  const plan = await planAis({ ...options, temp: join(folder, "temp") });
  const state = readFileSync(join(plan.out, ".windrow", "plan.json"));
  await runPlan(plan, running);
  mkdirSync(join(plan.out, ".windrow"));
  writeFileSync(join(plan.out, ".windrow", "plan.json"), state);
  mkdirSync(plan.temp, { recursive: true });
  writeFileSync(join(plan.temp, "rows.bin"), "");
  const { wasThere } = await materializeAis({ ...options, temp: join(folder, "temp") });
  assert.equal(wasThere, true);
  assert.ok(!namesIn(plan.out).includes(".windrow"));
  assert.deepEqual(namesIn(join(folder, "temp")), []);
});

test("half of a state folder, and a file that a killed run began, are tidied by the next run", async (t) => {
  const { options } = ground(t);
  await materializeAis(options);
  const names = namesIn(options.out);
  mkdirSync(join(options.out, ".windrow", "done"), { recursive: true });
  writeFileSync(join(options.out, ".windrow", "done", "publish.json"), "{}");
  // No system gives a process so high a number.
  writeFileSync(join(options.out, ".run.json.4294967295-0123456789abcdef.tmp"), "{");
  assert.equal((await materializeAis(options)).wasThere, true);
  assert.deepEqual(namesIn(options.out), names);
});

test("a run whose temporary files are gone begins anew", async (t) => {
  const { folder, at } = ground(t);
  await materializeAis(at("whole"));
  const options = { ...at("again"), temp: join(folder, "temp") };
  const plan = await planAis(options);
  for (const task of plan.tasks.slice(0, 3)) await runTask(plan, task.id);
  rmSync(plan.temp, { recursive: true });
  await materializeAis(options);
  assert.deepEqual(fileHashes(join(folder, "again")), fileHashes(join(folder, "whole")));
});

test("the same dataset is not made again", async (t) => {
  const { options } = ground(t);
  assert.equal((await materializeAis(options)).wasThere, false);
  const before = namesIn(options.out);
  assert.equal((await materializeAis({ ...options, workers: 2, memory: 2 ** 31 })).wasThere, true);
  assert.deepEqual(namesIn(options.out), before);
});

test("another dataset in the way is left alone, and replaced where asked for once the new one is whole", async (t) => {
  const { folder, options, at } = ground(t);
  await materializeAis(options);
  const hashes = fileHashes(options.out);
  const other = { ...options, stride: 8 };
  await assert.rejects(materializeAis(other), { code: "exists" });
  const failing = { ...other, window: 100_000, inputLength: 1, existing: "overwrite" as const };
  await assert.rejects(materializeAis(failing), { code: "empty" });
  assert.deepEqual(fileHashes(options.out), hashes);
  await materializeAis({ ...other, existing: "overwrite" });
  await materializeAis({ ...at("fresh"), stride: 8 });
  assert.deepEqual(fileHashes(options.out), fileHashes(join(folder, "fresh")));
  assert.deepEqual(
    namesIn(folder).filter((name) => !name.includes("/")),
    ["fleet.csv", "fresh", "out"],
  );
});

test("a folder that is no dataset is left alone, also where replacing was asked for", async (t) => {
  const { folder, options } = ground(t);
  mkdirSync(options.out);
  mkdirSync(`${options.out}.old`);
  writeFileSync(join(options.out, "thesis.txt"), "years of work");
  writeFileSync(join(`${options.out}.old`, "draft.txt"), "more years");
  for (const existing of [{}, { existing: "overwrite" as const }]) {
    await assert.rejects(materializeAis({ ...options, ...existing }), { code: "exists" });
  }
  assert.deepEqual(namesIn(options.out), ["thesis.txt"]);
  assert.deepEqual(namesIn(`${options.out}.old`), ["draft.txt"]);
  for (const existing of [{}, { existing: "overwrite" as const }]) {
    const file = { ...options, out: join(folder, "fleet.csv"), ...existing };
    await assert.rejects(materializeAis(file), { code: "exists" });
  }
  assert.ok(existsSync(join(folder, "fleet.csv")));
});

test("a run that fails leaves nothing, so that a better one can follow", async (t) => {
  const { folder, options } = ground(t);
  const bad: readonly Partial<MaterializeAisOptions>[] = [
    { hashes: ["nope"] },
    { with: ["mmsi", "mmsi"] },
    { inputs: [join(folder, "absent.csv")] },
    { columns: ["mmsi"], inputs: [writeText(folder, "headerless.csv", "1,2,3\n")] },
    { inputs: [writeText(folder, "empty.csv", "")] },
    { inputs: [writeText(folder, "header.csv", "mmsi,t,lat,lon\n")] },
    { inputs: [writeText(folder, "half.gz", "\u001f\u008b\b")] },
    { window: 100_000 },
  ];
  for (const change of bad) {
    await assert.rejects(materializeAis({ ...options, ...change, out: join(folder, "a", "out") }), {
      name: "WindrowError",
    });
    assert.ok(!existsSync(join(folder, "a", "out")), JSON.stringify(change));
  }
  await materializeAis({ ...options, out: join(folder, "a", "out") });
});

function writeText(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    Uint8Array.from(text, (char) => char.charCodeAt(0)),
  );
  return path;
}

test("an output folder inside the input's folder is no input of the next run", async (t) => {
  const { folder, options } = ground(t);
  const inside = { ...options, inputs: [folder], out: join(dirname(options.inputs[0]!), "out") };
  await materializeAis(inside);
  assert.equal((await materializeAis(inside)).wasThere, true);
});

test("a run stops when told to, and goes on when run again", async (t) => {
  const { folder, at } = ground(t);
  await materializeAis(at("whole"));
  const stop = new AbortController();
  const progress = { ...SILENT, at: () => stop.abort() };
  await assert.rejects(materializeAis(at("stopped"), { signal: stop.signal, progress }));
  assert.ok(!existsSync(join(folder, "stopped", "manifest.json")));
  await materializeAis(at("stopped"));
  assert.deepEqual(fileHashes(join(folder, "stopped")), fileHashes(join(folder, "whole")));
});

test("a failure in a worker keeps its code and its one line", async (t) => {
  const { options } = ground(t);
  const plan = await planAis(options);
  rmSync(join(plan.temp, "traces.bin"));
  await assert.rejects(runPlan(plan, running), { name: "WindrowError", code: "missing" });
});
