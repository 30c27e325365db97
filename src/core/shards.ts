/** Tables whose rows lie in shards, and can be taken in any order: what the loader reads. */

import type { Batch, Schema } from "./columns.ts";
import type { RowChoice, Table } from "./table.ts";

/** A shard at hand. */
export interface OpenShardRows extends Disposable {
  readonly length: number;
  /**
   * Copies rows to the rows from `at` on of `into`, whose arrays have room for them. The columns are those that the shard was opened for.
   * Where a column of `into` has `valid`, it is set for each row. Where the bytes are at hand it is done on return; else when the promise
   * is settled, and until then nothing else is taken of this shard.
   * @throws WindrowError `damaged` for bytes that are not what they should be.
   */
  take(rows: RowChoice, into: Batch, at: number): void | Promise<void>;
}

/** How a shard will be read. */
export interface OpenShardOptions {
  /** Names of the columns wanted; all where absent. */
  readonly columns?: readonly string[];
  /** `forward`: rows come in rising order, so that a packed shard need not be whole in memory; `any` where absent. */
  readonly access?: "forward" | "any";
}

/** A table in shards: files, row groups. */
export interface ShardedTable<S extends Schema = Schema> extends Table<S> {
  /** Rows of each shard, in order; their sum is the table's length. */
  readonly shardRows: readonly number[];
  /** Opens a shard by its number. */
  openShard(number: number, options?: OpenShardOptions): Promise<OpenShardRows>;
}
