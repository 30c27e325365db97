/** Splits by time: the value at a rank, and the cuts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nthValue, timeCuts } from "./time-cuts.ts";

const blocksOf = (values: readonly number[], size: number) => () =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    Float64Array.from(values.slice(i * size, (i + 1) * size)),
  );

test("the value at a rank is that of the sorted values", () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 9 }),
    fc.double({ min: 1, max: 4e9, noNaN: true }),
    fc.double({ min: 1.7e9, max: 1.7e9 + 1e-3, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.nat(),
      fc.integer({ min: 1, max: 50 }),
      (values, any, size) => {
        const rank = any % values.length;
        assert.equal(nthValue(blocksOf(values, size), rank), Float64Array.from(values).sort()[rank]);
      },
    ),
    { numRuns: 300 },
  );
});

test("cuts leave the fractions asked for at the end, validation before test", () => {
  const times = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
  const cuts = (validation: number, test: number) => timeCuts(blocksOf(times, 7), 100, { validation, test });
  assert.deepEqual(cuts(0.25, 0), { validation: 75, test: Number.POSITIVE_INFINITY });
  assert.deepEqual(cuts(0.25, 0.25), { validation: 50, test: 75 });
  assert.deepEqual(cuts(0, 0.5), { validation: 50, test: 50 });
  assert.deepEqual(cuts(0, 0), { validation: Number.POSITIVE_INFINITY, test: Number.POSITIVE_INFINITY });
  assert.deepEqual(cuts(1, 0), { validation: 0, test: Number.POSITIVE_INFINITY });
});
