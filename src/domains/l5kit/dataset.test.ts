/** Scenes as a dataset: its rows are frames, its samples what the frames lead to, read when they are asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyScenes, type PlainScene, plainRows, tablesOf } from "../../../test/l5kit-scenes.ts";
import { datasetSuite, sensorSuite, traceSuite } from "../../testkit/index.ts";
import type { L5kitDatasetOptions } from "./dataset.ts";
import { l5kitDataset } from "./dataset.ts";
import { l5kitScenes } from "./scenes.ts";
import { type L5kitTables, l5kitLayout } from "./schema.ts";

const opened = async (tables: L5kitTables, options?: L5kitDatasetOptions) =>
  l5kitDataset(await l5kitScenes(l5kitLayout(tables)), options);

test("every row is a frame with its agents and lights", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 6, tracks: 4 }), async (plain) => {
      const all = await opened(tablesOf(plainRows(plain)));
      const frames = plain.flatMap((scene) => scene.frames);
      const most = Math.max(1, ...frames.map((frame) => frame.agents.length));
      assert.equal(await all.length(), frames.length);
      for (const [row, frame] of frames.entries()) {
        const { ego, agents, trafficLights } = await all.sample(row);
        assert.deepEqual([...ego.translation], [frame.x, frame.y, 0]);
        assert.ok(Math.abs(ego.yaw - frame.yaw) < 1e-12);
        assert.equal(agents.count, frame.agents.length);
        const there = Array.from({ length: most }, (_, k) => (k < frame.agents.length ? 1 : 0));
        assert.deepEqual([...agents.availability], there);
        const padding = Array.from({ length: most - frame.agents.length }, () => 0);
        const places = frame.agents.flatMap(({ x, y }) => [x, y]);
        assert.deepEqual([...agents.centroid], [...places, ...padding, ...padding]);
        assert.deepEqual(
          [...agents.track_id].slice(0, frame.agents.length),
          frame.agents.map(({ track }) => BigInt(track)),
        );
        const lights = frame.lights ?? [];
        assert.deepEqual(
          trafficLights.face_id,
          lights.map(({ face }) => face),
        );
        assert.equal(trafficLights.count, lights.length);
        assert.deepEqual(
          [...trafficLights.status].slice(0, 3 * lights.length),
          lights.flatMap(({ state }) => state),
        );
      }
    }),
    { numRuns: 30 },
  );
});

const scene = (times: readonly number[]): PlainScene => ({
  host: "host-a1",
  start: 1_570_000_000_000_000_000n,
  frames: times.map((after, i) => ({
    x: i,
    y: 0,
    yaw: 0,
    after,
    agents: Array.from({ length: i }, (_, k) => ({ track: k + 1, x: 10 * i + k, y: 0, yaw: 0 })),
  })),
});

test("rows come in any choice, and a crowd is cut to the room there is", async () => {
  const all = await opened(tablesOf(plainRows([scene([0, 1e8, 2e8, 3e8])])), { mostAgents: 2, mostFaces: 0 });
  const { agents, ego } = await all.trace(0).read(Uint32Array.of(3, 1, 3));
  assert.deepEqual([...ego.columns.yaw.data].length, 3);
  assert.deepEqual([...agents.columns.count.data], [3, 1, 3]);
  assert.deepEqual([...agents.columns.centroid.data], [30, 0, 31, 0, 10, 0, 0, 0, 30, 0, 31, 0]);
  assert.deepEqual([...agents.columns.availability.data], [1, 1, 1, 0, 1, 1]);
  const range = await all.trace(0).read({ from: 1, to: 3 });
  assert.deepEqual([...range.agents.columns.track_id.data], [1n, 0n, 1n, 2n]);
});

test("frames of one time stay apart, a gap begins a segment, and time that goes back is refused", async () => {
  const all = await opened(tablesOf(plainRows([scene([0, 1e8, 1e8, 2e8, 9e9])])));
  const match = await all.trace(0).match();
  assert.deepEqual([...match.index.agents], [0, 1, 2, 3, 4]);
  assert.deepEqual([...match.segments], [0, 0, 0, 0, 1]);
  assert.equal(match.times[0], 1_570_000_000);
  const back = await opened(tablesOf(plainRows([scene([0, 2e8, 1e8])])));
  await assert.rejects(back.trace(0).match(), { code: "usage", message: /ego/ });
});

test("nothing but the list of scenes is read before a row is asked for, and then little", async () => {
  const tables = tablesOf(plainRows([scene([0, 1e8]), { ...scene([0, 1e8, 2e8]), host: "host-a2" }]));
  const asked = (table: unknown) => (table as { asked: string[] }).asked; // memoryTable's
  const all = await opened(tables, { mostAgents: 4, mostFaces: 1 });
  assert.equal(await all.length(), 5);
  assert.deepEqual(await all.locate(3), { trace: 1, row: 1 });
  assert.equal(all.trace(1).name, "host-a2-1570000000000000000");
  assert.deepEqual([asked(tables.frames), asked(tables.agents)], [[], []]);
  await all.trace(1).sensors.agents.read({ from: 2, to: 3 });
  assert.deepEqual([asked(tables.frames), asked(tables.agents)], [["4+1"], ["2+2"]]);
});

test("an interval that leaves its array is refused when its frame is read", async () => {
  const rows = plainRows([scene([0, 1e8, 2e8])]);
  const frames = rows.frames.map((frame, i) => (i === 2 ? { ...frame, agent_index_interval: [1, 2 ** 40] } : frame));
  const all = await opened(tablesOf({ ...rows, frames }), { mostAgents: 4, mostFaces: 1 });
  await all.sample(1);
  await assert.rejects(all.sample(2), {
    code: "damaged",
    message: /agent_index_interval must lie in the 3 rows.* at row 2/,
  });
});

/** A dataset of three scenes, and how often its tables were read. */
async function watched() {
  const tables = tablesOf(
    plainRows([scene([0, 1e8, 2e8]), { ...scene([]), host: "b" }, { ...scene([0, 1e8]), host: "c" }]),
  );
  const data = await opened(tables, { mostAgents: 3, mostFaces: 2 });
  const reads = () =>
    Object.values(tables).reduce((sum, table) => sum + (table as { asked?: string[] }).asked!.length, 0);
  return { data, reads };
}

const shared = await watched();
const { reads } = shared;
const suites = {
  dataset: datasetSuite(async () => shared.data, { reads }),
  trace: traceSuite(l5kitTrace),
  empty: traceSuite(async () => shared.data.trace(1)),
  ego: sensorSuite(async () => (await l5kitTrace()).sensors.ego),
  agents: sensorSuite(async () => (await l5kitTrace()).sensors.agents),
  trafficLights: sensorSuite(async () => (await l5kitTrace()).sensors.trafficLights),
};

async function l5kitTrace() {
  return (await watched()).data.trace(0);
}

for (const [what, checks] of Object.entries(suites))
  for (const { name, run } of checks) test(`${what} of scenes: ${name}`, run);

test("version 1 has no lights", async () => {
  const tables = tablesOf(plainRows([scene([0, 1e8])]), { pose: "f32", yaw: "f32", id: "u32", version: 1 });
  const { trafficLights } = await (await opened(tables)).sample(1);
  assert.equal(trafficLights.count, 0);
  assert.deepEqual(trafficLights.face_id, []);
});
