/** The frame of Blosc 1: a header, the places of its blocks, and blocks that are shuffled and packed each by itself (c-blosc, README_CHUNK_FORMAT.rst). */

import type { Codec, Codecs } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { lz4Bound, packLz4Block, unpackLz4Block } from "../lz4.kernel.ts";
import { unpackBlosclz } from "./blosclz.kernel.ts";
import { bitShuffle, bitUnshuffle, shuffle, unshuffle } from "./shuffle.kernel.ts";

/** How Blosc packs, as `.zarray` says it. */
export interface BloscSpec {
  readonly id: "blosc";
  readonly cname: string;
  readonly clevel: number;
  /** 0 none, 1 by byte, 2 by bit, −1 by bit for values of one byte and else by byte. */
  readonly shuffle: number;
  /** 0 for as many bytes as the level has. */
  readonly blocksize: number;
}

/** A chunk whose bytes are there from the beginning, and have their values as far as they were asked for. */
export interface ChunkBytes {
  readonly bytes: Uint8Array;
  /** Sees to it that the bytes of a range are what they should be. */
  ready(from: number, to: number): void;
}

const HEADER_BYTES = 16;
const VERSION = 2;
// Bits of the flags.
const SHUFFLED = 0x01;
const STORED = 0x02;
const BIT_SHUFFLED = 0x04;
const UNKNOWN = 0x08;
const WHOLE = 0x10;
// blosc.c: blocks are split into as many parts as a value has bytes, if those are at most 16 and each part has 128 bytes or more.
const MOST_SPLITS = 16;
const LEAST_SPLIT = 128;
const MOST_TYPE_BYTES = 255;
/** Below so many bytes nothing is packed. */
const LEAST_PACKED = 128;

/** The formats by their number in the flags, and what of the codecs packs them. */
const FORMATS = ["blosclz", "lz4", "snappy", "zlib", "zstd"] as const;
type Format = (typeof FORMATS)[number];

/**
 * Raw bytes for each packed one, at the most. LZ4 and BloscLZ lengthen a match by 255 a byte; zlib says 1032 of deflate; a zstd block of
 * 4 bytes repeats one byte 128 Ki times; a copy of snappy's takes 3 bytes for 64.
 */
const MOST_RATIO: Readonly<Record<Format, number>> = { blosclz: 256, lz4: 256, snappy: 22, zlib: 1032, zstd: 32768 };

interface Header {
  readonly flags: number;
  readonly format: Format;
  readonly typeBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
}

function header(packed: Uint8Array, rawBytes: number): Header {
  if (packed.length < HEADER_BYTES)
    damaged(`a Blosc chunk has a header of ${HEADER_BYTES} bytes, got ${packed.length}`);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const flags = view.getUint8(2);
  const typeBytes = view.getUint8(3);
  const [raw, blockBytes, bytes] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [number, number, number]; // three places
  if (view.getUint8(0) !== VERSION || (flags & UNKNOWN) !== 0)
    unsupported(`a Blosc chunk of version ${view.getUint8(0)} with flags ${flags}`);
  if (raw !== rawBytes) damaged(`a Blosc chunk of ${rawBytes} raw bytes was expected, got ${raw}`);
  if (bytes !== packed.length) damaged(`a Blosc chunk of ${bytes} bytes was promised, got ${packed.length}`);
  const format = FORMATS[flags >> 5] ?? unsupported(`a Blosc chunk of format ${flags >> 5}`);
  if ((flags & STORED) !== 0) {
    if (bytes !== raw + HEADER_BYTES) damaged(`a Blosc chunk of ${raw} bytes as they are, got ${bytes - HEADER_BYTES}`);
    return { flags, format, typeBytes: 1, blockBytes: raw, blocks: 0 };
  }
  if (typeBytes === 0) damaged("a Blosc chunk of values of 0 bytes");
  if (blockBytes === 0 || blockBytes > raw) damaged(`Blosc blocks of ${blockBytes} bytes in a chunk of ${raw}`);
  const blocks = Math.ceil(raw / blockBytes);
  if (blocks > (bytes - HEADER_BYTES) / 4) damaged(`${blocks} Blosc blocks in a chunk of ${bytes} bytes`);
  if (raw > bytes * MOST_RATIO[format]) damaged(`${bytes} bytes of ${format} cannot hold ${raw}`);
  return { flags, format, typeBytes, blockBytes, blocks };
}

function codecOf(format: Format, codecs: Codecs): Codec | undefined {
  if (format === "lz4" || format === "blosclz") return undefined;
  return codecs.get(format) ?? unsupported(`a Blosc chunk packed by ${format}, for which no codec is there`);
}

/** Shuffled bytes of the block at work; blocks are unpacked one after the other. */
let room = new Uint8Array(1 << 17);

function roomFor(bytes: number): Uint8Array {
  if (room.length < bytes) room = new Uint8Array(bytes);
  return room.subarray(0, bytes);
}

/** Unpacks one chunk, block by block. */
class BloscReader implements ChunkBytes {
  readonly bytes: Uint8Array;
  readonly #packed: Uint8Array;
  readonly #view: DataView;
  readonly #header: Header;
  readonly #codec: Codec | undefined;
  readonly #done: Uint8Array;

  constructor(packed: Uint8Array, out: Uint8Array, codecs: Codecs) {
    this.#packed = packed;
    this.bytes = out;
    this.#view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    this.#header = header(packed, out.length);
    this.#codec = codecOf(this.#header.format, codecs);
    this.#done = new Uint8Array(this.#header.blocks);
    if (this.#header.blocks === 0) out.set(packed.subarray(HEADER_BYTES));
  }

  ready(from: number, to: number): void {
    const { blockBytes, blocks } = this.#header;
    if (blocks === 0 || from >= to) return;
    for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) {
      if (this.#done[block] === 1) continue;
      this.#unpack(block);
      this.#done[block] = 1;
    }
  }

  #unpack(block: number): void {
    const { flags, typeBytes, blockBytes } = this.#header;
    const begin = block * blockBytes;
    const out = this.bytes.subarray(begin, Math.min(begin + blockBytes, this.bytes.length));
    const isShuffled = (flags & SHUFFLED) !== 0 && typeBytes > 1;
    const isBitShuffled = !isShuffled && (flags & BIT_SHUFFLED) !== 0 && out.length >= typeBytes;
    const flat = isShuffled || isBitShuffled ? roomFor(out.length) : out;
    const isSplit =
      (flags & WHOLE) === 0 &&
      typeBytes <= MOST_SPLITS &&
      blockBytes / typeBytes >= LEAST_SPLIT &&
      out.length === blockBytes;
    const parts = isSplit ? typeBytes : 1;
    const partBytes = Math.floor(out.length / parts);
    if (partBytes * parts !== out.length) damaged(`a Blosc block of ${out.length} bytes in ${parts} parts`);
    let at = this.#view.getUint32(HEADER_BYTES + 4 * block, true);
    for (let part = 0; part < parts; part++)
      at = this.#unpackPart(at, parts === 1 ? flat : flat.subarray(part * partBytes, (part + 1) * partBytes));
    if (isShuffled) unshuffle(flat, out, typeBytes);
    else if (isBitShuffled) bitUnshuffle(flat, out, typeBytes);
  }

  /** @returns where the next part begins. */
  #unpackPart(at: number, out: Uint8Array): number {
    const packed = this.#packed;
    const least = HEADER_BYTES + 4 * this.#header.blocks;
    if (at < least || at + 4 > packed.length) damaged(`a Blosc block at byte ${at} of ${packed.length}`);
    const bytes = this.#view.getUint32(at, true);
    const from = at + 4;
    const to = from + bytes;
    if (to > packed.length) damaged(`a Blosc block of ${bytes} bytes at byte ${at} of ${packed.length}`);
    if (bytes === out.length) out.set(packed.subarray(from, to));
    else this.#unpackBytes(from, to, out);
    return to;
  }

  #unpackBytes(from: number, to: number, out: Uint8Array): void {
    if (this.#codec !== undefined) {
      out.set(this.#codec.unpack(this.#packed.subarray(from, to), out.length));
      return;
    }
    const length =
      this.#header.format === "lz4"
        ? unpackLz4Block(this.#packed, from, to, out, 0)
        : unpackBlosclz(this.#packed, from, to, out);
    if (length !== out.length) damaged(`a Blosc block unpacks to ${length} bytes where ${out.length} were said`);
  }
}

/**
 * Opens a chunk that is unpacked to `out`, block by block when it is asked for. Only what its header promises is checked at once.
 * @throws WindrowError `damaged`, `unsupported`; the same from `ready`.
 */
export function openBlosc(packed: Uint8Array, out: Uint8Array, codecs: Codecs): ChunkBytes {
  return new BloscReader(packed, out, codecs);
}

/** Checks a header without unpacking anything, and before anything is allocated. @throws WindrowError `damaged`, `unsupported` */
export function checkBlosc(packed: Uint8Array, rawBytes: number): void {
  header(packed, rawBytes);
}

/** Bytes of a block by level from 0 to 9 (blosc.c, compute_blocksize); zlib, zstd and lz4hc have twice as many. */
const BLOCK_BYTES = [8, 16, 32, 64, 128, 128, 256, 256, 256, 256].map((kib) => kib << 10);
const MOST_BLOCK_BYTES = 0x7fffffff / 3;

function blockBytesOf(spec: BloscSpec, typeBytes: number, rawBytes: number): number {
  const isThorough = spec.cname === "zlib" || spec.cname === "zstd" || spec.cname === "lz4hc";
  const usual = BLOCK_BYTES[spec.clevel]! * (isThorough ? 2 : 1);
  const wanted = spec.blocksize === 0 ? usual : Math.min(Math.max(spec.blocksize, LEAST_PACKED), MOST_BLOCK_BYTES);
  const bytes = Math.min(wanted, rawBytes);
  return bytes > typeBytes ? bytes - (bytes % typeBytes) : bytes;
}

/** zstd's level for Blosc's (blosc.c, zstd_wrap_compress). */
const ZSTD_LEVELS = [1, 1, 3, 5, 7, 9, 11, 13, 20, 22];

/** What packs a block: to `out` from `to` on; answers where it ends. */
function blockPacker(spec: BloscSpec, codecs: Codecs): (flat: Uint8Array, out: Uint8Array, to: number) => number {
  if (spec.cname === "lz4" || spec.cname === "lz4hc") {
    // blosc.c, get_accel: the lower the level, the faster. LZ4HC is the same format, searched longer; here it is not.
    const acceleration = spec.cname === "lz4" ? Math.max(1, 10 - spec.clevel) : 1;
    return (flat, out, to) => packLz4Block(flat, out, to, acceleration);
  }
  const format = FORMATS.find((name) => name === spec.cname);
  const codec =
    format === undefined || format === "blosclz"
      ? unsupported(`Blosc's ${spec.cname} is not written here; lz4, lz4hc, zstd and zlib are`)
      : codecOf(format, codecs)!;
  const level = format === "zstd" ? ZSTD_LEVELS[spec.clevel] : spec.clevel;
  return (flat, out, to) => {
    const bytes = format === "snappy" ? codec.pack(flat) : codec.pack(flat, level);
    // What became no smaller is thrown away by the caller: it need not fit.
    out.set(bytes.subarray(0, out.length - to), to);
    return to + bytes.length;
  };
}

/** What packs chunks of values of `typeBytes` bytes. @throws WindrowError `unsupported` for a packing that is not written */
export function bloscPacker(spec: BloscSpec, typeBytes: number, codecs: Codecs): (raw: Uint8Array) => Uint8Array {
  const packBlock = blockPacker(spec, codecs);
  const type = typeBytes > MOST_TYPE_BYTES ? 1 : typeBytes;
  const filter = spec.shuffle === -1 ? (type === 1 ? 2 : 1) : spec.shuffle;
  const number = spec.cname === "lz4hc" ? 1 : FORMATS.indexOf(spec.cname as Format); // the packer knows the name
  const flags = WHOLE | (number << 5) | [0, SHUFFLED, BIT_SHUFFLED][filter]!;
  function filtered(block: Uint8Array): Uint8Array {
    if (!((filter === 1 && type > 1) || (filter === 2 && block.length >= type))) return block;
    const flat = roomFor(block.length);
    (filter === 1 ? shuffle : bitShuffle)(block, flat, type);
    return flat;
  }
  return (raw) => {
    const blockBytes = Math.max(1, blockBytesOf(spec, type, raw.length));
    const blocks = Math.ceil(raw.length / blockBytes);
    const least = HEADER_BYTES + 4 * blocks;
    // Room for one block's worst case behind all that may be kept: what is packed is never larger than what is stored.
    const out = new Uint8Array(least + raw.length + 4 * blocks + lz4Bound(blockBytes));
    const view = new DataView(out.buffer);
    let at = least;
    const isPacked = spec.clevel > 0 && raw.length >= LEAST_PACKED;
    for (let block = 0; isPacked && block < blocks; block++) {
      const flat = filtered(raw.subarray(block * blockBytes, (block + 1) * blockBytes));
      view.setUint32(HEADER_BYTES + 4 * block, at, true);
      let end = packBlock(flat, out, at + 4);
      if (end - at - 4 >= flat.length) {
        out.set(flat, at + 4);
        end = at + 4 + flat.length;
      }
      view.setUint32(at, end - at - 4, true);
      at = end;
    }
    const isStored = !isPacked || at >= raw.length + HEADER_BYTES;
    if (isStored) {
      out.set(raw, HEADER_BYTES);
      at = HEADER_BYTES + raw.length;
    }
    out.set([VERSION, 1, isStored ? flags | STORED : flags, type]);
    view.setUint32(4, raw.length, true);
    view.setUint32(8, blockBytes, true);
    view.setUint32(12, at, true);
    // Bytes of their own: what is kept for a while costs what it says.
    return out.slice(0, at);
  };
}
