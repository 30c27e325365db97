/** Distinct groups in blocks of an order: how many there are, and how many chance gives. */

import type { GroupSizes, Moments } from "./shuffle-chance.ts";

/** How many samples each group has. */
export function groupCounts(groups: Uint32Array, length: number): Uint32Array {
  const counts = new Uint32Array(length);
  for (let i = 0; i < groups.length; i++) counts[groups[i]!]!++;
  return counts;
}

/** The sizes among counts; groups without a sample are left out. */
export function sizesOf(counts: Uint32Array): GroupSizes {
  const bySize = new Map<number, number>();
  for (const size of counts) if (size > 0) bySize.set(size, (bySize.get(size) ?? 0) + 1);
  const sizes = [...bySize.keys()].sort((a, b) => a - b);
  return { sizes, groups: sizes.map((size) => bySize.get(size)!) };
}

/** Distinct groups in each block; a block begins where the one before ends. */
export function distinctCounts(groups: Uint32Array, length: number, ends: Uint32Array): Uint32Array {
  // The last block, counted from 1, that has a group.
  const seen = new Uint32Array(length);
  const counts = new Uint32Array(ends.length);
  let from = 0;
  for (const [block, to] of ends.entries()) {
    let count = 0;
    for (let i = from; i < to; i++) {
      const group = groups[i]!;
      if (seen[group] === block + 1) continue;
      seen[group] = block + 1;
      count++;
    }
    counts[block] = count;
    from = to;
  }
  return counts;
}

/** Pairs of different groups, in both orders, by how many samples the two have together. */
function pairSizes({ sizes, groups }: GroupSizes): Float64Array {
  const pairs = new Float64Array(2 * (sizes.at(-1) ?? 0) + 1);
  for (const [i, size] of sizes.entries()) {
    const own = groups[i]!;
    for (let j = 0; j < i; j++) pairs[size + sizes[j]!]! += 2 * own * groups[j]!;
    pairs[2 * size]! += own * (own - 1);
  }
  return pairs;
}

/**
 * Moments of the number of distinct groups among `block` samples drawn without replacement. A set of k samples is missed by the block with
 * the hypergeometric chance C(N−k, block) / C(N, block); whether two groups are both missed depends on their sizes' sum alone, so that
 * all pairs of groups take one step for each sum. Exact but for rounding: to about 10⁻¹⁵ × groups × block in the variance.
 */
export function distinctChance(n: number, sizes: GroupSizes): (block: number) => Moments {
  const pairs = pairSizes(sizes);
  const count = sizes.groups.reduce((sum, groups) => sum + groups, 0);
  const known = new Map<number, Moments>();
  const chance = (block: number): Moments => {
    // hit: the chance that a set of `size` samples is met by the block, counted up so that small ones keep their digits.
    let [hit, missed] = [0, 1];
    let [mean, joint, next] = [0, 0, 0];
    for (let size = 0; size < pairs.length; size++) {
      joint += pairs[size]! * hit;
      if (sizes.sizes[next] === size) mean += sizes.groups[next++]! * hit;
      const left = n - block - size;
      hit = left > 0 ? hit + (missed * block) / (n - size) : 1;
      missed = left > 0 ? (missed * left) / (n - size) : 0;
    }
    const variance = (2 * count - 1) * mean - joint - mean * mean;
    const rounding = 1e-14 * count * mean;
    return { mean, variance: variance > rounding ? variance : 0 };
  };
  return (block) => {
    const moments = known.get(block) ?? chance(block);
    known.set(block, moments);
    return moments;
  };
}
