/** A file that is written piece by piece, held in memory until it is published. */

import { type Draft, type Key, WindrowError } from "../core/index.ts";

/** Bytes one behind the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A draft that hands over its bytes, as one, when it is published. */
export function heldDraft(key: Key, publish: (bytes: Uint8Array) => Promise<void> | void): Draft {
  let pieces: Uint8Array[] | undefined = [];
  let length = 0;
  const open = (): Uint8Array[] => {
    if (pieces !== undefined) return pieces;
    throw new WindrowError("internal", `Cannot write ${key}: this draft is published or gone`);
  };
  return {
    get bytes() {
      return length;
    },
    async write(bytes) {
      open().push(bytes.slice());
      length += bytes.length;
    },
    async publish() {
      const whole = joined(open());
      pieces = undefined;
      await publish(whole);
    },
    async [Symbol.asyncDispose]() {
      pieces = undefined;
    },
  };
}
