/** Puts any number of rows in order by key and time within a bounded memory: dealt to buckets on disk, each sorted on its own. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ColumnRequest } from "./csv-head.ts";
import type { KeyNumbers } from "./key-numbers.ts";
import { type BlockFile, blockFile } from "./row-blocks.ts";
import {
  countReordered,
  dealRows,
  gatherRows,
  type LastTimes,
  type OpenBlocks,
  type RowColumns,
  type RowLayout,
  type Rows,
  rowLayout,
  rowOrder,
  rowsIn,
  type SpreadColumns,
  spreadRows,
} from "./row-buckets.kernel.ts";
import { mergedRuns, type Run } from "./row-runs.ts";
import type { TabularChunk } from "./tabular.ts";

/** Rows of some keys, each key's rows together and by time; NaN where a number is missing. `file` is the number of the input. */
export interface SortedChunk {
  readonly length: number;
  readonly columns: Readonly<Record<string, Float64Array | Float32Array>>;
}

/** What rows hold, and how much memory they may take to be put in order. */
export interface RowBucketsOptions {
  readonly folder: string;
  readonly memoryBytes: number;
  /** How many bytes of rows may come, roughly: it only decides how many buckets there are. */
  readonly expectedBytes: number;
  /** All number columns of a row: the key first, then the time. */
  readonly columns: readonly Pick<ColumnRequest, "name" | "single">[];
  readonly keys: KeyNumbers;
}

/** What of a bucket is written at once. */
const BLOCK_BYTES = 65_536;
/** More open blocks than these would themselves be a burden: 16 MiB. */
const MOST_BUCKETS = 256;
/** A bucket of this size is quickly put in order; larger ones miss the caches. */
const BUCKET_BYTES = 8 * 2 ** 20;
const CHUNK_ROWS = 2048;
/** So many chunks come between two looks at the clock: signals and progress need a turn of the event loop. */
const CHUNKS_A_TURN = 64;

/** Rows on disk, dealt to buckets by their key. */
export class RowBuckets implements Disposable {
  readonly #options: RowBucketsOptions;
  readonly #layout: RowLayout;
  readonly #doubleNames: readonly string[];
  readonly #singleNames: readonly string[];
  readonly #open: OpenBlocks;
  readonly #file: BlockFile;
  readonly #path: string;
  readonly #last: LastTimes = { times: new Float64Array(0), files: new Float64Array(0) };
  #missing = { double: new Float64Array(0), single: new Float32Array(0) };
  #reordered = 0;

  constructor(options: RowBucketsOptions) {
    this.#options = options;
    const [, ...values] = options.columns;
    this.#doubleNames = values.filter((column) => !column.single).map((column) => column.name);
    this.#singleNames = values.filter((column) => column.single).map((column) => column.name);
    this.#layout = rowLayout(this.#doubleNames.length, this.#singleNames.length);
    const bucketBytes = Math.min(options.memoryBytes / 2, BUCKET_BYTES);
    const buckets = Math.min(MOST_BUCKETS, Math.max(1, Math.ceil(options.expectedBytes / bucketBytes)));
    const capacity = Math.floor(BLOCK_BYTES / (8 * this.#layout.width));
    this.#open = {
      rows: rowsIn(new ArrayBuffer(buckets * capacity * 8 * this.#layout.width)),
      capacity,
      used: new Uint32Array(buckets),
    };
    this.#path = join(options.folder, "rows.buckets");
    this.#file = blockFile(this.#path, buckets);
  }

  /** How many rows come after a later one of the same key and file. */
  get reordered(): number {
    return this.#reordered;
  }

  /** Takes the good rows of a chunk, whose keys have these numbers. */
  take(chunk: TabularChunk, numbers: Uint32Array): void {
    const { file, length } = chunk;
    const columns = this.#columnsOf(chunk);
    this.#roomForKeys();
    this.#reordered += countReordered(this.#last, columns.doubles[0]!, { numbers, file, length });
    for (let from = 0; from < length; ) {
      from = dealRows(this.#open, this.#layout, columns, { numbers, file, from, length });
      if (from < length) this.#flush(numbers[from]! % this.#open.used.length);
    }
  }

  #columnsOf(chunk: TabularChunk): RowColumns {
    if (this.#missing.double.length < chunk.length) {
      this.#missing = {
        double: new Float64Array(chunk.length).fill(Number.NaN),
        single: new Float32Array(chunk.length).fill(Number.NaN),
      };
    }
    return {
      doubles: this.#doubleNames.map((name) => {
        const values = chunk.columns[name] ?? this.#missing.double;
        return values instanceof Float64Array ? values : Float64Array.from(values);
      }),
      singles: this.#singleNames.map((name) => {
        const values = chunk.columns[name] ?? this.#missing.single;
        return values instanceof Float32Array ? values : Float32Array.from(values);
      }),
    };
  }

  #roomForKeys(): void {
    const wanted = this.#options.keys.length;
    if (this.#last.times.length >= wanted) return;
    const times = new Float64Array(2 * wanted);
    const files = new Float64Array(2 * wanted).fill(-1);
    times.set(this.#last.times);
    files.set(this.#last.files);
    this.#last.times = times;
    this.#last.files = files;
  }

  #flush(bucket: number): void {
    const { rows, capacity, used } = this.#open;
    const bytes = 8 * this.#layout.width;
    this.#file.append(bucket, new Uint8Array(rows.buffer, bucket * capacity * bytes, used[bucket]! * bytes));
    used[bucket] = 0;
  }

  /** All rows, each key's together and by time. May be asked for more than once, when all have come. Chunks are reused. */
  async *sorted(): AsyncIterable<SortedChunk> {
    for (const bucket of this.#open.used.keys()) if (this.#open.used[bucket]! > 0) this.#flush(bucket);
    const columns: SpreadColumns = {
      doubles: this.#doubleNames.map(() => new Float64Array(CHUNK_ROWS)),
      singles: this.#singleNames.map(() => new Float32Array(CHUNK_ROWS)),
      keys: new Float64Array(CHUNK_ROWS),
      files: new Float64Array(CHUNK_ROWS),
    };
    const named: Record<string, Float64Array | Float32Array> = { file: columns.files };
    named[this.#options.columns[0]!.name] = columns.keys;
    for (const [index, name] of this.#doubleNames.entries()) named[name] = columns.doubles[index]!;
    for (const [index, name] of this.#singleNames.entries()) named[name] = columns.singles[index]!;
    const key = (number: number) => this.#options.keys.key(number);
    let chunks = 0;
    for (const { rows, order, from, length } of this.#runs()) {
      for (let done = 0; done < length; done += CHUNK_ROWS) {
        const part = Math.min(CHUNK_ROWS, length - done);
        const picked = { from: from + done, length: part, ...(order === undefined ? {} : { order }) };
        spreadRows(rows, this.#layout, picked, { columns, at: 0, key });
        yield { length: part, columns: named };
        chunks += 1;
        if (chunks % CHUNKS_A_TURN === 0) await setImmediate();
      }
    }
  }

  /** Rows in order, some at a time. */
  *#runs(): Iterable<Run> {
    const sizes = [...this.#open.used.keys()].map((bucket) => this.#file.bytes(bucket));
    const largest = Math.max(...sizes.filter((bytes) => bytes <= this.#options.memoryBytes), 0);
    const rows = rowsIn(new ArrayBuffer(largest));
    for (const [bucket, bytes] of sizes.entries()) {
      if (bytes > this.#options.memoryBytes) {
        yield* this.#largeBucket(bucket);
        continue;
      }
      this.#file.read(bucket, { from: 0, into: new Uint8Array(rows.buffer, 0, bytes) });
      const length = bytes / (8 * this.#layout.width);
      yield { rows, order: this.#order(rows, length, bucket), from: 0, length };
    }
  }

  #order(rows: Rows, length: number, bucket: number): Uint32Array {
    const keys = { bucket, buckets: this.#open.used.length, length: this.#options.keys.length };
    return rowOrder(rows, this.#layout, length, keys);
  }

  /** A bucket that does not fit: pieces that do are put in order and written, and are merged as they are read again. */
  *#largeBucket(bucket: number): Iterable<Run> {
    const rowBytes = 8 * this.#layout.width;
    const pieceRows = Math.max(1, Math.floor(this.#options.memoryBytes / (3 * rowBytes)));
    const path = join(this.#options.folder, "rows.runs");
    const lengths: number[] = [];
    try {
      using runs = blockFile(path, 1);
      const total = this.#file.bytes(bucket) / rowBytes;
      {
        const rows = rowsIn(new ArrayBuffer(pieceRows * rowBytes));
        const sorted = rowsIn(new ArrayBuffer(pieceRows * rowBytes));
        for (let from = 0; from < total; from += pieceRows) {
          const length = Math.min(pieceRows, total - from);
          this.#file.read(bucket, {
            from: from * rowBytes,
            into: new Uint8Array(rows.buffer, 0, length * rowBytes),
          });
          const order = this.#order(rows, length, bucket);
          gatherRows(rows, this.#layout, { order, from: 0, length }, sorted);
          runs.append(0, new Uint8Array(sorted.buffer, 0, length * rowBytes));
          lengths.push(length);
        }
      }
      yield* mergedRuns(runs, lengths, this.#layout, this.#options.memoryBytes / 2);
    } finally {
      rmSync(path, { force: true });
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    rmSync(this.#path, { force: true });
  }
}
