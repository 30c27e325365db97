/** Takes the armour off a payload and reads fields of its bits (ITU-R M.1371-5; IEC 61162-1 for the armour). */

import { MOST_LETTERS, MOST_PARTS } from "./sentence.kernel.ts";

/** A letter's six bits; 64 for a byte that no payload has. `0`–`W` are 0–39, `` ` ``–`w` are 40–63. */
const ARMOR = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x57) return byte - 0x30;
  return byte >= 0x60 && byte <= 0x77 ? byte - 0x38 : 64;
});

/** Bits of a word: five letters. A field of up to 30 bits lies in one word or two. */
const WORD_BITS = 30;
const WORD_LETTERS = 5;

/** Room for the longest message, and one word more, so that a field at the end needs no look at the length. */
export function payloadWords(): Int32Array {
  return new Int32Array(Math.ceil((MOST_LETTERS * MOST_PARTS) / WORD_LETTERS) + 2);
}

/**
 * The bits of the letters from `from` to `to`, 30 in each word, the first one highest, and a word of zeros behind them.
 * Says whether all letters are ones that a payload may have.
 */
export function dearmor(bytes: Uint8Array, from: number, to: number, words: Int32Array): boolean {
  let bad = 0;
  let word = 0;
  let i = from;
  for (const last = to - WORD_LETTERS; i <= last; i += WORD_LETTERS) {
    const a = ARMOR[bytes[i]!]!;
    const b = ARMOR[bytes[i + 1]!]!;
    const c = ARMOR[bytes[i + 2]!]!;
    const d = ARMOR[bytes[i + 3]!]!;
    const e = ARMOR[bytes[i + 4]!]!;
    bad |= a | b | c | d | e;
    words[word] = (a << 24) | (b << 18) | (c << 12) | (d << 6) | e;
    word += 1;
  }
  let rest = 0;
  for (let shift = 24; i < to; i++, shift -= 6) {
    const value = ARMOR[bytes[i]!]!;
    bad |= value;
    rest |= value << shift;
  }
  words[word] = rest;
  words[word + 1] = 0;
  return bad < 64;
}

/** The unsigned number of `width` bits, 1 to 30, from bit `at` on. */
export function bits(words: Int32Array, at: number, width: number): number {
  const word = (at / WORD_BITS) | 0;
  const spare = (word + 1) * WORD_BITS - at - width;
  const mask = (1 << width) - 1;
  if (spare >= 0) return (words[word]! >> spare) & mask;
  return ((words[word]! << -spare) | (words[word + 1]! >> (WORD_BITS + spare))) & mask;
}

/** The same as a number with a sign (two's complement). */
export function signedBits(words: Int32Array, at: number, width: number): number {
  const unused = 32 - width;
  return (bits(words, at, width) << unused) >> unused;
}
