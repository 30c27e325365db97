/** Columns that grow and shrink, row for row. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dropFirst, makeRoom, points } from "./points.ts";

test("points are kept in order however often room is made and the first are dropped", () => {
  const work = fc.array(fc.oneof(fc.constant("add" as const), fc.nat(5)), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), work, (capacity, steps) => {
      const held = points(capacity);
      const expected: number[] = [];
      for (const [i, step] of steps.entries()) {
        if (step === "add") {
          makeRoom(held);
          held.t[held.length] = i;
          held.source[held.length] = i;
          held.cut[held.length] = i % 2;
          held.length += 1;
          expected.push(i);
        } else {
          const count = Math.min(step, held.length);
          dropFirst(held, count);
          expected.splice(0, count);
        }
        assert.equal(held.length, expected.length);
      }
      assert.deepEqual([...held.t.subarray(0, held.length)], expected);
      assert.deepEqual([...held.source.subarray(0, held.length)], expected);
      assert.deepEqual(
        [...held.cut.subarray(0, held.length)],
        expected.map((i) => i % 2),
      );
    }),
  );
});
