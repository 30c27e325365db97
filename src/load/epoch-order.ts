/** The order of an epoch: which rows of which shards follow each other. Computed where it is asked for; nothing is kept per sample. */

import type { RowChoice } from "../core/index.ts";
import { permutation, xxh64 } from "../order/index.ts";

/** Rows of one shard that follow each other in the epoch. */
export interface Stretch {
  readonly shard: number;
  readonly rows: RowChoice;
  readonly length: number;
}

/** The order of an epoch. */
export interface EpochOrder {
  /** Samples of the epoch. */
  readonly length: number;
  /** Where the samples at the positions `from` to `to` lie, in order. */
  stretches(from: number, to: number): readonly Stretch[];
  /** Whether it is the stored order: shards one after the other, and rows of each rising. */
  readonly isStored: boolean;
}

/**
 * Epoch 0 is the stored order. Each later one is a permutation of the shards and, within each, of its rows, decided by the seed, the
 * epoch and the shard's number alone: any part of it is found without the rest, so resuming costs the same everywhere.
 */
export function epochOrder(shardRows: readonly number[], of: { seed: bigint; epoch: number }): EpochOrder {
  const isStored = of.epoch === 0;
  const key = xxh64(uint64s(of.seed, BigInt(of.epoch)));
  const shardAt = isStored ? (place: number) => place : permutation(shardRows.length, xxh64(uint64s(0n), key));
  // By place in the epoch: the shard there, and the position that it begins at.
  const shards = Uint32Array.from(shardRows, (_, place) => shardAt(place));
  const starts = new Float64Array(shards.length + 1);
  for (const [place, shard] of shards.entries()) starts[place + 1] = starts[place]! + shardRows[shard]!;
  const length = starts[shards.length]!;
  let last: { readonly shard: number; readonly rowAt: (index: number) => number } | undefined;

  const rowsOf = (shard: number, from: number, to: number): RowChoice => {
    if (isStored) return { from, to };
    if (last?.shard !== shard) {
      last = { shard, rowAt: permutation(shardRows[shard]!, xxh64(uint64s(BigInt(shard + 1)), key)) };
    }
    const { rowAt } = last;
    return Uint32Array.from({ length: to - from }, (_, i) => rowAt(from + i));
  };

  return {
    length,
    isStored,
    stretches(from, to) {
      const found: Stretch[] = [];
      for (let at = from, place = placeOf(starts, from); at < to; place++) {
        const end = Math.min(to, starts[place + 1]!);
        const shard = shards[place]!;
        const begin = starts[place]!;
        if (end > at) found.push({ shard, rows: rowsOf(shard, at - begin, end - begin), length: end - at });
        at = end;
      }
      return found;
    },
  };
}

/** The last place that begins at a position or before it. */
function placeOf(starts: Float64Array, position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= position) low = middle;
    else high = middle;
  }
  return low;
}

function uint64s(...values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, value, true);
  return bytes;
}
