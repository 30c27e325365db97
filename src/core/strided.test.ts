/** Strided views: packing gives what indexing gives, and copies only where it must. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packed, rowMajor, type Strided } from "./strided.ts";

/** Every value by its definition. */
function values({ data, shape, strides, offset }: Strided): number[] {
  const places = shape.reduce(
    (all, size, axis) => all.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * strides[axis]!)),
    [offset],
  );
  return places.map((place) => data[place]!);
}

const DATA = Float32Array.from({ length: 4000 }, (_, i) => i);

test("packing gives the values in row-major order, whatever the strides", () => {
  const axis = fc.record({ size: fc.integer({ min: 0, max: 5 }), stride: fc.integer({ min: -40, max: 40 }) });
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 4 }), (axes) => {
      const [shape, strides] = [axes.map(({ size }) => size), axes.map(({ stride }) => stride)];
      const view: Strided = { data: DATA, shape, strides, offset: 2000 };
      const expected = values(view);
      assert.deepEqual([...packed(view)], expected);
      const into = new Float32Array(expected.length + 3).fill(-1);
      const got = packed(view, into);
      assert.deepEqual([...got], expected);
      assert.deepEqual([...into.subarray(expected.length)], [-1, -1, -1]);
    }),
  );
});

test("slices of a row-major array are packed by runs", () => {
  const size = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(fc.tuple(size, size, size), fc.nat(5), fc.nat(5), ([n, w, c], a, b) => {
      const [from, to] = [Math.min(a, b, w - 1), Math.min(Math.max(a, b) + 1, w)];
      const strides = rowMajor([n, w, c]);
      const view: Strided = { data: DATA, shape: [n, to - from, c], strides, offset: from * c };
      assert.deepEqual([...packed(view)], values(view));
    }),
  );
});

test("what lies without gaps is not copied", () => {
  const view: Strided = { data: DATA, shape: [3, 1, 4], strides: [4, 99, 1], offset: 8 };
  const got = packed(view);
  assert.equal(got.buffer, DATA.buffer);
  assert.deepEqual([...got], values(view));
  assert.notEqual(packed({ ...view, strides: [5, 99, 1] }).buffer, DATA.buffer);
});

test("arrays of 64-bit integers keep their kind", () => {
  const data = BigInt64Array.from({ length: 6 }, (_, i) => BigInt(i));
  assert.deepEqual(packed({ data, shape: [2], strides: [3], offset: 1 }), BigInt64Array.of(1n, 4n));
});

test("a view that leaves its data is refused, and so is too little room", () => {
  const data = new Float32Array(10);
  for (const wrong of [
    { shape: [11], strides: [1], offset: 0 },
    { shape: [2, 5], strides: [5, 1], offset: 1 },
    { shape: [3], strides: [-1], offset: 1 },
    { shape: [1], strides: [1], offset: 10 },
    { shape: [2], strides: [], offset: 0 },
  ]) {
    assert.throws(() => packed({ data, ...wrong }), { code: "usage", message: /got 10 values/ });
  }
  const view: Strided = { data, shape: [4], strides: [2], offset: 0 };
  assert.throws(() => packed(view, new Float32Array(3)), { code: "usage", message: /got 3/ });
});
