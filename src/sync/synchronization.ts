/** Matching of sensors' clocks: what goes in, and what comes out. */

import type { Json } from "../core/index.ts";

/** Times of each sensor's samples, in seconds. */
export type Timestamps<N extends string = string> = Readonly<Record<N, Float64Array>>;

/**
 * For each sensor, which of its samples each row of the trace has. All are of one length. `Int32Array`s, with −1 where there is no sample,
 * are those of optional sensors, and of all where rows are kept that miss one.
 */
export type IndexMap<N extends string = string> = Readonly<Record<N, Uint32Array | Int32Array>>;

/** The samples on both sides of each row of a sensor that is interpolated; 0, 0 and NaN where there is none. */
export interface Between {
  readonly before: Uint32Array;
  readonly after: Uint32Array;
  /** Weight of the sample `after`, from 0 up to but not 1. */
  readonly weight: Float64Array;
}

/** An index map with all that was found on the way. */
export interface Match<N extends string = string> {
  /** Rows of the trace. */
  readonly length: number;
  /** When each row is, in seconds of the reference's clock. */
  readonly times: Float64Array;
  /** Which sample of each sensor, as the synchronization itself answers; of interpolated ones the sample with the greater weight. */
  readonly index: IndexMap<N>;
  /** Time of the sample less time of the row, in seconds, after clock correction; NaN where there is no sample. */
  readonly dt: Readonly<Record<N, Float64Array>>;
  /** 1 where there is a sample. */
  readonly valid: Readonly<Record<N, Uint8Array>>;
  /** Of sensors that are interpolated. */
  readonly between: Readonly<Partial<Record<N, Between>>>;
  /** Row of the reference sensor (or number of the query time, before any were left out) that each row comes from. */
  readonly refRows: Uint32Array;
  /** Number of the stretch without a gap that each row lies in, from 0 up; no window spans two. */
  readonly segments: Uint32Array;
  /** Query times that were looked up: the rows, and those that were dropped because a sensor had no sample. */
  readonly asked: number;
  /** For each sensor, how many of these it has no sample for. */
  readonly missing: Readonly<Record<N, number>>;
}

/**
 * Says which samples of asynchronous sensors belong together. A pure function of their times, with what it was made from as plain data.
 * @throws WindrowError `usage` for times that are not finite or go back, naming sensor and place.
 */
export interface Synchronization {
  <N extends string>(timestamps: Timestamps<N>): IndexMap<N>;
  /** The same with times, differences, gaps. */
  match<N extends string>(timestamps: Timestamps<N>): Match<N>;
  /** Rule and options, as stored beside an index map. */
  readonly spec: { readonly [name: string]: Json };
}
