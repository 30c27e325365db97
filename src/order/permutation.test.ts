import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { permutation } from "./permutation.ts";

test("every row comes once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (length, seed) => {
      const row = permutation(length, seed);
      const rows = Uint32Array.from({ length }, (_, i) => row(i)).sort();
      assert.deepEqual(
        rows,
        Uint32Array.from({ length }, (_, i) => i),
      );
    }),
  );
});

test("rows of a length near the limit stay among the rows, and do not meet", () => {
  for (const length of [2 ** 32 + 1, 2 ** 52 - 1, 2 ** 52]) {
    const row = permutation(length, 7);
    const rows = Array.from({ length: 2000 }, (_, i) => row(i % 2 === 0 ? i : length - i));
    assert.equal(new Set(rows).size, rows.length);
    assert.ok(rows.every((at) => Number.isInteger(at) && at >= 0 && at < length));
  }
});

test("the same seed gives the same shuffle, and another seed another", () => {
  const shuffle = (seed: number) => Array.from({ length: 100 }, (_, i) => permutation(100, seed)(i));
  assert.deepEqual(shuffle(1), shuffle(1));
  assert.notDeepEqual(shuffle(1), shuffle(2));
  assert.deepEqual(shuffle(42).slice(0, 8), [35, 45, 46, 30, 42, 68, 38, 34]);
});

test("a row lands anywhere as often as elsewhere", () => {
  const [length, seeds] = [8, 4000];
  const landed = Array.from({ length }, () => new Uint32Array(length));
  for (let seed = 0; seed < seeds; seed++) {
    const row = permutation(length, seed);
    for (let i = 0; i < length; i++) landed[i]![row(i)]!++;
  }
  // 500 expected in each cell; five standard deviations are about 105.
  for (const counts of landed)
    assert.ok(
      counts.every((count) => Math.abs(count - 500) < 105),
      counts.join(),
    );
});

test("lengths and indices that cannot be are refused", () => {
  for (const length of [-1, 0.5, 2 ** 52 + 1, Number.NaN]) {
    assert.throws(() => permutation(length, 1), {
      code: "usage",
      message: `Cannot permute: the length must be a whole number from 0 to 2^52, got ${length}`,
    });
  }
  for (const index of [-1, 10, Number.NaN]) {
    assert.throws(() => permutation(10, 1)(index), {
      code: "usage",
      message: `Cannot permute: the index must be from 0 to 9, got ${index}`,
    });
  }
  assert.throws(() => permutation(0, 1)(0), { code: "usage" });
});
