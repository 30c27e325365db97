/** A store in memory: for tests, and for small things in a browser. */

import { type Key, type OpenFile, type Store, WindrowError } from "../core/index.ts";
import { checkRange, closedFile, safeKey } from "./guards.ts";
import { heldDraft } from "./held-draft.ts";

/** An empty store that lives as long as it is held. What goes in and what comes out are copies. */
export function memoryStore(name = "memory"): Store {
  const files = new Map<Key, Uint8Array>();
  const locked = new Set<Key>();
  return {
    name,
    async get(key, range) {
      const bytes = files.get(safeKey(key, name));
      if (bytes !== undefined && range !== undefined) checkRange(range, bytes.length, `${name}/${key}`);
      return bytes?.slice(range?.from, range?.to);
    },
    size: async (key) => files.get(safeKey(key, name))?.length,
    open(key) {
      const bytes = files.get(safeKey(key, name));
      return bytes === undefined ? undefined : openBytes(bytes, `${name}/${key}`);
    },
    async *list(prefix) {
      yield* [...files.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async put(key, bytes) {
      files.set(safeKey(key, name), bytes.slice());
    },
    draft: async (key) => heldDraft(safeKey(key, name), (bytes) => void files.set(key, bytes)),
    async delete(key) {
      files.delete(safeKey(key, name));
    },
    lock(key, doing) {
      if (locked.has(key))
        throw new WindrowError("exists", `Cannot ${doing}: another writer is at work on ${name}/${key}`);
      locked.add(key);
      return { [Symbol.dispose]: () => void locked.delete(key) };
    },
  };
}

/** Values are replaced, never changed, so these stay what they were. */
function openBytes(bytes: Uint8Array, path: string): OpenFile {
  let isOpen = true;
  return {
    bytes: bytes.length,
    readInto(at, into) {
      if (!isOpen) throw closedFile(path);
      checkRange({ from: at, to: at + into.length }, bytes.length, path);
      into.set(bytes.subarray(at, at + into.length));
    },
    [Symbol.dispose]() {
      isOpen = false;
    },
  };
}
