/** The streams of chance: the reference values, their laws, and that names keep them apart. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { fnv1a32, rng } from "./rng.ts";

interface Vector {
  readonly key: string;
  readonly fnv1a32: number;
  readonly u32: readonly number[];
  readonly normals_box_muller: readonly number[];
}

/** First values of the stream `42|0|demographics`, from an implementation in Python. */
const FIRST: Vector = {
  key: "42|0|demographics",
  fnv1a32: 3279178743,
  u32: [3752792941, 1227228809, 1633303857, 968820281],
  normals_box_muller: [-0.11567171842680352, 0.5064654389958843, 0.21260335923821844, 1.374219033945435],
};

function checkVector(vector: Vector): void {
  assert.equal(fnv1a32(vector.key), vector.fnv1a32);
  const words = rng(vector.key);
  assert.deepEqual(
    vector.u32.map(() => words.u32()),
    vector.u32,
  );
  const normals = rng(vector.key);
  for (const expected of vector.normals_box_muller) assert.ok(Math.abs(normals.normal() - expected) < 1e-12);
}

test("a stream begins as the reference says", () => checkVector(FIRST));

test("every reference stream is met", (t) => {
  const file = new URL("../../../shared/vectors/prng_streams.jsonl", import.meta.url);
  if (!existsSync(file)) return t.skip("the reference vectors are not here");
  for (const line of readFileSync(file, "utf8").trim().split("\n")) checkVector(JSON.parse(line) as Vector);
});

test("a fork is the stream of the longer name, whatever was drawn before", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(20), fc.string(), (seed, drawn, label) => {
      const parent = rng(seed);
      for (let i = 0; i < drawn; i++) parent.normal();
      assert.equal(parent.fork(label).u32(), rng(seed, label).u32());
    }),
  );
});

test("uniform stays in [0, 1) and int below its bound", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
      const random = rng(seed);
      for (let i = 0; i < 50; i++) {
        const u = random.uniform();
        const k = random.int(n);
        assert.ok(u >= 0 && u < 1);
        assert.ok(Number.isInteger(k) && k >= 0 && k < n);
      }
    }),
  );
});

test("normals have mean 0 and deviation 1", () => {
  const random = rng(1);
  let sum = 0;
  let squares = 0;
  const n = 100_000;
  for (let i = 0; i < n; i++) {
    const x = random.normal();
    sum += x;
    squares += x * x;
  }
  assert.ok(Math.abs(sum / n) < 0.02);
  assert.ok(Math.abs(squares / n - 1) < 0.02);
});
