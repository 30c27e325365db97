/** Moments and bounds against every order of a few samples. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countProducts,
  drawMoments,
  drawTail,
  type GroupSizes,
  pairMoments,
  rankTail,
  runTail,
  usualRun,
  valueProducts,
} from "./shuffle-chance.ts";

const MOST = 6;

/** Every order of 0 … n−1. */
function* orders(n: number): Generator<readonly number[]> {
  if (n === 0) return yield [];
  for (const rest of orders(n - 1)) for (let at = 0; at < n; at++) yield rest.toSpliced(at, 0, n - 1);
}

const ALL = Array.from({ length: MOST + 1 }, (_, n) => [...orders(n)]);

function near(a: number, b: number, where: string): void {
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)), `${where}: ${a} and ${b}`);
}

/** Mean and variance over all orders, counted. */
function counted(n: number, statistic: (order: readonly number[]) => number) {
  const values = ALL[n]!.map(statistic);
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return { mean, variance: values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length };
}

/** Pairs of samples that are akin, as a graph: its edges and wedges. */
function pairsOf(n: number, isAkin: (a: number, b: number) => boolean) {
  const degrees = Array.from({ length: n }, (_, a) =>
    Array.from({ length: n }, (__, b) => (a !== b && isAkin(a, b) ? 1 : 0)).reduce<number>((sum, one) => sum + one, 0),
  );
  return {
    edges: degrees.reduce((sum, degree) => sum + degree, 0) / 2,
    wedges: degrees.reduce((sum, degree) => sum + (degree * (degree - 1)) / 2, 0),
  };
}

test("moments of sums over pairs are those of all orders", () => {
  const graph = fc.record({
    n: fc.integer({ min: 0, max: MOST }),
    places: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
    samples: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
  });
  fc.assert(
    fc.property(graph, ({ n, places, samples }) => {
      const inGraph = (bits: readonly boolean[]) => (a: number, b: number) =>
        bits[Math.min(a, b) * MOST + Math.max(a, b)]!;
      const [together, akin] = [inGraph(places), inGraph(samples)];
      const plain = counted(n, (order) => {
        let sum = 0;
        for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (together(i, j) && akin(order[i]!, order[j]!)) sum++;
        return sum;
      });
      const moments = pairMoments(pairsOf(n, together), countProducts(n, pairsOf(n, akin)));
      near(moments.mean, plain.mean, "mean");
      near(moments.variance, plain.variance, "variance");
    }),
    { numRuns: 60 },
  );
});

test("moments of neighbours' products are those of all orders", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: MOST }), (raw) => {
      const n = raw.length;
      const mean = raw.reduce((sum, each) => sum + each, 0) / n;
      const values = raw.map((each) => each - mean);
      const power = (exponent: number) => values.reduce((sum, each) => sum + each ** exponent, 0);
      const moments = pairMoments({ edges: n - 1, wedges: n - 2 }, valueProducts(n, power(2), power(4)));
      const plain = counted(n, (order) =>
        order.slice(1).reduce((sum, sample, i) => sum + values[sample]! * values[order[i]!]!, 0),
      );
      near(moments.mean, plain.mean, "mean");
      near(moments.variance, plain.variance, "variance");
    }),
    { numRuns: 60 },
  );
});

test("no scores, with any ties, stray further from 0 than the bound of the rank correlation says", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 3, maxLength: MOST }), (raw) => {
      const n = raw.length;
      const ranks = raw.map((a) => raw.filter((b) => b < a).length + raw.filter((b) => b === a).length / 2);
      const squares = ranks.reduce((sum, rank) => sum + (rank - n / 2) ** 2, 0);
      fc.pre(squares > 0);
      const scale = Math.sqrt((squares * n * (n * n - 1)) / 12);
      const found = ALL[n]!.map((order) =>
        Math.abs(order.reduce((sum, sample, i) => sum + (i - (n - 1) / 2) * (ranks[sample]! - n / 2), 0) / scale),
      );
      for (const rho of found) {
        const share = found.filter((each) => each >= rho - 1e-12).length / found.length;
        assert.ok(share <= rankTail(rho * Math.sqrt(n - 1), n) + 1e-12, `${rho}: ${share}`);
      }
    }),
    { numRuns: 60 },
  );
});

function choose(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product = (product * (n - i)) / (i + 1);
  return k > n ? 0 : Math.round(product);
}

test("drawn samples have the moments of the hypergeometric distribution, and its tails are within the bound", () => {
  const drawn = fc
    .record({ n: fc.integer({ min: 2, max: 30 }), marked: fc.nat(28), draws: fc.nat(28) })
    .map(({ n, marked, draws }) => ({ n, marked: 1 + (marked % (n - 1)), draws: 1 + (draws % (n - 1)) }));
  fc.assert(
    fc.property(drawn, ({ n, marked, draws }) => {
      const chances = Array.from(
        { length: draws + 1 },
        (_, k) => (choose(marked, k) * choose(n - marked, draws - k)) / choose(n, draws),
      );
      const mean = chances.reduce((sum, chance, k) => sum + k * chance, 0);
      const moments = drawMoments(n, marked, draws);
      near(moments.mean, mean, "mean");
      near(
        moments.variance,
        chances.reduce((sum, chance, k) => sum + (k - mean) ** 2 * chance, 0),
        "variance",
      );
      for (const [k, chance] of chances.entries()) {
        if (chance === 0) continue;
        const side = chances.filter((_, j) => (k >= mean ? j >= k : j <= k)).reduce((sum, each) => sum + each, 0);
        assert.ok(side <= drawTail(k, n, marked, draws) * (1 + 1e-9), `${k} of ${n}, ${marked}, ${draws}: ${side}`);
      }
    }),
  );
});

test("runs as long as found come no more often than the bound says", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: MOST }), (groups) => {
      const n = groups.length;
      const counts = [...Map.groupBy(groups, (group) => group).values()].map((members) => members.length);
      const bySize = [...Map.groupBy(counts, (size) => size)].sort(([a], [b]) => a - b);
      const sizes: GroupSizes = {
        sizes: bySize.map(([size]) => size),
        groups: bySize.map(([, of]) => of.length),
      };
      const longest = ALL[n]!.map((order) => {
        let [most, run] = [0, 0];
        for (const [i, sample] of order.entries()) {
          run = i > 0 && groups[sample] === groups[order[i - 1]!] ? run + 1 : 1;
          most = Math.max(most, run);
        }
        return most;
      });
      for (const length of new Set(longest)) {
        const share = longest.filter((each) => each >= length).length / longest.length;
        assert.ok(share <= runTail(length, n, sizes) + 1e-12, `${length}: ${share}`);
      }
      assert.ok(usualRun(n, sizes) >= 1 && runTail(n + 1, n, sizes) === 0);
    }),
    { numRuns: 60 },
  );
});
