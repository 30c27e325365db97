/** Selection: equal to a plain telling of l5kit's rules, its edges, its sums, and the mask that is stored. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyScenes, type PlainAgent, type PlainScene, scenesOf } from "../../../test/l5kit-scenes.ts";
import { sceneAnchors } from "./anchors.ts";
import type { L5kitScene } from "./scene.ts";
import { maskPath, SELECTION, type SelectionOptions, selectAgents, storedSelection } from "./select.ts";

const LOOSE = { minHistory: 1, minFuture: 1, maxDistanceMetres: 40 };

/** The last run of one track: its rows, each with its frame. */
type Run = { row: number; frame: number }[];

/** Runs as lists, the way select_agents keeps them. */
function plainCounts(scene: L5kitScene, rules: SelectionOptions): number[] {
  const { rows, ego } = scene;
  const counts = Array.from({ length: 2 * rows.length }, () => 0);
  const runs = new Map<bigint, Run>();
  const end = (run: Run) => {
    for (const [i, { row }] of run.entries()) {
      counts[2 * row] = i;
      counts[2 * row + 1] = run.length - i - 1;
    }
  };
  for (let row = 0; row < rows.length; row++) {
    const id = rows.trackId[row]!;
    const frame = rows.frame[row]!;
    const run = runs.get(id) ?? [];
    const sum = [...rows.labels.slice(17 * row + 3, 17 * row + 16)].reduce((a, b) => Math.fround(a + b), 0);
    const [dx, dy] = [ego.x[frame]! - rows.centroid[2 * row]!, ego.y[frame]! - rows.centroid[2 * row + 1]!];
    const last = run.at(-1);
    if (!(sum > rules.labelThreshold && Math.hypot(dx, dy) < rules.maxDistanceMetres)) {
      end(run);
      runs.delete(id);
    } else if (last === undefined || alike(rows, last, { row, frame }, rules)) runs.set(id, [...run, { row, frame }]);
    else {
      end(run);
      runs.set(id, [{ row, frame }]);
    }
  }
  for (const run of runs.values()) end(run);
  return counts;
}

function alike(rows: L5kitScene["rows"], a: Run[number], b: Run[number], rules: SelectionOptions): boolean {
  const turn = rows.yaw[a.row]! - rows.yaw[b.row]!;
  const degrees = (Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn))) * 180) / Math.PI;
  const areas = [a, b].map(({ row }) => rows.extent[3 * row]! * rows.extent[3 * row + 1]!);
  const ratio = Math.max(...areas) / Math.min(...areas);
  return (
    b.frame === a.frame + 1 &&
    degrees < rules.maxYawChangeDegrees &&
    Math.min(...areas) >= 0.01 &&
    ratio < rules.maxExtentRatio
  );
}

test("counts are those of a plain telling of the rules", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 15, tracks: 6, hostile: true }), async (plain) => {
      for (const scene of await scenesOf(plain)) {
        const wanted = plainCounts(scene, { ...SELECTION, ...LOOSE });
        assert.deepEqual([...selectAgents(scene, LOOSE).counts], wanted);
      }
    }),
    { numRuns: 100 },
  );
});

test("rows are the chosen and the dropped, and every one chosen is an anchor", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 15, tracks: 6, hostile: true }), fc.nat(3), async (plain, least) => {
      for (const scene of await scenesOf(plain)) {
        const { report, chosen } = selectAgents(scene, { ...LOOSE, minHistory: least, minFuture: least });
        const dropped = Object.values(report.dropped).reduce((a, b) => a + b, 0);
        assert.equal(report.chosen + dropped, report.rows);
        assert.equal(report.rows, scene.rows.length);
        const ones = chosen.reduce((a, b) => a + b, 0);
        assert.equal(ones, report.chosen);
        assert.equal(sceneAnchors(scene, chosen, { of: "agents" }).length, ones);
      }
    }),
    { numRuns: 60 },
  );
});

/** A scene of one track, an agent a frame; `undefined` for a frame without it. */
const track = (agents: readonly (Partial<PlainAgent> | undefined)[]): PlainScene => ({
  host: "h",
  start: 0n,
  frames: agents.map((agent) => ({
    x: 0,
    y: 0,
    yaw: 0,
    agents: agent === undefined ? [] : [{ track: 1, x: 1, y: 0, yaw: 0, ...agent }],
  })),
});

async function countsOf(agents: readonly (Partial<PlainAgent> | undefined)[], options = {}) {
  const [scene] = await scenesOf([track(agents)]);
  const { counts, report } = selectAgents(scene!, options);
  return { past: [...counts].filter((_, i) => i % 2 === 0), future: [...counts].filter((_, i) => i % 2 === 1), report };
}

test("a hole, a turn, an extent begin a run; a class or a distance is in none", async () => {
  const fine = {};
  const hole = await countsOf([fine, fine, undefined, fine]);
  assert.deepEqual(
    [hole.past, hole.future],
    [
      [0, 1, 0],
      [1, 0, 0],
    ],
  );
  assert.equal(hole.report.cuts.hole, 1);
  const turn = await countsOf([fine, { yaw: 0.6 }, { yaw: 0.7 }]);
  assert.deepEqual(
    [turn.past, turn.future],
    [
      [0, 0, 1],
      [0, 1, 0],
    ],
  );
  assert.equal(turn.report.cuts.yaw, 1);
  const extent = await countsOf([fine, { extent: [4, 2.3, 9] }, { extent: [4, 2.3, 1] }]);
  assert.deepEqual(
    [extent.past, extent.future],
    [
      [0, 0, 1],
      [0, 1, 0],
    ],
  );
  assert.equal(extent.report.cuts.extent, 1);
  for (const bad of [{ label: 1 }, { sure: 0.5 }, { x: 50 }, { x: Number.NaN }, { x: -1e300 }]) {
    const { past, future } = await countsOf([fine, fine, bad, fine]);
    assert.deepEqual(
      [past, future],
      [
        [0, 1, 0, 0],
        [1, 0, 0, 0],
      ],
      JSON.stringify(bad),
    );
  }
});

test("limits are exclusive, and a turn across ±π is a small one", async () => {
  const thirty = Math.fround(Math.PI / 6);
  assert.deepEqual((await countsOf([{ yaw: 3.1 }, { yaw: -3.1 }])).past, [0, 1]);
  assert.deepEqual((await countsOf([{ yaw: 0 }, { yaw: thirty - 1e-3 }])).past, [0, 1]);
  assert.deepEqual((await countsOf([{ yaw: 0 }, { yaw: thirty + 1e-3 }])).past, [0, 0]);
  assert.deepEqual((await countsOf([{ extent: [1, 1, 1] }, { extent: [1, Math.fround(1.1), 1] }])).past, [0, 0]);
  assert.deepEqual((await countsOf([{ x: 49.999 }, { x: 49.999 }])).past, [0, 1]);
  assert.deepEqual((await countsOf([{ x: 49.999 }, { x: 50 }])).past, [0, 0]);
  assert.deepEqual((await countsOf([{ x: 60 }, { x: 60 }], { maxDistanceMetres: 61 })).past, [0, 1]);
});

test("of a track twice in one frame the first is chosen", async () => {
  const frame = { x: 0, y: 0, yaw: 0, agents: [1, 1, 2].map((id) => ({ track: id, x: 1, y: 0, yaw: 0 })) };
  const [scene] = await scenesOf([{ host: "h", start: 0n, frames: [frame] }]);
  const { chosen, report } = selectAgents(scene!, { minHistory: 0, minFuture: 0 });
  assert.deepEqual([...chosen], [1, 0, 1]);
  assert.equal(report.dropped.duplicate, 1);
});

test("a run of twelve frames has one row with ten of past and one of future", async () => {
  const { report } = await countsOf(Array.from({ length: 12 }, () => ({})));
  assert.deepEqual(report.dropped, { label: 0, distance: 0, duplicate: 0, pose: 0, history: 10, future: 1 });
  assert.equal(report.chosen, 1);
});

test("a stored mask chooses what the selection chose", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 15, tracks: 5 }), async (plain) => {
      for (const scene of await scenesOf(plain)) {
        const { counts, chosen } = selectAgents(scene, LOOSE);
        const rows = scene.rows.length;
        assert.deepEqual(storedSelection({ data: counts, shape: [rows, 2] }, rows, LOOSE), chosen);
        assert.deepEqual(storedSelection({ data: chosen, shape: [rows] }, rows), chosen);
        const wide = BigInt64Array.from(counts, BigInt);
        assert.deepEqual(storedSelection({ data: wide, shape: [rows, 2] }, rows, LOOSE), chosen);
      }
    }),
    { numRuns: 30 },
  );
  for (const [values, shape] of [
    [6, [2, 3]],
    [4, [4]],
    [6, [3, 2]],
    [2, [2, 2]],
    [4, [2, 2, 1]],
  ] as const)
    assert.throws(() => storedSelection({ data: new Uint32Array(values), shape }, 2), { code: "damaged" }, `${shape}`);
  assert.equal(maskPath(0.5), "agents_mask/0.5");
  assert.equal(maskPath(1), "agents_mask/1.0");
});

test("limits below 0 and NaN are refused", async () => {
  const [scene] = await scenesOf([track([{}])]);
  for (const options of [{ minHistory: -1 }, { maxDistanceMetres: Number.NaN }, { labelThreshold: -0.1 }])
    assert.throws(() => selectAgents(scene!, options), { code: "usage" });
});
