/** Packs chunks and puts them, a few at a time. */

import type { Codecs, Store } from "../../core/index.ts";
import type { ChunkThreads } from "./chunks.ts";
import { chunkPacker } from "./compressor.ts";
import type { RowsMeta } from "./metadata.ts";

/** What a writer needs besides the store. */
export interface ZarrWriteOptions {
  readonly codecs: Codecs;
  /** What packs chunks beside the caller's thread. */
  readonly threads?: ChunkThreads;
}

/** Chunks under way without threads: one becomes durable while the next is packed. */
const AT_ONCE = 2;

/** Puts chunks of an array whole. The first that fails is told by the next call. */
export class ChunkWriter {
  readonly #store: Store;
  readonly #meta: RowsMeta;
  readonly #threads: ChunkThreads | undefined;
  readonly #pack: (raw: Uint8Array) => Uint8Array;
  readonly #running = new Set<Promise<void>>();
  readonly #free: Uint8Array[] = [];
  #failed: { readonly cause: unknown } | undefined;

  /** @throws WindrowError `unsupported` for a packing that is not written */
  constructor(store: Store, meta: RowsMeta, { codecs, threads }: ZarrWriteOptions) {
    this.#store = store;
    this.#meta = meta;
    this.#threads = meta.compressor === null ? undefined : threads;
    this.#pack = chunkPacker(meta.compressor, meta.dtype.itemBytes, codecs);
  }

  /** Room for a chunk; what is in it is anything. It is the writer's again once it was put. */
  room(): Uint8Array {
    const bytes = this.#meta.chunkRows * this.#meta.rowBytes;
    return this.#free.pop() ?? this.#threads?.memory(bytes) ?? new Uint8Array(bytes);
  }

  /** Gives room back that is not put. */
  giveBack(room: Uint8Array): void {
    this.#free.push(room);
  }

  /** Packs and puts a chunk; returns when there is time for the next. */
  async put(chunk: number, raw: Uint8Array): Promise<void> {
    this.#check();
    const begun: Promise<void> = this.#putOne(chunk, raw)
      .catch((cause: unknown) => {
        this.#failed ??= { cause };
      })
      .then(() => void this.#running.delete(begun));
    this.#running.add(begun);
    const most = this.#threads === undefined ? AT_ONCE : this.#threads.size + 1;
    if (this.#running.size >= most) await Promise.race(this.#running);
    this.#check();
  }

  /** Waits until all chunks are in the store. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#failed !== undefined) throw this.#failed.cause;
  }

  async #putOne(chunk: number, raw: Uint8Array): Promise<void> {
    const { compressor, dtype } = this.#meta;
    const packed =
      this.#threads === undefined || compressor === null
        ? this.#pack(raw)
        : await this.#threads.pack(compressor, raw, dtype.itemBytes);
    this.#free.push(raw);
    await this.#store.put(this.#meta.chunkKey(chunk), packed);
  }
}
