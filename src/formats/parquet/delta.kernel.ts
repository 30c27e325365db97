/** The delta encodings of parquet-format (Encodings.md), read: whole numbers, and byte strings by length or by shared prefix. */

import { damaged, unsupported } from "../fault.ts";

/** Bytes of all strings of a page at most; shared prefixes could otherwise make a page of kilobytes into one of terabytes. */
const MAX_STRINGS = 1 << 28;

// A block has at least 2 bytes, and one for each of its parts: DuckDB's, the largest in use, 2048 numbers in 8 parts, pyarrow's 128 in 4.
const LEAST_DELTAS = 1 << 16;
const DELTAS_PER_BYTE = 256;

class BitReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) damaged("deltas go behind the end of the page");
    this.at++;
    return value;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return damaged("a number is longer than 10 bytes");
  }

  count(limit: number): number {
    const value = this.varint();
    if (value > BigInt(limit)) damaged(`a count must be at most ${limit}, got ${value}`);
    return Number(value);
  }

  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  /** The number of `width` bits at a bit of the block that begins at `start`. */
  packed(start: number, bit: number, width: number): bigint {
    let value = 0n;
    for (let got = 0; got < width; ) {
      const place = bit + got;
      const byte = this.#bytes[start + (place >> 3)];
      if (byte === undefined) damaged("deltas go behind the end of the page");
      const taken = Math.min(width - got, 8 - (place & 7));
      value |= BigInt((byte >> (place & 7)) & ((1 << taken) - 1)) << BigInt(got);
      got += taken;
    }
    return value;
  }
}

/** @throws WindrowError `unsupported` where numbers are too many for their bytes to be set aside */
export function checkDeltas(bytes: Uint8Array, count: number): void {
  const most = LEAST_DELTAS + DELTAS_PER_BYTE * bytes.length;
  if (count > most) unsupported(`up to ${most} deltas are read from ${bytes.length} bytes, got ${count}`);
}

/** Reads DELTA_BINARY_PACKED numbers into an array, wrapping around at its width. Answers where they end. */
export function readDeltas(bytes: Uint8Array, out: Int32Array | BigInt64Array): number {
  const reader = new BitReader(bytes);
  const blockSize = reader.count(1 << 20);
  const miniblocks = reader.count(1 << 10);
  const total = reader.count(0x7fffffff);
  const perMiniblock = blockSize / miniblocks;
  if (total !== out.length) damaged(`${out.length} values expected, got ${total} deltas`);
  if (miniblocks === 0 || perMiniblock % 8 !== 0 || perMiniblock === 0)
    damaged(`blocks of ${blockSize} values in ${miniblocks} parts`);
  const set =
    out instanceof Int32Array
      ? (i: number, value: bigint) => {
          out[i] = Number(BigInt.asIntN(32, value));
        }
      : (i: number, value: bigint) => {
          out[i] = value;
        };
  let value = reader.zigzag();
  if (total > 0) set(0, value);
  let filled = 1;
  while (filled < total) {
    const least = reader.zigzag();
    const widths = Array.from({ length: miniblocks }, () => reader.byte());
    for (const width of widths) {
      if (filled >= total) break;
      if (width > 64) damaged(`deltas of ${width} bits`);
      const start = reader.at;
      for (let i = 0; i < perMiniblock && filled < total; i++, filled++) {
        value = BigInt.asIntN(64, value + least + reader.packed(start, i * width, width));
        set(filled, value);
      }
      reader.at = start + (perMiniblock * width) / 8;
    }
  }
  // The last part may be cut short, as nothing behind its values counts.
  return Math.min(reader.at, bytes.length);
}

/** Reads DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function readDeltaLengths(bytes: Uint8Array, count: number): Uint8Array[] {
  checkDeltas(bytes, count);
  const lengths = new Int32Array(count);
  let at = readDeltas(bytes, lengths);
  return Array.from(lengths, (length) => {
    if (length < 0 || length > bytes.length - at) damaged(`a value of ${length} bytes, got ${bytes.length - at} left`);
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** Reads DELTA_BYTE_ARRAY: how much each value shares with the one before, then what is its own. */
export function readDeltaStrings(bytes: Uint8Array, count: number): Uint8Array[] {
  checkDeltas(bytes, count);
  const shared = new Int32Array(count);
  const end = readDeltas(bytes, shared);
  const own = readDeltaLengths(bytes.subarray(end), count);
  let before: Uint8Array = new Uint8Array(0);
  let total = 0;
  return own.map((suffix, i) => {
    const prefix = shared[i]!;
    if (prefix < 0 || prefix > before.length) damaged(`a value shares ${prefix} bytes with one of ${before.length}`);
    total += prefix + suffix.length;
    if (total > MAX_STRINGS) unsupported(`pages of up to ${MAX_STRINGS} bytes are read`);
    const value = new Uint8Array(prefix + suffix.length);
    value.set(before.subarray(0, prefix));
    value.set(suffix, prefix);
    before = value;
    return value;
  });
}
