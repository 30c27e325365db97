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

/** Which rows: a half-open range, or numbers in any order. */
export type RowChoice = { readonly from: number; readonly to: number } | Uint32Array;

/** A table whose rows can be read in any choice and order, at a cost that goes with what is asked for. */
export interface RowTable<S extends Schema = Schema> {
  readonly schema: S;
  readonly length: number;
  /**
   * The rows chosen, in the order asked for; a number may come twice.
   * @throws WindrowError `usage` for a row or column that is not there, `damaged` for bytes that are not what they should be.
   */
  read(rows: RowChoice, options?: { readonly columns?: readonly string[] }): Promise<Batch>;
}
