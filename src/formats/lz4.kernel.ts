/**
 * LZ4: blocks packed and unpacked, as Blosc and Zarr have them, and frames unpacked, as pandas and pyarrow write Feather files
 * (lz4_Frame_format.md 1.6, lz4_Block_format.md).
 */

import { damaged, unsupported } from "./fault.ts";

const MAGIC = 0x184d2204;
const VERSION = 1;
// Bits of FLG.
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
/** Of a block's size: its bytes are not packed. */
const AS_IT_IS = 0x80000000;
const LEAST_MATCH = 4;

/** Below this many bytes a loop is faster than a call that copies. */
const FEW = 48;

/** Copies what lies `distance` bytes back, `length` of them, also where the copy overlaps what it is made from: then it repeats. */
function copyBack(out: Uint8Array, view: DataView, end: number, distance: number, length: number): void {
  if (length <= FEW && distance >= 4 && end + length + 4 <= out.length)
    for (let i = 0; i < length; i += 4) view.setInt32(end + i, view.getInt32(end - distance + i));
  else if (length <= FEW) for (let i = 0; i < length; i++) out[end + i] = out[end - distance + i]!;
  else if (distance === 1) out.fill(out[end - 1]!, end, end + length);
  else {
    // What is copied doubles what there is to copy from.
    let done = 0;
    while (done < length) {
      const next = Math.min(length - done, distance + done);
      out.copyWithin(end + done, end - distance, end - distance + next);
      done += next;
    }
  }
}

/**
 * Unpacks the block that lies from `from` to `to`, behind what was unpacked before, which its matches may reach back to.
 * @returns where the output ends; never behind the end of `out`.
 * @throws WindrowError `damaged`
 */
export function unpackLz4Block(source: Uint8Array, from: number, to: number, out: Uint8Array, begin: number): number {
  // Four bytes at a time, and up to three too many: what comes next is written over those.
  const sourceView = new DataView(source.buffer, source.byteOffset, source.length);
  const outView = new DataView(out.buffer, out.byteOffset, out.length);
  let at = from;
  let end = begin;
  while (at < to) {
    const token = source[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= to) damaged("LZ4 literals go behind the end of their block");
        more = source[at++]!;
        literals += more;
      }
    }
    if (literals > to - at || literals > out.length - end)
      damaged(`${literals} LZ4 literals where there are ${to - at}`);
    if (literals <= FEW && at + literals + 4 <= to && end + literals + 4 <= out.length)
      for (let i = 0; i < literals; i += 4) outView.setInt32(end + i, sourceView.getInt32(at + i));
    else if (literals <= FEW) for (let i = 0; i < literals; i++) out[end + i] = source[at + i]!;
    else out.set(source.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    // The last sequence of a block has no match.
    if (at === to) return end;
    if (at + 2 > to) damaged("an LZ4 match goes behind the end of its block");
    const distance = source[at]! | (source[at + 1]! << 8);
    at += 2;
    let length = (token & 15) + LEAST_MATCH;
    if ((token & 15) === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= to) damaged("an LZ4 match goes behind the end of its block");
        more = source[at++]!;
        length += more;
      }
    }
    if (distance === 0 || distance > end || length > out.length - end)
      damaged(`an LZ4 match of ${length} bytes, ${distance} back from ${end} of ${out.length}`);
    copyBack(out, outView, end, distance, length);
    end += length;
  }
  return damaged("an LZ4 block ends in the middle of a sequence");
}

// lz4_Block_format.md, "End of block restrictions": the last match begins 12 bytes before the end or earlier, the last 5 bytes are literals.
const MATCH_MARGIN = 12;
const LAST_LITERALS = 5;
const MOST_DISTANCE = 65535;
const TABLE_BITS = 13;
const HASH = -1640531535; // 2654435761, Knuth's multiplicative hash
/** After so many places without a match, one more is skipped each time: 2 to this power. */
const SKIP_BITS = 6;

/** Places where four bytes were last seen, by their hash, counted from the first byte ever packed: so the table need not be cleared. */
const seen = new Int32Array(1 << TABLE_BITS);
let seenBefore = 1;

/** Bytes that a block of so many raw bytes takes at the most. */
export function lz4Bound(rawLength: number): number {
  return rawLength + Math.floor(rawLength / 255) + 16;
}

function putLength(out: Uint8Array, to: number, length: number): number {
  let at = to;
  let rest = length;
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}

/** Literals and their token, whose lower half is the match's. */
function putLiterals(source: Uint8Array, from: number, length: number, out: Uint8Array, to: number): number {
  let at = to;
  out[at++] = Math.min(15, length) << 4;
  if (length >= 15) at = putLength(out, at, length - 15);
  if (length <= FEW) for (let i = 0; i < length; i++) out[at + i] = source[from + i]!;
  else out.set(source.subarray(from, from + length), at);
  return at + length;
}

/**
 * Packs a block to `out` from `begin` on, which has room for `lz4Bound` bytes more. `acceleration` from 1 up packs faster and worse.
 * @returns where the output ends.
 */
export function packLz4Block(source: Uint8Array, out: Uint8Array, begin: number, acceleration: number): number {
  const { length } = source;
  const view = new DataView(source.buffer, source.byteOffset, length);
  if (seenBefore > 2 ** 30) {
    seen.fill(0);
    seenBefore = 1;
  }
  const before = seenBefore;
  seenBefore += length;
  let anchor = 0;
  let to = begin;
  for (let at = 0, tries = acceleration << SKIP_BITS; at <= length - MATCH_MARGIN; ) {
    const word = view.getInt32(at, true);
    const slot = Math.imul(word, HASH) >>> (32 - TABLE_BITS);
    let from = seen[slot]! - before;
    seen[slot] = at + before;
    if (from < 0 || at - from > MOST_DISTANCE || view.getInt32(from, true) !== word) {
      at += tries++ >> SKIP_BITS;
      continue;
    }
    while (at > anchor && from > 0 && source[at - 1] === source[from - 1]) {
      at--;
      from--;
    }
    let stop = at + LEAST_MATCH;
    const distance = at - from;
    const last = length - LAST_LITERALS;
    while (stop + 4 <= last && view.getInt32(stop, true) === view.getInt32(stop - distance, true)) stop += 4;
    while (stop < last && source[stop] === source[stop - distance]) stop++;
    const token = to;
    to = putLiterals(source, anchor, at - anchor, out, to);
    out[to++] = distance & 255;
    out[to++] = distance >> 8;
    const more = stop - at - LEAST_MATCH;
    out[token]! |= Math.min(15, more);
    if (more >= 15) to = putLength(out, to, more - 15);
    at = stop;
    anchor = stop;
    tries = acceleration << SKIP_BITS;
  }
  return putLiterals(source, anchor, length - anchor, out, to);
}

/**
 * Unpacks one frame to exactly `rawLength` bytes. Its checksums are not looked at: Arrow's other packings have none.
 * Throws `damaged` for what is no such frame, `unsupported` for one that needs a dictionary.
 */
export function unpackLz4Frame(bytes: Uint8Array, rawLength: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) damaged("an LZ4 frame was expected, got other bytes");
  const flags = view.getUint8(4);
  if (flags >> 6 !== VERSION) damaged(`an LZ4 frame of version ${flags >> 6}`);
  if ((flags & DICTIONARY) !== 0) unsupported("an LZ4 frame that needs a dictionary");
  const hasSize = (flags & CONTENT_SIZE) !== 0;
  if (hasSize && view.getBigUint64(6, true) !== BigInt(rawLength))
    damaged(`an LZ4 frame of ${view.getBigUint64(6, true)} bytes where ${rawLength} were said`);
  const out = new Uint8Array(rawLength);
  // Magic, FLG, BD, the size where it is said, the header's checksum.
  let at = hasSize ? 15 : 7;
  let end = 0;
  while (true) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const length = size & ~AS_IT_IS;
    if (length > bytes.length - at) damaged(`an LZ4 block of ${length} bytes where there are ${bytes.length - at}`);
    if ((size & AS_IT_IS) === 0) end = unpackLz4Block(bytes, at, at + length, out, end);
    else {
      if (length > rawLength - end) damaged(`an LZ4 block of ${length} bytes where ${rawLength - end} are left`);
      out.set(bytes.subarray(at, at + length), end);
      end += length;
    }
    at += length + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  at += (flags & CONTENT_CHECKSUM) === 0 ? 0 : 4;
  if (end !== rawLength || at !== bytes.length) damaged(`an LZ4 frame of ${end} bytes where ${rawLength} were said`);
  return out;
}
