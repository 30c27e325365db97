import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Batch, bytesOf, isNumeric, type Schema, valuesPerRow } from "../../core/index.ts";
import { type SimulateScenesOptions, simulateScenes } from "./simulate.ts";
import { sceneSchemas } from "./simulate-rows.ts";

const few = fc.record({
  scenes: fc.integer({ min: 0, max: 3 }),
  frames: fc.integer({ min: 1, max: 40 }),
  agents: fc.integer({ min: 0, max: 30 }),
  seed: fc.integer(),
  layout: fc.constantFrom(1, 2),
});

function values(batch: Batch | undefined, name: string): ArrayLike<number | bigint> {
  return batch?.columns[name]?.data as ArrayLike<number | bigint>; // a numeric column of the layout
}

const numbers = (batch: Batch | undefined, name: string) => Array.from(values(batch, name), Number);

/** Checks that `[from, to)` of each row begins where the one before ends; gives where the last one ends. */
function checkChain(intervals: readonly number[], from: number): number {
  for (let row = 0; row < intervals.length / 2; row++) {
    assert.equal(intervals[2 * row], from);
    from = intervals[2 * row + 1]!;
    assert.ok(from >= intervals[2 * row]!);
  }
  return from;
}

test("intervals follow each other and cover the rows they speak of, over all scenes", () => {
  fc.assert(
    fc.property(few, (options: SimulateScenesOptions) => {
      let [frames, agents, faces, scenes] = [0, 0, 0, 0];
      for (const made of simulateScenes(options)) {
        scenes += 1;
        assert.deepEqual(numbers(made["scenes"], "frame_index_interval"), [frames, frames + made["frames"]!.length]);
        frames += made["frames"]!.length;
        const agentRows = agents + made["agents"]!.length;
        agents = checkChain(numbers(made["frames"], "agent_index_interval"), agents);
        assert.equal(agents, agentRows);
        const lights = made["traffic_light_faces"];
        assert.equal(lights === undefined, options.layout === 1);
        if (lights === undefined) continue;
        const intervals = numbers(made["frames"], "traffic_light_faces_index_interval");
        assert.equal(checkChain(intervals, faces), faces + lights.length);
        faces += lights.length;
      }
      assert.equal(scenes, options.scenes);
      assert.equal(frames, options.scenes! * options.frames!);
    }),
    { numRuns: 40 },
  );
});

function checkSchema(batch: Batch, schema: Schema): void {
  assert.deepEqual(Object.keys(batch.columns), Object.keys(schema));
  for (const [name, type] of Object.entries(schema)) {
    const { data } = batch.columns[name]!;
    assert.equal(data.length, batch.length * valuesPerRow(type), name);
    if (isNumeric(type.kind)) assert.ok(ArrayBuffer.isView(data));
  }
}

test("every table has the columns of its layout", () => {
  fc.assert(
    fc.property(few, (options: SimulateScenesOptions) => {
      const schemas = sceneSchemas(options.layout!);
      for (const made of simulateScenes(options)) {
        assert.deepEqual(Object.keys(made), Object.keys(schemas));
        for (const [name, batch] of Object.entries(made)) checkSchema(batch, schemas[name]!);
      }
    }),
    { numRuns: 20 },
  );
});

test("frames are a tenth of a second apart, and each scene begins after the one before", () => {
  let last = 0n;
  for (const made of simulateScenes({ scenes: 3, frames: 30, agents: 1 })) {
    const times = values(made["frames"], "timestamp") as BigInt64Array; // its kind
    assert.deepEqual(
      [values(made["scenes"], "start_time")[0], values(made["scenes"], "end_time")[0]],
      [times[0], times.at(-1)],
    );
    for (const [i, time] of times.entries()) {
      assert.ok(time > last);
      if (i > 0) assert.ok(Math.abs(Number(time - last) - 1e8) <= 1e5);
      last = time;
    }
  }
});

test("the same seed gives the same bytes, another one others, and a scene does not depend on how many there are", () => {
  const bytes = (options: SimulateScenesOptions) =>
    [...simulateScenes({ frames: 20, agents: 10, ...options })].map(({ agents }) =>
      bytesOf(values(agents, "centroid") as Float64Array),
    );
  assert.deepEqual(bytes({ scenes: 3 }), bytes({ scenes: 3 }));
  assert.deepEqual(bytes({ scenes: 1 }), bytes({ scenes: 3 }).slice(0, 1));
  assert.notDeepEqual(bytes({ scenes: 1, seed: 7 }), bytes({ scenes: 1 }));
});

/** Rows of each track, in order of frames. */
function tracks(made: Readonly<Record<string, Batch>>): Map<number, { frame: number; row: number }[]> {
  const ids = numbers(made["agents"], "track_id");
  const intervals = numbers(made["frames"], "agent_index_interval");
  const found = new Map<number, { frame: number; row: number }[]>();
  for (let frame = 0; frame < intervals.length / 2; frame++) {
    const [from, to] = [intervals[2 * frame]!, intervals[2 * frame + 1]!];
    assert.equal(new Set(ids.slice(from, to)).size, to - from, "a track is at most once in a frame");
    for (let row = from; row < to; row++) {
      const rows = found.get(ids[row]!) ?? [];
      rows.push({ frame, row });
      found.set(ids[row]!, rows);
    }
  }
  return found;
}

const wrapped = (radians: number) => Math.atan2(Math.sin(radians), Math.cos(radians));

/** Pairs of rows of one track in consecutive frames. */
function steps(rows: readonly { frame: number; row: number }[]): [last: number, row: number][] {
  return rows.flatMap(({ frame, row }, i) => {
    const last = rows[i - 1];
    return last?.frame === frame - 1 ? [[last.row, row] as [number, number]] : [];
  });
}

test("agents move as they say, turn smoothly and keep their size", () => {
  const [made] = simulateScenes({ scenes: 1, seed: 3 });
  const of = (name: string) => numbers(made!["agents"], name);
  const [centroid, velocity, yaw, extent] = [of("centroid"), of("velocity"), of("yaw"), of("extent")];
  let moved = 0;
  for (const [last, row] of tracks(made!).values().flatMap(steps)) {
    for (const axis of [0, 1]) {
      const metres: number = centroid[2 * row + axis]! - centroid[2 * last + axis]!;
      moved = Math.max(moved, Math.abs(metres));
      assert.ok(Math.abs(metres - 0.1 * velocity[2 * row + axis]!) < 0.35, `a step of ${metres} m`);
    }
    assert.ok(Math.abs(wrapped(yaw[row]! - yaw[last]!)) < Math.PI / 6);
    for (const axis of [0, 1, 2]) {
      const ratio: number = extent[3 * row + axis]! / extent[3 * last + axis]!;
      assert.ok(ratio < 1.1 && ratio > 1 / 1.1);
    }
  }
  assert.ok(moved > 1);
});

test("agents come and go, some turn off, and there are as many as asked for", () => {
  const [made] = simulateScenes({ scenes: 1, seed: 3 });
  const yaw = numbers(made!["agents"], "yaw");
  const found = [...tracks(made!).values()];
  const whole = found.filter((rows) => rows.length > 200).length;
  assert.ok(whole > 0 && whole < found.length / 2, `${whole} of ${found.length} tracks are seen all the time`);
  assert.ok(found.some((rows) => Math.abs(wrapped(yaw[rows.at(-1)!.row]! - yaw[rows[0]!.row]!)) > 1));
  const mean = yaw.length / 248;
  assert.ok(mean > 70 && mean < 90, `${mean} agents in a frame`);
});

test("probabilities sum to 1, headings are wrapped, and the ego's rotation is one", () => {
  for (const made of simulateScenes({ scenes: 2, frames: 60, agents: 40 })) {
    const labels = numbers(made["agents"], "label_probabilities");
    for (let row = 0; row < labels.length; row += 17)
      assert.ok(Math.abs(labels.slice(row, row + 17).reduce((sum, each) => sum + each) - 1) < 1e-6);
    for (const yaw of numbers(made["agents"], "yaw")) assert.ok(Math.abs(yaw) <= Math.fround(Math.PI));
    const turns = numbers(made["frames"], "ego_rotation");
    for (let at = 0; at < turns.length; at += 9) {
      const r = (row: number, column: number) => turns[at + 3 * row + column]!;
      for (const [a, b] of [
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 2],
        [2, 2],
      ] as const) {
        const dot = r(0, a) * r(0, b) + r(1, a) * r(1, b) + r(2, a) * r(2, b);
        assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-12);
      }
    }
  }
});

test("options out of their range are refused in one line", () => {
  for (const bad of [
    { scenes: -1 },
    { frames: 0 },
    { agents: 0.5 },
    { frames: 1e6, agents: 1000 },
    { start: Number.NaN },
  ])
    assert.throws(() => simulateScenes(bad).next(), { code: "usage", message: /^Cannot simulate scenes: .*, got / });
});
