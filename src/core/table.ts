/** Rows on disk: what every format gives to read, and takes to write. */

import type { Codecs, Hashes } from "./codec.ts";
import type { Batch, Schema } from "./columns.ts";
import type { ReadStore } from "./store.ts";

/** Which rows and columns to read. */
export interface ReadOptions {
  /** First row; 0 where absent. */
  readonly from?: number;
  /** One past the last row; the table's length where absent. */
  readonly to?: number;
  /** Names of the columns wanted; all where absent. */
  readonly columns?: readonly string[];
  /** Most rows in one batch; the format's own choice where absent. */
  readonly batchRows?: number;
}

/** A table that can be read by row range without reading the rest. */
export interface Table<S extends Schema = Schema> extends AsyncDisposable {
  readonly schema: S;
  readonly length: number;
  /** The rows of a range, in order, as batches. Every byte read is checked: damage is a WindrowError, never a wrong value. */
  batches(options?: ReadOptions): AsyncIterable<Batch<S>>;
}

/** What a reader needs besides the key. */
export interface OpenOptions {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}
