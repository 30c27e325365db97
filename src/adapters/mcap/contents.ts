/** What a recording holds, and where: channels, chunks, and the places of messages. */

import type { Channel, ChannelSchema } from "./records.ts";

/** A stretch of the file with messages: a chunk, or a run of records that are in none. */
export interface Chunk {
  /** Where it begins in the file: a chunk's record, or the first record of a run. */
  readonly at: number;
  readonly bytes: number;
  /** Whether it is a chunk, or the beginning of one at the end of a file that is cut short; a run is read as it is. */
  readonly kind: "chunk" | "cut" | "run";
  /** Where the index of each channel's messages lies in the file; absent where the chunk has none. */
  readonly index?: ReadonlyMap<number, { readonly from: number; readonly to: number }>;
}

/** Where the messages of a channel are, in the order of the file. */
export interface Places {
  readonly length: number;
  /** Number of the chunk that holds each. */
  readonly chunk: Uint32Array;
  /** Where its record begins in the unpacked chunk. */
  readonly at: Uint32Array;
  /** When it was logged, in nanoseconds. */
  readonly logTime: BigInt64Array;
}

/** What of a recording could not be read. */
export interface McapLost {
  /** Why all of the file was read to find its messages: it has no index that holds; absent where it has one. */
  readonly noIndex?: string;
  /** Bytes at its end that are no whole records; a packed chunk that is cut short is counted whole, though its beginning be read. */
  readonly bytes: number;
  /** Chunks that cannot be unpacked. */
  readonly chunks: number;
  /** Messages that are cut short or of a channel that nothing tells of. */
  readonly messages: number;
  /** The first few of them, in words. */
  readonly examples: readonly string[];
}

/** A recording, opened. */
export interface Contents {
  readonly channels: ReadonlyMap<number, Channel>;
  readonly schemas: ReadonlyMap<number, ChannelSchema>;
  readonly chunks: readonly Chunk[];
  /** Messages of each channel, where the summary tells. */
  readonly counts?: ReadonlyMap<number, number>;
  /** Places of messages, where all of the file was read. */
  readonly places?: ReadonlyMap<number, Places>;
  readonly lost: McapLost;
}

/** Places while they are found. */
export class GrowingPlaces {
  #length = 0;
  #chunk = new Uint32Array(64);
  #at = new Uint32Array(64);
  #logTime = new BigInt64Array(64);

  push(chunk: number, at: number, logTime: bigint): void {
    if (this.#length === this.#at.length) this.#grow();
    this.#chunk[this.#length] = chunk;
    this.#at[this.#length] = at;
    this.#logTime[this.#length++] = logTime;
  }

  done(): Places {
    const length = this.#length;
    return {
      length,
      chunk: this.#chunk.slice(0, length),
      at: this.#at.slice(0, length),
      logTime: this.#logTime.slice(0, length),
    };
  }

  #grow(): void {
    const room = 2 * this.#length;
    const [chunk, at, logTime] = [new Uint32Array(room), new Uint32Array(room), new BigInt64Array(room)];
    chunk.set(this.#chunk);
    at.set(this.#at);
    logTime.set(this.#logTime);
    [this.#chunk, this.#at, this.#logTime] = [chunk, at, logTime];
  }
}
