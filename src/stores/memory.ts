/** A store in memory: for tests, and for small things in a browser. */

import { type Draft, type Key, type OpenFile, type Store, WindrowError } from "../core/index.ts";
import { checkRange, closedFile, safeKey } from "./guards.ts";

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
    draft: async (key) => new MemoryDraft(safeKey(key, name), (bytes) => files.set(key, bytes)),
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

class MemoryDraft implements Draft {
  readonly #key: Key;
  readonly #publish: (bytes: Uint8Array) => void;
  #pieces: Uint8Array[] | undefined = [];
  #bytes = 0;

  constructor(key: Key, publish: (bytes: Uint8Array) => void) {
    this.#key = key;
    this.#publish = publish;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#open().push(bytes.slice());
    this.#bytes += bytes.length;
  }

  async publish(): Promise<void> {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#open()) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = undefined;
    this.#publish(whole);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pieces = undefined;
  }

  #open(): Uint8Array[] {
    if (this.#pieces === undefined) {
      throw new WindrowError("internal", `Cannot write ${this.#key}: this draft is published or gone`);
    }
    return this.#pieces;
  }
}
