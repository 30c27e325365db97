/** materialize, killed at twenty places: what has a final name is whole, and the next run ends with the undisturbed files and no litter. */

import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { rng } from "../src/core/index.ts";
import { testFolder } from "./ais-dataset.ts";
import { KILL_WAYS, killedAt, killPlaces, killScene } from "./kills.ts";

const KILLS = 5;

for (const way of KILL_WAYS) {
  test(`a run (${way}) that is killed leaves only whole files, and the next one ends it`, async (t) => {
    const seed = env["WINDROW_KILL_SEED"] ?? "kills";
    const scene = await killScene(way, testFolder(t));
    const places = killPlaces(scene.events, KILLS, rng(seed, way));
    t.diagnostic(`seed ${seed}: events ${places.join(", ")} of ${scene.events}`);
    // The first two on one run: a run that goes on can be killed as well.
    const [first = 1, second = 1, ...others] = places;
    let kills = await killedAt(scene, [first, second]);
    for (const place of others) kills += await killedAt(scene, [place]);
    assert.ok(kills >= KILLS - 2, `killed ${kills} times`);
  });
}
