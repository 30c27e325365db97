/** The bytes of a raw shard, wherever they come from, and memory for them. */

import type { Key } from "../../core/index.ts";

/** The bytes of a raw shard. */
export interface ShardBytes extends Disposable {
  /** The raw file's key, for messages; where it is packed, the packed one's. */
  readonly key: Key;
  /** Whether index.json alone says how many there are, so that nothing large is set aside for them before they come. */
  readonly isPromised?: boolean;
  /** All of them, where they are in memory. */
  readonly whole?: Uint8Array;
  /** Fills `into` with those from `at` on: on return where they are at hand, else when the promise is settled. */
  readInto(at: number, into: Uint8Array): void | Promise<void>;
}

/** Memory of the last shard, for the next: shards are large, and what they leave is collected late. */
export class SpareBytes {
  #bytes: Uint8Array | undefined;

  /** Bytes that are kept. */
  get held(): number {
    return this.#bytes?.length ?? 0;
  }

  /** Memory with anything in it. */
  take(length: number): Uint8Array {
    const kept = this.#bytes;
    this.#bytes = undefined;
    if (kept !== undefined && kept.length >= length) return kept;
    freed(kept);
    return new Uint8Array(length);
  }

  /** Takes memory back, whose content nobody needs. */
  give(bytes: Uint8Array): void {
    const isLarger = bytes.length > this.held;
    freed(isLarger ? this.#bytes : bytes);
    if (isLarger) this.#bytes = bytes;
  }

  forget(): void {
    freed(this.#bytes);
    this.#bytes = undefined;
  }
}

/** Gives the memory of bytes that nobody needs back at once: what waits to be collected is soon as much as what is used. */
export function freed(bytes: Uint8Array | undefined): void {
  const buffer = bytes?.buffer;
  if (buffer instanceof ArrayBuffer && bytes?.length === buffer.byteLength) buffer.transfer(0);
}
