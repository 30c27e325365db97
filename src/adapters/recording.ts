/** What an adapter makes of a recording. */

import type { Key, ReadStore } from "../core/index.ts";
import type { Sensors } from "../sync/index.ts";
import type { Lost } from "./bad-rows.ts";

/** A recording as it lies there: its sensors, which nothing matches yet. */
export interface Recording {
  readonly sensors: Sensors;
  /** Rows that could not be read, of what has been read so far. */
  lost(): Lost;
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
