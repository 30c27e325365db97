/** Reads single samples in any order, at once. */

import { bytesOf, rowBytes, WindrowError } from "../../core/index.ts";
import { decodeSamples, type ReadColumn } from "./decode.ts";
import { fixedSample } from "./fixed-sample.ts";
import type { ShardEntry } from "./index-json.ts";
import { haveBytes } from "./samples.kernel.ts";
import type { ShardSource } from "./shard-files.ts";
import { type OpenShard, openShardNow } from "./shard-reader.ts";

/** How to read single samples. */
export interface SampleReaderOptions {
  /** The column that is read, of numbers; the table's only one where absent. */
  readonly column?: string;
  /** Most files that are open at once; 128. */
  readonly openFiles?: number;
}

/** Reads one column of single samples. Disposing it closes its files. */
export interface SampleReader extends Disposable {
  /** Bytes of one value. */
  readonly bytes: number;
  /**
   * Puts the value of a row of the table at the beginning of `into`: row-major, little-endian. Done on return.
   * @throws WindrowError `usage` for a row that is not there, or less than `bytes` of room; else as reading the shard throws.
   */
  readInto(row: number, into: Uint8Array): void;
}

/** What of a table a reader reads. */
export interface SampleTable {
  readonly shards: readonly ShardEntry[];
  /** The row that each shard begins at, and the length of the table. */
  readonly starts: Float64Array;
  readonly columns: readonly ReadColumn[];
  readonly source: ShardSource;
  shardOf(row: number): number;
}

const OPEN_FILES = 128;

/**
 * A reader of single samples. Raw shards are read from their files, which stay open, a bounded number of them; of packed shards the
 * last one stays unpacked.
 * @throws WindrowError `usage` for a column that has no fixed number of bytes; `missing` for one that is not there; `unsupported` for a
 * store that cannot answer at once.
 */
export function sampleReader(table: SampleTable, options: SampleReaderOptions = {}): SampleReader {
  const { openFiles = OPEN_FILES } = options;
  if (!(Number.isInteger(openFiles) && openFiles > 0)) {
    throw new WindrowError(
      "usage",
      `Cannot read samples: open files must be a whole number from 1 up, got ${openFiles}`,
    );
  }
  if (table.source.store.open === undefined) {
    throw new WindrowError("unsupported", `Cannot read samples at once: ${table.source.store.name} answers later`);
  }
  return new Samples(table, readColumn(table.columns, options.column), openFiles);
}

function readColumn(columns: readonly ReadColumn[], name: string | undefined): ReadColumn {
  const names = columns.map((column) => column.name).join(", ");
  const found =
    name === undefined && columns.length === 1 ? columns[0] : columns.find((column) => column.name === name);
  if (found === undefined) {
    const what = name === undefined ? "one of its columns must be named" : "the table has no such column";
    throw new WindrowError(
      name === undefined ? "usage" : "missing",
      `Cannot read column ${name ?? ""}: ${what}, got ${names}`,
    );
  }
  if (rowBytes(found.type) !== undefined) return found;
  throw new WindrowError(
    "usage",
    `Cannot read column ${found.name} into bytes: must be of numbers, got ${found.type.kind}`,
  );
}

/** A shard at hand, and its rows in the table. */
interface Near {
  readonly shard: OpenShard;
  readonly from: number;
  readonly to: number;
}

class Samples implements SampleReader {
  readonly bytes: number;
  readonly #table: SampleTable;
  readonly #column: ReadColumn;
  readonly #wanted: ReadonlySet<string>;
  /** Where the value lies in each sample, where that is always the same. */
  readonly #fixed: ReturnType<typeof fixedSample>;
  readonly #at: number;
  readonly #openFiles: number;
  /** Open shards by number, and their numbers in the order they were opened. */
  readonly #open: (OpenShard | undefined)[] = [];
  readonly #order: number[] = [];
  #unpacked: number | undefined;
  #isClosed = false;
  /** The shard that was read last. */
  #last: Near | undefined;
  #scratch = new Uint8Array(0);

  constructor(table: SampleTable, column: ReadColumn, openFiles: number) {
    this.#table = table;
    this.#column = column;
    this.#wanted = new Set([column.name]);
    this.#fixed = fixedSample(table.columns);
    this.#at = this.#fixed?.columns.find(({ name }) => name === column.name)?.at ?? 0;
    this.bytes = rowBytes(column.type)!; // readColumn has seen that it is known
    this.#openFiles = openFiles;
  }

  readInto(row: number, into: Uint8Array): void {
    if (into.length < this.bytes) {
      throw new WindrowError(
        "usage",
        `Cannot read a sample: must have room for ${this.bytes} bytes, got ${into.length}`,
      );
    }
    const { shard, from } = this.#shardOf(row);
    const at = shard.offsets[row - from]!;
    const length = shard.offsets[row - from + 1]! - at;
    if (length === this.bytes && this.#fixed?.bytes === length) {
      // Nothing but the value: from the file to where it goes.
      void shard.bytes.readInto(at, into.length === length ? into : into.subarray(0, length)); // files answer on return
      return;
    }
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    const sample = this.#scratch.subarray(0, length);
    void shard.bytes.readInto(at, sample); // likewise
    into.set(this.#value(sample, shard, row - from));
  }

  [Symbol.dispose](): void {
    for (const shard of this.#open) shard?.bytes[Symbol.dispose]();
    this.#open.length = 0;
    this.#order.length = 0;
    this.#last = undefined;
    this.#isClosed = true;
  }

  #value(sample: Uint8Array, shard: OpenShard, row: number): Uint8Array {
    const fixed = this.#fixed;
    const one = { bytes: sample, step: sample.length, rows: 1 };
    if (fixed?.bytes === sample.length && fixed.same.every((same) => haveBytes(one, same.at, same.bytes))) {
      return sample.subarray(this.#at, this.#at + this.bytes);
    }
    const offsets = shard.offsets.subarray(row, row + 2);
    const decoded = decodeSamples(
      { bytes: sample, offsets, key: shard.bytes.key, first: row },
      this.#table.columns,
      this.#wanted,
    );
    return bytesOf(decoded[this.#column.name]!.data as ArrayBufferView); // a column of numbers
  }

  #shardOf(row: number): Near {
    const last = this.#last;
    if (last !== undefined && row >= last.from && row < last.to) return last;
    const { starts, shards } = this.#table;
    if (!(Number.isInteger(row) && row >= 0 && row < starts[shards.length]!)) {
      throw new WindrowError("usage", `Cannot read a sample: must be one of ${starts[shards.length]}, got ${row}`);
    }
    const number = this.#table.shardOf(row);
    const shard = this.#open[number] ?? this.#opened(number);
    this.#last = { shard, from: starts[number]!, to: starts[number + 1]! };
    return this.#last;
  }

  #opened(number: number): OpenShard {
    if (this.#isClosed) throw new WindrowError("usage", "Cannot read a sample: the reader is closed");
    const isFull = this.#order.length >= this.#openFiles;
    if (isFull) this.#close(this.#order.shift()!);
    const shard = openShardNow(this.#table.shards[number]!, this.#table.source);
    this.#open[number] = shard;
    if (shard.bytes.whole === undefined) this.#order.push(number);
    else {
      if (this.#unpacked !== undefined) this.#close(this.#unpacked);
      this.#unpacked = number;
    }
    return shard;
  }

  #close(number: number): void {
    const shard = this.#open[number];
    shard?.bytes[Symbol.dispose]();
    if (this.#last?.shard === shard) this.#last = undefined;
    this.#open[number] = undefined;
  }
}
