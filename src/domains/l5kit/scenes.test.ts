/** The layout, intervals and the list of scenes: what is refused, what is found odd, what is looked up; and what a dataset holds. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyScenes, type FileKind, memoryTable, plainRows, scenesOf, tablesOf } from "../../../test/l5kit-scenes.ts";
import { type RowTable, type Schema, WindrowError } from "../../core/index.ts";
import { sceneAnchors } from "./anchors.ts";
import { crowds } from "./crowds.ts";
import { l5kitDataset } from "./dataset.ts";
import { checkIntervals, intervalAt } from "./intervals.ts";
import { agentsOf, placeOf } from "./lookup.ts";
import { motionSamples } from "./samples.ts";
import { readScene } from "./scene.ts";
import { refuseFindings, rotationYaws, sceneFrames } from "./scene-frames.ts";
import { l5kitScenes } from "./scenes.ts";
import { AGENT_SCHEMA, FACE_SCHEMA, FRAME_SCHEMA, type L5kitTables, l5kitLayout, SCENE_SCHEMA } from "./schema.ts";
import { selectAgents } from "./select.ts";
import { l5kitSummary, l5kitWarnings } from "./summary.ts";

type Rows = ReturnType<typeof plainRows>;

const agent = (track: number) => ({ track, x: 1, y: 1, yaw: 0 });
const frame = (...agents: readonly ReturnType<typeof agent>[]) => ({ x: 0, y: 0, yaw: 0, agents });

/** Two scenes of three and two frames: agents 0–1, 1–3, 3–3 and 3–4, 4–6. */
const rows = (): Rows =>
  plainRows([
    { host: "host-a101", start: 1_000n, frames: [frame(agent(1)), frame(agent(1), agent(2)), frame()] },
    { host: "host-a101", start: 2_000n, frames: [frame(agent(1)), frame(agent(1), agent(3))] },
  ]);

const opened = (of: Rows) => l5kitScenes(l5kitLayout(tablesOf(of)));

/** Rows of one array, one of which has other values. */
function changed(array: keyof Rows, row: number, values: object): Rows {
  const all = rows();
  return { ...all, [array]: all[array].map((old, i) => (i === row ? { ...old, ...values } : old)) };
}

const wrong = (code: string, message: RegExp) => (error: WindrowError) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

test("an array that is missing, a field that is missing and one of another type are named", () => {
  const tables = tablesOf(rows());
  for (const array of ["scenes", "frames", "agents", "traffic_light_faces"] as const) {
    const { [array]: _, ...rest } = tables;
    assert.throws(() => l5kitLayout(rest), wrong("missing", new RegExp(`requires the array ${array}, got`)));
  }
  const { yaw: _, ...noYaw } = AGENT_SCHEMA;
  const flat = { ...AGENT_SCHEMA, centroid: { kind: "f64" } } as const;
  const wide = { ...AGENT_SCHEMA, label_probabilities: { kind: "f32", shape: [18] } } as const;
  const text = { ...FRAME_SCHEMA, timestamp: { kind: "str" } } as const;
  const withAgents = (schema: object) => l5kitLayout({ ...tables, agents: memoryTable(schema as never, []) });
  assert.throws(() => withAgents(noYaw), wrong("damaged", /agents: .* the field yaw, got centroid/));
  assert.throws(() => withAgents(flat), wrong("damaged", /centroid must be f64\[2\], got f64\[\]/));
  assert.throws(() => withAgents(wide), wrong("damaged", /label_probabilities must be f32\[17\], got f32\[18\]/));
  const withText = { ...tables, frames: memoryTable(text, []) };
  assert.throws(() => l5kitLayout(withText), wrong("damaged", /frames: field timestamp must be i64\[\], got str/));
});

test("every kind of file gives the same samples, as far as its numbers go", async () => {
  const kinds: FileKind[] = [
    { pose: "f32", yaw: "f32", id: "u32", version: 1 },
    { pose: "f32", yaw: "f32", id: "i32", version: 2 },
    { pose: "f64", yaw: "f64", id: "i64", version: 1 },
  ];
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 6, tracks: 4 }), fc.constantFrom(...kinds), async (made, kind) => {
      const small = made.map((scene) => ({
        ...scene,
        frames: scene.frames.map((of) => ({
          ...of,
          agents: of.agents.map((one) => ({ ...one, track: Number(one.track) % 2 ** 31 })),
        })),
      }));
      const [published, other] = [await scenesOf(small), await scenesOf(small, kind)];
      for (const [i, scene] of published.entries()) {
        const choose = (of: typeof scene) =>
          motionSamples(of, { history: 3, future: 3 })(sceneAnchors(of, selectAgents(of, { minHistory: 1 }).chosen));
        const [a, b] = [choose(scene), choose(other[i]!)];
        assert.deepEqual(b.columns["track_id"], a.columns["track_id"]);
        const target = (of: typeof a) => of.columns["target_positions"]!.data as Float32Array;
        // Float32 poses of some thousand metres are 10⁻⁴ m apart.
        for (const [k, value] of target(a).entries()) assert.ok(Math.abs(value - target(b)[k]!) < 2e-3);
      }
    }),
    { numRuns: 30 },
  );
});

test("a row is found in the interval that holds it, and in no other", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(4)), { maxLength: 20 }), (steps) => {
      const [from, to]: [number[], number[]] = [[], []];
      let at = 0;
      for (const [gap, length] of steps) {
        from.push(at + gap);
        to.push(at + gap + length);
        at += gap + length;
      }
      const intervals = { from: Float64Array.from(from), to: Float64Array.from(to) };
      for (let row = -1; row <= at; row++) {
        const plain = from.findIndex((begin, i) => row >= begin && row < to[i]!);
        assert.equal(intervalAt(intervals, row), plain < 0 ? undefined : plain);
      }
      const place = { array: "a", field: "f", firstRow: 0, childLength: at, begin: 0, end: at };
      const gaps = checkIntervals(intervals, place);
      const missing = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
      assert.equal(
        missing,
        steps.reduce((sum, [gap]) => sum + gap, 0),
      );
    }),
  );
});

test("intervals that overlap, end before they begin, are negative or leave their array are refused with their place", async () => {
  for (const [interval, message] of [
    [[0, 2], /must not overlap .* ends at 1, got \[0, 2\) at row 1/],
    [[3, 1], /must not end before it begins, got \[3, 1\) at row 1/],
    [[-1, 2], /must not be negative, got \[-1, 2\) at row 1/],
    [[1, 7], /must lie in the 6 rows of its child, got \[1, 7\) at row 1/],
    [[1n, 2n ** 63n - 1n], /must lie in the 6 rows of its child/],
  ] as const) {
    const scenes = await opened(changed("frames", 1, { agent_index_interval: interval }));
    await assert.rejects(readScene(scenes, 0), wrong("damaged", message));
  }
  const over = opened(changed("scenes", 1, { frame_index_interval: [2, 5] }));
  await assert.rejects(over, wrong("damaged", /frame_index_interval must not overlap .* at row 1/));
  const out = opened(changed("scenes", 1, { frame_index_interval: [3, 9] }));
  await assert.rejects(out, wrong("damaged", /must lie in the 5 rows/));
  // Row 3 is the first of the second scene: it overlaps the first scene's agents.
  const across = await opened(changed("frames", 3, { agent_index_interval: [2, 4] }));
  await assert.rejects(readScene(across, 1), wrong("damaged", /overlap .* ends at 3, got \[2, 4\) at row 3/));
  assert.equal((await readScene(across, 0)).rows.length, 3);
});

test("gaps and time that goes back are found, by scene, and refused by name", async () => {
  const found = async (of: Rows) => {
    const scenes = await opened(of);
    const all = await Promise.all([0, 1].map(async (scene) => (await sceneFrames(scenes, scene)).findings));
    assert.equal((await l5kitWarnings(scenes.layout)).length, all.flat().length);
    return all.flat().map(({ kind, scene, count }) => [kind, scene, count]);
  };
  assert.deepEqual(await found(rows()), []);
  assert.deepEqual(await found(changed("frames", 1, { agent_index_interval: [2, 3] })), [["agent_gap", 0, 1]]);
  assert.deepEqual(await found(changed("frames", 4, { agent_index_interval: [4, 5] })), [["agent_gap", 1, 1]]);
  assert.deepEqual(await found(changed("frames", 0, { agent_index_interval: [1, 1] })), [["agent_gap", 0, 1]]);
  assert.deepEqual(await found(changed("scenes", 1, { frame_index_interval: [4, 5] })), [["frame_gap", 1, 1]]);
  assert.deepEqual(await found(changed("scenes", 1, { frame_index_interval: [3, 4] })), [["frame_gap", 1, 1]]);
  assert.deepEqual(await found(changed("frames", 2, { timestamp: 0 })), [["time_back", 0, 1]]);
  assert.deepEqual(await found(changed("frames", 1, { timestamp: 1_000 })), []);
  const scenes = await opened(changed("frames", 4, { timestamp: 5 }));
  const back = await sceneFrames(scenes, 1);
  assert.throws(
    () => refuseFindings(back),
    wrong("damaged", /scene host-a101-2000.*time goes back from 2000 to 5 ns at row 4/),
  );
  refuseFindings(await sceneFrames(scenes, 0));
});

test("intervals that are refused are a warning where a dataset is only looked at", async () => {
  const { layout } = await opened(changed("frames", 1, { agent_index_interval: [0, 2] }));
  const [warning, ...others] = await l5kitWarnings(layout);
  assert.match(warning!, /agent_index_interval must not overlap .* at row 1/);
  assert.deepEqual(others, []);
  const out = l5kitLayout(tablesOf(changed("scenes", 1, { frame_index_interval: [3, 9] })));
  assert.match((await l5kitSummary(out)).warnings[0]!, /must lie in the 5 rows/);
});

test("a scene is named by host and start, and no two have one name", async () => {
  const scenes = await opened(rows());
  assert.deepEqual([scenes.name(0), scenes.name(1)], ["host-a101-1000", "host-a101-2000"]);
  for (const number of [-1, 2, 0.5]) assert.throws(() => scenes.name(number), wrong("usage", /one of the 2/));
  await assert.rejects(
    opened(changed("scenes", 1, { start_time: 1_000 })),
    wrong("damaged", /got host-a101-1000 at rows 0 and 1/),
  );
});

test("nothing is read before it is asked for, and then only the scene's rows", async () => {
  const tables = tablesOf(rows());
  const asked = (table: unknown) => (table as { asked: string[] }).asked; // memoryTable's
  const scenes = await l5kitScenes(l5kitLayout(tables));
  assert.deepEqual([asked(tables.scenes), asked(tables.frames), asked(tables.agents)], [["0+2"], [], []]);
  await readScene(scenes, 1);
  assert.deepEqual([asked(tables.frames), asked(tables.agents)], [["2+3"], ["3+3"]]);
});

test("datasets without scenes, frames or agents are read as such", async () => {
  const empty = await opened(plainRows([]));
  assert.deepEqual((await l5kitSummary(empty.layout)).warnings, []);
  assert.equal(empty.sceneOf(0), undefined);
  const bare = await opened(
    plainRows([
      { host: "h", start: 0n, frames: [] },
      { host: "i", start: 0n, frames: [frame()] },
    ]),
  );
  for (const number of [0, 1]) {
    const scene = await readScene(bare, number);
    assert.equal(scene.rows.length, 0);
    assert.equal(sceneAnchors(scene, new Uint8Array()).length, number);
    assert.equal(motionSamples(scene)(sceneAnchors(scene, new Uint8Array())).length, number);
  }
  const orphans = await opened({ ...rows(), scenes: [] });
  assert.match((await l5kitWarnings(orphans.layout))[0]!, /rows 0 to 5 of frames are of no scene/);
});

test("a track id that i64 cannot hold is refused with its row", async () => {
  const scenes = await opened(changed("agents", 4, { track_id: 2n ** 63n }));
  await readScene(scenes, 0);
  await assert.rejects(readScene(scenes, 1), wrong("unsupported", /got 9223372036854775808 at row 4/));
});

test("an agent is found from its frame, and its frame from the agent", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 7, tracks: 4 }), async (plain) => {
      const scenes = await opened(plainRows(plain));
      let [frame, row] = [0, 0];
      for (const [scene, { frames }] of plain.entries())
        for (const { agents } of frames) {
          assert.deepEqual(await agentsOf(scenes.layout, frame), { from: row, to: row + agents.length });
          for (const agent of agents.keys()) assert.deepEqual(await placeOf(scenes, row++), { scene, frame, agent });
          frame++;
        }
      await assert.rejects(placeOf(scenes, row), wrong("usage", /one of the/));
      await assert.rejects(agentsOf(scenes.layout, frame), wrong("usage", /one of the/));
    }),
    { numRuns: 30 },
  );
  const gap = await opened(changed("frames", 1, { agent_index_interval: [2, 3] }));
  assert.equal(await placeOf(gap, 1), undefined);
});

/** A table that claims any number of rows, all of them 0, as an array without chunks does. */
function claimed(schema: Schema, length: number): RowTable {
  const few = memoryTable(schema, []);
  const zeros = (rows: number) =>
    memoryTable(
      schema,
      Array.from({ length: rows }, () => ({})),
    );
  return {
    ...few,
    length,
    async read(choice, options) {
      const rows = choice instanceof Uint32Array ? choice.length : choice.to - choice.from;
      assert.ok(rows <= 2 ** 20, `${rows} rows are read at once`);
      return zeros(rows).read({ from: 0, to: rows }, options);
    },
  };
}

test("rows that are claimed and not there make no room for themselves", async () => {
  const [scenes, frames, agents] = [SCENE_SCHEMA, FRAME_SCHEMA, AGENT_SCHEMA].map((schema) => claimed(schema, 1e12));
  const lies = { scenes, frames, agents, traffic_light_faces: claimed(FACE_SCHEMA, 1e12) } as L5kitTables;
  await assert.rejects(l5kitScenes(l5kitLayout(lies)), wrong("damaged", /got -0 at rows 0 and 1/));
  const long = memoryTable(SCENE_SCHEMA, [{ frame_index_interval: [0, 1e12], host: "h" }]);
  await assert.rejects(
    l5kitScenes(l5kitLayout({ ...lies, scenes: long })),
    wrong("unsupported", /1000000000000 at row 0/),
  );
  const short = memoryTable(SCENE_SCHEMA, [{ frame_index_interval: [0, 2], host: "h" }]);
  const wide = memoryTable(FRAME_SCHEMA, [{ agent_index_interval: [0, 1e11] }, { agent_index_interval: [1e11, 1e12] }]);
  const crowd = await l5kitScenes(l5kitLayout({ ...lies, scenes: short, frames: wide }));
  await assert.rejects(readScene(crowd, 0), wrong("unsupported", /at most 33554432 rows of agents, got 1000000000000/));
  await assert.rejects(l5kitDataset(crowd), wrong("usage", /mostAgents must be .* to 65536, got 900000000000/));
  assert.equal((await l5kitDataset(crowd, { mostAgents: 5, mostFaces: 5 })).traces, 1);
});

const anyPlace = fc.oneof(
  fc.integer({ min: -2, max: 9 }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2 ** 31, 2 ** 32, 2 ** 53),
);
const anyInterval = fc.tuple(anyPlace, anyPlace);
const anyNumber = fc.constantFrom(0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e-300);

test("whatever numbers lie in a file, they are read or refused, and counted where they are read", async () => {
  const wild = fc.record({
    scenes: fc.array(anyInterval, { minLength: 2, maxLength: 2 }),
    frames: fc.array(anyInterval, { minLength: 5, maxLength: 5 }),
    times: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 5, maxLength: 5 }),
    floats: fc.array(anyNumber, { minLength: 40, maxLength: 40 }),
    keep: fc.subarray(["scenes", "frames"]),
  });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(wild, async ({ scenes, frames, times, floats, keep }) => {
      const all = rows();
      const next = () => floats.shift() ?? 1;
      const made: Rows = {
        ...all,
        scenes: all.scenes.map((row, i) =>
          keep.includes("scenes") ? row : { ...row, frame_index_interval: scenes[i] },
        ),
        frames: all.frames.map((row, i) => ({
          ...row,
          timestamp: times[i],
          ego_translation: [next(), next(), 0],
          ...(!keep.includes("frames") && i % 2 === 1 && { agent_index_interval: frames[i] }),
        })),
        agents: all.agents.map((row) => ({
          ...row,
          centroid: [next(), next()],
          yaw: next(),
          extent: [next(), next(), 1],
        })),
      };
      try {
        const list = await opened(made);
        for (let i = 0; i < list.length; i++) {
          const scene = await readScene(list, i);
          const { chosen, report } = selectAgents(scene, { minHistory: 0, minFuture: 0 });
          assert.equal(report.chosen + Object.values(report.dropped).reduce((a, b) => a + b, 0), scene.rows.length);
          const anchors = sceneAnchors(scene, chosen);
          assert.equal(motionSamples(scene, { history: 2, future: 2, neighbours: 2 })(anchors).length, anchors.length);
          read++;
        }
      } catch (error) {
        assert.ok(error instanceof WindrowError, String(error));
        assert.ok(["damaged", "unsupported"].includes(error.code), error.message);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(read > 20, `${read} scenes are read`);
});

test("a dataset is told in numbers", async () => {
  const scenes = await opened(changed("agents", 0, { label_probabilities: [0, 0, 0, 0.4, 0.4, 0.2] }));
  assert.deepEqual(await l5kitSummary(scenes.layout), {
    layout_version: 2,
    scenes: 2,
    frames: 5,
    agents: 6,
    traffic_light_faces: 0,
    hosts: { "host-a101": 2 },
    time: { first: 1e-6, last: 0.200001 },
    labels: { PERCEPTION_LABEL_CAR: 6 },
    labels_of: 6,
    warnings: [],
  });
  assert.deepEqual(await crowds(scenes), { agents: 2, faces: 0 });
  assert.equal(scenes.sceneOf(2), 0);
  assert.equal(scenes.sceneOf(3), 1);
  assert.equal(scenes.sceneOf(5), undefined);
});

test("a yaw is that of a rotation about the vertical, 0 where there is none, and NaN where there is no rotation", () => {
  const about = (yaw: number) => [Math.cos(yaw), -Math.sin(yaw), 0, Math.sin(yaw), Math.cos(yaw), 0, 0, 0, 1];
  const yaws = rotationYaws([...about(0.5), ...about(-3), ...Array.from({ length: 9 }, () => 0), ...about(Number.NaN)]);
  assert.ok(Math.abs(yaws[0]! - 0.5) < 1e-15 && Math.abs(yaws[1]! + 3) < 1e-15);
  assert.deepEqual([...yaws.subarray(2)], [0, Number.NaN]);
});
