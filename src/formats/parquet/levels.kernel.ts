/** The RLE and bit-packed hybrid of parquet-format (Encodings.md, "RLE"): levels and dictionary indices, written and read. */

import type { ByteWriter } from "../byte-writer.ts";
import { damaged } from "../fault.ts";

/** Bits that numbers up to `max` take. */
export function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}

function writeRun(out: ByteWriter, value: number, count: number, width: number): void {
  out.varint(count * 2);
  for (let shift = 0; shift < width; shift += 8) out.byte((value >>> shift) & 0xff);
}

/** Values `from` to `to` as groups of eight; the last group is filled with zeros. */
function writePacked(
  out: ByteWriter,
  values: ArrayLike<number>,
  range: readonly [number, number],
  width: number,
): void {
  const [from, to] = range;
  const groups = Math.ceil((to - from) / 8);
  out.varint(groups * 2 + 1);
  let bits = 0;
  let held = 0;
  for (let i = from; i < from + groups * 8; i++) {
    let value = i < to ? values[i]! : 0;
    let left = width;
    while (left > 0) {
      const taken = Math.min(left, 8 - held);
      bits |= (value & ((1 << taken) - 1)) << held;
      value >>>= taken;
      held += taken;
      left -= taken;
      if (held === 8) {
        out.byte(bits);
        bits = 0;
        held = 0;
      }
    }
  }
}

/** Writes numbers of `width` bits: runs of eight and more equal ones as runs, the others packed. */
export function writeHybrid(out: ByteWriter, values: ArrayLike<number>, width: number): void {
  const n = values.length;
  let packed = 0;
  let i = 0;
  while (i < n) {
    const value = values[i]!;
    let end = i + 1;
    while (end < n && values[end] === value) end++;
    // Packed values go in whole groups of eight, so that a run first fills up the group before it.
    const fill = (8 - ((i - packed) % 8)) % 8;
    if (end - i - fill >= 8) {
      if (i + fill > packed) writePacked(out, values, [packed, i + fill], width);
      writeRun(out, value, end - i - fill, width);
      packed = end;
    }
    i = end;
  }
  if (packed < n) writePacked(out, values, [packed, n], width);
}

/** Repetition levels of `rows` lists of `size` values each: a 0 begins a list, a 1 goes on with it. */
export function writeListStarts(out: ByteWriter, rows: number, size: number): void {
  if (size === 1) {
    writeRun(out, 0, rows, 1);
    return;
  }
  // Two runs take four bytes or more; below 32 values a list's bits take less.
  if (size < 32) {
    const bits = new Uint8Array(rows * size).fill(1);
    for (let i = 0; i < bits.length; i += size) bits[i] = 0;
    writePacked(out, bits, [0, bits.length], 1);
    return;
  }
  for (let row = 0; row < rows; row++) {
    writeRun(out, 0, 1, 1);
    writeRun(out, 1, size - 1, 1);
  }
}

/** Definition levels of 1 for `count` values. */
export function writeAllDefined(out: ByteWriter, count: number): void {
  writeRun(out, 1, count, 1);
}

/** Reads exactly `out.length` numbers of `width` bits. @throws WindrowError `damaged` where the bytes end before, or a number is above `max` */
export function readHybrid(bytes: Uint8Array, width: number, out: Uint8Array | Uint32Array, max: number): void {
  new HybridReader(bytes, { width, max, count: out.length }).read(out);
}

/** What a run or packed group is made of. */
export interface HybridForm {
  /** Bits of a number. */
  readonly width: number;
  readonly max: number;
  /** How many numbers there are. */
  readonly count: number;
}

/** Reads numbers of the hybrid some at a time: few bytes may hold millions of them. */
export class HybridReader {
  readonly #bytes: Uint8Array;
  readonly #form: HybridForm;
  #at = 0;
  /** Numbers that are read. */
  #done = 0;
  /** Numbers left of the run or the packed groups at hand, what a run repeats, and the bit of a packed one. */
  #left = 0;
  #value: number | undefined;
  #bit = 0;

  constructor(bytes: Uint8Array, form: HybridForm) {
    this.#bytes = bytes;
    this.#form = form;
  }

  /** The next `out.length` numbers. @throws WindrowError `damaged` where the bytes end before, or a number is above `max` */
  read(out: Uint8Array | Uint32Array): void {
    const { width, max } = this.#form;
    const bytes = this.#bytes;
    for (let filled = 0; filled < out.length; ) {
      if (this.#left === 0) this.#begin();
      const end = Math.min(out.length, filled + this.#left);
      this.#left -= end - filled;
      this.#done += end - filled;
      if (this.#value !== undefined) {
        out.fill(this.#value, filled, end);
        filled = end;
        continue;
      }
      const at = this.#at;
      let bit = this.#bit;
      for (; filled < end; filled++) {
        let value = 0;
        for (let got = 0; got < width; ) {
          const taken = Math.min(width - got, 8 - (bit & 7));
          value += ((bytes[at + (bit >> 3)]! >>> (bit & 7)) & ((1 << taken) - 1)) * 2 ** got;
          got += taken;
          bit += taken;
        }
        if (value > max) damaged(`a level or index must be at most ${max}, got ${value}`);
        out[filled] = value;
      }
      this.#bit = bit;
      if (this.#left === 0) this.#at += Math.ceil(bit / 8);
    }
  }

  /** The head of the next run or packed groups. */
  #begin(): void {
    const { width, max, count } = this.#form;
    const bytes = this.#bytes;
    const valueBytes = (width + 7) >> 3;
    let head = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (this.#at >= bytes.length) damaged(`levels or indices end after ${this.#done} values, got ${count} announced`);
      const byte = bytes[this.#at++]!;
      head += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      if (scale > 0x10000000) damaged("the length of a run is longer than 5 bytes");
    }
    if (head % 2 === 0) {
      if (this.#at + valueBytes > bytes.length) damaged(`a run's value goes behind the end of the page`);
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += bytes[this.#at++]! * 2 ** (8 * i);
      if (value > max) damaged(`a level or index must be at most ${max}, got ${value}`);
      if (head === 0) damaged("a run of no values");
      this.#value = value;
      this.#left = head / 2;
      return;
    }
    const values = ((head - 1) / 2) * 8;
    if (values === 0) damaged("a run of no values");
    // The last group may be cut short by some writers, as long as the bits that count are there.
    const needed = Math.min(values, count - this.#done);
    if (this.#at + Math.ceil((needed * width) / 8) > bytes.length)
      damaged("packed values go behind the end of the page");
    this.#value = undefined;
    this.#left = values;
    this.#bit = 0;
  }
}

/** Packs bytes of 0 and 1 to bits, the first in the lowest. */
export function packBits(values: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(values.length / 8));
  for (let i = 0; i < values.length; i++) out[i >> 3]! |= (values[i] === 0 ? 0 : 1) << (i & 7);
  return out;
}

/** Unpacks bits to bytes of 0 and 1. */
export function unpackBits(bits: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (bits[i >> 3]! >>> (i & 7)) & 1;
}

/** The value that one run gives to all `count` numbers; `undefined` where they are not one run. */
export function constantRun(bytes: Uint8Array, count: number, width: number): number | undefined {
  let head = 0;
  let at = 0;
  for (let scale = 1; scale < 2 ** 35; scale *= 0x80) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    head += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  // A level has at most 8 bits, so that a run's value is one byte.
  return head % 2 === 0 && head / 2 >= count && width <= 8 ? bytes[at] : undefined;
}

/**
 * How many lists begin among `count` repetition levels, where each list has `size` values and the first begins at `first`: what runs and
 * packed groups say is checked without writing it out. -1 for any other levels, and for those that are damaged: `readHybrid` tells what they are.
 */
export function regularStarts(bytes: Uint8Array, count: number, size: number, first: number): number {
  let at = 0;
  let filled = 0;
  let next = first;
  let starts = 0;
  while (filled < count) {
    let head = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (at >= bytes.length || scale > 0x800000000) return -1;
      const byte = bytes[at++]!;
      head += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (head < 2 || at >= bytes.length) return -1;
    if (head % 2 === 0) {
      const value = bytes[at++]!;
      const end = Math.min(count, filled + head / 2);
      if (value === 0) {
        // A run of starts: lists of one value, or a run of one.
        if (next !== filled || (size > 1 && end - filled > 1)) return -1;
        starts += end - filled;
        next += (end - filled) * size;
      } else if (value !== 1 || next < end) return -1;
      filled = end;
      continue;
    }
    const groups = (head - 1) / 2;
    const end = Math.min(count, filled + groups * 8);
    if (at + Math.ceil((end - filled) / 8) > bytes.length) return -1;
    for (let i = at; filled < end; i++) {
      const group = bytes[i]!;
      if (group === 0xff && next >= filled + 8) {
        filled = Math.min(end, filled + 8);
        continue;
      }
      for (let bit = 0; bit < 8 && filled < end; bit++, filled++) {
        const isStart = ((group >>> bit) & 1) === 0;
        if (isStart !== (filled === next)) return -1;
        if (!isStart) continue;
        starts++;
        next += size;
      }
    }
    at += groups;
  }
  return starts;
}
