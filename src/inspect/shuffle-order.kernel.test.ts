/** Sorting and summing against slow, plain references. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { groupCounts } from "./shuffle-distinct.ts";
import {
  blockOverlaps,
  crossCounts,
  doubledGroupRanks,
  doubledRanks,
  groupedOrder,
  neighbourOverlaps,
  overlapsOf,
  placesIn,
  rankCorrelation,
  runsOf,
  serialSums,
  timeOrder,
} from "./shuffle-order.kernel.ts";

const GROUPS = 4;
const times = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 }),
  fc.array(fc.constantFrom(-0, 0, -1, 1, -1e300, 1e300, 5e-324, 1.7e9), { maxLength: 60 }),
  fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 }),
);
const spans = fc.array(
  fc.record({ trace: fc.nat(GROUPS - 1), from: fc.integer({ min: -20, max: 20 }), length: fc.nat(9) }),
  { minLength: 1, maxLength: 40 },
);

function columns(rows: readonly { readonly trace: number; readonly from: number; readonly length: number }[]) {
  const traces = Uint32Array.from(rows, ({ trace }) => trace);
  const begins = Float64Array.from(rows, ({ from }) => from);
  const ends = Float64Array.from(rows, ({ from, length }) => from + length);
  const grouped = groupedOrder(timeOrder(begins), traces, groupCounts(traces, GROUPS));
  const overlap = (a: number, b: number) => traces[a] === traces[b] && begins[a]! <= ends[b]! && begins[b]! <= ends[a]!;
  return { traces, begins, ends, grouped, overlap };
}

/** Twice the mean rank of each value among all. */
function plainRanks(values: readonly number[]): number[] {
  return values.map((a) => 2 * values.filter((b) => b < a).length + values.filter((b) => b === a).length + 1);
}

test("rows come in order of time, ties in the order of rows, −0 with 0", () => {
  fc.assert(
    fc.property(times, (values) => {
      const plain = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
      assert.deepEqual([...timeOrder(Float64Array.from(values))], plain);
    }),
    { numRuns: 500 },
  );
});

test("ranks of rows that tie are the mean of theirs; by time, by trace then time, by group", () => {
  fc.assert(
    fc.property(spans, (rows) => {
      const { traces, begins, grouped } = columns(rows);
      const byTime = timeOrder(begins);
      assert.deepEqual([...doubledRanks(byTime, begins)], plainRanks([...begins]));
      const both = rows.map(({ trace, from }) => 1000 * trace + from);
      assert.deepEqual([...doubledRanks(grouped, begins, traces)], plainRanks(both));
      assert.deepEqual([...doubledGroupRanks(traces, groupCounts(traces, GROUPS))], plainRanks([...traces]));
    }),
  );
});

test("the rank correlation is that of the ranks, 1 for sorted rows and −1 for the other way about", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 2, maxLength: 50 }), (values) => {
      const ranks = plainRanks(values);
      const n = values.length;
      const [mean, middle] = [n + 1, (n - 1) / 2];
      const squares = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
      const places = ranks.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
      const products = ranks.reduce((sum, rank, i) => sum + (rank - mean) * (i - middle), 0);
      const found = rankCorrelation(Uint32Array.from(ranks));
      if (squares === 0) assert.ok(Number.isNaN(found));
      else assert.ok(Math.abs(found - products / Math.sqrt(squares * places)) < 1e-12);
    }),
  );
  assert.equal(rankCorrelation(Uint32Array.of(2, 4, 6, 8)), 1);
  assert.equal(rankCorrelation(Uint32Array.of(8, 6, 4, 2)), -1);
});

test("products of neighbours are summed in the stored order and in that of ranks", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(999), { minLength: 2, maxLength: 40 }), (values) => {
      const ranks = plainRanks(values);
      const n = values.length;
      const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + (rank - n - 1) ** 2, 0) / n);
      const scaled = ranks.map((rank) => (rank - n - 1) / deviation);
      const serial = (list: readonly number[]) => list.slice(1).reduce((sum, each, i) => sum + each * list[i]!, 0);
      const sums = serialSums(Uint32Array.from(ranks), timeOrder(Float64Array.from(values)));
      assert.ok(Math.abs(sums.found - serial(scaled)) < 1e-9);
      assert.ok(Math.abs(sums.sorted - serial([...scaled].sort((a, b) => a - b))) < 1e-9);
      assert.ok(Math.abs(sums.squares - n) < 1e-9);
    }),
  );
});

test("overlaps are those of all pairs, of neighbours, and of pairs in a block", () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 1, max: 12 }), (rows, block) => {
      const { traces, begins, ends, grouped, overlap } = columns(rows);
      const n = rows.length;
      const degrees = rows.map((_, a) => rows.filter((__, b) => a !== b && overlap(a, b)).length);
      const edges = degrees.reduce((sum, degree) => sum + degree, 0) / 2;
      const wedges = degrees.reduce((sum, degree) => sum + (degree * (degree - 1)) / 2, 0);
      assert.deepEqual(overlapsOf(grouped, traces, begins, ends), { edges, wedges, most: Math.max(...degrees) });
      const inOrder = (order: readonly number[]) => ({
        neighbours: order.filter((row, i) => i > 0 && overlap(order[i - 1]!, row)).length,
        blocks: order.flatMap((a, i) =>
          order.filter(
            (b, j) =>
              j < i &&
              Math.floor(i / block) === Math.floor(j / block) &&
              i < Math.floor(n / block) * block &&
              overlap(a, b),
          ),
        ).length,
      });
      const [stored, sorted] = [inOrder([...rows.keys()]), inOrder([...grouped])];
      assert.equal(neighbourOverlaps(traces, begins, ends), stored.neighbours);
      assert.equal(neighbourOverlaps(traces, begins, ends, grouped), sorted.neighbours);
      assert.equal(blockOverlaps(grouped, traces, begins, ends, block, placesIn(grouped)), stored.blocks);
      assert.equal(blockOverlaps(grouped, traces, begins, ends, block), sorted.blocks);
    }),
    { numRuns: 300 },
  );
});

test("runs and crossings are counted", () => {
  assert.deepEqual(runsOf(Uint32Array.of()), { repeats: 0, longest: 0 });
  assert.deepEqual(runsOf(Uint32Array.of(1, 1, 2, 2, 2, 1)), { repeats: 3, longest: 3 });
  const ranks = Uint32Array.of(2, 4, 6, 8, 16, 14, 12, 10);
  assert.deepEqual([...crossCounts(ranks, 2, 2)], [4, 0, 0, 4]);
  assert.deepEqual([...crossCounts(ranks, 4, 2)], [2, 0, 2, 0, 0, 2, 0, 2]);
});
