/** Numbers of keys: those that a Map would give, for any keys and any number of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_KEY } from "./key-numbers.kernel.ts";
import { KeyNumbers } from "./key-numbers.ts";

/** The numbers of keys as a Map gives them. */
function reference(chunks: readonly (readonly number[])[]): number[][] {
  const numbers = new Map<number, number>();
  return chunks.map((keys) =>
    keys.map((key) => {
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      return number;
    }),
  );
}

function numbersOf(keys: KeyNumbers, chunk: readonly number[], bad = new Float32Array(chunk.length)): number[] {
  return [...keys.of(Float64Array.from(chunk), bad, chunk.length).subarray(0, chunk.length)];
}

test("keys are numbered as they come first, over all chunks", () => {
  const key = fc.oneof(
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 200_000_000, max: 999_999_999 }),
    fc.double({ noNaN: true }).map((value) => value + 0),
  );
  fc.assert(
    fc.property(fc.array(fc.array(key)), (chunks) => {
      const keys = new KeyNumbers();
      assert.deepEqual(
        chunks.map((chunk) => numbersOf(keys, chunk)),
        reference(chunks),
      );
    }),
  );
});

test("the table grows, and keeps the numbers it gave", () => {
  const keys = new KeyNumbers();
  const all = Array.from({ length: 100_000 }, (_, i) => 200_000_000 + 97 * i);
  const expected = all.map((_, i) => i);
  assert.deepEqual(numbersOf(keys, all), expected);
  assert.deepEqual(numbersOf(keys, all), expected);
  assert.equal(keys.length, all.length);
  assert.equal(keys.key(99_999), all[99_999]);
});

test("bad rows have no key", () => {
  const keys = new KeyNumbers();
  assert.deepEqual(numbersOf(keys, [Number.NaN, 7, 8, 7], Float32Array.of(1, 0, 2, 0)), [NO_KEY, 0, NO_KEY, 0]);
  assert.equal(keys.length, 1);
});
