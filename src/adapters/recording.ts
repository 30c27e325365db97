/** What an adapter makes of a recording. */

import type { Key, ReadStore } from "../core/index.ts";
import type { Sensors } from "../sync/index.ts";
import type { BadRows, Lost } from "./bad-rows.ts";

/** A recording as it lies there: its sensors, which nothing matches yet. */
export interface Recording {
  /** Its sensors, made anew: what they have read is gone with them, so that of many recordings only those in use are in memory. */
  sensors(): Sensors;
  /** Rows that could not be read, of what has been read so far. */
  lost(): Lost;
}

/** Makes some of a recording's sensors from what was found out when it was opened. */
export type SensorMaker = () => Sensors;

/** What makes the sensors of all these makers. */
export function joined(makers: readonly SensorMaker[]): SensorMaker {
  return () => Object.fromEntries(makers.flatMap((make) => Object.entries(make())));
}

/** A recording of these sensors. */
export function recording(makers: readonly SensorMaker[], bad: BadRows): Recording {
  return { sensors: joined(makers), lost: () => bad.lost };
}

/** A file to read. */
export interface SourceFile {
  readonly store: ReadStore;
  readonly key: Key;
}

/** What messages call a file. */
export function fileName({ store, key }: SourceFile): string {
  return `${store.name}/${key}`;
}
