/** Traces: sensors recorded together, and the synchronization that makes rows of them. */

import type { RowChoice } from "../core/index.ts";
import type { Sensors, TraceBatch, TraceSample } from "./sensor.ts";
import type { Match } from "./synchronization.ts";

/** One recording: a drive, a trip, a session. Nothing is read before it is asked for. */
export interface Trace<T extends Sensors = Sensors> {
  /** Names it; unique in its dataset. */
  readonly name: string;
  /** What splits are made by: a vessel, a driver, a patient; the name where nothing else is known. */
  readonly entity: string;
  readonly sensors: T;
  /** Which samples belong together. Found once, from the sensors' times. */
  match(): Promise<Match<keyof T & string>>;
  /** Number of synchronized rows. */
  length(): Promise<number>;
  /** Rows of all sensors, in the order asked for. */
  read(rows: RowChoice): Promise<TraceBatch<T>>;
  /** One row, for people. */
  sample(row: number): Promise<TraceSample<T>>;
}
