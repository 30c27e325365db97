/** Reads rows of an array from its chunks: ranges with a step, and numbers in any order. */

import { type Batch, WindrowError } from "../../core/index.ts";
import { at } from "../fault.ts";
import { Chunks, type Part, partsOf, type Range, type ZarrSource } from "./chunks.ts";
import { columnRooms, type Records } from "./columns.ts";
import type { ZarrField } from "./dtype.ts";
import { repeat } from "./fill.ts";
import { copyRecords, wordsOf } from "./gather.kernel.ts";
import type { RowsMeta } from "./metadata.ts";

/** Of so many rows of a chunk, one or more must be wanted for all of it to be unpacked. */
const FEW_ROWS = 64;

/** Chunks that are fetched at a time. */
const AT_ONCE = 4;

/** Bytes that one read gives at the most: beyond, engines differ in whether they can. */
const MOST_READ = 2 ** 33;

function checkSize(meta: RowsMeta, rows: number): void {
  const bytes = rows * meta.rowBytes;
  if (bytes <= MOST_READ) return;
  throw new WindrowError(
    "usage",
    `Cannot read ${meta.path}: up to ${MOST_READ} bytes can be read at once, got ${bytes}; read it in parts`,
  );
}

/** Reads rows of one array. */
export class RowReader {
  readonly #meta: RowsMeta;
  readonly #chunks: Chunks;
  readonly #source: ZarrSource;
  #filled: Uint8Array | undefined;

  constructor(meta: RowsMeta, source: ZarrSource) {
    this.#meta = meta;
    this.#source = source;
    this.#chunks = new Chunks(meta, source);
  }

  /** Runs a task for each part, several at a time: while one comes from a place far away, another is unpacked. */
  async #each(range: Range, task: (part: Part, row: number) => Promise<void>): Promise<void> {
    const most = Math.max(AT_ONCE, 2 * (this.#source.threads?.size ?? 0));
    const running = new Set<Promise<void>>();
    let row = 0;
    try {
      for (const part of partsOf(range, this.#meta.chunkRows)) {
        const begun: Promise<void> = task(part, row).then(() => void running.delete(begun));
        running.add(begun);
        row += part.count;
        if (running.size >= most) await Promise.race(running);
      }
    } finally {
      await Promise.allSettled(running);
    }
    await Promise.all(running);
  }

  /** Rows of the fill value, at least so many. */
  #fillRows(count: number): Uint8Array {
    const { rowBytes, fill } = this.#meta;
    const rows = Math.min(count, this.#meta.chunkRows);
    if (this.#filled === undefined || this.#filled.length < rows * rowBytes) {
      this.#filled = new Uint8Array(rows * rowBytes);
      repeat(fill, this.#filled);
    }
    return this.#filled;
  }

  async records(range: Range): Promise<Uint8Array> {
    const { rowBytes, chunkRows, fill } = this.#meta;
    const count = Math.ceil((range.to - range.from) / range.step);
    const chunk = Math.floor(range.from / chunkRows);
    if (range.step === 1 && count > 0 && range.to <= (chunk + 1) * chunkRows) {
      const first = range.from - chunk * chunkRows;
      const bytes = await this.#part({ chunk, first, step: 1, count });
      return bytes.bytes.subarray(bytes.first * rowBytes, (bytes.first + count) * rowBytes);
    }
    const threads = range.step === 1 ? this.#source.threads : undefined;
    checkSize(this.#meta, count);
    const out = threads?.memory(count * rowBytes) ?? new Uint8Array(count * rowBytes);
    await this.#each(range, async (part, row) => {
      const into = out.subarray(row * rowBytes, (row + part.count) * rowBytes);
      if (part.step === 1 && part.count === chunkRows) {
        if (!(await this.#chunks.readInto(part.chunk, into))) repeat(fill, into);
        return;
      }
      const found = await this.#part(part);
      const rows = Uint32Array.from({ length: part.count }, (_, i) => found.first + i * found.step);
      this.#copy(found.bytes, rows, { out: into, places: Uint32Array.from(rows.keys()) });
    });
    return out;
  }

  /** A part's records; of a chunk that is not there, as many rows of the fill value. */
  async #part(part: Part): Promise<Records> {
    const found = await this.#chunks.records(part);
    const { count } = part;
    return found ?? { bytes: this.#fillRows(count), recordBytes: this.#meta.rowBytes, first: 0, step: 1, count };
  }

  #copy(bytes: Uint8Array, rows: Uint32Array, to: { readonly out: Uint8Array; readonly places: Uint32Array }): void {
    const { rowBytes } = this.#meta;
    const isEven = [rowBytes, bytes.byteOffset, to.out.byteOffset].every((count) => count % 4 === 0);
    const word = isEven ? 4 : 1;
    copyRecords(wordsOf(bytes, word), rows, wordsOf(to.out, word), to.places, rowBytes / word);
  }

  /** Rows in any order: each chunk is read once, whatever the order. */
  async chosen(rows: Uint32Array): Promise<Uint8Array> {
    const { chunkRows } = this.#meta;
    checkSize(this.#meta, rows.length);
    const out = new Uint8Array(rows.length * this.#meta.rowBytes);
    const order = Uint32Array.from(rows.keys());
    const chunkOf = (place: number) => Math.floor(rows[place]! / chunkRows);
    order.sort((a, b) => chunkOf(a) - chunkOf(b) || a - b);
    for (let begin = 0, end = 0; begin < order.length; begin = end) {
      const chunk = chunkOf(order[begin]!);
      while (end < order.length && chunkOf(order[end]!) === chunk) end++;
      const places = order.subarray(begin, end);
      const own = Uint32Array.from(places, (place) => rows[place]! - chunk * chunkRows);
      // Many rows of a chunk are taken from the whole of it, few one by one from the blocks that hold them.
      if (own.length * FEW_ROWS > chunkRows) {
        const { bytes } = await this.#part({ chunk, first: 0, step: 1, count: chunkRows });
        this.#copy(bytes, own, { out, places });
        continue;
      }
      for (const [i, first] of own.entries()) {
        const found = await this.#part({ chunk, first, step: 1, count: 1 });
        this.#copy(found.bytes, Uint32Array.of(found.first), { out, places: places.subarray(i, i + 1) });
      }
    }
    return out;
  }

  /** Columns of a range, straight from the chunks. */
  async columns(range: Range, fields: readonly ZarrField[]): Promise<Batch> {
    const count = Math.ceil((range.to - range.from) / range.step);
    checkSize(this.#meta, count);
    const rooms = columnRooms(fields, count);
    await this.#each(range, async (part, row) => {
      const records = await this.#part(part);
      at({ key: this.#meta.chunkKey(part.chunk), offset: 0 }, () => rooms.put(records, row));
    });
    return rooms.batch();
  }
}
