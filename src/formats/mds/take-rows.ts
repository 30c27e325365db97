/** Takes rows of an open shard into the caller's arrays. */

import {
  type Batch,
  bytesOf,
  type Column,
  type OpenShardRows,
  type RowChoice,
  type Schema,
  WindrowError,
} from "../../core/index.ts";
import { decodeSamples, type ReadColumn } from "./decode.ts";
import { type FixedColumn, type FixedSample, fixedSample } from "./fixed-sample.ts";
import { areEven, haveBytes, scatterRows } from "./samples.kernel.ts";
import { AT_ONCE, type OpenShard, readRange } from "./shard-reader.ts";

/** Bytes of samples that are looked through at a time, so that they stay in the cache. */
const SCRATCH_BYTES = 1 << 18;

/** The rows of a shard; disposing it closes the shard. `wanted` are names of the columns that are taken. */
export function takenRows(
  shard: OpenShard,
  columns: readonly ReadColumn[],
  wanted: ReadonlySet<string>,
): OpenShardRows {
  return new TakenRows(shard, columns, wanted);
}

/** Rows of a shard, half open. */
interface Rows {
  readonly from: number;
  readonly to: number;
}

/** Where rows go: the caller's batch, and the bytes of those of its columns that lie in the same place of every sample. */
interface Target {
  readonly into: Batch;
  readonly bytes: readonly Uint8Array[];
}

class TakenRows implements OpenShardRows {
  readonly length: number;
  readonly #shard: OpenShard;
  readonly #columns: readonly ReadColumn[];
  readonly #wanted: ReadonlySet<string>;
  /** What samples look like where all have the same size, and which of their columns are wanted. */
  readonly #fixed: FixedSample | undefined;
  readonly #picked: readonly FixedColumn[];
  #scratch: Uint8Array = new Uint8Array(0);
  #isClosed = false;

  constructor(shard: OpenShard, columns: readonly ReadColumn[], wanted: ReadonlySet<string>) {
    this.length = shard.offsets.length - 1;
    this.#shard = shard;
    this.#columns = columns;
    this.#wanted = wanted;
    this.#fixed = fixedSample(columns);
    this.#picked = this.#fixed?.columns.filter(({ name }) => wanted.has(name)) ?? [];
  }

  take(rows: RowChoice, into: Batch, at: number): void | Promise<void> {
    if (this.#isClosed) throw new WindrowError("usage", `Cannot read ${this.#shard.bytes.key}: the shard is closed`);
    const target = { into, bytes: this.#picked.map(({ name }) => bytesOf(numbers(into.columns[name]))) };
    // MDS has no missing values.
    const count = rows instanceof Uint32Array ? rows.length : rows.to - rows.from;
    for (const name of this.#wanted) into.columns[name]?.valid?.fill(1, at, at + count);
    if (!(rows instanceof Uint32Array)) return this.#takeRange(this.#checked(rows), target, at);
    for (const [i, row] of rows.entries()) {
      const later = this.#takeRange(this.#checked({ from: row, to: row + 1 }), target, at + i);
      if (later !== undefined) return later.then(() => this.take(rows.subarray(i + 1), into, at + i + 1));
    }
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shard.bytes[Symbol.dispose]();
  }

  #checked(rows: Rows): Rows {
    const { from, to } = rows;
    if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= this.length) return rows;
    throw new WindrowError(
      "usage",
      `Cannot read ${this.#shard.bytes.key}: rows must lie in its ${this.length}, got ${from} to ${to}`,
    );
  }

  #takeRange(rows: Rows, target: Target, at: number): void | Promise<void> {
    const { offsets, bytes } = this.#shard;
    const [only] = this.#picked;
    if (only !== undefined && only.bytes === this.#fixed?.bytes && areEven(offsets, rows, only.bytes)) {
      // Nothing but values: from the file to where they go.
      const place = target.bytes[0]!.subarray(at * only.bytes, (at + rows.to - rows.from) * only.bytes);
      return bytes.readInto(offsets[rows.from]!, place);
    }
    for (let from = rows.from; from < rows.to; ) {
      const some = { from, to: this.#stretch(from, rows.to) };
      const place = at + from - rows.from;
      const length = offsets[some.to]! - offsets[from]!;
      if (bytes.isPromised && length > AT_ONCE && length > this.#scratch.length) {
        return readRange(bytes, offsets[from]!, offsets[some.to]!).then((room) => {
          this.#scratch = room;
          return this.#putAndGoOn(some, room, { rows, target, at });
        });
      }
      const room = this.#room(some);
      const later = bytes.whole === undefined ? bytes.readInto(offsets[from]!, room) : undefined;
      if (later !== undefined) {
        return later.then(() => this.#putAndGoOn(some, room, { rows, target, at }));
      }
      this.#put(some, room, target, place);
      from = some.to;
    }
  }

  #putAndGoOn(
    some: Rows,
    room: Uint8Array,
    { rows, target, at }: { readonly rows: Rows; readonly target: Target; readonly at: number },
  ): void | Promise<void> {
    this.#put(some, room, target, at + some.from - rows.from);
    return this.#takeRange({ from: some.to, to: rows.to }, target, at + some.to - rows.from);
  }

  /** The last of the rows from `from` on that are looked through together. */
  #stretch(from: number, to: number): number {
    const { offsets } = this.#shard;
    let end = from + 1;
    while (end < to && offsets[end + 1]! - offsets[from]! <= SCRATCH_BYTES) end++;
    return end;
  }

  /** The samples of these rows where they are in memory, else as much room. */
  #room({ from, to }: Rows): Uint8Array {
    const { offsets, bytes } = this.#shard;
    if (bytes.whole !== undefined) return bytes.whole.subarray(offsets[from]!, offsets[to]!);
    const length = offsets[to]! - offsets[from]!;
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    return this.#scratch.subarray(0, length);
  }

  #put(rows: Rows, samples: Uint8Array, target: Target, at: number): void {
    const fixed = this.#fixed;
    const { bytes, offsets } = this.#shard;
    const of = { bytes: samples, step: fixed?.bytes ?? 0, rows: rows.to - rows.from };
    if (
      fixed !== undefined &&
      areEven(offsets, rows, fixed.bytes) &&
      fixed.same.every((same) => haveBytes(of, same.at, same.bytes))
    ) {
      for (const [i, column] of this.#picked.entries()) scatterRows(of, column, target.bytes[i]!, at * column.bytes);
      return;
    }
    // Samples of many sizes, and what is wrong with those that should have one.
    const some = {
      bytes: samples,
      offsets: offsets.subarray(rows.from, rows.to + 1),
      key: bytes.key,
      first: rows.from,
    };
    copyColumns(decodeSamples(some, this.#columns, this.#wanted), of.rows, target.into, at);
  }
}

function numbers(column: Column | undefined): ArrayBufferView {
  return column?.data as ArrayBufferView; // the caller's batch has the columns that the shard was opened for
}

function copyColumns(columns: Batch<Schema>["columns"], rows: number, into: Batch, at: number): void {
  for (const [name, { data }] of Object.entries(columns)) {
    const out = into.columns[name]!.data;
    if (ArrayBuffer.isView(data)) {
      const width = (data as Float32Array).length / rows; // any typed array has a length
      (out as Float32Array).set(data as Float32Array, at * width); // both are of the column's kind
    } else for (const [i, value] of data.entries()) (out as unknown[])[at + i] = value; // likewise
  }
}
