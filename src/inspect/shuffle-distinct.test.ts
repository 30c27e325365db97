/** Distinct groups against every way to draw a few samples, and against plain counting. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distinctChance, distinctCounts, groupCounts, sizesOf } from "./shuffle-distinct.ts";

/** Every choice of `size` among 0 … n−1. */
function* choices(n: number, size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) return yield [];
  for (let first = from; first <= n - size; first++)
    for (const rest of choices(n, size - 1, first + 1)) yield [first, ...rest];
}

test("expected number and variance of distinct groups are those of all ways to draw a block", () => {
  const drawn = fc.record({ groups: fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }), block: fc.nat(8) });
  fc.assert(
    fc.property(drawn, ({ groups, block: raw }) => {
      const n = groups.length;
      const block = 1 + (raw % n);
      const found = [...choices(n, block)].map((rows) => new Set(rows.map((row) => groups[row])).size);
      const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
      const variance = found.reduce((sum, each) => sum + (each - mean) ** 2, 0) / found.length;
      const moments = distinctChance(n, sizesOf(groupCounts(Uint32Array.from(groups), 5)))(block);
      assert.ok(Math.abs(moments.mean - mean) < 1e-12, `mean ${moments.mean} and ${mean}`);
      assert.ok(Math.abs(moments.variance - variance) < 1e-12, `variance ${moments.variance} and ${variance}`);
    }),
    { numRuns: 200 },
  );
});

test("groups of one sample each, or one group, leave nothing to chance", () => {
  for (const [sizes, distinct] of [
    [{ sizes: [1], groups: [100] }, 7],
    [{ sizes: [100], groups: [1] }, 1],
  ] as const) {
    const { mean, variance } = distinctChance(100, sizes)(7);
    assert.ok(Math.abs(mean - distinct) < 1e-12);
    assert.equal(variance, 0);
  }
});

test("a million samples of equally many in each group follow the formula for one group", () => {
  const [n, size, block] = [1_000_000, 100, 64];
  const chance = distinctChance(n, { sizes: [size], groups: [n / size] })(block);
  let missed = 1;
  for (let i = 0; i < block; i++) missed *= (n - size - i) / (n - i);
  assert.ok(Math.abs(chance.mean / ((n / size) * (1 - missed)) - 1) < 1e-9, String(chance.mean));
  // Repeats are rare, so that they are nearly of Poisson's law: as many as pairs, each with the chance of one group.
  const repeats = ((block * (block - 1)) / 2) * ((size - 1) / (n - 1));
  assert.ok(Math.abs(chance.variance / repeats - 1) < 0.02, `${chance.variance} and ${repeats}`);
});

test("blocks of any lengths have as many groups as plain counting finds", () => {
  const blocks = fc.record({
    groups: fc.array(fc.nat(6), { maxLength: 60 }),
    cuts: fc.array(fc.nat(60), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(blocks, ({ groups, cuts }) => {
      const ends = [...cuts.filter((cut) => cut <= groups.length).sort((a, b) => a - b), groups.length];
      const plain = ends.map((end, i) => new Set(groups.slice(ends[i - 1] ?? 0, end)).size);
      assert.deepEqual([...distinctCounts(Uint32Array.from(groups), 7, Uint32Array.from(ends))], plain);
    }),
  );
});
