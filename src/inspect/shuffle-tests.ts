/** The questions that are asked of an order, each with what chance gives. */

import {
  countProducts,
  countTail,
  drawMoments,
  drawTail,
  type GroupSizes,
  type Moments,
  pairMoments,
  rankTail,
  runTail,
  usualRun,
  valueProducts,
  worstTail,
} from "./shuffle-chance.ts";
import { distinctChance, distinctCounts, groupCounts, sizesOf } from "./shuffle-distinct.ts";
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

/** What each sample belongs to: a number from 0 for each, in the order of their names. */
export interface Membership {
  readonly of: Uint32Array;
  /** How many there are to belong to. */
  readonly groups: number;
}

/** Samples in their stored order, as columns. Times are finite, and none ends before it begins. */
export interface OrderedSamples {
  readonly length: number;
  /** Epoch seconds of the first position, and of the last where it is known. */
  readonly times: Float64Array;
  readonly ends?: Float64Array;
  readonly traces: Membership;
  readonly entities?: Membership;
  readonly sources?: Membership;
  /** Where each shard ends, ascending to the number of samples. */
  readonly shards: Uint32Array;
}

/** Names of the questions. */
export type ShuffleTestName =
  | "time_rank"
  | "entity_rank"
  | "trace_rank"
  | "source_rank"
  | "time_quarters"
  | "time_serial"
  | `${"entities" | "traces" | "days"}_per_${"batch" | "shard"}`
  | `fewest_${"entities" | "traces" | "days"}`
  | "same_entity_neighbours"
  | "longest_entity_run"
  | "overlapping_neighbours"
  | "overlapping_in_batch";

/** What was measured, and what chance gives. */
export interface ShuffleMeasure {
  readonly name: ShuffleTestName;
  /** `trend`: how the order goes on the whole · `mixing`: how it goes from sample to sample and batch to batch. */
  readonly about: "trend" | "mixing";
  readonly found: number;
  /** Mean and standard deviation over all orders; of `longest_entity_run` the length that comes about every other time, and `null`. */
  readonly expected: number;
  readonly deviation: number | null;
  /** (found − expected) / deviation. */
  readonly z: number | null;
  /** The chance that a random order strays so far is at most this, or about this (docs/shuffle.md). */
  readonly p: number;
  /** The same for samples in sorted order: what the question could show at most. */
  readonly least_p: number;
}

/** What was measured, and what could not be asked, with the reason. */
export interface ShuffleMeasures {
  readonly measures: readonly ShuffleMeasure[];
  readonly unasked: Readonly<Partial<Record<ShuffleTestName, string>>>;
}

const SECONDS_OF_DAY = 86_400;
const QUARTERS = 4;

/** Collects answers. */
class Answers {
  readonly measures: ShuffleMeasure[] = [];
  readonly unasked: Partial<Record<ShuffleTestName, string>> = {};

  /** Adds a sum or a count over the order, unless every order gives the same. */
  count(
    of: Pick<ShuffleMeasure, "name" | "about">,
    moments: Moments,
    sums: { readonly found: number; readonly sorted: number; readonly step: number },
  ): void {
    const { mean, variance } = moments;
    if (!(variance > 0)) {
      this.unasked[of.name] = "no order could show another number";
      return;
    }
    const deviation = Math.sqrt(variance);
    this.measures.push({
      ...of,
      found: sums.found,
      expected: mean,
      deviation,
      z: (sums.found - mean) / deviation,
      p: countTail(sums.found - mean, moments, sums.step),
      least_p: countTail(sums.sorted - mean, moments, sums.step),
    });
  }
}

function askRank(answers: Answers, name: ShuffleTestName, ranks: Uint32Array): void {
  const n = ranks.length;
  const found = rankCorrelation(ranks);
  if (!(n > 1) || Number.isNaN(found)) {
    answers.unasked[name] = "all samples have the same";
    return;
  }
  const z = found * Math.sqrt(n - 1);
  const most = rankCorrelation(ranks.toSorted()) * Math.sqrt(n - 1);
  const deviation = 1 / Math.sqrt(n - 1);
  const p = rankTail(z, n);
  answers.measures.push({ name, about: "trend", found, expected: 0, deviation, z, p, least_p: rankTail(most, n) });
}

/** Asks of the quarter of time and the quarter of the order that go together most oddly. */
function askQuarters(answers: Answers, ranks: Uint32Array): void {
  const n = ranks.length;
  const counts = crossCounts(ranks, QUARTERS, QUARTERS);
  const marked = Array.from({ length: QUARTERS }, (_, rank) =>
    counts.reduce((sum, count, i) => sum + (i % QUARTERS === rank ? count : 0), 0),
  );
  const draws = Array.from({ length: QUARTERS }, (_, place) =>
    counts.subarray(place * QUARTERS, (place + 1) * QUARTERS).reduce((sum, count) => sum + count, 0),
  );
  let [odd, p, least] = [-1, 2, 1];
  for (const [i, count] of counts.entries()) {
    const [drawn, of] = [draws[Math.floor(i / QUARTERS)]!, marked[i % QUARTERS]!];
    if (drawn === 0 || of === 0 || of === n) continue;
    const own = drawTail(count, n, of, drawn);
    if (own < p) [odd, p] = [i, own];
    least = Math.min(least, drawTail(Math.min(drawn, of), n, of, drawn));
  }
  if (odd < 0) {
    answers.unasked["time_quarters"] = "all samples have the same time";
    return;
  }
  const moments = drawMoments(n, marked[odd % QUARTERS]!, draws[Math.floor(odd / QUARTERS)]!);
  const deviation = Math.sqrt(moments.variance);
  // Two sides of each cell.
  const tries = 2 * QUARTERS * QUARTERS;
  answers.measures.push({
    name: "time_quarters",
    about: "trend",
    found: counts[odd]!,
    expected: moments.mean,
    deviation,
    z: deviation > 0 ? (counts[odd]! - moments.mean) / deviation : 0,
    p: Math.min(1, tries * p),
    least_p: Math.min(1, tries * least),
  });
}

function askSerial(answers: Answers, ranks: Uint32Array, order: Uint32Array): void {
  const n = ranks.length;
  const { found, sorted, squares, fourths, largest } = serialSums(ranks, order);
  if (!(n > 2) || Number.isNaN(squares)) {
    answers.unasked["time_serial"] = "all samples have the same time";
    return;
  }
  const { mean, variance } = pairMoments({ edges: n - 1, wedges: n - 2 }, valueProducts(n, squares, fourths));
  // As a correlation: by the sum of squares. One sample has two neighbours.
  const moments = { mean: mean / squares, variance: variance / squares ** 2 };
  const step = (2 * largest * largest) / squares;
  answers.count({ name: "time_serial", about: "mixing" }, moments, {
    found: found / squares,
    sorted: sorted / squares,
    step,
  });
}

/** Least number of distinct groups among `block` samples. */
function leastDistinct({ sizes, groups }: GroupSizes, block: number): number {
  let [left, count] = [block, 0];
  for (let i = sizes.length - 1; i >= 0 && left > 0; i--) {
    const taken = Math.min(groups[i]!, Math.ceil(left / sizes[i]!));
    count += taken;
    left -= taken * sizes[i]!;
  }
  return count;
}

const sum = (values: Uint32Array): number => values.reduce((total, value) => total + value, 0);

/** Where blocks of one size end; a last one that is shorter is none. */
function blockEnds(n: number, block: number): Uint32Array {
  return Uint32Array.from({ length: Math.floor(n / block) }, (_, i) => (i + 1) * block);
}

/** What is asked of the distinct groups of one kind. */
interface DistinctAsked {
  readonly kind: "entities" | "traces" | "days";
  readonly members: Membership;
  readonly batch: number;
  readonly shards: Uint32Array;
}

function askDistinct(answers: Answers, { kind, members, batch, shards }: DistinctAsked): void {
  const n = members.of.length;
  const sizes = sizesOf(groupCounts(members.of, members.groups));
  const chance = distinctChance(n, sizes);
  const present = sizes.groups.reduce((total, groups) => total + groups, 0);
  for (const [name, ends] of [
    [`${kind}_per_batch`, blockEnds(n, batch)],
    [`${kind}_per_shard`, shards],
  ] as const) {
    if (ends.length < 2) {
      answers.unasked[name] = `fewer than two ${name.endsWith("batch") ? "batches" : "shards"}`;
      if (name.endsWith("batch")) answers.unasked[`fewest_${kind}`] = "fewer than two batches";
      continue;
    }
    const counts = distinctCounts(members.of, members.groups, ends);
    const blocks = Array.from(ends, (end, i) => chance(end - (ends[i - 1] ?? 0)));
    // Blocks repel each other (docs/shuffle.md): the sum of their variances is not less than the variance of their sum.
    const mean = blocks.reduce((total, each) => total + each.mean, 0) / ends.length;
    const variance = blocks.reduce((total, each) => total + each.variance, 0) / ends.length ** 2;
    // In order of groups each but the first begins either in a block that it has not been in, or with a block.
    const sorted = Math.min(mean, (ends.length + present - 1) / ends.length);
    const found = sum(counts) / ends.length;
    answers.count({ name, about: "mixing" }, { mean, variance }, { found, sorted, step: 1 / ends.length });
    if (name.endsWith("batch")) askFewest(answers, `fewest_${kind}`, { counts, moments: blocks[0]!, sizes, batch });
  }
}

function askFewest(
  answers: Answers,
  name: ShuffleTestName,
  of: {
    readonly counts: Uint32Array;
    readonly moments: Moments;
    readonly sizes: GroupSizes;
    readonly batch: number;
  },
): void {
  const { mean, variance } = of.moments;
  if (!(variance > 0)) {
    answers.unasked[name] = "no order could show another number";
    return;
  }
  const found = of.counts.reduce((least, count) => Math.min(least, count));
  const deviation = Math.sqrt(variance);
  answers.measures.push({
    name,
    about: "mixing",
    found,
    expected: mean,
    deviation,
    z: (found - mean) / deviation,
    p: worstTail(mean - found, variance, of.counts.length),
    least_p: worstTail(mean - leastDistinct(of.sizes, of.batch), variance, of.counts.length),
  });
}

function askRuns(answers: Answers, { of, groups }: Membership): void {
  const n = of.length;
  const counts = groupCounts(of, groups);
  const sizes = sizesOf(counts);
  const { repeats, longest } = runsOf(of);
  const akin = { edges: 0, wedges: 0 };
  for (const size of counts) {
    akin.edges += (size * (size - 1)) / 2;
    akin.wedges += (size * (size - 1) * (size - 2)) / 2;
  }
  const present = sizes.groups.reduce((total, each) => total + each, 0);
  const line = { edges: n - 1, wedges: Math.max(0, n - 2) };
  answers.count({ name: "same_entity_neighbours", about: "mixing" }, pairMoments(line, countProducts(n, akin)), {
    found: repeats,
    sorted: n - present,
    step: 2,
  });
  if (present < 2 || akin.edges === 0) {
    answers.unasked["longest_entity_run"] = "no order could show another number";
    return;
  }
  answers.measures.push({
    name: "longest_entity_run",
    about: "mixing",
    found: longest,
    expected: usualRun(n, sizes),
    deviation: null,
    z: null,
    p: runTail(longest, n, sizes),
    least_p: runTail(sizes.sizes.at(-1)!, n, sizes),
  });
}

/** Asks of samples of one trace that share time. */
function askOverlaps(answers: Answers, samples: OrderedSamples, grouped: Uint32Array, batch: number): void {
  const { length: n, times, ends, traces } = samples;
  if (ends === undefined) {
    for (const name of ["overlapping_neighbours", "overlapping_in_batch"] as const)
      answers.unasked[name] = "nothing says when a sample ends (t_end)";
    return;
  }
  const overlaps = overlapsOf(grouped, traces.of, times, ends);
  const products = countProducts(n, overlaps);
  const line = { edges: n - 1, wedges: Math.max(0, n - 2) };
  answers.count({ name: "overlapping_neighbours", about: "mixing" }, pairMoments(line, products), {
    found: neighbourOverlaps(traces.of, times, ends),
    sorted: neighbourOverlaps(traces.of, times, ends, grouped),
    step: 2,
  });
  const batches = Math.floor(n / batch);
  if (batches < 2) {
    answers.unasked["overlapping_in_batch"] = "fewer than two batches";
    return;
  }
  const blocks = {
    edges: (batches * batch * (batch - 1)) / 2,
    wedges: (batches * batch * (batch - 1) * (batch - 2)) / 2,
  };
  answers.count({ name: "overlapping_in_batch", about: "mixing" }, pairMoments(blocks, products), {
    found: blockOverlaps(grouped, traces.of, times, ends, batch, placesIn(grouped)),
    sorted: blockOverlaps(grouped, traces.of, times, ends, batch),
    step: Math.min(batch - 1, overlaps.most),
  });
}

/** The day of each sample in UTC, numbered from the first that has a sample. */
function daysOf(times: Float64Array, order: Uint32Array): Membership {
  const of = new Uint32Array(times.length);
  let groups = 0;
  let last = Number.NaN;
  for (const row of order) {
    const day = Math.floor(times[row]! / SECONDS_OF_DAY);
    if (day !== last) groups++;
    last = day;
    of[row] = groups - 1;
  }
  return { of, groups };
}

/** Measures an order. Batches are `batch` samples each. */
export function measureOrder(samples: OrderedSamples, batch: number): ShuffleMeasures {
  const answers = new Answers();
  const { times, traces, entities, sources, shards } = samples;
  const byTime = timeOrder(times);
  const timeRanks = doubledRanks(byTime, times);
  askRank(answers, "time_rank", timeRanks);
  const grouped = groupedOrder(byTime, traces.of, groupCounts(traces.of, traces.groups));
  for (const [name, members] of [
    ["entity_rank", entities],
    ["source_rank", sources],
  ] as const) {
    if (members === undefined) answers.unasked[name] = "no column says it";
    else askRank(answers, name, doubledGroupRanks(members.of, groupCounts(members.of, members.groups)));
  }
  askRank(answers, "trace_rank", doubledRanks(grouped, times, traces.of));
  askQuarters(answers, timeRanks);
  askSerial(answers, timeRanks, byTime);
  const kinds = { entities, traces, days: daysOf(times, byTime) };
  for (const kind of ["entities", "traces", "days"] as const) {
    const members = kinds[kind];
    if (members !== undefined) askDistinct(answers, { kind, members, batch, shards });
    else
      for (const name of [`${kind}_per_batch`, `fewest_${kind}`, `${kind}_per_shard`] as const)
        answers.unasked[name] = "no column says it";
  }
  if (entities !== undefined) askRuns(answers, entities);
  else
    for (const name of ["same_entity_neighbours", "longest_entity_run"] as const)
      answers.unasked[name] = "no column says it";
  askOverlaps(answers, samples, grouped, batch);
  return { measures: answers.measures, unasked: answers.unasked };
}
