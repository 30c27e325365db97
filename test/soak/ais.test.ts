/** Long runs: a large file in little memory, many kills, many random tracks. */

import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { rng } from "../../src/core/index.ts";
import { simulateFleet } from "../../src/domains/ais/index.ts";
import { materializeAis } from "../../src/verbs/ais/materialize.ts";
import { fileHashes, testFolder } from "../ais-dataset.ts";
import { KILL_WAYS, killedAt, killPlaces, killScene } from "../kills.ts";

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

for (const way of KILL_WAYS) {
  test(`a run (${way}) killed at fifty places leaves only whole files, and the next one ends it`, async (t) => {
    const seed = env["WINDROW_KILL_SEED"] ?? "soak";
    const scene = await killScene(way, testFolder(t));
    const random = rng(seed, way);
    const places = killPlaces(scene.events, 50, random);
    t.diagnostic(`seed ${seed}: events ${places.join(", ")} of ${scene.events}`);
    let kills = 0;
    while (places.length > 0)
      kills += await killedAt(scene, places.splice(random.int(places.length), 1 + random.int(2)));
    t.diagnostic(`killed ${kills} times`);
    assert.ok(kills >= 40, `killed ${kills} times`);
  });
}
