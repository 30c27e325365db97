/** Pairs of query times and samples in which each has one partner at most, the closest pairs first. */

/** Queries or samples at one time. */
interface Group {
  readonly time: number;
  readonly isQuery: boolean;
  /** Positions of its first and one past its last; those before `next` have a partner. */
  next: number;
  readonly end: number;
  before: Group | undefined;
  after: Group | undefined;
}

/** A group of queries and one of samples, neighbours at the time. */
interface Pair {
  readonly distance: number;
  readonly query: Group;
  readonly sample: Group;
}

/** Closer first; then the earlier query, then the earlier sample. */
function isBefore(a: Pair, b: Pair): boolean {
  if (a.distance !== b.distance) return a.distance < b.distance;
  if (a.query !== b.query) return a.query.time < b.query.time;
  return a.sample.time < b.sample.time;
}

/** A binary heap: the first pair is at its root. */
class PairHeap {
  readonly #pairs: Pair[] = [];

  push(pair: Pair): void {
    const pairs = this.#pairs;
    let at = pairs.length;
    pairs.push(pair);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(pair, pairs[parent]!)) break;
      pairs[at] = pairs[parent]!;
      at = parent;
    }
    pairs[at] = pair;
  }

  pop(): Pair | undefined {
    const pairs = this.#pairs;
    const first = pairs[0];
    const last = pairs.pop();
    if (last === undefined || pairs.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= pairs.length) break;
      if (child + 1 < pairs.length && isBefore(pairs[child + 1]!, pairs[child]!)) child++;
      if (!isBefore(pairs[child]!, last)) break;
      pairs[at] = pairs[child]!;
      at = child;
    }
    pairs[at] = last;
    return first;
  }
}

/** All groups in the order of time, each knowing its neighbours. */
function groupsOf(times: Float64Array, queries: Float64Array): Group[] {
  const groups: Group[] = [];
  const add = (of: Float64Array, from: number, isQuery: boolean): number => {
    let end = from + 1;
    while (end < of.length && of[end] === of[from]) end++;
    const before = groups.at(-1);
    const group: Group = { time: of[from]!, isQuery, next: from, end, before, after: undefined };
    if (before !== undefined) before.after = group;
    groups.push(group);
    return end;
  };
  let [i, j] = [0, 0];
  while (i < queries.length || j < times.length) {
    if (j >= times.length || queries[i]! <= times[j]!) i = add(queries, i, true);
    else j = add(times, j, false);
  }
  return groups;
}

/**
 * For each of the ascending queries the position of its partner among the ascending times, −1 where it has none. Takes all pairs up to `most` seconds apart by
 * increasing distance, then earlier query, then earlier sample, and keeps each whose two are still free; so who loses a sample may
 * have the next best.
 *
 * No list of all pairs is made: the closest free pair is always of neighbours in time, so it is enough to keep pairs of neighbours, and to
 * add the pair of those that become neighbours when one is used up. n·log n, however many pairs there are.
 */
export function uniqueNearest(times: Float64Array, queries: Float64Array, most: number): Int32Array {
  const found = new Int32Array(queries.length).fill(-1);
  const heap = new PairHeap();
  const offer = (a: Group | undefined, b: Group | undefined): void => {
    if (a === undefined || b === undefined || a.isQuery === b.isQuery) return;
    const distance = Math.abs(a.time - b.time);
    if (distance > most) return;
    heap.push({ distance, query: a.isQuery ? a : b, sample: a.isQuery ? b : a });
  };
  const remove = (group: Group): void => {
    if (group.before !== undefined) group.before.after = group.after;
    if (group.after !== undefined) group.after.before = group.before;
    offer(group.before, group.after);
  };
  for (const group of groupsOf(times, queries)) offer(group, group.after);
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    const { query, sample } = pair;
    if (query.next === query.end || sample.next === sample.end) continue;
    while (query.next < query.end && sample.next < sample.end) found[query.next++] = sample.next++;
    if (query.next === query.end) remove(query);
    if (sample.next === sample.end) remove(sample);
  }
  return found;
}
