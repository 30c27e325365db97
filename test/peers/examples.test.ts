/** The examples in Python, on a dataset of a simulated fleet. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { baselineAis, materializeAis, simulateAis } from "../../src/verbs/index.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const root = mkdtempSync(join(tmpdir(), "windrow-examples-"));
after(() => rmSync(root, { recursive: true, force: true }));
const DATA = join(root, "data");
let counts: Readonly<Record<string, number>> = {};

before(async () => {
  if (skip !== false) return;
  const { csv } = await simulateAis({ out: root, vessels: 14, days: 2, seed: 3 });
  const { manifest } = await materializeAis({ inputs: [csv], out: DATA, val: 0.3, parts: 2, workers: 1 });
  counts = manifest.ledger.windows;
});

async function run(name: string, ...args: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const { stdout } = await promisify(execFile)(python ?? "", [script, DATA, ...args]);
  return stdout;
}

test("PyTorch trains over StreamingDataset, and the loss falls to less than half", { skip }, async () => {
  const text = await run("train.py");
  const losses = [...text.matchAll(/^epoch \d: loss (\S+)$/gm)].map(([, loss]) => Number(loss));
  assert.equal(losses.length, 4);
  assert.ok(losses.at(-1)! < losses[0]! / 2, text);
});

test("pyarrow reads every training sample, and whose it is", { skip }, async () => {
  const text = await run("read_parquet.py");
  assert.match(text, /^samples_000\.parquet: batches of 64 × 928 × 5 float32\n/);
  const read = [...text.matchAll(/^samples_\d+\.parquet: (\d+) samples/gm)].map(([, samples]) => Number(samples));
  assert.equal(read.length, 2);
  assert.equal(read[0]! + read[1]!, counts["train"]);
  assert.match(text, new RegExp(`^validation: ${counts["validation"]} samples of [1-9]\\d* ships\n`, "m"));
});

test("forecasts that numpy makes are judged beside the baselines", { skip }, async () => {
  const predictions = join(root, "forecasts.parquet");
  await run("judge.py", predictions);
  const { samples, horizon, forecasts } = await baselineAis(DATA, { predictions });
  assert.deepEqual([samples, horizon], [counts["validation"], 100]);
  const { predictions: theirs, persist } = forecasts;
  assert.ok(theirs!.ade.metres.mean < persist!.ade.metres.mean);
});
