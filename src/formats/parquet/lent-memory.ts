/** Memory for packed pages, lent and given back: to get new memory costs the system as much time as to read into it. */

/** Bytes of somebody else's memory. */
export interface Lent {
  readonly bytes: Uint8Array;
  /** Gives the memory back: the bytes will soon be others. Memory that is never given back goes when nothing holds it. */
  giveBack(): void;
}

/** Who lends memory. */
export interface Lender {
  /** Bytes with anything in them. */
  lend(length: number): Lent;
}

/** Buffers kept for the next asker, and bytes of one at most. */
const KEPT = 8;
const KEPT_BYTES = 8 << 20;
const LEAST_BYTES = 1 << 16;

/** A lender that keeps what comes back, up to a few pages' worth. */
export function lender(): Lender {
  const free: ArrayBuffer[] = [];
  return {
    lend(length) {
      const fit = free.findIndex(({ byteLength }) => byteLength >= length);
      // A quarter more, since the next page is a little larger as often as not.
      const buffer =
        free.splice(fit, fit === -1 ? 0 : 1)[0] ?? new ArrayBuffer(Math.max(LEAST_BYTES, Math.ceil(length * 1.25)));
      let isOut = true;
      return {
        bytes: new Uint8Array(buffer, 0, length),
        giveBack() {
          if (isOut && buffer.byteLength <= KEPT_BYTES) free.push(buffer);
          if (free.length > KEPT) free.shift();
          isOut = false;
        },
      };
    },
  };
}
