/** Normalization: the reference values, and the way back to the accuracy that is promised. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { wrap180 } from "./geodesy.ts";
import { denormalize, normalize } from "./normalize.ts";
import { nextPosition } from "./targets.ts";

const float = (min: number, max: number) => fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });
// Below a microsecond float32 has too few digits left of a tenth of it.
const dt = fc.oneof(fc.constant(0), float(1e-6, 14_400));
const position = fc.tuple(float(-90, 90), float(-180, 179.99), float(0, 30), float(0, 359.99), dt);
const windows = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 5 }))
  .chain(([n, positions]) =>
    fc
      .array(position, { minLength: n * positions, maxLength: n * positions })
      .map((rows) => ({ data: Float32Array.from(rows.flat()), shape: [n, positions, 5] })),
  );

test("the reference values are met, and met again on the way back", (t) => {
  const file = new URL("../../../../shared/vectors/ais_normalize.csv", import.meta.url);
  if (!existsSync(file)) return t.skip("the reference vectors are not here");
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  for (const line of lines) {
    const values = line.split(",").map(Number);
    // The reference is of float64; the arithmetic does not mind.
    const exact = { data: Float64Array.from(values.slice(0, 5)) as unknown as Float32Array, shape: [1, 1, 5] };
    const normalized = normalize(exact, { into: new Float64Array(6) });
    const back = denormalize(normalized, { into: new Float64Array(5) });
    for (const [i, value] of [...normalized.data, ...back.data].entries()) {
      const wanted = values[5 + i]!;
      assert.ok(
        Math.abs(value - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted)),
        `${line}: ${value} is not ${wanted}`,
      );
    }
    assert.equal(normalized.clippedShare, values[2]! > 30 ? 1 : 0);
  }
});

test("float32 comes back to 1e-5° of position, 1e-4° of course, 1e-5 of dt", () => {
  fc.assert(
    fc.property(windows, fc.constantFrom("sincos", "raw360"), (given, cog) => {
      const normalized = normalize(given, { cog });
      const channels = cog === "sincos" ? 6 : 5;
      assert.deepEqual(normalized.shape, [given.shape[0], given.shape[1], channels]);
      assert.ok(normalized.data.every((value) => value >= -1 && value <= 1));
      const { data, shape, unknownCourses } = denormalize(normalized);
      assert.deepEqual([shape, unknownCourses], [given.shape, []]);
      for (let at = 0; at < data.length; at += 5) {
        const [lat = 0, lon = 0, sog = 0, course = 0, dt = 0] = given.data.subarray(at, at + 5);
        assert.ok(Math.abs(data[at]! - lat) <= 1e-5 && Math.abs(data[at + 1]! - lon) <= 1e-5);
        assert.ok(Math.abs(data[at + 2]! - sog) <= 1e-5);
        assert.ok(Math.abs(wrap180(data[at + 3]! - course)) <= 1e-4 && data[at + 3]! >= 0 && data[at + 3]! < 360);
        assert.ok(Math.abs(data[at + 4]! - dt) <= 1e-5 * dt);
      }
    }),
  );
});

test("a view is normalized as its packed values, into the room that is given", () => {
  fc.assert(
    fc.property(windows, (given) => {
      const [n = 0, positions = 0] = given.shape;
      const into = new Float32Array(n * positions * 6);
      const view = normalize(nextPosition(given, { inputLength: positions - 1 }).input, { into });
      const whole = normalize(given);
      assert.equal(view.data.buffer, into.buffer);
      for (let i = 0; i < n; i++) {
        const size = (positions - 1) * 6;
        assert.deepEqual(
          view.data.slice(i * size, (i + 1) * size),
          whole.data.slice(i * positions * 6, (i * positions + positions - 1) * 6),
        );
      }
    }),
  );
});

test("speeds out of 0 … 30 kn are clipped, counted, and do not come back", () => {
  const data = Float32Array.from([-1, 0, 30, 30.5].flatMap((sog) => [0, 0, sog, 0, 0]));
  const normalized = normalize({ length: 1, columns: { features: { data, shape: [1, 4, 5] } } });
  assert.equal(normalized.clippedShare, 0.5);
  assert.deepEqual(
    [2, 7, 12, 17].map((at) => denormalize(normalized).data[at]),
    [0, 0, 30, 30],
  );
});

test("no direction is course 0, and is named", () => {
  const data = new Float32Array(3 * 6);
  data.set([1e-7, 1e-7], 3);
  data.set([-1e-5, 0], 9);
  data.set([-1e-30, 1], 15);
  const { data: back, unknownCourses } = denormalize({ data, shape: [3, 1, 6] });
  assert.deepEqual(unknownCourses, [0]);
  assert.deepEqual([back[3], back[8], back[13]], [0, 270, 0]);
});

test("other shapes and too little room are refused", () => {
  const data = new Float32Array(30);
  for (const shape of [
    [6, 5],
    [1, 5, 6],
    [2, 4, 5],
    [1, 6, 5, 1],
  ]) {
    assert.throws(() => normalize({ data, shape }), { code: "usage", message: /expected \[n, positions, 5\]/ });
  }
  assert.throws(
    () => normalize({ data, shape: [1, 6, 5] }, { into: new Float32Array(35) }),
    /36 values, got room for 35/,
  );
  assert.throws(() => denormalize({ data, shape: [1, 6, 6] }), { code: "usage" });
  assert.throws(() => denormalize({ data, shape: [1, 6, 4] }), { code: "usage" });
  assert.equal(normalize({ data, shape: [0, 6, 5] }).clippedShare, 0);
});
