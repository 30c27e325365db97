import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { windowCount, windowSpec, windowStarts, windowUse } from "./windows.ts";

const vectors = new URL("../../../shared/vectors/ais_window_counts.csv", import.meta.url);

test("counts and last starts are those of another implementation", {
  skip: !existsSync(vectors) && "../shared is not there",
}, () => {
  const rows = readFileSync(vectors, "utf8").trim().split("\n").slice(1);
  assert.equal(rows.length, 8);
  for (const row of rows) {
    const [length, size, stride, count, last] = row.trim().split(",") as [string, string, string, string, string];
    const spec = windowSpec(Number(size), Number(stride));
    assert.equal(windowCount(Number(length), spec), Number(count));
    assert.equal(windowStarts(Number(length), spec).at(-1), last === "" ? undefined : Number(last));
  }
});

const traces = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 90 }));

test("windows lie whole inside the trace, one stride apart, as many as fit", () => {
  fc.assert(
    fc.property(traces, ([length, size, stride]) => {
      const starts = windowStarts(length, windowSpec(size, stride));
      const expected: number[] = [];
      for (let start = 0; start + size <= length; start += stride) expected.push(start);
      assert.deepEqual([...starts], expected);
      assert.equal(windowCount(length, windowSpec(size, stride)), expected.length);
    }),
  );
});

test("every row is used or accounted for, as marking the rows one by one says", () => {
  fc.assert(
    fc.property(traces, ([length, size, stride]) => {
      const spec = windowSpec(size, stride);
      const starts = windowStarts(length, spec);
      const marks = new Uint8Array(length);
      for (const start of starts) marks.fill(1, start, start + size);
      const end = starts.length === 0 ? 0 : starts.at(-1)! + size;
      const expected = {
        windows: starts.length,
        used: marks.filter((mark) => mark === 1).length,
        tail: length - end,
        strideGap: marks.subarray(0, end).filter((mark) => mark === 0).length,
      };
      assert.deepEqual(windowUse(length, spec), expected);
      assert.equal(expected.used + expected.tail + expected.strideGap, length);
    }),
    { numRuns: 1000 },
  );
});

test("a size or a stride that is no whole number from 1 up is refused", () => {
  assert.throws(() => windowSpec(928, 0), {
    code: "usage",
    message: "Cannot cut windows: stride must be a whole number from 1 up, got 0",
  });
  for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => windowSpec(size, 1), {
      code: "usage",
      message: `Cannot cut windows: size must be a whole number from 1 up, got ${size}`,
    });
  }
});
