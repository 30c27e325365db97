/** The examples in TypeScript, on a dataset of a simulated fleet: they run as they are, and do what they say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { materializeAis, simulateAis, simulateL5kit } from "../src/verbs/index.ts";

const root = mkdtempSync(join(tmpdir(), "windrow-examples-"));
after(() => rmSync(root, { recursive: true, force: true }));
const DATA = join(root, "data");
const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));
const BY_NAME = new URL("windrow-by-name.ts", import.meta.url).href;
let counts: Readonly<Record<string, number>> = {};

before(async () => {
  const { csv } = await simulateAis({ out: root, vessels: 14, days: 2, seed: 3 });
  const { manifest } = await materializeAis({ inputs: [csv], out: DATA, val: 0.3, workers: 1 });
  counts = manifest.ledger.windows;
});

/** What an example prints. */
function run(name: string, ...args: readonly string[]): string {
  const call = ["--import", BY_NAME, join(EXAMPLES, name), DATA, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("each example is shorter than 40 lines", () => {
  const names = readdirSync(EXAMPLES).filter((name) => /\.(ts|py)$/.test(name));
  assert.ok(names.length >= 6);
  for (const name of names) {
    const lines = readFileSync(join(EXAMPLES, name), "utf8").trimEnd().split("\n").length;
    assert.ok(lines < 40, `${name} has ${lines} lines`);
  }
});

test("the loop sees every training sample in each epoch, and the same speeds", () => {
  const lines = run("loop.ts").split("\n");
  assert.equal(lines[0], "epoch 0: batches of 64 × 928 × 5");
  const [first, second] = lines
    .filter((line) => line.includes("samples"))
    .map((line) => line.replace(/^epoch \d: /, ""));
  assert.match(first ?? "", new RegExp(`^${counts["train"]} samples at \\d+\\.\\d\\d knots`));
  assert.equal(second, first);
});

test("training makes the loss a fifth of what it was, and the same each time", () => {
  const text = run("train.ts");
  const losses = [...text.matchAll(/^epoch \d: loss (\S+)$/gm)].map(([, loss]) => Number(loss));
  assert.equal(losses.length, 4);
  assert.ok(losses.at(-1)! < losses[0]! / 5, text);
  assert.equal(run("train.ts"), text);
});

test("a model of one's own is judged beside the baselines, on the same samples", () => {
  const text = run("judge.ts");
  assert.ok(text.startsWith(`${counts["validation"]} samples of validation: mean error over 100 steps\n`), text);
  const errors = new Map([...text.matchAll(/^(\w+) +([\d.]+) nmi$/gm)].map(([, name, miles]) => [name, Number(miles)]));
  assert.deepEqual([...errors.keys()], ["go_on", "persist", "dead_reckoning", "constant_velocity", "cv_turn"]);
  assert.ok(errors.get("go_on")! < errors.get("persist")!, text);
});

test("three sensors become one dataset, with values between their samples", () => {
  assert.deepEqual(run("three-sensors.ts").split("\n"), [
    "31 rows of camera, IMU and GPS",
    "image 5: course -7.5°, gyro 0.997 rad/s",
    "image 15: course -1.5°, gyro -0.978 rad/s",
    "image 25: course 5.0°, gyro 0.938 rad/s",
    "",
  ]);
});

test("L5Kit scenes become samples, and batches of them", async () => {
  const scenes = join(root, "scenes.zarr");
  await simulateL5kit({ out: scenes, scenes: 2, frames: 80, agents: 30 });
  const call = ["--import", BY_NAME, join(EXAMPLES, "l5kit.ts"), scenes, join(root, "motion")];
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^[1-9]\d* samples\n64 × 11 × 2 to 64 × 50 × 2\n$/);
});
