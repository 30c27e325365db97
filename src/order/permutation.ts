/** A keyed permutation of row numbers that needs no memory: a Feistel network with cycle walking. */

import { WindrowError } from "../core/index.ts";
import { fmix32 } from "./split.ts";
import { xxh64 } from "./xxh64.kernel.ts";

const MOST_ROWS = 2 ** 52;
// Six rounds of a full-width round function; four are the least that is indistinguishable from chance (Luby and Rackoff 1988).
const ROUNDS = 6;

/**
 * A bijection of `0 … length−1` onto itself, decided by the seed alone: `permutation(n, seed)(i)` is the row at place `i` of the shuffle.
 * Any part of the shuffle can be asked for without the rest; memory is constant, and a call takes a few rounds on average.
 * @throws WindrowError `usage` when `length` is not a whole number from 0 to 2⁵², or the seed is not one.
 */
export function permutation(length: number, seed: number | bigint): (index: number) => number {
  if (!Number.isInteger(length) || length < 0 || length > MOST_ROWS) {
    throw new WindrowError("usage", `Cannot permute: the length must be a whole number from 0 to 2^52, got ${length}`);
  }
  // The network permutes [0, 4ʰ), the smallest such domain that holds all rows: less than four times as many.
  let half = 1;
  while (4 ** half < length) half++;
  const side = 2 ** half;
  const mask = side - 1;
  const keys = Array.from({ length: ROUNDS }, (_, round) => Number(xxh64(Uint8Array.of(round), seed) & 0xffff_ffffn));

  const shuffle = (index: number): number => {
    let left = Math.floor(index / side);
    let right = index % side;
    for (const key of keys) {
      const mixed = left ^ (fmix32(right ^ key) & mask);
      left = right;
      right = mixed;
    }
    return left * side + right;
  };

  return (index) => {
    if (!(index >= 0 && index < length)) {
      throw new WindrowError("usage", `Cannot permute: the index must be from 0 to ${length - 1}, got ${index}`);
    }
    // A value outside the rows is shuffled again until it lands among them: this walks the cycle it is on, so no two meet.
    let at = shuffle(index);
    while (at >= length) at = shuffle(at);
    return at;
  };
}
