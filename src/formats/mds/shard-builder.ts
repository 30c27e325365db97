/** Builds raw shards from rows: count, offsets, header, samples. */

import { type Batch, bytesOf, isNumeric, kindBytes, valuesPerRow, WindrowError } from "../../core/index.ts";
import { checkEncoding } from "./encoding.ts";
import { columnBytes, configBytes, emptyShardBytes, type MdsColumn, type MdsLayout, sampleBytes } from "./layout.ts";
import { copyLengths, copyRows, copyValues } from "./samples.kernel.ts";
import { encodeValues, type VaryingEncoding } from "./values.ts";

/** One raw shard at a time, in a buffer that is used again. */
export interface ShardBuilder {
  /** Samples in the shard that is being built. */
  readonly samples: number;
  /** Its bytes, as a file. */
  readonly bytes: number;
  /**
   * Takes rows `from` to `to`, as many as fit, and returns how many that was: fewer than given means that the shard is full.
   * The rule is MDSWriter's: a sample goes in when the file stays within the limit, and an empty shard takes any sample.
   * @throws WindrowError `usage` for rows that are not of the layout, or a sample of 4 GiB.
   */
  add(batch: Batch, from: number, to: number): number;
  /** The whole shard. Its bytes lie in the builder's buffer, and last until the next `add`. */
  finish(): Uint8Array;
}

// Rows whose varying values are encoded at a time.
const BLOCK_ROWS = 256;
const MOST_BYTES = 2 ** 32 - 1;

/** How shards are cut. */
export interface ShardBuilderOptions {
  /** Takes up to so many samples, whatever the layout's limit: for shards that have a fixed number of samples of varying size. */
  readonly samples?: number;
}

/** A builder of shards of a layout. */
export function shardBuilder(layout: MdsLayout, options: ShardBuilderOptions = {}): ShardBuilder {
  return new Builder(layout, options);
}

class Builder implements ShardBuilder {
  readonly #shardBytes: number;
  readonly #mostSamples: number;
  readonly #config: Uint8Array;
  readonly #columns: readonly ReturnType<typeof writable>[];
  /** Bytes of every sample, where they are the same. */
  readonly #sampleBytes: number | undefined;
  /** Bytes before the first sample in the buffer: room for the largest table of offsets. The table is put right before the samples. */
  readonly #reserve: number;
  #buffer = new Uint8Array(0);
  /** Ends of the samples, counted from the first; only where sizes vary. */
  #ends = new Uint32Array(BLOCK_ROWS);
  #used = 0;
  #samples = 0;

  constructor(layout: MdsLayout, { samples }: ShardBuilderOptions) {
    this.#shardBytes = layout.shardBytes;
    this.#mostSamples = samples ?? Number.POSITIVE_INFINITY;
    this.#config = configBytes(layout);
    this.#columns = layout.columns.map(writable);
    this.#sampleBytes = sampleBytes(layout.columns);
    const least = this.#columns.reduce(
      (sum, { sized, before, width }) => sum + (sized ? 4 : 0) + before.length + (width ?? 0),
      0,
    );
    const room = layout.shardBytes - emptyShardBytes(this.#config);
    this.#reserve = emptyShardBytes(this.#config) + 4 * (samples ?? Math.max(1, Math.floor(room / (least + 4))));
  }

  get samples(): number {
    return this.#samples;
  }

  get bytes(): number {
    return emptyShardBytes(this.#config) + 4 * this.#samples + this.#used;
  }

  add(batch: Batch, from: number, to: number): number {
    if (!(Number.isInteger(from) && from >= 0 && from <= to && to <= batch.length)) {
      throw new WindrowError(
        "usage",
        `Cannot write rows: must lie in the batch of ${batch.length}, got ${from} to ${to}`,
      );
    }
    for (const column of this.#columns) checkColumn(batch, column, { from, to });
    let row = from;
    while (row < to) {
      const end = Math.min(to, row + BLOCK_ROWS);
      const taken = this.#addBlock(batch, row, end);
      row += taken;
      if (row < end) break;
    }
    return row - from;
  }

  #addBlock(batch: Batch, from: number, to: number): number {
    const values = this.#columns.map(({ column, encoding, width }) =>
      width === undefined
        ? encodeValues(batch.columns[column.name]!, encoding as VaryingEncoding, { from, to })
        : undefined,
    );
    const starts = new Float64Array(to - from + 1);
    const rows = this.#fit(values, starts);
    if (rows === 0) return 0;
    this.#room(starts[rows]!);
    this.#place(batch, { from, rows, starts, values });
    if (this.#sampleBytes === undefined) this.#note(starts.subarray(1, rows + 1));
    this.#used = starts[rows]!;
    this.#samples += rows;
    return rows;
  }

  /** How many of the rows fit; `starts` receives where each begins, and where the last ends, counted from the first sample. */
  #fit(values: readonly (readonly Uint8Array[] | undefined)[], starts: Float64Array): number {
    const least = this.#columns.reduce(
      (sum, { sized, before, width }) => sum + (sized ? 4 : 0) + before.length + (width ?? 0),
      0,
    );
    let bytes = this.bytes;
    let at = this.#used;
    let row = 0;
    const isCounted = this.#mostSamples < Number.POSITIVE_INFINITY;
    const end = Math.min(starts.length - 1, this.#mostSamples - this.#samples);
    for (; row < end; row++) {
      starts[row] = at;
      let size = least;
      for (const column of values) size += column?.[row]?.length ?? 0;
      bytes += size + 4;
      if (!isCounted && bytes > this.#shardBytes && this.#samples + row > 0) break;
      if (bytes > MOST_BYTES)
        throw new WindrowError("usage", `Cannot write a sample: a shard is smaller than 4 GiB, got ${bytes} bytes`);
      at += size;
    }
    starts[row] = at;
    return row;
  }

  #room(used: number): void {
    const bytes = this.#reserve + used;
    if (bytes <= this.#buffer.length) return;
    // The largest shard at once: the system gives pages only as they are written. A larger sample stands alone in its shard; where
    // samples are counted, shards go a little beyond the limit.
    const whole = this.#reserve + this.#shardBytes - emptyShardBytes(this.#config);
    const buffer = new Uint8Array(Math.max(bytes, whole, Math.floor(this.#buffer.length * 1.25)));
    buffer.set(this.#buffer.subarray(this.#reserve, this.#reserve + this.#used), this.#reserve);
    this.#buffer = buffer;
  }

  #place(
    batch: Batch,
    block: {
      readonly from: number;
      readonly rows: number;
      readonly starts: Float64Array;
      readonly values: readonly (readonly Uint8Array[] | undefined)[];
    },
  ): void {
    const { from, rows, starts, values } = block;
    const out = this.#buffer;
    const cursor = starts.slice(0, rows);
    for (let row = 0; row < rows; row++) cursor[row]! += this.#reserve;
    for (const [i, { sized, before, width }] of this.#columns.entries()) {
      if (sized) copyLengths(out, cursor, values[i] ?? before.length + width!);
    }
    for (const [i, { column, before, width }] of this.#columns.entries()) {
      if (before.length > 0) copyRows(out, cursor, { bytes: before, from: 0, width: before.length, step: 0 });
      const varying = values[i];
      if (varying !== undefined) copyValues(out, cursor, varying);
      else {
        const bytes = bytesOf(batch.columns[column.name]!.data as Uint8Array); // a column with a width is a typed array
        copyRows(out, cursor, { bytes, from: from * width!, width: width!, step: width! });
      }
    }
  }

  #note(ends: Float64Array): void {
    const length = this.#samples + ends.length;
    if (length > this.#ends.length) {
      const longer = new Uint32Array(2 * length);
      longer.set(this.#ends);
      this.#ends = longer;
    }
    this.#ends.set(ends, this.#samples);
  }

  finish(): Uint8Array {
    this.#room(this.#used);
    const samples = this.#samples;
    const start = this.#reserve - emptyShardBytes(this.#config) - 4 * samples;
    const shard = this.#buffer.subarray(start, this.#reserve + this.#used);
    const view = new DataView(shard.buffer, shard.byteOffset, shard.byteLength);
    const first = this.#reserve - start;
    const size = this.#sampleBytes;
    view.setUint32(0, samples, true);
    view.setUint32(4, first, true);
    for (let i = 0; i < samples; i++) {
      view.setUint32(8 + 4 * i, first + (size === undefined ? this.#ends[i]! : size * (i + 1)), true);
    }
    shard.set(this.#config, 8 + 4 * samples);
    this.#samples = 0;
    this.#used = 0;
    return shard;
  }
}

function writable(column: MdsColumn) {
  return { column, encoding: checkEncoding(column.name, column.type, column.encoding), ...columnBytes(column) };
}

function checkColumn(
  batch: Batch,
  { column: { name, type } }: { readonly column: MdsColumn },
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const given = Object.hasOwn(batch.columns, name) ? batch.columns[name] : undefined;
  if (given === undefined) throw new WindrowError("usage", `Cannot write rows: must have column ${name}, got none`);
  const { data, valid } = given;
  const width = "BYTES_PER_ELEMENT" in data ? data.BYTES_PER_ELEMENT : undefined;
  const values = batch.length * valuesPerRow(type);
  if (data.length !== values || width !== (isNumeric(type.kind) ? kindBytes(type.kind) : undefined)) {
    throw new WindrowError(
      "usage",
      `Cannot write column ${name}: must have ${values} values of ${type.kind}, got ${data.length}`,
    );
  }
  const missing = valid?.subarray(from, to).indexOf(0) ?? -1;
  if (missing >= 0) {
    throw new WindrowError(
      "usage",
      `Cannot write column ${name}: MDS has no missing values, got one in row ${from + missing}`,
    );
  }
}
