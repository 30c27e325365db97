/** Chunks of an array of rows, fetched, unpacked and kept. */

import type { ByteRange, Codecs, Key, ReadStore } from "../../core/index.ts";
import { at, atLater } from "../fault.ts";
import { type BloscBlock, copyFromBlock, readBlocks } from "./blosc.ts";
import type { ChunkCache, KeptChunk } from "./chunk-cache.ts";
import type { Records } from "./columns.ts";
import { checkChunk, unpackChunk, type ZarrCompressor } from "./compressor.ts";
import type { RowsMeta } from "./metadata.ts";

/** What packs and unpacks chunks beside the caller's thread. */
export interface ChunkThreads {
  /** How many chunks are worked on at a time. */
  readonly size: number;
  /** Memory that the threads see. */
  memory(bytes: number): Uint8Array;
  /** Unpacks a whole chunk to `into`, which is memory of theirs. `packed` may be gone afterwards, where it is not. */
  unpack(compressor: ZarrCompressor, packed: Uint8Array, into: Uint8Array): Promise<void>;
  /** Packs a whole chunk, which lies in memory of theirs. */
  pack(compressor: ZarrCompressor, raw: Uint8Array, typeBytes: number): Promise<Uint8Array>;
}

/** What the arrays of a store share. */
export interface ZarrSource {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly cache: ChunkCache;
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

/** Larger rooms are not kept. */
const MOST_KEPT = 16 << 20;

/** Bytes of a chunk, and where in them those that were asked for begin. */
interface Found {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** The chunks of one array. */
export class Chunks {
  readonly #meta: RowsMeta;
  readonly #source: ZarrSource;
  readonly #rawBytes: number;
  /** Where packed chunks were read to, free for the next. */
  readonly #rooms: Uint8Array[] = [];

  constructor(meta: RowsMeta, source: ZarrSource) {
    this.#meta = meta;
    this.#source = source;
    this.#rawBytes = meta.chunkRows * meta.rowBytes;
  }

  /**
   * Records of a part, from the cache or the store; `undefined` where the store has no such chunk, and the rows are the fill value. Of a
   * small part only the blocks are unpacked that hold it, where the place and the packing allow.
   * @throws WindrowError `damaged`, `unsupported`, with the chunk's key
   */
  async records({ chunk, first, step, count }: Part): Promise<Records | undefined> {
    const { rowBytes: recordBytes } = this.#meta;
    const last = first + (count - 1) * step + 1;
    const found = await this.#bytes(chunk, { from: first * recordBytes, to: last * recordBytes });
    return found && { bytes: found.bytes, recordBytes, first: found.at / recordBytes, step, count };
  }

  async #bytes(chunk: number, range: ByteRange): Promise<Found | undefined> {
    const key = this.#meta.chunkKey(chunk);
    const { cache } = this.#source;
    const isSmall = 2 * (range.to - range.from) < this.#rawBytes;
    let kept = cache.get(key);
    if (isSmall && kept?.is !== "whole" && kept?.is !== "none") {
      const found = this.#fromBlocks(key, kept, range);
      if (found !== undefined) return found;
    }
    if (kept === undefined || kept.is === "blocks") kept = await cache.load(key, () => this.#load(key));
    return kept.is === "whole" ? { bytes: kept.bytes, at: range.from } : undefined;
  }

  /** A copy of bytes from the blocks that hold them; `undefined` where there are no blocks, or no way to read them alone. */
  #fromBlocks(key: Key, kept: Extract<KeptChunk, { is: "blocks" }> | undefined, range: ByteRange): Found | undefined {
    const { store } = this.#source;
    if (store.open === undefined || this.#meta.compressor?.id !== "blosc") return undefined;
    const blocks = (kept && keptBlocks(kept, range)) ?? this.#readBlocks(key, kept, range);
    if (blocks === undefined) return undefined;
    const bytes = new Uint8Array(range.to - range.from);
    for (const block of blocks) copyFromBlock(block, range, bytes.subarray(Math.max(0, block.from - range.from)));
    return { bytes, at: 0 };
  }

  #readBlocks(
    key: Key,
    kept: Extract<KeptChunk, { is: "blocks" }> | undefined,
    range: ByteRange,
  ): readonly BloscBlock[] | undefined {
    const { store, codecs, cache } = this.#source;
    // Opened anew each time: an array has no end at which it could be closed.
    using file = store.open?.(key);
    if (file === undefined) return undefined;
    const rawBytes = this.#rawBytes;
    const read = at({ key, offset: 0 }, () => readBlocks(file, range, { rawBytes, codecs }));
    if (read === undefined) return undefined;
    const { blockBytes } = read;
    const into = kept?.blockBytes === blockBytes ? kept : { is: "blocks" as const, blockBytes, blocks: new Map() };
    let more = 0;
    for (const block of read.blocks) {
      const number = block.from / blockBytes;
      if (!into.blocks.has(number)) more += block.flat.length;
      into.blocks.set(number, block);
    }
    cache.keep(key, into, more);
    return read.blocks;
  }

  async #load(key: Key): Promise<KeptChunk> {
    const bytes = await this.#unpacked(key);
    return bytes === undefined ? { is: "none" } : { is: "whole", bytes };
  }

  /** A whole chunk, put to `into` where it is given; `undefined` where the store has none. */
  async #unpacked(key: Key, into?: Uint8Array): Promise<Uint8Array | undefined> {
    using fetched = await this.#fetched(key);
    if (fetched === undefined) return undefined;
    return await atLater({ key, offset: 0 }, () => this.#unpack(fetched.bytes, into));
  }

  /** A packed chunk; from a store that opens files in room that is used again, once it is unpacked. */
  async #fetched(key: Key): Promise<({ readonly bytes: Uint8Array } & Disposable) | undefined> {
    const { store } = this.#source;
    // A chunk that is not packed is kept as it is.
    if (store.open === undefined || this.#meta.compressor === null) {
      const bytes = await store.get(key);
      return bytes && { bytes, [Symbol.dispose]: () => {} };
    }
    using file = store.open(key);
    if (file === undefined) return undefined;
    const room = this.#room(file.bytes);
    const bytes = room.subarray(0, file.bytes);
    file.readInto(0, bytes);
    return { bytes, [Symbol.dispose]: () => void (room.length <= MOST_KEPT && this.#rooms.push(room)) };
  }

  #room(bytes: number): Uint8Array {
    const room = this.#rooms.pop();
    if (room !== undefined && room.length >= bytes) return room;
    return this.#source.threads?.memory(bytes) ?? new Uint8Array(bytes);
  }

  async #unpack(packed: Uint8Array, into: Uint8Array | undefined): Promise<Uint8Array> {
    const { compressor } = this.#meta;
    const { codecs, threads } = this.#source;
    const options = { rawBytes: this.#rawBytes, codecs, ...(into !== undefined && { into }) };
    checkChunk(compressor, packed, options);
    if (threads === undefined || compressor === null) return unpackChunk(compressor, packed, options);
    const bytes = into ?? threads.memory(this.#rawBytes);
    await threads.unpack(compressor, packed, bytes);
    return bytes;
  }

  /**
   * Unpacks a whole chunk to a place that its caller has, past the cache, unless it is kept there already.
   * @returns whether there is such a chunk: else its rows are the fill value.
   * @throws WindrowError `damaged`, `unsupported`, with the chunk's key
   */
  async readInto(chunk: number, into: Uint8Array): Promise<boolean> {
    const key = this.#meta.chunkKey(chunk);
    const kept = this.#source.cache.get(key);
    if (kept?.is !== "whole") return (await this.#unpacked(key, into)) !== undefined;
    into.set(kept.bytes);
    return true;
  }
}

/** The blocks that hold a range, if all of them are kept. */
function keptBlocks(
  { blockBytes, blocks }: Extract<KeptChunk, { is: "blocks" }>,
  { from, to }: ByteRange,
): readonly BloscBlock[] | undefined {
  const found: BloscBlock[] = [];
  for (let number = Math.floor(from / blockBytes); number * blockBytes < to; number++) {
    const block = blocks.get(number);
    if (block === undefined) return undefined;
    found.push(block);
  }
  return found;
}
