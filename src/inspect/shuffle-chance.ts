/** What chance gives: moments of sums over a random order, and bounds of how far such sums stray. */

/** Mean and variance over all orders. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Pairs of places, or of samples: how many, and how many ways two of them share one end. */
export interface Pairs {
  readonly edges: number;
  readonly wedges: number;
}

/** Means of products of two pairs' values under chance: of a pair with itself, of two that share an end, of two apart. */
export interface PairProducts {
  readonly mean: number;
  readonly same: number;
  readonly sharing: number;
  readonly apart: number;
}

/** n(n−1)…, `factors` of them; 1 where there are not so many, since then nothing is divided by it. */
function falling(n: number, factors: number): number {
  let product = 1;
  for (let i = 0; i < factors; i++) product *= Math.max(1, n - i);
  return product;
}

/** Products of pairs that count 1, all others 0: which samples are akin. */
export function countProducts(n: number, { edges, wedges }: Pairs): PairProducts {
  return {
    mean: (2 * edges) / falling(n, 2),
    same: (2 * edges) / falling(n, 2),
    sharing: (2 * wedges) / falling(n, 3),
    apart: (4 * (edges * edges - edges - 2 * wedges)) / falling(n, 4),
  };
}

/** Products of values that sum to 0 and belong to samples, by the sums of their squares and fourth powers. */
export function valueProducts(n: number, squares: number, fourths: number): PairProducts {
  return {
    mean: -squares / falling(n, 2),
    same: (squares * squares - fourths) / falling(n, 2),
    sharing: (2 * fourths - squares * squares) / falling(n, 3),
    apart: (3 * squares * squares - 6 * fourths) / falling(n, 4),
  };
}

/**
 * Moments of the sum, over pairs of places, of what the two samples there have with each other, when all orders are as likely
 * (N. Mantel, Cancer Research 27, 1967: the quadratic assignment statistic).
 */
export function pairMoments({ edges, wedges }: Pairs, products: PairProducts): Moments {
  const mean = edges * products.mean;
  const square =
    edges * products.same + 2 * wedges * products.sharing + (edges * edges - edges - 2 * wedges) * products.apart;
  return { mean, variance: Math.max(0, square - mean * mean) };
}

/**
 * How likely a random order has a rank correlation at least `z` standard deviations (1/√(n−1)) from 0: never more than this, whatever
 * the scores and their ties. Ranks are the mean of independent uniform numbers given their order, and a uniform number's moment generating
 * function is below that of the normal distribution with its variance; Jensen's inequality carries that over to the ranks.
 */
export function rankTail(z: number, n: number): number {
  return Math.min(1, 2 * Math.exp((-z * z * n) / (2 * (n + 1))));
}

/**
 * How likely a count strays so far, by Bernstein's inequality: the normal law's tail where the deviation is large beside `step`, that of
 * rare events where it is not. `step` is the most that one sample adds to the count.
 */
export function countTail(distance: number, { variance }: Moments, step: number): number {
  return Math.min(1, 2 * oneTail(distance, variance, step));
}

/** The same for one side, of the most extreme of `tries` counts. */
export function worstTail(distance: number, variance: number, tries: number): number {
  return distance <= 0 ? 1 : Math.min(1, tries * oneTail(distance, variance, 1));
}

function oneTail(distance: number, variance: number, step: number): number {
  const far = Math.abs(distance);
  return far === 0 ? 1 : Math.exp((-far * far) / (2 * (variance + (step * far) / 3)));
}

/** How many of `draws` samples, taken from `n` of which `marked` are marked, are marked. */
export function drawMoments(n: number, marked: number, draws: number): Moments {
  const share = marked / n;
  return { mean: draws * share, variance: n > 1 ? (draws * share * (1 - share) * (n - draws)) / (n - 1) : 0 };
}

/** Bound of the chance that so many or more, or so many or fewer, are marked (Hoeffding 1963, theorem 1 and section 6). */
export function drawTail(found: number, n: number, marked: number, draws: number): number {
  // The count is the same, with places and marks changed about: the smaller number of draws bounds it better.
  const [taken, of] = draws < marked ? [draws, marked] : [marked, draws];
  const [seen, share] = [found / taken, of / n];
  const part = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
  return Math.min(1, Math.exp(-taken * (part(seen, share) + part(1 - seen, 1 - share))));
}

/** Group sizes that occur, ascending, and how many groups have each. */
export interface GroupSizes {
  readonly sizes: readonly number[];
  readonly groups: readonly number[];
}

/** Expected numbers of places where a run of one group, of length 1, 2, …, begins or goes on. */
function* runCounts(n: number, { sizes, groups }: GroupSizes): Generator<number> {
  const chances = sizes.map(() => 1);
  for (let length = 1; length <= n; length++) {
    let sum = 0;
    for (const [i, size] of sizes.entries()) {
      chances[i]! *= Math.max(0, size - length + 1) / (n - length + 1);
      sum += groups[i]! * chances[i]!;
    }
    yield (n - length + 1) * sum;
  }
}

const NEVER = 1e-300;

/** How likely one group holds `length` places in a row: at most the expected number of such stretches. */
export function runTail(length: number, n: number, sizes: GroupSizes): number {
  let at = 0;
  for (const expected of runCounts(n, sizes)) {
    if (++at >= length || expected < NEVER) return Math.min(1, expected);
  }
  return 0;
}

/** The longest run that chance makes about every other time. */
export function usualRun(n: number, sizes: GroupSizes): number {
  let length = 0;
  for (const expected of runCounts(n, sizes)) {
    if (expected < 0.5) break;
    length++;
  }
  return length;
}
