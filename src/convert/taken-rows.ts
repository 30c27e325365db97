/** Copies runs of rows out of tables in shards, the last shard kept open for the run that follows. */

import type { Batch, OpenShardRows, ShardedTable } from "../core/index.ts";

/** Half-open range of rows. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** A shard, and the first of its rows that is not taken. */
interface ShardPlace {
  readonly table: ShardedTable;
  readonly number: number;
  readonly rows: OpenShardRows;
  next: number;
}

/** Takes rows of tables. */
export class TakenRows implements Disposable {
  readonly #columns: readonly string[];
  #place: ShardPlace | undefined;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  /** Copies rows of a table to rows `at` and on of `into`. Calls must not overlap. */
  async take(table: ShardedTable, { from, to }: Rows, into: Batch, at: number): Promise<void> {
    let first = 0;
    for (const [number, length] of table.shardRows.entries()) {
      const own = { from: Math.max(from - first, 0), to: Math.min(to - first, length) };
      if (own.from < own.to) {
        const place = await this.#at(table, number, own.from);
        // After an error it stands anywhere.
        place.next = Number.POSITIVE_INFINITY;
        await place.rows.take(own, into, at + first + own.from - from);
        place.next = own.to;
      }
      first += length;
    }
  }

  [Symbol.dispose](): void {
    this.#place?.rows[Symbol.dispose]();
    this.#place = undefined;
  }

  /** A shard that stands at or before a row. */
  async #at(table: ShardedTable, number: number, row: number): Promise<ShardPlace> {
    const kept = this.#place;
    if (kept !== undefined && kept.table === table && kept.number === number && kept.next <= row) return kept;
    this[Symbol.dispose]();
    const rows = await table.openShard(number, { columns: this.#columns, access: "forward" });
    this.#place = { table, number, rows, next: 0 };
    return this.#place;
  }
}
