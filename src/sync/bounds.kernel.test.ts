/** The loops of matching against the plainest way to say the same. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rng } from "../core/index.ts";
import {
  AFTER,
  AT_OR_AFTER,
  bound,
  bracketsOf,
  firstDisorder,
  nearestOf,
  search,
  select,
  sweep,
} from "./bounds.kernel.ts";

/** Few different values, so that many are equal. */
const stamps = fc.array(
  fc.integer({ min: -8, max: 8 }).map((quarter) => quarter / 4),
  { maxLength: 40 },
);
const ascending = stamps.map((times) => Float64Array.from(times).sort());

test("a sweep and a search find the same bounds, those of the definition", () => {
  fc.assert(
    fc.property(ascending, ascending, (times, queries) => {
      const first = (holds: (time: number) => boolean) => {
        const at = times.findIndex(holds);
        return at < 0 ? times.length : at;
      };
      const lower = Uint32Array.from(queries, (query) => first((time) => time >= query));
      const upper = Uint32Array.from(queries, (query) => first((time) => time > query));
      assert.deepEqual(sweep(times, queries, AT_OR_AFTER), lower);
      assert.deepEqual(search(times, queries, AT_OR_AFTER), lower);
      assert.deepEqual(sweep(times, queries, AFTER), upper);
      assert.deepEqual(search(times, queries, AFTER), upper);
    }),
    { numRuns: 500, seed: 1 },
  );
});

test("the nearest is the first of the nearest, if it is in reach", () => {
  const anyReach = fc.constantFrom(-1, 0, 0.25, 1, Number.POSITIVE_INFINITY);
  fc.assert(
    fc.property(ascending, stamps, anyReach, (times, queries, reach) => {
      const asked = Float64Array.from(queries);
      const found = nearestOf(times, asked, search(times, asked, AT_OR_AFTER), reach);
      for (const [i, query] of asked.entries()) {
        const distances = Array.from(times, (time) => Math.abs(time - query));
        const least = Math.min(...distances);
        const isNear = least <= reach;
        assert.equal(found[i], times.length > 0 && isNear ? distances.indexOf(least) : -1);
      }
    }),
    { numRuns: 500, seed: 2 },
  );
});

test("the nearest of many equal stamps does not take their number of steps for each query", () => {
  const times = new Float64Array(200_000).fill(1);
  const queries = new Float64Array(200_000).fill(2);
  // Step by step this would be 4·10¹⁰ comparisons.
  assert.ok(nearestOf(times, queries, sweep(times, queries, AT_OR_AFTER), 9).every((at) => at === 0));
});

test("a bracket holds its query, and its weight leads back to it", () => {
  fc.assert(
    fc.property(ascending, stamps, fc.constantFrom(0.25, 1, Number.POSITIVE_INFINITY), (times, queries, maxGap) => {
      const asked = Float64Array.from(queries);
      const { before, after, weight } = bracketsOf(times, asked, search(times, asked, AFTER), maxGap);
      for (const [i, query] of asked.entries()) {
        const [a, b, w] = [before[i]!, after[i]!, weight[i]!];
        const exact = times.lastIndexOf(query);
        if (exact >= 0) assert.deepEqual([a, b, w], [exact, exact, 0]);
        else if (a >= 0) {
          assert.ok(b === a + 1 && times[a]! < query && query < times[b]! && times[b]! - times[a]! <= maxGap);
          assert.ok(Math.abs(times[a]! + w * (times[b]! - times[a]!) - query) < 1e-12);
        } else {
          const next = times.findIndex((time) => time > query);
          assert.ok(next <= 0 || times[next]! - times[next - 1]! > maxGap);
          assert.ok(b === -1 && Number.isNaN(w));
        }
      }
    }),
    { numRuns: 500, seed: 3 },
  );
});

test("the first disorder is the first place that goes back or is no number", () => {
  const cases: readonly [readonly number[], number][] = [
    [[], -1],
    [[Number.NaN], 0],
    [[1, 1, 2], -1],
    [[1, 2, 1.5, 1], 2],
    [[1, Number.NaN, 0], 1],
  ];
  for (const [times, at] of cases) assert.equal(firstDisorder(Float64Array.from(times)), at);
});

test("the k-th smallest is that of the sorted values", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }), fc.nat(), (values, any) => {
      const k = any % values.length;
      assert.equal(select(Float64Array.from(values), k), Float64Array.from(values).sort()[k]);
    }),
    { numRuns: 500, seed: 4 },
  );
});

test("blocks of queries join without a seam", () => {
  const random = rng("seam");
  for (const [length, asked] of [
    [200_000, 150_001],
    [1000, 131_072],
    [0, 70_000],
  ] as const) {
    // Few different values, so that equal ones lie on both sides of a seam.
    const stamps = (count: number) =>
      Float64Array.from({ length: count }, () => Math.floor(random.uniform() * 90_000)).sort();
    const [times, queries] = [stamps(length), stamps(asked)];
    for (const side of [AT_OR_AFTER, AFTER] as const)
      assert.deepEqual(sweep(times, queries, side), search(times, queries, side));
    const nearest = nearestOf(times, queries, search(times, queries, AT_OR_AFTER), 1);
    const seams = [0, 65_535, 65_536, 65_537, asked - 1];
    for (const i of seams) {
      const own = nearestOf(times, queries.slice(i, i + 1), Uint32Array.of(bound(times, queries[i]!, AT_OR_AFTER)), 1);
      assert.equal(nearest[i], own[0]);
    }
  }
});
