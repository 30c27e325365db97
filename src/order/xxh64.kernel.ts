/** XXH64 on 32-bit limbs, and the sample keys made with it (xxHash specification 0.1.1, "XXH64 algorithm"). */

import { WindrowError } from "../core/index.ts";

// xxHash 0.1.1, "Step 1": the five primes, as halves. Engines multiply 32-bit integers quickly; a BigInt product allocates.
const P1_HI = 0x9e3779b1;
const P1_LO = 0x85ebca87;
const P2_HI = 0xc2b2ae3d;
const P2_LO = 0x27d4eb4f;
const P3_HI = 0x165667b1;
const P3_LO = 0x9e3779f9;
const P4_HI = 0x85ebca77;
const P4_LO = 0xc2b2ae63;
const P5_HI = 0x27d4eb2f;
const P5_LO = 0x165667c5;

const U64 = 0xffff_ffff_ffff_ffffn;
const TWO32 = 0x1_0000_0000;

/** A 64-bit seed as halves, each a signed 32-bit integer. */
export interface Seed {
  readonly hi: number;
  readonly lo: number;
}

/**
 * The halves of a seed that a person gave.
 * @throws WindrowError `usage` when it is not a whole number from 0 to 2⁶⁴−1, or a `number` above 2⁵³−1.
 */
export function seedOf(seed: number | bigint): Seed {
  const whole = typeof seed === "bigint" || Number.isSafeInteger(seed);
  if (!whole || seed < 0 || seed > U64) {
    throw new WindrowError("usage", `Cannot seed: the seed must be a whole number from 0 to 2^64-1, got ${seed}`);
  }
  const bits = BigInt(seed);
  return { hi: Number(bits >> 32n) | 0, lo: Number(bits & 0xffff_ffffn) | 0 };
}

// High half of a 32×32-bit product, by 16-bit halves so that each step is exact in an int32 multiply.
function mulHi(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const t = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const u = (Math.imul(a0, b1) + (t & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (t >>> 16) + (u >>> 16)) | 0;
}

// "Step 3": how far each accumulator is turned before they are added.
const MERGE_ROTATIONS = [1, 7, 12, 18] as const;

// The four accumulators of "Step 2" as lo, hi pairs; only one hash is under way at a time, since nothing here awaits.
const acc = new Int32Array(8);

// acc[at] = rotl64(acc[at] + lane · P2, 31) · P1
function round(at: number, laneLo: number, laneHi: number): void {
  const mLo = Math.imul(laneLo, P2_LO);
  const mHi = mulHi(laneLo, P2_LO) + Math.imul(laneHi, P2_LO) + Math.imul(laneLo, P2_HI);
  const lo = (acc[at]! + mLo) | 0;
  const hi = (acc[at + 1]! + mHi + (lo >>> 0 < mLo >>> 0 ? 1 : 0)) | 0;
  const rLo = (lo << 31) | (hi >>> 1);
  const rHi = (hi << 31) | (lo >>> 1);
  acc[at] = Math.imul(rLo, P1_LO);
  acc[at + 1] = mulHi(rLo, P1_LO) + Math.imul(rHi, P1_LO) + Math.imul(rLo, P1_HI);
}

function start(at: number, seed: Seed, addLo: number, addHi: number): void {
  const lo = (seed.lo + addLo) | 0;
  acc[at] = lo;
  acc[at + 1] = seed.hi + addHi + (lo >>> 0 < addLo >>> 0 ? 1 : 0);
}

// Steps 2 and 3 for inputs of 32 bytes and more: leaves the merged value in acc[0], acc[1].
function stripes(view: DataView, length: number, seed: Seed): void {
  const sumLo = (P1_LO + P2_LO) | 0;
  start(0, seed, sumLo, P1_HI + P2_HI + (sumLo >>> 0 < P1_LO ? 1 : 0));
  start(2, seed, P2_LO, P2_HI);
  start(4, seed, 0, 0);
  start(6, seed, -P1_LO | 0, ~P1_HI);
  for (let from = 0; from + 32 <= length; from += 32) {
    for (let lane = 0; lane < 4; lane++) {
      const at = from + 8 * lane;
      round(2 * lane, view.getInt32(at, true), view.getInt32(at + 4, true));
    }
  }
  let lo = 0;
  let hi = 0;
  for (let lane = 0; lane < 4; lane++) {
    const left = MERGE_ROTATIONS[lane]!;
    const aLo = acc[2 * lane]!;
    const aHi = acc[2 * lane + 1]!;
    const rLo = (aLo << left) | (aHi >>> (32 - left));
    lo = (lo + rLo) | 0;
    hi = (hi + ((aHi << left) | (aLo >>> (32 - left))) + (lo >>> 0 < rLo >>> 0 ? 1 : 0)) | 0;
  }
  for (let lane = 0; lane < 4; lane++) {
    const aLo = acc[2 * lane]!;
    const aHi = acc[2 * lane + 1]!;
    acc[2 * lane] = 0;
    acc[2 * lane + 1] = 0;
    round(2 * lane, aLo, aHi);
    lo ^= acc[2 * lane]!;
    hi ^= acc[2 * lane + 1]!;
    const pLo = Math.imul(lo, P1_LO);
    const pHi = (mulHi(lo, P1_LO) + Math.imul(hi, P1_LO) + Math.imul(lo, P1_HI)) | 0;
    lo = (pLo + P4_LO) | 0;
    hi = (pHi + P4_HI + (lo >>> 0 < P4_LO ? 1 : 0)) | 0;
  }
  acc[0] = lo;
  acc[1] = hi;
}

// Hashes view[0, length) into out: low half at `at`, high half behind it.
function hashInto(view: DataView, length: number, seed: Seed, out: Uint32Array, at: number): void {
  let from = 0;
  let lo = (seed.lo + P5_LO) | 0;
  let hi = (seed.hi + P5_HI + (lo >>> 0 < P5_LO ? 1 : 0)) | 0;
  if (length >= 32) {
    stripes(view, length, seed);
    from = length - (length % 32);
    lo = acc[0]!;
    hi = acc[1]!;
  }
  const lengthLo = length | 0;
  lo = (lo + lengthLo) | 0;
  hi = (hi + Math.floor(length / TWO32) + (lo >>> 0 < lengthLo >>> 0 ? 1 : 0)) | 0;

  let aLo = 0;
  let aHi = 0;
  let bLo = 0;
  let bHi = 0;
  for (; from + 8 <= length; from += 8) {
    // h = rotl64(h ^ rotl64(lane · P2, 31) · P1, 27) · P1 + P4
    aLo = view.getInt32(from, true);
    aHi = view.getInt32(from + 4, true);
    bLo = Math.imul(aLo, P2_LO);
    bHi = (mulHi(aLo, P2_LO) + Math.imul(aHi, P2_LO) + Math.imul(aLo, P2_HI)) | 0;
    aLo = (bLo << 31) | (bHi >>> 1);
    aHi = (bHi << 31) | (bLo >>> 1);
    bLo = lo ^ Math.imul(aLo, P1_LO);
    bHi = hi ^ (mulHi(aLo, P1_LO) + Math.imul(aHi, P1_LO) + Math.imul(aLo, P1_HI));
    aLo = (bLo << 27) | (bHi >>> 5);
    aHi = (bHi << 27) | (bLo >>> 5);
    bLo = Math.imul(aLo, P1_LO);
    bHi = (mulHi(aLo, P1_LO) + Math.imul(aHi, P1_LO) + Math.imul(aLo, P1_HI)) | 0;
    lo = (bLo + P4_LO) | 0;
    hi = (bHi + P4_HI + (lo >>> 0 < P4_LO ? 1 : 0)) | 0;
  }
  if (from + 4 <= length) {
    // h = rotl64(h ^ lane32 · P1, 23) · P2 + P3
    aLo = view.getInt32(from, true);
    bLo = lo ^ Math.imul(aLo, P1_LO);
    bHi = hi ^ (mulHi(aLo, P1_LO) + Math.imul(aLo, P1_HI));
    aLo = (bLo << 23) | (bHi >>> 9);
    aHi = (bHi << 23) | (bLo >>> 9);
    bLo = Math.imul(aLo, P2_LO);
    bHi = (mulHi(aLo, P2_LO) + Math.imul(aHi, P2_LO) + Math.imul(aLo, P2_HI)) | 0;
    lo = (bLo + P3_LO) | 0;
    hi = (bHi + P3_HI + (lo >>> 0 < P3_LO ? 1 : 0)) | 0;
    from += 4;
  }
  for (; from < length; from++) {
    // h = rotl64(h ^ byte · P5, 11) · P1
    aLo = view.getUint8(from);
    bLo = lo ^ Math.imul(aLo, P5_LO);
    bHi = hi ^ (mulHi(aLo, P5_LO) + Math.imul(aLo, P5_HI));
    aLo = (bLo << 11) | (bHi >>> 21);
    aHi = (bHi << 11) | (bLo >>> 21);
    lo = Math.imul(aLo, P1_LO);
    hi = (mulHi(aLo, P1_LO) + Math.imul(aHi, P1_LO) + Math.imul(aLo, P1_HI)) | 0;
  }
  // "Step 6", the avalanche: h ^= h >> 33, · P2, h ^= h >> 29, · P3, h ^= h >> 32
  lo ^= hi >>> 1;
  bLo = Math.imul(lo, P2_LO);
  bHi = (mulHi(lo, P2_LO) + Math.imul(hi, P2_LO) + Math.imul(lo, P2_HI)) | 0;
  lo = bLo ^ ((bHi << 3) | (bLo >>> 29));
  hi = bHi ^ (bHi >>> 29);
  bLo = Math.imul(lo, P3_LO);
  bHi = (mulHi(lo, P3_LO) + Math.imul(hi, P3_LO) + Math.imul(lo, P3_HI)) | 0;
  out[at] = bLo ^ bHi;
  out[at + 1] = bHi;
}

const answer = new BigUint64Array(1);
const answerWords = new Uint32Array(answer.buffer);

/** XXH64 of any bytes. For many short names use `writeSampleKey`, which allocates nothing. */
export function xxh64(bytes: Uint8Array, seed: number | bigint = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  hashInto(view, bytes.byteLength, seedOf(seed), answerWords, 0);
  return answer[0]!;
}

// A sample's name is gathered here before it is hashed, because the id and the start do not lie side by side at the caller's.
let nameBytes = new Uint8Array(256);
let nameView = new DataView(nameBytes.buffer);

/**
 * Writes the key of one sample, XXH64(id ++ u64le(start), seed) (DESIGN §2), as `keys[2·row]` (low half) and `keys[2·row + 1]`
 * (high half), so that `keys` over the buffer of a `BigUint64Array` makes that array the column of keys. Allocates nothing.
 *
 * The id is the UTF-8 bytes `[from, to)` of `blob`; `start` is a whole number from 0 to 2⁵³−1; both are trusted.
 */
export function writeSampleKey(
  blob: Uint8Array,
  from: number,
  to: number,
  start: number,
  seed: Seed,
  keys: Uint32Array,
  row: number,
): void {
  const length = to - from;
  if (length + 8 > nameBytes.length) {
    nameBytes = new Uint8Array(2 * (length + 8));
    nameView = new DataView(nameBytes.buffer);
  }
  for (let i = 0; i < length; i++) nameBytes[i] = blob[from + i]!;
  nameView.setUint32(length, start, true);
  nameView.setUint32(length + 4, Math.floor(start / TWO32), true);
  hashInto(nameView, length + 8, seed, keys, 2 * row);
}

/** The key of one sample, for people and tests. */
export function sampleKey(traceId: string, start: number, seed: number | bigint): bigint {
  const id = new TextEncoder().encode(traceId);
  writeSampleKey(id, 0, id.length, start, seedOf(seed), answerWords, 0);
  return answer[0]!;
}
