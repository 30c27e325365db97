/** Long runs: a large file in little memory, many kills, many random tracks. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rng } from "../../src/core/index.ts";
import { simulateFleet } from "../../src/domains/ais/index.ts";
import { materializeAis } from "../../src/verbs/materialize-ais.ts";
import { fileHashes, SMALL, testFolder, writeFleet } from "../ais-dataset.ts";

test("200 MB of CSV are made a dataset in 64 MiB, the same as in plenty", async (t) => {
  const folder = testFolder(t);
  const path = join(folder, "fleet.csv");
  const fd = openSync(path, "w");
  for (const { csv } of simulateFleet({ vessels: 400, rows: 2_200_000, seed: 9 })) writeSync(fd, csv);
  closeSync(fd);
  assert.ok(statSync(path).size > 200e6);
  const options = { inputs: [path], stride: 128, val: 0.05, workers: 2, format: ["mds"] as const };
  await materializeAis({ ...options, out: join(folder, "little"), memory: 64 * 2 ** 20 });
  await materializeAis({ ...options, out: join(folder, "plenty"), memory: 2 ** 32 });
  assert.deepEqual(fileHashes(join(folder, "little")), fileHashes(join(folder, "plenty")));
});

test("a run killed at a hundred instants ends with the files of one that was not", async (t) => {
  const folder = testFolder(t);
  writeFleet(join(folder, "fleet.csv"), { vessels: 10, days: 1, seed: 3 });
  const at = (name: string) => ({
    ...SMALL,
    inputs: [join(folder, "fleet.csv")],
    out: join(folder, name),
    parts: 3,
    workers: 2,
  });
  await materializeAis(at("whole"));
  const hashes = fileHashes(join(folder, "whole"));
  const random = rng("soak");
  const script = fileURLToPath(new URL("../materialize-ais-child.ts", import.meta.url));
  for (let round = 0; round < 25; round++) {
    const options = at(`killed-${round}`);
    for (let time = 0; time < 4; time++) {
      const kill = { options, signs: 1 + random.int(14), milliseconds: random.int(40) };
      const child = spawn(execPath, [script, JSON.stringify(kill)], { stdio: ["ignore", "ignore", "inherit"] });
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
        child.once("exit", (...end) => resolve(end));
      });
      assert.ok(signal === "SIGKILL" || code === 0);
    }
    await materializeAis(options);
    assert.deepEqual(fileHashes(options.out), hashes);
  }
});
