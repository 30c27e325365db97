/** L5Kit scenes through l5kit's own functions and through ours: which agents are selected, and what their samples hold. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Batch, NumberArray, RowTable } from "../../src/core/index.ts";
import { bytesOf } from "../../src/core/index.ts";
import {
  type Anchors,
  type L5kitScene,
  type L5kitTables,
  l5kitLayout,
  l5kitScenes,
  motionSamples,
  readScene,
  SELECTION,
  type SelectionOptions,
  sceneAnchors,
  selectAgents,
} from "../../src/domains/l5kit/index.ts";
import { testFolder } from "../ais-dataset.ts";
import { plainRows, plainScene, tablesOf, zarrTables } from "../l5kit-scenes.ts";
import { needShared } from "../shared.ts";
import { zarrPython } from "./python.ts";

const python = zarrPython();
const skip = python === undefined ? "the Python with l5kit is not there (npm run test:peers makes it)" : false;

interface Answer {
  readonly said: Readonly<Record<string, number>>;
  array<A extends NumberArray>(name: string, make: new (buffer: ArrayBuffer) => A): A;
}

/** Asks l5kit; what it makes lies in `out`. */
function ask(out: string, request: object): Answer {
  const script = fileURLToPath(new URL("l5kit_reference.py", import.meta.url));
  const input = JSON.stringify({ ...request, out });
  const { status, stdout, stderr } = spawnSync(python!, [script], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  const { said } = JSON.parse(stdout) as Pick<Answer, "said">;
  return { said, array: (name, make) => new make(Uint8Array.from(readFileSync(join(out, name))).buffer) };
}

/** Writes what is numeric of tables as the script reads it: a file of raw values a field. */
async function writeFields(folder: string, tables: L5kitTables): Promise<void> {
  const lengths: Record<string, number> = {};
  for (const [name, table] of Object.entries<RowTable>(tables)) {
    lengths[name] = table.length;
    const { columns } = await table.read({ from: 0, to: table.length });
    for (const [field, { data }] of Object.entries(columns))
      if (ArrayBuffer.isView(data)) writeFileSync(join(folder, `${name}.${field}`), bytesOf(data));
  }
  writeFileSync(join(folder, "header.json"), JSON.stringify(lengths));
}

async function scenesIn(tables: L5kitTables): Promise<L5kitScene[]> {
  const scenes = await l5kitScenes(l5kitLayout(tables));
  return Promise.all(Array.from({ length: scenes.length }, (_, i) => readScene(scenes, i)));
}

const REASONS = {
  reject_th_hole: "hole",
  reject_th_yaw: "yaw",
  reject_th_extent: "extent",
} as const;

/** Compares masks, and how often each rule cut; gives the number of agents chosen. */
function compareSelection(
  { scenes, folder, from }: { scenes: readonly L5kitScene[]; folder: string; from: string },
  options: Partial<SelectionOptions>,
): number {
  const rules = { ...SELECTION, ...options };
  const theirs = ask(folder, {
    do: "select",
    scenes: from,
    th_agent_prob: rules.labelThreshold,
    th_yaw_degree: rules.maxYawChangeDegrees,
    th_extent_ratio: rules.maxExtentRatio,
    th_distance_av: rules.maxDistanceMetres,
  });
  const mask = theirs.array("mask", Uint32Array);
  const cuts = { hole: 0, yaw: 0, extent: 0 };
  const faults = { label: 0, distance: 0 };
  let chosen = 0;
  for (const scene of scenes) {
    const { counts, report } = selectAgents(scene, rules);
    assert.deepEqual(counts, mask.slice(2 * scene.firstAgent, 2 * scene.firstAgent + counts.length));
    for (const cut of Object.values(REASONS)) cuts[cut] += report.cuts[cut];
    faults.label += report.dropped.label;
    faults.distance += report.dropped.distance;
    chosen += report.chosen;
  }
  for (const [key, cut] of Object.entries(REASONS)) assert.equal(cuts[cut], theirs.said[key] ?? 0, key);
  assert.equal(faults.label, theirs.said["reject_th_agent_filter_probability_threshold"] ?? 0);
  assert.equal(faults.distance, theirs.said["reject_th_AV_distance"] ?? 0);
  return chosen;
}

const SIZES = { history: 10, future: 50, neighbours: 30, radiusMetres: 50 };

/** Differences of angles count round the circle. */
function compareNumbers(ours: NumberArray, theirs: NumberArray, tolerance: number, name: string): void {
  assert.equal(ours.length, theirs.length, name);
  for (let i = 0; i < ours.length; i++) {
    const off = Number(ours[i]) - Number(theirs[i]);
    const apart = name.endsWith("yaws") ? Math.atan2(Math.sin(off), Math.cos(off)) : off;
    assert.ok(Math.abs(apart) <= tolerance, `${name} ${i}: ${ours[i]} and ${theirs[i]}`);
  }
}

/** Track −1, the recording car, is a neighbour of ours only. */
function compareNeighbours(ours: Batch, theirs: BigInt64Array): void {
  const ids = ours.columns["neighbour_track_ids"]!.data as BigInt64Array;
  const there = ours.columns["neighbour_availabilities"]!.data as Float32Array;
  const { neighbours, history } = SIZES;
  for (let row = 0; row < ours.length; row++) {
    const own = [...ids.subarray(row * neighbours, (row + 1) * neighbours)];
    const at = row * neighbours * (history + 1);
    const found = own.filter((id, k) => id !== -1n && there[at + k * (history + 1)] === 1);
    const wanted = [...theirs.subarray(row * neighbours, (row + 1) * neighbours)].filter((id) => id !== -2n);
    assert.deepEqual(found, wanted.slice(0, found.length));
    const car = own.includes(-1n) ? 1 : 0;
    assert.equal(found.length + car, Math.min(wanted.length + car, neighbours));
  }
}

/** How far apart values may be: float64 in its last places of coordinates of some thousand metres, float32 in its last places. */
const TOLERANCES = {
  history_positions: [1e-5, Float32Array],
  history_yaws: [2e-6, Float32Array],
  history_availabilities: [0, Float32Array],
  target_positions: [1e-5, Float32Array],
  target_yaws: [2e-6, Float32Array],
  target_availabilities: [0, Float32Array],
  world_from_agent: [1e-12, Float64Array],
  centroid: [0, Float64Array],
  extent: [1e-6, Float64Array],
  yaw: [1e-6, Float64Array],
  velocity: [1e-5, Float64Array],
} as const;

function compareSamples(
  { scenes, folder, from }: { scenes: readonly L5kitScene[]; folder: string; from: string },
  choose: (scene: L5kitScene) => Anchors,
): number {
  let compared = 0;
  for (const scene of scenes) {
    const anchors = choose(scene);
    if (anchors.length === 0) continue;
    const ours = motionSamples(scene, SIZES)(anchors);
    const tracks = ours.columns["track_id"]!.data as BigInt64Array;
    const theirs = ask(folder, {
      do: "samples",
      scenes: from,
      anchors: Array.from(anchors.frame, (frame, i) => [scene.scene, frame, Number(tracks[i])]),
      history: SIZES.history,
      future: SIZES.future,
      radius: SIZES.radiusMetres,
      neighbours: SIZES.neighbours,
    });
    for (const [name, [tolerance, make]] of Object.entries(TOLERANCES))
      compareNumbers(ours.columns[name]!.data as NumberArray, theirs.array<NumberArray>(name, make), tolerance, name);
    compareNeighbours(ours, theirs.array("neighbour_track_ids", BigInt64Array));
    compared += anchors.length;
  }
  return compared;
}

test("made-up scenes have l5kit's masks and samples", { skip }, async (t) => {
  const folder = testFolder(t);
  const made = [0, 1, 2, 3].map((number) => plainScene(7, number, { frames: 60, tracks: 30 }));
  const tables = tablesOf(plainRows(made));
  await writeFields(folder, tables);
  const place = { scenes: await scenesIn(tables), folder, from: folder };
  const rules = [{}, { maxDistanceMetres: 35, labelThreshold: 0.7 }, { maxYawChangeDegrees: 5, maxExtentRatio: 1.02 }];
  // Tracks of these scenes come and go, so that few have ten frames of history.
  const chosen = rules.map((options) => compareSelection(place, { minHistory: 1, ...options }));
  assert.ok(
    chosen.every((count) => count > 0),
    `${chosen}`,
  );
  // Rows that l5kit takes samples of: those whose classes count.
  const choose = (scene: L5kitScene) =>
    sceneAnchors(scene, selectAgents(scene, { minHistory: 0, minFuture: 0, maxDistanceMetres: 1e9 }).chosen, {
      step: 3,
    });
  const compared = compareSamples(place, choose);
  assert.ok(compared > 200, `${compared}`);
});

test("scenes with tracks twice in a frame and numbers that are none have l5kit's masks", { skip }, async (t) => {
  const folder = testFolder(t);
  const made = Array.from({ length: 12 }, (_, number) =>
    plainScene(8, number, { frames: 40, tracks: 30, hostile: true }),
  );
  const tables = tablesOf(plainRows(made));
  await writeFields(folder, tables);
  const place = { scenes: await scenesIn(tables), folder, from: folder };
  const rules = [
    {},
    { maxDistanceMetres: 1e3, labelThreshold: 0.1, maxYawChangeDegrees: 180 },
    { maxExtentRatio: 1.05 },
  ];
  for (const options of rules) assert.ok(compareSelection(place, { minHistory: 1, ...options }) > 0);
});

test("the published scene has l5kit's masks and samples", { skip }, async (t) => {
  const from = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (from === undefined) return;
  const place = { scenes: await scenesIn(await zarrTables(from)), folder: testFolder(t), from };
  const chosen = compareSelection(place, {});
  compareSelection(place, { labelThreshold: 0.8, maxDistanceMetres: 30, maxYawChangeDegrees: 3, maxExtentRatio: 1.01 });
  // Every agent and every frame that l5kit's AgentDataset and EgoDataset have by default.
  const compared = compareSamples(place, (scene) => sceneAnchors(scene, selectAgents(scene).chosen));
  assert.equal(compared, chosen + 248);
  assert.ok(chosen > 1000, `${chosen}`);
});
