/** Writes arrays of rows: appends, sets ranges, changes the length. */

import { type Batch, type Codecs, isSafeKey, type Key, type Store, WindrowError } from "../../core/index.ts";
import { at } from "../fault.ts";
import { ChunkWriter, type ZarrWriteOptions } from "./chunk-writer.ts";
import { partsOf } from "./chunks.ts";
import { checkBatch, putRecords } from "./columns.ts";
import { checkChunk, type JsonObject, unpackChunk } from "./compressor.ts";
import { repeat } from "./fill.ts";
import { type ArrayLayout, joined, jsonAt, layoutOfV2, type RowsMeta, rowsMeta } from "./metadata.ts";
import { arrayDoc, checkFree, metadataBytes, putAttributes, type ZarrSpec } from "./metadata-text.ts";

/** Rows to write: columns, or records as NumPy has them, one behind the other. */
export type ZarrRows = Batch | Uint8Array;

/**
 * Writes to an array. A chunk is in the store whole or not at all; the length changes when the writer is closed, so that a reader sees no
 * row that is not there. Disposed before it is closed, it leaves the length as it was.
 */
export interface ZarrWriter extends AsyncDisposable {
  /** Rows, with those appended. */
  readonly length: number;
  /**
   * Adds rows at the end. Chunks are put when they are full. From the first call until it is closed, no other writer can append.
   * @throws WindrowError `usage` for rows that do not fit the type, `exists` where another writer is at work
   */
  append(rows: ZarrRows): Promise<void>;
  /**
   * Replaces rows from `from` on. Chunks that are replaced whole are written at once; of others, the rows around are read first.
   * Writers of different chunks do not disturb each other.
   * @throws WindrowError `usage` for rows that are not there, `exists` where another writer is at work on a chunk
   */
  set(from: number, rows: ZarrRows): Promise<void>;
  /** Makes the array so long: rows behind are gone, new ones are the fill value. */
  resize(length: number): Promise<void>;
  /** Writes what is left, and the length. */
  close(): Promise<void>;
}

/** The last chunk, while it is being filled. */
interface Tail {
  readonly chunk: number;
  readonly bytes: Uint8Array;
  /** Rows that it has. */
  used: number;
  readonly lock: Disposable | undefined;
}

class RowWriter implements ZarrWriter {
  readonly #store: Store;
  readonly #meta: RowsMeta;
  readonly #codecs: Codecs;
  readonly #chunks: ChunkWriter;
  /** Rows as the metadata has them. */
  #written: number;
  #length: number;
  #tail: Tail | undefined;
  #lock: { readonly held: Disposable | undefined } | undefined;
  #isOpen = true;

  constructor(store: Store, meta: RowsMeta, options: ZarrWriteOptions) {
    this.#store = store;
    this.#meta = meta;
    this.#codecs = options.codecs;
    this.#chunks = new ChunkWriter(store, meta, options);
    this.#written = meta.length;
    this.#length = meta.length;
  }

  get length(): number {
    return this.#length;
  }

  async append(rows: ZarrRows): Promise<void> {
    const records = this.#records(rows);
    await this.#lockLength();
    const { chunkRows, rowBytes } = this.#meta;
    const from = this.#length;
    for (const part of partsOf({ from, to: from + records.length / rowBytes, step: 1 }, chunkRows)) {
      this.#tail ??= await this.#openTail(part.chunk, part.first);
      const skip = part.chunk * chunkRows + part.first - from;
      this.#tail.bytes.set(records.subarray(skip * rowBytes, (skip + part.count) * rowBytes), part.first * rowBytes);
      this.#tail.used = part.first + part.count;
      this.#length += part.count;
      if (this.#tail.used === chunkRows) await this.#closeTail();
    }
  }

  async set(from: number, rows: ZarrRows): Promise<void> {
    const records = this.#records(rows);
    const { chunkRows, rowBytes } = this.#meta;
    const to = from + records.length / rowBytes;
    if (!Number.isSafeInteger(from) || from < 0 || to > this.#length)
      throw this.#wrong(`rows ${from} to ${to} must lie in the array, got one of ${this.#length} rows`);
    // Chunks under way, of this writer too, are read again or replaced only when they are in the store.
    await this.#chunks.settle();
    // Held until the chunks are in the store.
    using locks = new DisposableStack();
    for (const part of partsOf({ from, to, step: 1 }, chunkRows)) {
      const skip = part.chunk * chunkRows + part.first - from;
      const own = records.subarray(skip * rowBytes, (skip + part.count) * rowBytes);
      if (this.#tail?.chunk === part.chunk) {
        this.#tail.bytes.set(own, part.first * rowBytes);
        continue;
      }
      locks.use(this.#lockChunk(part.chunk));
      const isWhole = part.first === 0 && part.count === Math.min(chunkRows, this.#length - part.chunk * chunkRows);
      const bytes = this.#chunks.room();
      if (isWhole) repeat(this.#meta.fill, bytes.subarray(part.count * rowBytes));
      else await this.#readInto(part.chunk, bytes);
      bytes.set(own, part.first * rowBytes);
      await this.#chunks.put(part.chunk, bytes);
    }
    if (to > from) await this.#chunks.settle();
  }

  async resize(length: number): Promise<void> {
    this.#checkOpen();
    if (!Number.isSafeInteger(length) || length < 0) throw this.#wrong(`its length must be from 0 up, got ${length}`);
    await this.#lockLength();
    await this.#closeTail();
    await this.#chunks.settle();
    const { chunkRows } = this.#meta;
    if (length > this.#length) {
      // What a writer left that was killed, or a shorter length hid, must not come back.
      await this.#deleteFrom(Math.ceil(this.#length / chunkRows));
      const first = this.#length % chunkRows;
      if (first > 0) {
        this.#tail = await this.#openTail((this.#length - first) / chunkRows, first);
        await this.#closeTail();
        await this.#chunks.settle();
      }
      this.#length = length;
      return;
    }
    this.#length = length;
    await this.#putLength();
    await this.#deleteFrom(Math.ceil(length / chunkRows));
  }

  async close(): Promise<void> {
    this.#checkOpen();
    await this.#closeTail();
    await this.#chunks.settle();
    await this.#putLength();
    this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    // Whatever failed before has been told.
    await this.#chunks.settle().catch(() => {});
    try {
      // Before another writer may append: the chunks it puts would have the same names.
      if (this.#length > this.#written) await this.#deleteFrom(Math.ceil(this.#written / this.#meta.chunkRows));
    } finally {
      this.#release();
    }
  }

  #release(): void {
    this.#isOpen = false;
    this.#tail?.lock?.[Symbol.dispose]();
    this.#lock?.held?.[Symbol.dispose]();
  }

  #wrong(what: string): WindrowError {
    return new WindrowError("usage", `Cannot write ${this.#meta.path}: ${what}`);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new WindrowError("internal", `Cannot write ${this.#meta.path}: it is closed`);
  }

  /** Rows as records: all are looked at before the first is written. */
  #records(rows: ZarrRows): Uint8Array {
    this.#checkOpen();
    const { rowBytes, dtype, path } = this.#meta;
    if (rows instanceof Uint8Array) {
      if (rows.length % rowBytes === 0) return rows;
      throw this.#wrong(`its records have ${rowBytes} bytes each, got ${rows.length} bytes`);
    }
    checkBatch(dtype.fields, rows, path);
    const into = new Uint8Array(rows.length * rowBytes);
    putRecords(dtype.fields, rows, { from: 0, count: rows.length, into, recordBytes: rowBytes, at: 0 });
    return into;
  }

  /** Keeps others from changing the length, and sees what it is. */
  async #lockLength(): Promise<void> {
    if (this.#lock !== undefined) return;
    const { path } = this.#meta;
    this.#lock = { held: this.#store.lock?.(joined(path, ".zarray"), `append to ${path}`) };
    const { shape } = await layoutAt(this.#store, path);
    this.#written = shape[0] ?? 0;
    this.#length = this.#written;
  }

  #lockChunk(chunk: number): Disposable | undefined {
    return this.#store.lock?.(this.#meta.chunkKey(chunk), `write chunk ${chunk} of ${this.#meta.path}`);
  }

  /** Begins a chunk at a row: those before it are read, those behind are the fill value when it is closed. */
  async #openTail(chunk: number, first: number): Promise<Tail> {
    const bytes = this.#chunks.room();
    if (first === 0) return { chunk, bytes, used: 0, lock: undefined };
    const lock = this.#lockChunk(chunk);
    await this.#readInto(chunk, bytes);
    return { chunk, bytes, used: first, lock };
  }

  async #closeTail(): Promise<void> {
    const tail = this.#tail;
    if (tail === undefined) return;
    this.#tail = undefined;
    repeat(this.#meta.fill, tail.bytes.subarray(tail.used * this.#meta.rowBytes));
    await this.#chunks.put(tail.chunk, tail.bytes);
    if (tail.lock === undefined) return;
    await this.#chunks.settle();
    tail.lock[Symbol.dispose]();
  }

  async #readInto(chunk: number, into: Uint8Array): Promise<void> {
    const { compressor, fill } = this.#meta;
    const key = this.#meta.chunkKey(chunk);
    const packed = await this.#store.get(key);
    if (packed === undefined) {
      repeat(fill, into);
      return;
    }
    const options = { rawBytes: into.length, codecs: this.#codecs, into };
    at({ key, offset: 0 }, () => {
      checkChunk(compressor, packed, options);
      unpackChunk(compressor, packed, options);
    });
  }

  async #putLength(): Promise<void> {
    if (this.#length === this.#written) return;
    const { path } = this.#meta;
    const { doc, shape } = await layoutAt(this.#store, path);
    await this.#store.put(joined(path, ".zarray"), metadataBytes({ ...doc, shape: [this.#length, ...shape.slice(1)] }));
    this.#written = this.#length;
  }

  /** Removes the chunks from one on. Those that are there are looked for: an array may have more than can be counted. */
  async #deleteFrom(chunk: number): Promise<void> {
    const prefix = joined(this.#meta.path, "");
    const found: Key[] = [];
    for await (const key of this.#store.list(prefix)) {
      const number = /^\d+/.exec(key.slice(prefix.length))?.[0];
      if (number !== undefined && Number(number) >= chunk && key === this.#meta.chunkKey(Number(number)))
        found.push(key);
    }
    for (const key of found) await this.#store.delete(key);
  }
}

/** `.zarray` as it is and as it is understood. @throws WindrowError `missing`, `damaged`, `unsupported` */
async function layoutAt(store: Store, path: string): Promise<ArrayLayout & { readonly doc: JsonObject }> {
  const key = joined(path, ".zarray");
  const doc = await jsonAt(store, key);
  if (doc === undefined)
    throw new WindrowError("missing", `Cannot write ${store.name}/${path}: there is no array of Zarr v2`, {
      details: { path },
    });
  return { ...at({ key, offset: 0 }, () => layoutOfV2(doc)), doc };
}

/**
 * Opens an array to be changed; it must be one of rows, of Zarr v2.
 * @throws WindrowError `missing`, `damaged`, `unsupported`
 */
export async function editZarrArray(store: Store, path: string, options: ZarrWriteOptions): Promise<ZarrWriter> {
  const layout = await layoutAt(store, path);
  return at({ key: joined(path, ".zarray"), offset: 0 }, () => new RowWriter(store, rowsMeta(path, layout), options));
}

/**
 * Makes an array, and a writer for it. The groups above it are the caller's: Zarr wants each to be one.
 * @throws WindrowError `usage` for a type that is none, `unsupported` for a packing that is not written, `exists` where something of Zarr is there
 */
export async function createZarrArray(
  store: Store,
  path: string,
  spec: ZarrSpec,
  options: ZarrWriteOptions,
): Promise<ZarrWriter> {
  if (path !== "" && !isSafeKey(path))
    throw new WindrowError(
      "usage",
      `Cannot make ${JSON.stringify(path)} in ${store.name}: the name leaves the store, or is no name`,
    );
  const key = joined(path, ".zarray");
  // Of two that would make it, one is told.
  using _lock = store.lock?.(key, `make ${path}`);
  await checkFree(store, path);
  const writer = at(
    { key, offset: 0 },
    () => new RowWriter(store, rowsMeta(path, layoutOfV2(arrayDoc(spec))), options),
  );
  await putAttributes(store, path, spec.attributes);
  await store.put(key, metadataBytes(arrayDoc(spec)));
  return writer;
}
