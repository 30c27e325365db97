/** The published scene through the Zarr reader: what it holds, what is selected, and that a sample leads back to the world. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  agentsOf,
  l5kitDataset,
  l5kitLayout,
  l5kitScenes,
  l5kitSummary,
  motionSamples,
  placeOf,
  readScene,
  sceneAnchors,
  selectAgents,
} from "../src/domains/l5kit/index.ts";
import { zarrTables } from "./l5kit-scenes.ts";
import { needShared } from "./shared.ts";

async function published(t: TestContext) {
  const path = needShared(t, "data", "l5kit", "single_scene.zarr");
  return path === undefined ? undefined : l5kitScenes(l5kitLayout(await zarrTables(path)));
}

test("the published scene is told in numbers", async (t) => {
  const scenes = await published(t);
  if (scenes === undefined) return;
  const { labels, ...rest } = await l5kitSummary(scenes.layout);
  assert.deepEqual(rest, {
    layout_version: 2,
    scenes: 1,
    frames: 248,
    agents: 20_802,
    traffic_light_faces: 3216,
    hosts: { "host-a101": 1 },
    time: { first: 1_571_846_881.502_692_2, last: 1_571_846_906.201_850_2 },
    labels_of: 20_802,
    warnings: [],
  });
  assert.equal(labels.PERCEPTION_LABEL_UNKNOWN, 14_666);
  assert.equal(labels.PERCEPTION_LABEL_CAR, 5749);
  assert.equal(scenes.name(0), "host-a101-1571846863319362048");
});

test("the published scene is a trace of 248 rows", async (t) => {
  const scenes = await published(t);
  if (scenes === undefined) return;
  const all = await l5kitDataset(scenes);
  assert.equal(await all.length(), 248);
  const { ego, agents, trafficLights } = await all.sample(247);
  assert.deepEqual([...ego.translation], [-840.2445678710938, 1271.1202392578125, 272.4934387207031]);
  assert.equal(agents.count, 20_802 - 20_668);
  assert.equal(trafficLights.count, 6);
  assert.ok((trafficLights.face_id as string[]).every((id) => id.length > 0)); // a list of texts
  assert.deepEqual(
    [...(await all.trace(0).match()).segments],
    Array.from({ length: 248 }, () => 0),
  );
  assert.deepEqual(await agentsOf(scenes.layout, 247), { from: 20_668, to: 20_802 });
  assert.deepEqual(await placeOf(scenes, 20_669), { scene: 0, frame: 247, agent: 1 });
});

test("targets of the published scene lie where the tracks are", async (t) => {
  const scenes = await published(t);
  if (scenes === undefined) return;
  const scene = await readScene(scenes, 0);
  assert.equal(scene.rows.tracks, 1653);
  const { chosen, report } = selectAgents(scene);
  const anchors = sceneAnchors(scene, chosen);
  assert.equal(anchors.length, report.chosen + 248);
  const { columns } = motionSamples(scene, { neighbours: 0 })(anchors);
  const numbers = (name: string) => columns[name]!.data as Float64Array;
  const [targets, there, matrices] = ["target_positions", "target_availabilities", "world_from_agent"].map(numbers);
  const ids = columns["track_id"]!.data as BigInt64Array;
  for (let i = 0; i < anchors.length; i += 7) {
    const next = anchors.frame[i]! + 1;
    if (there![50 * i] !== 1 || ids[i]! < 0n) continue;
    const rows = scene.rows.trackId.subarray(scene.agents.from[next], scene.agents.to[next]);
    const row = scene.agents.from[next]! + rows.indexOf(ids[i]!);
    const [x, y] = [targets![100 * i]!, targets![100 * i + 1]!];
    const [a, b, c, d, e, f] = matrices!.subarray(9 * i, 9 * i + 6);
    assert.ok(Math.abs(a! * x + b! * y + c! - scene.rows.centroid[2 * row]!) < 1e-5);
    assert.ok(Math.abs(d! * x + e! * y + f! - scene.rows.centroid[2 * row + 1]!) < 1e-5);
  }
});
