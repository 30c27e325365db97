/** Choices of rows: what is read for them is each sample once, in order, and found again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distinct, lowerBound, rowNumbers } from "./rows.ts";

test("each number is read once, in order, and found where it is said to be, whether near each other or far", () => {
  const near = fc.integer({ min: -1, max: 40 });
  const far = fc.integer({ min: -1, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(
      fc.oneof(fc.array(near), fc.array(far), fc.array(fc.oneof(near, far))),
      fc.boolean(),
      (list, isSorted) => {
        const rows = Int32Array.from(list);
        if (isSorted) rows.sort();
        const { numbers, places = Int32Array.from(rows.keys()) } = distinct(rows);
        const read = [...rowNumbers(numbers)];
        assert.deepEqual(
          read,
          [...new Set(list.filter((row) => row >= 0))].sort((a, b) => a - b),
        );
        assert.deepEqual(
          Array.from(places, (place) => (place < 0 ? -1 : read[place])),
          [...rows],
        );
        const isRange = read.length === 0 || read.at(-1)! - read[0]! + 1 === read.length;
        assert.equal(numbers instanceof Uint32Array, !isRange);
      },
    ),
  );
});

test("rows that ascend are read as they are", () => {
  assert.deepEqual(distinct(Int32Array.of(3, 4, 5)), { numbers: { from: 3, to: 6 } });
  assert.deepEqual(distinct(Int32Array.of(3, 5)), { numbers: Uint32Array.of(3, 5) });
  assert.deepEqual(distinct(new Int32Array()), { numbers: { from: 0, to: 0 } });
  assert.deepEqual(distinct(Int32Array.of(-1, -1)), { numbers: { from: 0, to: 0 }, places: Int32Array.of(-1, -1) });
});

test("a lower bound is the first place whose value is not below", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.nat(21), (list, value) => {
      const ascending = list.sort((a, b) => a - b);
      const place = ascending.findIndex((one) => one >= value);
      assert.equal(lowerBound(ascending, value), place < 0 ? list.length : place);
    }),
  );
});
