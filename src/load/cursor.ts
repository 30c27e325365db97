/** A place in an epoch, as plain data: what is saved beside a model's weights, and what loading goes on from. */

import { WindrowError } from "../core/index.ts";
import { xxh64 } from "../order/index.ts";

/** Where the next sample is. Plain JSON; the same on every rank. */
export interface LoadCursor {
  readonly version: 1;
  /** The order's seed, as digits. */
  readonly seed: string;
  readonly epoch: number;
  /** Samples of the epoch before it, on all ranks together. */
  readonly position: number;
  /** Samples of an epoch. */
  readonly samples: number;
  /** What the samples are of: 16 hexadecimal digits, made of the dataset, its split, and how it lies in shards. */
  readonly dataset: string;
}

/** The `dataset` of a cursor. `identity` is what tells this dataset and split from others. */
export function fingerprint(identity: string, shardRows: readonly number[]): string {
  const bytes = new TextEncoder().encode(JSON.stringify([identity, shardRows]));
  return xxh64(bytes).toString(16).padStart(16, "0");
}

/**
 * A cursor that was read from somewhere.
 * @throws WindrowError `usage` when it is none.
 */
export function parseCursor(value: unknown): LoadCursor {
  if (typeof value !== "object" || value === null) throw wrong("it must be an object", value);
  const { version, seed, epoch, position, samples, dataset } = value as Partial<Record<keyof LoadCursor, unknown>>;
  if (version !== 1) throw wrong("its version must be 1", version);
  if (typeof seed !== "string" || !/^\d{1,20}$/.test(seed)) throw wrong("its seed must be digits", seed);
  if (!isCount(epoch)) throw wrong("its epoch must be a whole number from 0 up", epoch);
  if (!isCount(samples)) throw wrong("its samples must be a whole number from 0 up", samples);
  if (!isCount(position) || position > samples) {
    throw wrong(`its position must be a whole number from 0 to ${samples}`, position);
  }
  if (typeof dataset !== "string") throw wrong("its dataset must be text", dataset);
  return { version, seed, epoch, position, samples, dataset };
}

/**
 * Checks that a cursor belongs to what is loaded.
 * @throws WindrowError `usage` when it does not, saying what differs.
 */
export function checkCursor(cursor: LoadCursor, of: Omit<LoadCursor, "version" | "position">): void {
  if (cursor.dataset !== of.dataset || cursor.samples !== of.samples) {
    throw wrong(
      `it must be of this dataset and split (${of.dataset}, ${of.samples} samples)`,
      `${cursor.dataset}, ${cursor.samples} samples`,
    );
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0; // isSafeInteger has seen a number
}

/** The error of a cursor that does not fit. */
export function wrong(what: string, got: unknown): WindrowError {
  const shown = typeof got === "string" ? got : String(JSON.stringify(got)).slice(0, 80);
  return new WindrowError("usage", `Cannot resume from this cursor: ${what}, got ${shown}`);
}
