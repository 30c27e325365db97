/** Datasets: many traces, one index over all their rows. */

import type { Sensors, TraceSample } from "./sensor.ts";
import type { Trace } from "./trace.ts";

/** A row of a dataset: row `row` of trace `trace`. */
export interface Place {
  readonly trace: number;
  readonly row: number;
}

/** Many traces with the same sensors. Rows of all traces are numbered through; no table of samples is kept. */
export interface Dataset<T extends Sensors = Sensors> {
  /** Number of traces. */
  readonly traces: number;
  /** One of them; made when it is asked for. */
  trace(number: number): Trace<T>;
  /** Rows before each trace, and at the end of all: `traces + 1` numbers, exact to 2⁵³. */
  offsets(): Promise<Float64Array>;
  /** Rows of all traces. */
  length(): Promise<number>;
  /**
   * Where a global row is.
   * @throws WindrowError `usage` for a row below 0 or from the length up.
   */
  locate(row: number): Promise<Place>;
  sample(row: number): Promise<TraceSample<T>>;
}
