/** What a picture of an order shows, as plain numbers. */

import { distinctChance, distinctCounts, groupCounts, sizesOf } from "./shuffle-distinct.ts";
import { timeOrder } from "./shuffle-order.kernel.ts";
import type { Membership, OrderedSamples } from "./shuffle-tests.ts";

/** Counts of samples by place in the order and by time; `counts` go by place, then time. */
export interface OrderDensity {
  readonly places: number;
  readonly times: number;
  /** Epoch seconds: from the first sample's begin to the last one's. */
  readonly from: number;
  readonly to: number;
  readonly stored: readonly number[];
  /** The same samples, were they in order of time. */
  readonly sorted: readonly number[];
}

/** How many batches have how many distinct entities, or traces where nothing names entities or there is but one. */
export interface BatchDistinct {
  readonly of: "entities" | "traces";
  readonly batch: number;
  readonly batches: number;
  /** Distinct ones, ascending, and batches that have so many. */
  readonly counts: ReadonlyArray<readonly [distinct: number, batches: number]>;
  /** Of one batch, over all orders. */
  readonly mean: number;
  readonly deviation: number;
}

/** Both. */
export interface OrderView {
  readonly density: OrderDensity | null;
  readonly distinct: BatchDistinct | null;
}

/** Cells at most, across and upwards; fewer where a cell would have fewer samples than these by chance. */
const PLACES = 60;
const TIMES = 40;
const CELL_SAMPLES = 4;

function density({ times }: OrderedSamples): OrderDensity | null {
  const n = times.length;
  const order = timeOrder(times);
  const [from, to] = [times[order[0]!]!, times[order[n - 1]!]!];
  if (!(to > from)) return null;
  const coarser = Math.min(1, Math.sqrt(n / (CELL_SAMPLES * PLACES * TIMES)));
  const [places, bins] = [Math.ceil(PLACES * coarser), Math.ceil(TIMES * coarser)];
  const cell = (place: number, time: number) =>
    Math.floor((place * places) / n) * bins + Math.min(bins - 1, Math.floor(((time - from) / (to - from)) * bins));
  const [stored, sorted] = [new Array<number>(places * bins).fill(0), new Array<number>(places * bins).fill(0)];
  for (let i = 0; i < n; i++) {
    stored[cell(i, times[i]!)]!++;
    sorted[cell(i, times[order[i]!]!)]!++;
  }
  return { places, times: bins, from, to, stored, sorted };
}

function batchDistinct({ entities, traces, length }: OrderedSamples, batch: number): BatchDistinct | null {
  const batches = Math.floor(length / batch);
  const hasEntities = entities !== undefined && entities.groups > 1;
  const { of, groups }: Membership = hasEntities ? entities : traces;
  if (batches < 2 || groups < 2) return null;
  const ends = Uint32Array.from({ length: batches }, (_, i) => (i + 1) * batch);
  const counts = new Map<number, number>();
  for (const distinct of distinctCounts(of, groups, ends)) counts.set(distinct, (counts.get(distinct) ?? 0) + 1);
  const { mean, variance } = distinctChance(length, sizesOf(groupCounts(of, groups)))(batch);
  return {
    of: hasEntities ? "entities" : "traces",
    batch,
    batches,
    counts: [...counts].sort(([a], [b]) => a - b),
    mean,
    deviation: Math.sqrt(variance),
  };
}

/** What a picture of these samples shows. */
export function orderView(samples: OrderedSamples, batch: number): OrderView {
  return { density: density(samples), distinct: batchDistinct(samples, batch) };
}
