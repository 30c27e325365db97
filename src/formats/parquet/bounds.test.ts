/** Least and greatest values, and their shortened forms. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteBounds, compare, encodeBound, joined, numberBounds } from "./bounds.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("NaN has no bound, and zeros bound both signs", () => {
  assert.deepEqual(numberBounds("f32", Float32Array.of(Number.NaN, 2, -1)), { min: -1, max: 2 });
  assert.equal(numberBounds("f64", Float64Array.of(Number.NaN)), undefined);
  const zeros = numberBounds("f64", Float64Array.of(0, 0));
  assert.ok(Object.is(zeros?.min, -0) && Object.is(zeros?.max, 0));
});

test("whole numbers are compared by their own sign", () => {
  const wide = BigUint64Array.of(1n, 2n ** 63n);
  assert.deepEqual(numberBounds("u64", wide), { min: 1n, max: 2n ** 63n });
  assert.deepEqual([...encodeBound("u64", 2n ** 63n, "max").bytes], [0, 0, 0, 0, 0, 0, 0, 128]);
  assert.deepEqual([...encodeBound("u32", 0xffffffff, "max").bytes], [255, 255, 255, 255]);
  assert.deepEqual([...encodeBound("i8", -1, "min").bytes], [255, 255, 255, 255]);
});

test("texts are compared by their UTF-8 bytes, not by UTF-16 units", () => {
  const [ship, private_] = [bytes("\u{1f6a2}"), bytes("\uff5e")];
  assert.deepEqual(byteBounds([ship, private_]), { min: private_, max: ship });
});

test("bounds of parts are the bounds of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (a, b) => {
      assert.deepEqual(joined(numberBounds("i32", a), numberBounds("i32", b)), numberBounds("i32", [...a, ...b]));
    }),
    { seed: 1 },
  );
});

test("a shortened bound stays on its side, and text stays text", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const long = fc.string({ unit: "binary", minLength: 20, maxLength: 120 });
  fc.assert(
    fc.property(long, fc.constantFrom("str" as const, "bytes" as const), (text, kind) => {
      const value = bytes(text);
      const [min, max] = [encodeBound(kind, value, "min"), encodeBound(kind, value, "max")];
      assert.ok(compare(min.bytes, value) <= 0 && compare(max.bytes, value) >= 0);
      assert.equal(min.isExact, compare(min.bytes, value) === 0);
      assert.equal(max.isExact, compare(max.bytes, value) === 0);
      if (kind === "str") for (const bound of [min, max]) decoder.decode(bound.bytes);
    }),
    { seed: 2, numRuns: 1000 },
  );
  assert.equal(encodeBound("bytes", new Uint8Array(100).fill(255), "max").isExact, true);
  assert.deepEqual(encodeBound("bytes", new Uint8Array(100).fill(7), "max").bytes.length, 64);
});
