/** The inner loops, against plain ones. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyLengths, copyRows, copyValues, gatherRows } from "./samples.kernel.ts";

test("rows are where the cursor says, and the cursor behind them, for short and long rows, near and apart", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(9), fc.nat(20), fc.nat(5), (width, gap, rows, first) => {
      const bytes = Uint8Array.from({ length: first + width * rows }, (_, i) => i * 7);
      const starts = Float64Array.from({ length: rows }, (_, row) => 3 + row * (width + gap));
      const out = new Uint8Array(3 + rows * (width + gap));
      const cursor = starts.slice();
      copyRows(out, cursor, { bytes, from: first, width, step: width });
      const expected = new Uint8Array(out.length);
      for (let row = 0; row < rows; row++)
        for (let i = 0; i < width; i++) expected[starts[row]! + i] = bytes[first + row * width + i]!;
      assert.deepEqual(out, expected);
      assert.deepEqual(
        cursor,
        starts.map((start) => start + width),
      );
      assert.deepEqual(gatherRows(out, starts, width), bytes.slice(first));
    }),
  );
});

test("a header is the same before every row", () => {
  const out = new Uint8Array(6);
  copyRows(out, Float64Array.of(0, 3), { bytes: Uint8Array.of(7, 8), from: 0, width: 2, step: 0 });
  assert.deepEqual(Array.from(out), [7, 8, 0, 7, 8, 0]);
});

test("lengths are little-endian, values follow one another", () => {
  const out = new Uint8Array(12);
  const cursor = Float64Array.of(0, 6);
  copyLengths(out, cursor, 0x01020304);
  copyValues(out, cursor, [Uint8Array.of(9), Uint8Array.of(5, 6)]);
  assert.deepEqual(Array.from(out), [4, 3, 2, 1, 9, 0, 4, 3, 2, 1, 5, 6]);
  assert.deepEqual(Array.from(cursor), [5, 12]);
});
