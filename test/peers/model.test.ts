/** Values between samples as scipy and numpy have them, and rows where abstract-dataloader finds them. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rng } from "../../src/core/index.ts";
import { dataset, interpolate, memorySensor, trace } from "../../src/sync/index.ts";
import { countingTrace } from "../hand-matched.ts";
import { zarrPython } from "./python.ts";

const python = zarrPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("model.py", import.meta.url));

interface Answer {
  readonly vector: readonly (readonly number[])[];
  readonly angle: readonly number[];
  /** Matrices, row by row. */
  readonly rotation: readonly (readonly number[])[];
  readonly places: readonly (readonly [number, number])[];
}

function ask(questions: object): Answer {
  const input = JSON.stringify(questions);
  return JSON.parse(execFileSync(python!, [script], { input, encoding: "utf8", maxBuffer: 1 << 28 }));
}

/** Rows of `width` numbers. */
const rowsOf = (data: Float64Array, width: number) =>
  Array.from({ length: data.length / width }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);

/** The matrix of a rotation, its scalar last. */
function matrix([x = 0, y = 0, z = 0, w = 0]: readonly number[]): number[] {
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ].flat();
}

function assertNear(ours: readonly number[], theirs: readonly number[], by: number, what: string): void {
  assert.equal(ours.length, theirs.length, what);
  for (const [i, value] of ours.entries())
    assert.ok(Math.abs(value - theirs[i]!) <= by, `${what}: ${ours} is not ${theirs}`);
}

/** A recording of random rotations, turns and vectors at irregular times, and times to ask for. */
function recording(seed: number, length: number) {
  const random = rng(seed);
  let [now, heading] = [1_700_000_000, 0];
  const times = Float64Array.from({ length }, () => (now += 0.01 + random.uniform()));
  const vector = Float64Array.from({ length: 3 * length }, () => 100 * random.normal());
  // Below a half turn a sample, so that numpy.unwrap and the shorter arc mean the same.
  const angle = Float64Array.from({ length }, () => {
    heading += 340 * (random.uniform() - 0.5);
    return (((heading % 360) + 540) % 360) - 180;
  });
  const rotation = Float64Array.from({ length: 4 * length }, () => random.normal());
  for (let i = 0; i < length; i++) {
    const norm = Math.hypot(...rotation.subarray(4 * i, 4 * i + 4));
    for (let k = 0; k < 4; k++) rotation[4 * i + k]! /= norm;
  }
  const [first, last] = [times[0]!, times[length - 1]!];
  const between = Array.from({ length: 3 * length }, () => first + random.uniform() * (last - first));
  const queries = Float64Array.from([...times, ...between]).sort();
  return { times, vector, angle, rotation, queries };
}

test("vectors, angles and rotations between samples are those of numpy and scipy", { skip }, async () => {
  for (const seed of [1, 2, 3]) {
    const { times, vector, angle, rotation, queries } = recording(seed, 300);
    const imu = memorySensor(
      {
        vector: { kind: "f64", shape: [3] },
        angle: { kind: "f64", unit: "deg" },
        rotation: { kind: "f64", shape: [4] },
      },
      {
        length: times.length,
        columns: { vector: { data: vector }, angle: { data: angle }, rotation: { data: rotation } },
      },
      times,
      { interpolation: { vector: "linear", angle: "angle", rotation: "quaternion" } },
    );
    const drive = trace({ name: "drive", sensors: { imu }, synchronization: interpolate({ times: queries }) });
    const { columns, length } = (await drive.read({ from: 0, to: await drive.length() })).imu;
    assert.equal(length, queries.length);
    const theirs = ask({
      times: [...times],
      queries: [...queries],
      vector: rowsOf(vector, 3),
      angle: [...angle],
      rotation: rowsOf(rotation, 4),
      lengths: [1],
      rows: [],
    });
    for (const [i, values] of rowsOf(columns.vector.data, 3).entries())
      assertNear(values, theirs.vector[i]!, 1e-12, `vector of row ${i}`);
    for (const [i, value] of columns.angle.data.entries()) {
      assert.ok(value > -180 && value <= 180);
      const turns = (value - theirs.angle[i]!) / 360;
      // Unwrapped over the recording, theirs is far from 0, and so less exact than ours.
      assertNear([turns - Math.round(turns)], [0], 1e-14, `angle of row ${i}`);
    }
    for (const [i, values] of rowsOf(columns.rotation.data, 4).entries())
      assertNear(matrix(values), theirs.rotation[i]!, 1e-13, `rotation of row ${i}`);
  }
});

test("rows are found where abstract-dataloader finds them", { skip }, async () => {
  const random = rng(5);
  const lengths = Array.from({ length: 400 }, () => (random.uniform() < 0.2 ? 0 : random.int(20)));
  const data = dataset({ traces: lengths.length, lengths, trace: (i) => countingTrace(`trace ${i}`, lengths[i]!) });
  const rows = Array.from({ length: await data.length() }, (_, row) => row);
  const still = { times: [0, 1], queries: [], vector: [0, 1].map(() => [0, 0, 0]), angle: [0, 0] };
  const { places } = ask({
    ...still,
    rotation: [0, 1].map(() => [0, 0, 0, 1]),
    lengths,
    rows,
  });
  const ours = await Promise.all(rows.map(async (row) => data.locate(row)));
  assert.deepEqual(
    ours.map(({ trace: number, row }) => [number, row]),
    places,
  );
});
