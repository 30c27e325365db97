/** However drives are materialized, their bytes are the same: workers, memory, passes, the order of traces, runs that stopped or were killed. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rng } from "../src/core/index.ts";
import type { Dataset } from "../src/sync/index.ts";
import { planJob } from "../src/verbs/dataset/materialize.ts";
import { runPlan, runTask } from "../src/verbs/dataset/run.ts";
import { type MaterializeOptions, materialize, materializeTraces } from "../src/verbs/index.ts";
import { SILENT } from "../src/verbs/progress.ts";
import { tracesJob } from "../src/verbs/traces/job.ts";
import { resolveTraces } from "../src/verbs/traces/options.ts";
import { fileHashes, namesIn, testFolder } from "./ais-dataset.ts";
import { killPlaces } from "./kills.ts";
import { needShared } from "./shared.ts";
import { dataOf, drives, KILLED, killedDrives } from "./traces-dataset.ts";
import { inTwoPasses } from "./two-passes.ts";

/** A plan for the drives. */
function planned(data: Dataset, options: MaterializeOptions) {
  const resolved = resolveTraces(options, 2);
  return planJob(resolved, (watch) => tracesJob({ dataset: data }, resolved, watch));
}

/** Drives, and options to make a dataset of them of some tasks. */
function ground(t: TestContext, change: Partial<MaterializeOptions> = {}) {
  const folder = testFolder(t);
  const options = { shardBytes: 12_000, val: 0.4, workers: 1, window: 4, stride: 2, parts: 2, ...change };
  const all = drives("ground", [9, 6, 12, 0, 7, 15, 4, 8]);
  return { folder, all, data: dataOf(all), at: (name: string) => ({ ...options, out: join(folder, name) }) };
}

test("workers, memory, passes and the order of traces do not change a byte", async (t) => {
  const { folder, all, data, at } = ground(t);
  await materialize(data, at("one"));
  const hashes = fileHashes(join(folder, "one"));
  assert.ok(Object.keys(hashes).length > 10);
  await materialize(data, { ...at("two"), workers: 2, memory: 64 * 2 ** 20 });
  await materialize(dataOf(all.toReversed()), at("reversed"));
  for (const runSamples of [1, 37]) {
    const plan = await inTwoPasses(await planned(data, at(`runs-${runSamples}`)), runSamples);
    assert.ok(plan.tasks.some(({ op }) => op === "scatter"));
    await runPlan(plan, { memory: 2 ** 30, workers: 1, progress: SILENT });
  }
  for (const name of ["two", "reversed", "runs-1", "runs-37"])
    assert.deepEqual(fileHashes(join(folder, name)), hashes, name);
});

test("a run goes on where it was, whichever task was the last", async (t) => {
  const { folder, data, at } = ground(t, { parts: 1 });
  await materialize(data, at("whole"));
  const hashes = fileHashes(join(folder, "whole"));
  const { length } = (await planned(data, at("count"))).tasks;
  for (const done of [0, 1, Math.floor(length / 2), length - 2]) {
    const options = at(`after-${done}`);
    const plan = await planned(data, options);
    for (const task of plan.tasks.slice(0, done)) await runTask(plan, task.id);
    await materialize(data, options);
    assert.deepEqual(fileHashes(options.out), hashes);
    assert.ok((await materialize(data, options)).wasThere);
  }
});

/** Materializes in a process of its own; `at` is the event that kills it, 0 for none. Gives what it printed: how many events there were. */
async function killed(out: string, at: number): Promise<string | "killed"> {
  const [script, hook] = ["traces-kill-child.ts", "kill-hook.ts"].map((name) => new URL(name, import.meta.url));
  const running = spawn(execPath, ["--import", hook!.href, fileURLToPath(script!), out], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...env, WINDROW_KILL_AT: String(at) },
  });
  let said = "";
  running.stdout.on("data", (bytes: Uint8Array) => {
    said += new TextDecoder().decode(bytes);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    running.once("close", (...end) => resolve(end));
  });
  assert.ok(signal === "SIGKILL" || code === 0, `the run ended with ${code}`);
  return signal === "SIGKILL" ? "killed" : said;
}

test("a run that is killed leaves only whole files, and the next one ends it", async (t) => {
  const folder = testFolder(t);
  const events = Number(await killed(join(folder, "whole"), 0));
  assert.ok(events > 100, `${events} events`);
  const hashes = fileHashes(join(folder, "whole"));
  const places = killPlaces(events, 5, rng("traces"));
  t.diagnostic(`events ${places.join(", ")} of ${events}`);
  let kills = 0;
  for (const place of places) {
    const out = join(folder, String(place));
    if ((await killed(out, place)) === "killed") kills += 1;
    const final = Object.entries(fileHashes(folder)).filter(([name]) => name.startsWith(`${place}/`));
    for (const [name, hash] of final) {
      const own = name.slice(`${place}/`.length);
      if (!/(^|\/)\.|\.draft$/.test(own)) assert.equal(hash, hashes[own], `${own} is not whole`);
    }
    await materialize(killedDrives(), { ...KILLED, out });
    assert.deepEqual(fileHashes(out), hashes);
  }
  assert.ok(kills >= 3, `killed ${kills} times`);
});

test("a packed table is read to its end, and what it was unpacked to is gone", async (t) => {
  const folder = testFolder(t);
  const rows = Array.from({ length: 50 }, (_, i) => `${i / 10},${i % 7},note ${i}`);
  writeFileSync(join(folder, "ride.csv.gz"), gzipSync(`t,speed,note\n${rows.join("\n")}\n`));
  mkdirSync(join(folder, "temp"));
  const options = {
    out: join(folder, "out"),
    temp: join(folder, "temp"),
    val: 0,
    workers: 1,
    recordings: { unit: "s" },
  } as const;
  const { manifest } = await materializeTraces({ ...options, inputs: [join(folder, "ride.csv.gz")] });
  assert.deepEqual([manifest.ledger.input, manifest.ledger.windows.train], [50, 50]);
  assert.deepEqual(namesIn(join(folder, "temp")), []);
});

test("tables that are inputs of their own have the same columns, whatever they are called, also those that come later", async (t) => {
  const folder = testFolder(t);
  const [first, second, third] = ["drive 1.csv", "drive 2.csv", "later.csv.gz"].map((name) => join(folder, name));
  const text = `t,speed\n${Array.from({ length: 20 }, (_, i) => `${i / 10},${i}`).join("\n")}\n`;
  writeFileSync(first!, text);
  writeFileSync(second!, text);
  writeFileSync(third!, gzipSync(text));
  const options = { out: join(folder, "out"), val: 0, workers: 1, window: 4, recordings: { unit: "s" } } as const;
  const { manifest } = await materializeTraces({ ...options, inputs: [first!, second!] });
  assert.deepEqual([Object.keys(manifest.schema), manifest.ledger.windows.train], [["table"], 10]);
  const more = await materializeTraces({ ...options, inputs: [third!], existing: "append" });
  assert.equal(more.manifest.ledger.windows.train, 15);
});

test("a recording is known by what its files hold, also behind links, and not by a dataset that is written into it", async (t) => {
  const folder = testFolder(t);
  const [real, drive] = [join(folder, "real"), join(folder, "drive")];
  for (const name of ["real", "drive", "real/deep"]) mkdirSync(join(folder, name));
  const write = (name: string, first: number) =>
    writeFileSync(join(real, name), `t,v\n${Array.from({ length: 9 }, (_, i) => `${i},${first + i}`).join("\n")}\n`);
  write("imu.csv", 0);
  write("deep/more.txt", 0);
  symlinkSync(join(real, "imu.csv"), join(drive, "imu.csv"));
  symlinkSync(join(real, "deep"), join(drive, "deep"));
  const options = { inputs: [drive], val: 0, workers: 1, recordings: { unit: "s" } } as const;
  const into = { ...options, out: join(drive, "shards") };
  const { manifest } = await materializeTraces(into);
  assert.equal((await materializeTraces(into)).wasThere, true, "its own dataset");
  const beside = { ...options, out: join(folder, "out"), existing: "overwrite" } as const;
  assert.equal((await materializeTraces(beside)).manifest.request, manifest.request, "a dataset that was there before");
  for (const name of ["imu.csv", "deep/more.txt"]) {
    write(name, 1);
    assert.equal((await materializeTraces(beside)).wasThere, false, name);
  }
});

/** What the command says. */
function command(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const bin = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
  return spawnSync(execPath, [bin, ...words], { encoding: "utf8" });
}

const windrow = (...words: readonly string[]) => command("materialize", "traces", ...words);

test("what is said of a match counts for a recording of one sensor, whose times are the rows'", (t) => {
  const folder = testFolder(t);
  const file = join(folder, "ride.csv");
  // A gap of half a second in the middle, and one time that goes back.
  const time = (i: number) => (i === 5 ? 0.35 : i / 10 + (i < 20 ? 0 : 0.4));
  const rows = Array.from({ length: 40 }, (_, i) => `${time(i)},${i}`);
  writeFileSync(file, `t,speed\n${rows.join("\n")}\n`);
  const ledger = (...words: readonly string[]) => {
    const out = join(folder, words.join(""));
    const options = ["--unit", "s", "--val", "0", "--window", "4", "--workers", "1", "--out", out, "--json", "--quiet"];
    const { status, stdout, stderr } = windrow(file, ...options, ...words);
    return status === 0 ? JSON.parse(stdout).ledger : stderr;
  };
  assert.match(ledger(), /the times of table go back at sample 5/);
  assert.deepEqual(ledger("--sort").traces, { all: 1, short: 0 });
  assert.deepEqual(ledger("--sort", "--break", "0.3").traces, { all: 2, short: 0 });
});

test("the tasks of a plan, one by one, write what the command writes", (t) => {
  const folder = testFolder(t);
  const inputs = ["a", "b", "c"].map((name) => join(folder, `${name}.csv`));
  for (const [i, file] of inputs.entries()) {
    const rows = Array.from({ length: 30 }, (_, row) => `${row / 10},${row + 100 * i}`);
    writeFileSync(file, `t,speed\n${rows.join("\n")}\n`);
  }
  const options = ["--unit", "s", "--window", "2", "--val", "0.3", "--quiet"];
  const [whole, planned] = [join(folder, "whole"), join(folder, "planned")];
  assert.equal(windrow(...inputs, ...options, "--out", whole, "--workers", "1").status, 0);
  const plan = command("plan", "traces", ...inputs, ...options, "--out", planned);
  assert.equal(plan.status, 0, plan.stderr);
  writeFileSync(join(folder, "plan.json"), plan.stdout);
  for (const { id } of (JSON.parse(plan.stdout) as { tasks: { id: string }[] }).tasks)
    assert.equal(command("task", join(folder, "plan.json"), id, "--quiet").status, 0, id);
  const [a, b] = [fileHashes(whole), fileHashes(planned)].map(({ "run.json": _, ...files }) => files);
  assert.deepEqual(b, a);
});

test("the recording of a flight becomes windows, by the command", (t) => {
  const flight = needShared(t, "data", "sync", "euroc_mh01");
  if (flight === undefined) return;
  const out = join(testFolder(t), "out");
  const words = ["--reference", "leica0", "--tolerance", "0.02", "--window", "8", "--stride", "4", "--workers", "1"];
  const { status, stdout, stderr } = windrow(flight, ...words, "--out", out, "--json");
  assert.equal(status, 0, stderr);
  const { ledger, schema } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(schema), ["imu0_w_RS_S", "imu0_a_RS_S", "leica0"]);
  assert.deepEqual(
    [ledger.input, ledger.kept, ledger.windows.train, ledger.noted],
    [3099, 3035, 749, { lost_rows: 7 }],
  );
  assert.deepEqual(ledger.sensors.leica0, { samples: 3099, used: 3035, unused: 64, matched: 3099, missing: 0 });
  const again = windrow(flight, ...words, "--out", out);
  assert.match(again.stdout, /rows asked for +3,099\n(.*\n)*.*nothing was done/);
});

test("the command says what it needs to know", (t) => {
  const flight = needShared(t, "data", "sync", "euroc_mh01");
  if (flight === undefined) return;
  const out = join(testFolder(t), "out");
  for (const [words, message] of [
    [[], /say how its sensors are synchronized, imu0/],
    [["--reference", "lidar"], /no sensor of the name that reference gives, got lidar/],
    [["--reference", "imu0", "--sensors", "imu0.speed"], /got imu0\.speed/],
    [["--reference", "imu0", "--append", "--overwrite"], /exclude each other/],
  ] as const) {
    const { status, stderr } = windrow(flight, ...words, "--out", out, "--quiet");
    assert.deepEqual([status, stderr.trim().split("\n").length], [2, 1], stderr);
    assert.match(stderr, message);
  }
});
