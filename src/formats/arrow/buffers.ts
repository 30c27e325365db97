/** The buffers of a record batch: read in part where they lie unpacked, unpacked whole where they do not. */

import type { Codecs } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { unpackLz4Frame } from "../lz4.kernel.ts";
import { type RecordBatchInfo, readRange, type SourceFile } from "./file.ts";

// A block of zstd holds 128 KiB at most and takes 4 bytes at least (RFC 8878, 3.1.1.2); one of LZ4 packs 255 to 1 at best.
// What claims to unpack to more is lying, and nothing is set aside for it.
const MOST_RATIO = { lz4: 255, zstd: 1 << 15, none: 0 } as const;
const MOST_BYTES = 2 ** 31 - 1;

/** The buffers of one record batch. */
export class Buffers {
  readonly batch: RecordBatchInfo;
  readonly #file: SourceFile;
  readonly #codecs: Codecs;
  readonly #unpacked = new Map<number, Promise<Uint8Array>>();

  constructor(file: SourceFile, batch: RecordBatchInfo, codecs: Codecs) {
    this.#file = file;
    this.batch = batch;
    this.#codecs = codecs;
  }

  /** Runs a decoder; what it throws gets the place of the batch's body. */
  at<T>(decode: () => T): T {
    return at({ key: this.#file.key, offset: this.batch.from }, decode);
  }

  /** Length and null count of a field; it must have `rows` of them. */
  node(index: number, rows: number): { readonly nulls: number } {
    return this.at(() => {
      const { nodes } = this.batch;
      if (index >= nodes.count) damaged(`field node ${index} of ${nodes.count}`);
      const length = nodes.int(index, 0, 8);
      const nulls = nodes.int(index, 8, 8);
      if (length !== rows || nulls < 0 || nulls > length)
        damaged(`${rows} values were expected, got ${length} with ${nulls} nulls`);
      return { nulls };
    });
  }

  /** How many further buffers the fields with views up to one have. */
  variadic(view: number): { readonly before: number; readonly own: number } {
    return this.at(() => {
      const { variadic, buffers } = this.batch;
      if (view >= variadic.count) damaged(`views of field ${view}, of ${variadic.count} such`);
      const counts = Array.from({ length: view + 1 }, (_, i) => {
        const count = variadic.int(i, 0, 8);
        return count < 0 || count > buffers.count ? damaged(`${count} buffers of views`) : count;
      });
      const own = counts.pop() ?? 0;
      return { before: counts.reduce((sum, count) => sum + count, 0), own };
    });
  }

  /** Views come with further buffers: those of the fields before shift what comes behind. */
  shift(views: number): number {
    if (views === 0) return 0;
    const { before, own } = this.variadic(views - 1);
    return before + own;
  }

  #place(index: number): { readonly from: number; readonly to: number } {
    return this.at(() => {
      const { buffers, from, to } = this.batch;
      if (index >= buffers.count) damaged(`buffer ${index} of ${buffers.count}`);
      const offset = buffers.int(index, 0, 8);
      const length = buffers.int(index, 8, 8);
      if (offset < 0 || length < 0 || offset + length > to - from)
        damaged(`buffer ${index} lies at ${offset} with ${length} bytes in a body of ${to - from}`);
      return { from: from + offset, to: from + offset + length };
    });
  }

  /** Bytes `from` to `to` of a buffer; `to` is its end where absent. */
  async read(index: number, from = 0, to?: number): Promise<Uint8Array> {
    const place = this.#place(index);
    if (this.batch.compression !== undefined) {
      const whole = await this.#whole(index, place);
      const end = this.#end(index, to ?? whole.length, whole.length);
      return whole.subarray(Math.min(from, end), end);
    }
    const end = this.#end(index, to ?? place.to - place.from, place.to - place.from);
    return readRange(this.#file, place.from + Math.min(from, end), place.from + end);
  }

  #end(index: number, to: number, length: number): number {
    return to <= length ? to : this.at(() => damaged(`buffer ${index} has ${length} bytes, ${to} are needed`));
  }

  #whole(index: number, place: { readonly from: number; readonly to: number }): Promise<Uint8Array> {
    let found = this.#unpacked.get(index);
    if (found === undefined) {
      found = readRange(this.#file, place.from, place.to).then((bytes) => this.at(() => this.#unpack(bytes)));
      this.#unpacked.set(index, found);
    }
    return found;
  }

  /** Message.fbs, `BodyCompressionMethod`: before each buffer its raw length, −1 where it is not packed after all. */
  #unpack(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    if (bytes.length < 8) damaged(`a packed buffer of ${bytes.length} bytes`);
    const rawLength = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
    const packed = bytes.subarray(8);
    if (rawLength === -1n) return packed;
    const length = Number(rawLength);
    const { compression = "none" } = this.batch;
    if (length < 0 || length > packed.length * MOST_RATIO[compression])
      damaged(`${packed.length} bytes that unpack to ${rawLength}`);
    if (length > MOST_BYTES) unsupported(`a buffer of ${length} bytes, which is too large to unpack`);
    if (length === 0) return new Uint8Array(0);
    if (compression === "lz4") return unpackLz4Frame(packed, length);
    const codec = this.#codecs.get(compression) ?? unsupported(`it is packed by ${compression}, which is not at hand`);
    return codec.unpack(packed, length);
  }
}
