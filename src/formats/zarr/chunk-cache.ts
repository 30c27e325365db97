/** Chunks that were read, kept until others need the room. */

import type { BloscBlock } from "./blosc.ts";

/** What is kept of a chunk: all of it, some of its blocks by their number, or that the store has none. */
export type KeptChunk =
  | { readonly is: "whole"; readonly bytes: Uint8Array }
  | { readonly is: "blocks"; readonly blockBytes: number; readonly blocks: Map<number, BloscBlock> }
  | { readonly is: "none" };

interface Entry {
  readonly chunk: KeptChunk;
  bytes: number;
}

/** Beyond its bytes, what an entry takes: so that chunks which are not there are bounded too. */
const ENTRY_BYTES = 256;

/** Chunks by key: those used last, of so many bytes together. One that is being loaded is loaded once, however many ask for it. */
export class ChunkCache {
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<KeptChunk>>();
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): KeptChunk | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // The last in the map is the one used last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.chunk;
  }

  /** Keeps a chunk, which takes so many bytes more than before where it is kept already. */
  keep(key: string, chunk: KeptChunk, bytes: number): void {
    const before = this.#entries.get(key);
    if (before?.chunk === chunk) {
      before.bytes += bytes;
      this.#bytes += bytes;
    } else {
      this.#drop(key, before);
      this.#entries.set(key, { chunk, bytes: bytes + ENTRY_BYTES });
      this.#bytes += bytes + ENTRY_BYTES;
    }
    if (this.#bytes > this.#most) this.#makeRoom();
  }

  /** Loads a chunk and keeps it. A load that fails is forgotten. */
  async load(key: string, load: () => Promise<KeptChunk>): Promise<KeptChunk> {
    const under = this.#loading.get(key);
    if (under !== undefined) return under;
    const begun = load();
    this.#loading.set(key, begun);
    try {
      const chunk = await begun;
      this.keep(key, chunk, chunk.is === "whole" ? chunk.bytes.length : 0);
      return chunk;
    } finally {
      this.#loading.delete(key);
    }
  }

  /** Of many entries some at once: a map is walked past all that were deleted from its beginning. */
  #makeRoom(): void {
    const most = this.#entries.size - (this.#entries.size >> 4);
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#most && this.#entries.size <= most) return;
      this.#drop(oldest, entry);
    }
  }

  #drop(key: string, entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
