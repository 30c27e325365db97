/** Motion samples: equal to a plain reckoning, unmoved when the world moves, whole at a scene's edges. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyScenes, type FileKind, type PlainAgent, type PlainScene, scenesOf } from "../../../test/l5kit-scenes.ts";
import { type Batch, valuesPerRow, type WindrowError } from "../../core/index.ts";
import { type Anchors, anchorNames, anchorSlice, sceneAnchors } from "./anchors.ts";
import type { MotionOptions } from "./motion-options.ts";
import { wrapAngle } from "./samples.kernel.ts";
import { motionSamples, motionSchema } from "./samples.ts";
import type { L5kitScene } from "./scene.ts";

const SMALL: MotionOptions = { history: 3, future: 4, neighbours: 3, radiusMetres: 40, labelThreshold: 0.5 };

const all = (scene: L5kitScene) => sceneAnchors(scene, new Uint8Array(scene.rows.length).fill(1));
const values = (batch: Batch, name: string) => batch.columns[name]!.data as Float32Array;
const oneOf = (batch: Batch, name: string, row: number) => {
  const data = values(batch, name);
  const width = data.length / batch.length;
  return [...data.subarray(row * width, (row + 1) * width)];
};

/** A track's pose in a frame of plain rows: the first there is; −1 is the recording car. */
function plainPose(scene: PlainScene, frame: number, track: bigint) {
  const found = scene.frames[frame];
  if (found === undefined) return undefined;
  const poses = track < 0 ? [found] : found.agents.filter((agent) => BigInt(agent.track) === track);
  return poses.find(({ x, y, yaw }) => Number.isFinite(x + y + yaw));
}

/** History or target of an anchor, reckoned frame by frame. */
function plainPoses(scene: PlainScene, of: { frame: number; track: bigint }, frames: readonly number[]) {
  const anchor = plainPose(scene, of.frame, of.track)!;
  const yaw = of.track < 0 ? anchor.yaw : Math.fround(anchor.yaw);
  return frames.map((frame) => {
    const pose = plainPose(scene, frame, of.track);
    if (pose === undefined) return { x: 0, y: 0, yaw: 0, there: 0 };
    const [dx, dy] = [pose.x - anchor.x, pose.y - anchor.y];
    const turn = (of.track < 0 ? pose.yaw : Math.fround(pose.yaw)) - yaw;
    return {
      x: dx * Math.cos(yaw) + dy * Math.sin(yaw),
      y: -dx * Math.sin(yaw) + dy * Math.cos(yaw),
      yaw: Math.atan2(Math.sin(turn), Math.cos(turn)),
      there: 1,
    };
  });
}

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} and ${expected}`);
}

function comparePoses(batch: Batch, prefix: string, row: number, wanted: ReturnType<typeof plainPoses>): void {
  const positions = oneOf(batch, `${prefix}_positions`, row);
  const yaws = oneOf(batch, `${prefix}_yaws`, row);
  assert.deepEqual(
    oneOf(batch, `${prefix}_availabilities`, row),
    wanted.map(({ there }) => there),
  );
  for (const [k, { x, y, yaw, there }] of wanted.entries()) {
    // Coordinates reach some thousand metres, which float64 has to 10⁻¹², and float32 results of up to 100 m to 4·10⁻⁶.
    near(positions[2 * k]!, x, 1e-5, `${prefix} x ${k}`);
    near(positions[2 * k + 1]!, y, 1e-5, `${prefix} y ${k}`);
    const turn = yaws[k]! - yaw;
    near(Math.atan2(Math.sin(turn), Math.cos(turn)), 0, 1e-6, `${prefix} yaw ${k}`);
    assert.ok(yaws[k]! > -Math.PI && yaws[k]! <= Math.PI);
    if (there === 0) assert.deepEqual([positions[2 * k], positions[2 * k + 1], yaws[k]], [0, 0, 0]);
  }
}

const span = (from: number, count: number, by: 1 | -1) => Array.from({ length: count }, (_, k) => from + by * k);

test("samples are what a plain reckoning finds, hostile rows and all", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 12, tracks: 6, hostile: true }), async (plain) => {
      for (const [i, scene] of (await scenesOf(plain)).entries()) {
        const anchors = all(scene);
        const batch = motionSamples(scene, SMALL)(anchors);
        assert.equal(batch.length, anchors.length);
        for (let row = 0; row < batch.length; row++) {
          const frame = anchors.frame[row]!;
          const track = (batch.columns["track_id"]!.data as BigInt64Array)[row]!;
          comparePoses(batch, "history", row, plainPoses(plain[i]!, { frame, track }, span(frame, 4, -1)));
          comparePoses(batch, "target", row, plainPoses(plain[i]!, { frame, track }, span(frame + 1, 4, 1)));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("each column has the values that its schema says", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 5, tracks: 3 }), async (plain) => {
      for (const scene of await scenesOf(plain)) {
        for (const options of [SMALL, { ...SMALL, neighbours: 0 }, { ...SMALL, history: 0, future: 1 }]) {
          const batch = motionSamples(scene, options)(all(scene));
          const schema = motionSchema(options);
          assert.deepEqual(Object.keys(batch.columns).sort(), Object.keys(schema).sort());
          for (const [name, type] of Object.entries(schema))
            assert.equal(batch.columns[name]!.data.length, batch.length * valuesPerRow(type), name);
        }
      }
    }),
    { numRuns: 20 },
  );
});

/** The scene turned about the origin by `angle`, then moved. */
function moved(scene: PlainScene, angle: number, by: readonly [number, number]): PlainScene {
  const turn = (x: number, y: number): [number, number] => [
    Math.cos(angle) * x - Math.sin(angle) * y,
    Math.sin(angle) * x + Math.cos(angle) * y,
  ];
  const place = <T extends { x: number; y: number; yaw: number }>(of: T): T => {
    const [x, y] = turn(of.x, of.y);
    return { ...of, x: x + by[0], y: y + by[1], yaw: of.yaw + angle };
  };
  const agent = (of: PlainAgent) => ({ ...place(of), velocity: turn(...(of.velocity ?? [0, 0])) as [number, number] });
  return { ...scene, frames: scene.frames.map((frame) => ({ ...place(frame), agents: frame.agents.map(agent) })) };
}

function sameInOwnFrame(a: Batch, b: Batch): void {
  for (const name of Object.keys(a.columns)) {
    if (["centroid", "yaw", "world_from_agent"].includes(name)) continue;
    const [left, right] = [values(a, name), values(b, name)];
    for (let k = 0; k < left.length; k++) {
      const off = Number(left[k]!) - Number(right[k]!);
      // Float32 velocities and places of some ten metres, turned twice.
      near(name.endsWith("yaws") ? Math.atan2(Math.sin(off), Math.cos(off)) : off, 0, 2e-5, `${name} ${k}`);
    }
  }
}

test("a rigid motion of the world changes nothing in the agent's frame", async () => {
  const wide: FileKind = { pose: "f64", yaw: "f64", id: "u64", version: 2 };
  await fc.assert(
    fc.asyncProperty(
      anyScenes({ frames: 10, tracks: 6 }),
      fc.double({ min: -7, max: 7, noNaN: true }),
      fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: -5000, max: 5000 })),
      async (plain, angle, by) => {
        const before = await scenesOf(plain, wide);
        const after = await scenesOf(
          plain.map((scene) => moved(scene, angle, by)),
          wide,
        );
        for (const [i, scene] of before.entries()) {
          const a = motionSamples(scene, SMALL)(all(scene));
          const b = motionSamples(after[i]!, SMALL)(all(after[i]!));
          sameInOwnFrame(a, b);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("availabilities add up to the frames that a track is in, and the world's matrix leads back", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 9, tracks: 5 }), async (plain) => {
      for (const [i, scene] of (await scenesOf(plain)).entries()) {
        const long = { ...SMALL, history: 20, future: 20 };
        const anchors = all(scene);
        const batch = motionSamples(scene, long)(anchors);
        for (let row = 0; row < batch.length; row++) {
          const track = (batch.columns["track_id"]!.data as BigInt64Array)[row]!;
          const seen = plain[i]!.frames.filter((_, frame) => plainPose(plain[i]!, frame, track) !== undefined).length;
          const sum = (name: string) => oneOf(batch, name, row).reduce((a, b) => a + b, 0);
          assert.equal(sum("history_availabilities") + sum("target_availabilities"), seen);
          const m = oneOf(batch, "world_from_agent", row);
          const positions = oneOf(batch, "history_positions", row);
          for (const [k, there] of oneOf(batch, "history_availabilities", row).entries()) {
            if (there === 0) continue;
            const [x, y] = [positions[2 * k]!, positions[2 * k + 1]!];
            const pose = plainPose(plain[i]!, anchors.frame[row]! - k, track)!;
            near(m[0]! * x + m[1]! * y + m[2]!, pose.x, 1e-4, "x of the world");
            near(m[3]! * x + m[4]! * y + m[5]!, pose.y, 1e-4, "y of the world");
          }
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("neighbours are the nearest that count, nearest first, the anchor not among them", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes({ frames: 6, tracks: 9, hostile: true }), async (plain) => {
      for (const [i, scene] of (await scenesOf(plain)).entries()) {
        const anchors = all(scene);
        const batch = motionSamples(scene, SMALL)(anchors);
        const ids = batch.columns["neighbour_track_ids"]!.data as BigInt64Array;
        for (let row = 0; row < batch.length; row++) {
          const frame = plain[i]!.frames[anchors.frame[row]!]!;
          const track = (batch.columns["track_id"]!.data as BigInt64Array)[row]!;
          const self = plainPose(plain[i]!, anchors.frame[row]!, track)!;
          const wanted = [{ track: -1n, ...frame, label: 3, sure: 1 }, ...frame.agents]
            .filter(({ track: id, x, y, yaw }) => BigInt(id) !== track && Number.isFinite(x + y + yaw))
            .filter(({ track: id }, at, all) => all.findIndex((other) => other.track === id) === at);
          const first = wanted
            .filter(({ label, sure = 1 }) => label !== 1 && Math.fround(sure) > 0.5)
            .map((who) => ({ id: BigInt(who.track), metres: Math.hypot(who.x - self.x, who.y - self.y) }))
            .filter(({ metres }) => metres < 40);
          first.sort((a, b) => a.metres - b.metres);
          const found = oneOf(batch, "neighbour_availabilities", row).filter((_, k) => k % 4 === 0);
          const positions = oneOf(batch, "neighbour_positions", row);
          const expected = first.slice(0, 3);
          assert.deepEqual(
            found,
            [0, 1, 2].map((k) => (k < expected.length ? 1 : 0)),
          );
          for (const [k, { id, metres }] of expected.entries()) {
            assert.equal(ids[3 * row + k], id);
            near(Math.hypot(positions[8 * k]!, positions[8 * k + 1]!), metres, 1e-5, "distance");
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("angles stay in (−π, π], also as float32", () => {
  fc.assert(
    fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (difference) => {
      const wrapped = Math.fround(wrapAngle(difference));
      assert.ok(wrapped > -Math.PI && wrapped <= Math.PI);
      near(Math.cos(wrapped), Math.cos(difference), 1e-6, "cosine");
      near(Math.sin(wrapped), Math.sin(difference), 1e-6, "sine");
    }),
  );
  for (const edge of [Math.PI, -Math.PI, 3 * Math.PI, -Math.fround(Math.PI)])
    assert.ok(Math.abs(Math.fround(wrapAngle(edge))) < Math.PI);
});

/** A car that drives along x at 1 m a frame, heading up, past the recording car. */
const straight = (frames: number): PlainScene => ({
  host: "host-a1",
  start: 5n,
  frames: span(0, frames, 1).map((i) => ({
    x: 0,
    y: 2 * i,
    yaw: Math.PI / 2,
    agents: [{ track: 7, x: i, y: 3, yaw: Math.PI / 2, velocity: [10, 0] }],
  })),
});

test("a car on its way, in numbers", async () => {
  const [scene] = await scenesOf([straight(3)]);
  const anchors = all(scene!);
  const batch = motionSamples(scene!, { ...SMALL, history: 2, future: 2 })(anchors);
  assert.deepEqual([...anchors.frame], [0, 0, 1, 1, 2, 2]);
  assert.deepEqual([...anchors.row], [-1, 0, -1, 1, -1, 2]);
  // Frame 1, the agent: it heads along y and slides along x, to its right.
  const rounded = (name: string) => oneOf(batch, name, 3).map((value) => Math.round(value * 1e5) / 1e5 + 0);
  assert.deepEqual(rounded("history_positions"), [0, 0, 0, 1, 0, 0]);
  assert.deepEqual(rounded("history_availabilities"), [1, 1, 0]);
  assert.deepEqual(rounded("target_positions"), [0, -1, 0, 0]);
  assert.deepEqual(rounded("target_availabilities"), [1, 0]);
  assert.deepEqual(rounded("velocity"), [0, -10]);
  assert.deepEqual(rounded("centroid"), [1, 3]);
  // Its only neighbour is the recording car: 1 m to its left and 1 m behind, 20 m a second ahead.
  assert.deepEqual(rounded("neighbour_positions").slice(0, 4), [-1, 1, -3, 1]);
  assert.deepEqual(rounded("neighbour_velocities"), [20, 0, 0, 0, 0, 0]);
  // Frame 1, the recording car.
  const ego = (name: string) => oneOf(batch, name, 2).map((value) => Math.round(Number(value) * 1e5) / 1e5 + 0);
  assert.deepEqual(ego("extent"), [4.87, 1.85, 1.8]);
  assert.deepEqual(ego("velocity"), [20, 0]);
  assert.deepEqual(ego("target_positions"), [2, 0, 0, 0]);
  assert.deepEqual(batch.columns["timestamp"]!.data.slice(2, 4), BigInt64Array.of(100_000_005n, 100_000_005n));
  assert.deepEqual(anchorNames(scene!, anchorSlice(anchors, 2, 4)), {
    trace: ["host-a1-5/-1", "host-a1-5/7"],
    start: Uint32Array.of(1, 1),
  });
});

test("anchors come every so many frames, of agents, of the recording car, or of both", async () => {
  const [scene] = await scenesOf([straight(5)]);
  const chosen = Uint8Array.of(1, 1, 1, 1, 0);
  const frames = (options: object) => [...sceneAnchors(scene!, chosen, options).frame];
  assert.deepEqual(frames({ step: 2 }), [0, 0, 2, 2, 4]);
  assert.deepEqual(frames({ step: 2, of: "agents" }), [0, 2]);
  assert.deepEqual(frames({ step: 3, of: "ego" }), [0, 3]);
  for (const step of [0, -1, 1.5, Number.NaN])
    assert.throws(() => frames({ step }), { code: "usage", message: /step must be a whole number/ });
  assert.throws(() => sceneAnchors(scene!, new Uint8Array(4)), { code: "usage", message: /of 5 rows, got 4/ });
});

test("samples refuse options and anchors that make none", async () => {
  const [scene] = await scenesOf([straight(2)]);
  for (const options of [
    { history: -1 },
    { future: 0 },
    { future: 1e9 },
    { neighbours: 0.5 },
    { neighbours: 9999, history: 999 },
    { radiusMetres: Number.NaN },
  ])
    assert.throws(() => motionSchema(options), { code: "usage" }, JSON.stringify(options));
  const anchors: Anchors = { length: 1, frame: Uint32Array.of(0), row: Int32Array.of(1) };
  assert.throws(
    () => motionSamples(scene!)(anchors),
    (error: WindrowError) => error.code === "usage" && /frame 0 must have the agent at row 1/.test(error.message),
  );
});
