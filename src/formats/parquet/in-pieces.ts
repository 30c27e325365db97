/** Numbers of the hybrid that are read some at a time, where few bytes hold very many: a page of a constant, or of nothing but gaps. */

import { type HybridForm, HybridReader } from "./levels.kernel.ts";

/** Numbers of a piece. */
export const PIECE = 1 << 13;
// A bit for each number is 8 to a byte: those beyond are runs, which are read twice as fast as they are set aside.
const MOST_AT_ONCE = 2 * PIECE;
const PER_BYTE = 64;

/** Whether numbers are too many for their bytes to be set aside at once. */
export function isInPieces(bytes: Uint8Array, count: number): boolean {
  return count > MOST_AT_ONCE && count > PER_BYTE * bytes.length;
}

/** All numbers, a piece at a time; each piece is good until the next. */
export function* pieces<A extends Uint8Array | Uint32Array>(
  bytes: Uint8Array,
  form: HybridForm,
  scratch: A,
): Generator<A> {
  const reader = new HybridReader(bytes, form);
  for (let done = 0; done < form.count; done += scratch.length) {
    const piece = scratch.subarray(0, Math.min(scratch.length, form.count - done)) as A; // a part of the same array
    reader.read(piece);
    yield piece;
  }
}
