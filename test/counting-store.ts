/** A store in memory that tells what was read of it. */

import type { ReadStore } from "../src/core/index.ts";
import { memoryStore } from "../src/stores/index.ts";

/** A store, and what was read of it so far. */
export interface CountingStore {
  readonly store: ReadStore;
  /** Bytes that were read. */
  readonly bytes: number;
  /** Keys of which bytes were read. */
  readonly keys: ReadonlySet<string>;
}

/** A store that holds these files. */
export async function countingStore(files: Readonly<Record<string, string | Uint8Array>>): Promise<CountingStore> {
  const memory = memoryStore("recording");
  for (const [key, file] of Object.entries(files))
    await memory.put(key, typeof file === "string" ? new TextEncoder().encode(file) : file);
  const keys = new Set<string>();
  let bytes = 0;
  const { name, size, list } = memory;
  const store: ReadStore = {
    name,
    size,
    list,
    async get(key, range) {
      const found = await memory.get(key, range);
      if (found !== undefined) keys.add(key);
      bytes += found?.length ?? 0;
      return found;
    },
  };
  return {
    store,
    keys,
    get bytes() {
      return bytes;
    },
  };
}
