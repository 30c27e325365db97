/** One partner each, against the list of all pairs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { uniqueNearest } from "./unique.ts";

/** Spec "uniqueness", word for word: all pairs by distance, then earlier query, then lower index. */
function fromAllPairs(times: Float64Array, queries: Float64Array, most: number): Int32Array {
  const pairs = Array.from(queries.entries()).flatMap(([row, query]) =>
    Array.from(times, (time, at) => ({ row, at, distance: Math.abs(time - query) })),
  );
  const found = new Int32Array(queries.length).fill(-1);
  const used = new Set<number>();
  for (const { row, at, distance } of pairs.toSorted(
    (a, b) => a.distance - b.distance || a.row - b.row || a.at - b.at,
  )) {
    if (found[row] !== -1 || used.has(at) || distance > most) continue;
    found[row] = at;
    used.add(at);
  }
  return found;
}

const ascending = fc
  .array(
    fc.integer({ min: 0, max: 60 }).map((eighth) => eighth / 8),
    { maxLength: 25 },
  )
  .map((times) => Float64Array.from(times).sort());
const reach = fc.constantFrom(-1, 0, 0.125, 0.5, 2, Number.POSITIVE_INFINITY);

test("neighbours in time give what the list of all pairs gives", () => {
  fc.assert(
    fc.property(ascending, ascending, reach, (times, queries, far) => {
      assert.deepEqual(uniqueNearest(times, queries, far), fromAllPairs(times, queries, far));
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test("who loses a sample may have the next best", () => {
  const found = uniqueNearest(Float64Array.of(1, 1.5), Float64Array.of(0.8, 1.1), 1);
  assert.deepEqual(Array.from(found), [1, 0]);
});

test("all at one time are paired in their order", () => {
  const found = uniqueNearest(Float64Array.of(1, 1, 1), Float64Array.of(1, 1, 1, 1), 0);
  assert.deepEqual(Array.from(found), [0, 1, 2, -1]);
});
