/** Cuts the space of 64-bit keys into parts: which part a key is in, and which keys a part holds. */

import { WindrowError } from "../core/index.ts";

const TWO32 = 0x1_0000_0000;
const MOST_PARTS = 2 ** 20;

/** Half-open range of keys; `to` of the last part is 2⁶⁴. */
export interface KeyRange {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * The keys of part `part` of `parts`: those in [part·2⁶⁴/parts, (part+1)·2⁶⁴/parts). A part of a multiple of `parts` is a pile: it lies
 * whole inside one part.
 * @throws WindrowError `usage` when `parts` is not a whole number from 1 to 2²⁰, or there is no such part.
 */
export function partRange(part: number, parts: number): KeyRange {
  if (!Number.isInteger(parts) || parts < 1 || parts > MOST_PARTS) {
    throw new WindrowError(
      "usage",
      `Cannot cut parts: their number must be a whole number from 1 to ${MOST_PARTS}, got ${parts}`,
    );
  }
  if (!Number.isInteger(part) || part < 0 || part >= parts) {
    throw new WindrowError(
      "usage",
      `Cannot cut parts: the part must be a whole number from 0 to ${parts - 1}, got ${part}`,
    );
  }
  return { from: lowerBound(part, parts), to: lowerBound(part + 1, parts) };
}

// The first key at or above the bound, since a bound need not be whole.
function lowerBound(part: number, parts: number): bigint {
  const n = BigInt(parts);
  return ((BigInt(part) << 64n) + n - 1n) / n;
}

/**
 * The part that a key is in: ⌊key · parts / 2⁶⁴⌋, exact for up to 2²⁰ parts. `hi` and `lo` are the key's halves, unsigned.
 * Agrees with `partRange`; trusts its input, being called once a sample.
 */
export function partOf(hi: number, lo: number, parts: number): number {
  // Both products stay below 2⁵², where a double is exact, and division by a power of two loses nothing.
  return Math.floor((hi * parts + Math.floor((lo * parts) / TWO32)) / TWO32);
}
