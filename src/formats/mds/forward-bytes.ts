/** The bytes of a packed shard, read forward while they are unpacked: the first are there long before the last, and few are held. */

import { type Key, WindrowError } from "../../core/index.ts";
import { freed, type ShardBytes } from "./shard-bytes.ts";
import { undecodable } from "./shard-fault.ts";

/**
 * Most bytes unpacked ahead of the reader, give or take a piece, of each of the two shards that a loader has open: the one it reads and
 * the next. Some batches of any usual size; four times as many are no faster.
 */
const MOST_AHEAD = 1 << 23;

/** What the bytes of a packed shard come to, and how they end. */
interface Packed {
  /** Bytes of the raw shard. */
  readonly rawLength: number;
  /** Ends what the pieces come from, when the bytes are disposed of. */
  close(): void;
}

/**
 * Bytes that come as pieces; `key` is the packed file's, for messages. Unpacking begins at once, and goes on beside the reader. Who reads
 * the last byte waits for the end of the pieces, where packings have their checksums.
 */
export function forwardBytes(key: Key, pieces: AsyncIterable<Uint8Array>, packed: Packed): ShardBytes {
  return new ForwardBytes(key, pieces, packed);
}

class ForwardBytes implements ShardBytes {
  readonly key: Key;
  readonly isPromised = true;
  readonly #packed: Packed;
  readonly #pieces: Uint8Array[] = [];
  /** Where the first of the pieces begins in the raw shard, and where the last ends. */
  #from = 0;
  #to = 0;
  /** Why no more pieces will come. */
  #end: { readonly error: WindrowError | undefined } | undefined;
  #isClosed = false;
  /** Wakes the reader when there is a piece more, and the unpacking when there is room. */
  #wakeReader: (() => void) | undefined;
  #wakeUnpacking: (() => void) | undefined;

  constructor(key: Key, pieces: AsyncIterable<Uint8Array>, packed: Packed) {
    this.key = key;
    this.#packed = packed;
    void this.#unpack(pieces);
  }

  readInto(at: number, into: Uint8Array): void | Promise<void> {
    if (at < this.#from || this.#isClosed) {
      const why = this.#isClosed ? "it is closed" : "rows must be read in rising order";
      throw new WindrowError("usage", `Cannot read ${this.key}: ${why}, got byte ${at} behind byte ${this.#from}`);
    }
    const to = at + into.length;
    if (to <= this.#to && (to < this.#packed.rawLength || this.#end !== undefined)) {
      this.#copy(at, into);
      if (to >= this.#packed.rawLength) this.#checkEnd();
    } else return this.#later(at, into);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#packed.close();
    for (const piece of this.#pieces.splice(0)) freed(piece);
    this.#wakeUnpacking?.();
    this.#wakeReader?.();
  }

  async #unpack(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    let error: WindrowError | undefined;
    try {
      for await (const piece of pieces) {
        if (this.#isClosed) break;
        this.#pieces.push(piece);
        this.#to += piece.length;
        this.#wakeReader?.();
        while (this.#to - this.#from > MOST_AHEAD && !this.#isClosed) await this.#room();
      }
    } catch (cause) {
      error = undecodable(this.key, this.#to, cause);
    }
    this.#end = { error };
    this.#wakeReader?.();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUnpacking = resolve;
    });
  }

  /** Takes what there is, and waits for the rest. */
  async #later(at: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length; ) {
      if (this.#isClosed) throw new WindrowError("usage", `Cannot read ${this.key}: it was closed meanwhile`);
      // Pieces in front of what is wanted are dropped too, or else there might be no room for those that hold it.
      const ready = Math.min(at + into.length, this.#to) - (at + done);
      if (ready > 0) this.#copy(at + done, into.subarray(done, done + ready));
      else this.#dropTo(this.#to);
      done += Math.max(0, ready);
      if (done === into.length) break;
      if (this.#end !== undefined) throw this.#end.error ?? undecodable(this.key, this.#to, "it ends here");
      await this.#more();
    }
    if (at + into.length < this.#packed.rawLength) return;
    while (this.#end === undefined) await this.#more();
    this.#checkEnd();
  }

  /** Waits for the next piece, or the end. */
  async #more(): Promise<void> {
    if (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    if (this.#isClosed) throw new WindrowError("usage", `Cannot read ${this.key}: it was closed meanwhile`);
  }

  #checkEnd(): void {
    if (this.#end?.error !== undefined) throw this.#end.error;
  }

  /** Copies bytes that are there, and drops the pieces that end before those wanted next. */
  #copy(at: number, into: Uint8Array): void {
    this.#dropTo(at);
    let from = at - this.#from;
    let done = 0;
    for (const piece of this.#pieces) {
      if (done === into.length) break;
      const part = piece.subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
      from = 0;
    }
    this.#dropTo(at + into.length);
  }

  #dropTo(at: number): void {
    let count = 0;
    while (count < this.#pieces.length && this.#from + this.#pieces[count]!.length <= at) {
      this.#from += this.#pieces[count]!.length;
      count++;
    }
    if (count === 0) return;
    for (const piece of this.#pieces.splice(0, count)) freed(piece);
    this.#wakeUnpacking?.();
  }
}
