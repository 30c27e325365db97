/** Headers of ndarrays. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arrayHead, readArrayHead } from "./ndarray.ts";

test("a header is as MDSWriter writes it: dtype, axes and width, sizes", () => {
  assert.deepEqual(Array.from(arrayHead("f32", [928, 4], { kind: false })), [34, 9, 0xa0, 3, 4, 0]);
  assert.deepEqual(Array.from(arrayHead("f32", [3], { kind: true })), [4, 3]);
});

test("a header that is written says the same when it is read", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.boolean(), (shape, fixed) => {
      const head = arrayHead("u8", shape, { kind: fixed });
      const value = new Uint8Array(head.length + shape.reduce((product, size) => product * size, 1));
      value.set(head);
      assert.deepEqual(readArrayHead(value, fixed ? "u8" : undefined), { kind: "u8", shape, length: head.length });
    }),
  );
});

test("any bytes are a header whose values are all there, or a sentence", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (value) => {
      const head = readArrayHead(value, undefined);
      if (typeof head !== "string") assert.ok(head.length <= value.length);
    }),
    { numRuns: 2000 },
  );
  assert.equal(typeof readArrayHead(Uint8Array.from([8, 255, ...new Array(63 * 8).fill(255)]), undefined), "string");
});
