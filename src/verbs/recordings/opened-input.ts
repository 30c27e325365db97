/** What comes of an input that holds recordings. */

import type { Lost } from "../../adapters/bad-rows.ts";
import type { Sensors, Trace } from "../../sync/index.ts";

/** A trace of an input. */
export interface OpenedTrace {
  /** Its own name, wherever it lies; that of its input where absent. */
  readonly name?: string;
  /** Names it within its input; absent where the input is one trace. */
  readonly part?: string;
  /** What splits are made by; its name where absent. */
  readonly entity?: string;
  /** Its sensors, made anew. */
  sensors(): Sensors;
  /** The trace as it is where nothing is said of how its sensors are synchronized; absent where nothing is known. */
  trace?(): Trace;
}

/** What an input holds. */
export interface OpenedInput extends Partial<Disposable> {
  readonly traces: readonly OpenedTrace[];
  /** Rows that could not be read, of what has been read so far. */
  lost(): Lost;
}
