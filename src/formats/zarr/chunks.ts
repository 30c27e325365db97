/** Chunks of an array of rows, fetched, unpacked and kept. */

import type { Codecs, ReadStore } from "../../core/index.ts";
import { at, atLater } from "../fault.ts";
import type { ChunkBytes } from "./blosc.ts";
import type { ChunkCache } from "./chunk-cache.ts";
import { checkChunk, openChunk, type ZarrCompressor } from "./compressor.ts";
import type { RowsMeta } from "./metadata.ts";

/** What packs and unpacks chunks beside the caller's thread. */
export interface ChunkThreads {
  /** How many chunks are worked on at a time. */
  readonly size: number;
  /** Memory that the threads see. */
  memory(bytes: number): Uint8Array;
  /** Unpacks a whole chunk to `into`, which is memory of theirs. `packed` may be gone afterwards. */
  unpack(compressor: ZarrCompressor, packed: Uint8Array, into: Uint8Array): Promise<void>;
  /** Packs a whole chunk, which lies in memory of theirs. */
  pack(compressor: ZarrCompressor, raw: Uint8Array, typeBytes: number): Promise<Uint8Array>;
}

/** What the arrays of a store share. */
export interface ZarrSource {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly cache: ChunkCache<ChunkBytes | undefined>;
  readonly threads: ChunkThreads | undefined;
}

/** Every `step`th row of a chunk from `first` on. */
export interface Part {
  readonly chunk: number;
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** Rows `from`, `from + step` … before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The rows of a range, by the chunks they lie in. */
export function* partsOf({ from, to, step }: Range, chunkRows: number): Generator<Part> {
  for (let row = from; row < to; ) {
    const chunk = Math.floor(row / chunkRows);
    const first = row - chunk * chunkRows;
    const count = Math.ceil((Math.min(chunkRows, to - chunk * chunkRows) - first) / step);
    yield { chunk, first, step, count };
    row += count * step;
  }
}

/** The chunks of one array. */
export class Chunks {
  readonly meta: RowsMeta;
  readonly #source: ZarrSource;
  readonly #chunkBytes: number;

  constructor(meta: RowsMeta, source: ZarrSource) {
    this.meta = meta;
    this.#source = source;
    this.#chunkBytes = meta.chunkRows * meta.rowBytes;
  }

  /**
   * A chunk from the cache, or from the store; `undefined` where the store has none, and the rows are the fill value.
   * @param all whether all of it is wanted: then threads unpack it, if there are any.
   * @throws WindrowError `damaged`, `unsupported`, with the chunk's key
   */
  get(chunk: number, all: boolean): Promise<ChunkBytes | undefined> {
    const key = this.meta.chunkKey(chunk);
    return this.#source.cache.get(key, () => this.#load(key, all ? this.#source.threads : undefined));
  }

  /** Sees to it that rows of a chunk are what they should be. @throws WindrowError `damaged` with the chunk's key */
  ready(bytes: ChunkBytes, { chunk, first, step, count }: Part): void {
    const { rowBytes } = this.meta;
    if (count === 0) return;
    const last = first + (count - 1) * step + 1;
    at({ key: this.meta.chunkKey(chunk), offset: 0 }, () => bytes.ready(first * rowBytes, last * rowBytes));
  }

  async #load(key: string, threads: ChunkThreads | undefined): Promise<ChunkBytes | undefined> {
    const packed = await this.#source.store.get(key);
    if (packed === undefined) return undefined;
    return await atLater({ key, offset: 0 }, () => this.#open(packed, threads));
  }

  async #open(packed: Uint8Array, threads: ChunkThreads | undefined, into?: Uint8Array): Promise<ChunkBytes> {
    const { compressor } = this.meta;
    const rawBytes = this.#chunkBytes;
    checkChunk(compressor, packed, rawBytes);
    if (threads === undefined || compressor === null)
      return openChunk(compressor, packed, {
        rawBytes,
        codecs: this.#source.codecs,
        ...(into !== undefined && { into }),
      });
    const bytes = into ?? threads.memory(rawBytes);
    await threads.unpack(compressor, packed, bytes);
    return { bytes, ready: () => {} };
  }

  /**
   * Unpacks a whole chunk to a place that its caller has, past the cache; a chunk that is in the cache is copied, one that is not there
   * leaves its rows to the caller.
   * @returns whether there is such a chunk.
   */
  async readInto(chunk: number, into: Uint8Array): Promise<boolean> {
    const key = this.meta.chunkKey(chunk);
    const { cache, store, threads } = this.#source;
    if (cache.has(key)) {
      const found = await this.get(chunk, true);
      if (found === undefined) return false;
      this.ready(found, { chunk, first: 0, step: 1, count: this.meta.chunkRows });
      into.set(found.bytes.subarray(0, into.length));
      return true;
    }
    const packed = await store.get(key);
    if (packed === undefined) return false;
    const opened = await atLater({ key, offset: 0 }, () => this.#open(packed, threads, into));
    at({ key, offset: 0 }, () => opened.ready(0, into.length));
    return true;
  }
}
