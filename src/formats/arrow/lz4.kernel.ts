/** Unpacks LZ4 frames, as pandas and pyarrow write Feather files (lz4_Frame_format.md 1.6, lz4_Block_format.md). */

import { damaged, unsupported } from "../fault.ts";

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

/**
 * Unpacks a block behind what was unpacked before, which its matches may reach back to.
 * @returns where the output ends.
 */
function unpackBlock(source: Uint8Array, from: number, to: number, out: Uint8Array, begin: number): number {
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
    out.set(source.subarray(at, at + literals), end);
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
    if (distance >= length) out.copyWithin(end, end - distance, end - distance + length);
    else for (let i = 0; i < length; i++) out[end + i] = out[end - distance + i]!;
    end += length;
  }
  return damaged("an LZ4 block ends in the middle of a sequence");
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
    if ((size & AS_IT_IS) === 0) end = unpackBlock(bytes, at, at + length, out, end);
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
