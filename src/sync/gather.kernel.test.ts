/** The loops over rows against the plainest way to say the same. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gathered, kept, keptQueries } from "./gather.kernel.ts";

const found = fc.array(fc.record({ a: fc.integer({ min: -1, max: 3 }), b: fc.integer({ min: -1, max: 3 }) }));

test("what is kept are the values of those queries for which every sensor has a sample", () => {
  fc.assert(
    fc.property(found, (queries) => {
      const a = Int32Array.from(queries, (query) => query.a);
      const b = Int32Array.from(queries, (query) => query.b);
      const rows = keptQueries([a, b]);
      const plain = Array.from(queries.keys()).filter((i) => a[i]! >= 0 && b[i]! >= 0);
      assert.equal(rows === undefined, plain.length === queries.length);
      if (rows === undefined) return;
      const times = Float64Array.from(queries, (_, i) => i / 8);
      assert.deepEqual(
        kept(times, rows),
        Float64Array.from(plain, (i) => i / 8),
      );
      assert.deepEqual(
        kept(b, rows),
        Int32Array.from(plain, (i) => b[i]!),
      );
      assert.deepEqual(kept(a, rows), gathered(a, Uint32Array.from(plain)));
    }),
  );
});
