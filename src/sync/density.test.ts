/** Densities: sums that must hold, and what a gap looks like. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyTimes } from "../../test/sync-plain.ts";
import { density } from "./density.ts";

const cells = { from: 0, to: 10, count: 10 };

test("a steady sensor is whole wherever it runs, and nothing where it does not", () => {
  const times = Float64Array.from({ length: 51 }, (_, i) => 2 + i / 10);
  const shares = Array.from(density(times, 0.1, cells), (share) =>
    Number.isNaN(share) ? null : Number(share.toFixed(9)),
  );
  assert.deepEqual(shares, [null, null, 1, 1, 1, 1, 1, null, null, null]);
});

test("a slow sensor is no row of gaps", () => {
  assert.deepEqual(Array.from(density(Float64Array.of(0, 5, 10), 5, cells)), new Array(10).fill(1));
});

test("a gap is seen, be it shorter than a cell or longer", () => {
  const hundred = Float64Array.from({ length: 1001 }, (_, i) => i / 100);
  const short = density(
    hundred.filter((_, i) => i < 301 || i > 305),
    0.01,
    cells,
  );
  assert.deepEqual(
    Array.from(short, (share) => share > 0.95),
    [true, true, true, false, true, true, true, true, true, true],
  );
  const long = density(
    hundred.filter((_, i) => i < 250 || i > 750),
    0.01,
    cells,
  );
  assert.ok(long[3]! < 0.01 && long[6]! < 0.01 && long[2]! > 0.4 && long[2]! <= 0.9);
});

test("one sample is there, also at the end", () => {
  assert.deepEqual(
    Array.from(density(Float64Array.of(10), Number.NaN, cells))
      .map(Number.isNaN)
      .indexOf(false),
    9,
  );
  const still = density(Float64Array.of(3, 3), Number.NaN, { from: 3, to: 3, count: 4 });
  assert.deepEqual(Array.from(still), [1, Number.NaN, Number.NaN, Number.NaN]);
  assert.ok(density(new Float64Array(), Number.NaN, cells).every(Number.isNaN));
});

test("cells are never below nothing, and are numbers from the first sample to the last", () => {
  fc.assert(
    fc.property(anyTimes, fc.integer({ min: 1, max: 30 }), (times, count) => {
      fc.pre(times.length > 1 && times.at(-1)! > times[0]!);
      const shares = density(times, 0.01, { from: times[0]!, to: times.at(-1)!, count });
      assert.ok(shares.every((share) => share >= 0));
    }),
    { numRuns: 200, seed: 1 },
  );
});
