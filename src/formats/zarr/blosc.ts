/** The frame of Blosc 1: a header, the places of its blocks, and blocks that are shuffled and packed each by itself (c-blosc, README_CHUNK_FORMAT.rst). */

import type { ByteRange, Codec, Codecs, OpenFile } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { lz4Bound, packLz4Block, unpackLz4Block } from "../lz4.kernel.ts";
import { unpackBlosclz } from "./blosclz.kernel.ts";
import { bitShuffle, bitUnshuffle, shuffle, unshuffle, unshufflePart } from "./shuffle.kernel.ts";

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

/** What the beginning of a chunk says. */
interface Head {
  readonly flags: number;
  readonly format: Format;
  readonly codec: Codec | undefined;
  readonly typeBytes: number;
  readonly blockBytes: number;
  /** 0 where the chunk's bytes are as they are, behind the header. */
  readonly blocks: number;
  /** Where a block begins: in the chunk. */
  start(block: number): number;
}

/** What a chunk must be. */
interface Promised {
  /** Bytes of the packed chunk. */
  readonly bytes: number;
  readonly rawBytes: number;
  readonly codecs: Codecs;
}

/** Reads a header, and checks what it promises; `begin` holds the places of the blocks, too, or `start` is not called. */
function headOf(begin: Uint8Array, { bytes, rawBytes, codecs }: Promised): Head {
  if (begin.length < HEADER_BYTES) damaged(`a Blosc chunk has a header of ${HEADER_BYTES} bytes, got ${begin.length}`);
  const view = new DataView(begin.buffer, begin.byteOffset, begin.byteLength);
  const flags = view.getUint8(2);
  const typeBytes = view.getUint8(3);
  const [raw, blockBytes, said] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [number, number, number]; // three places
  if (view.getUint8(0) !== VERSION || (flags & UNKNOWN) !== 0)
    unsupported(`a Blosc chunk of version ${view.getUint8(0)} with flags ${flags}`);
  if (raw !== rawBytes) damaged(`a Blosc chunk of ${rawBytes} raw bytes was expected, got ${raw}`);
  if (said !== bytes) damaged(`a Blosc chunk of ${said} bytes was promised, got ${bytes}`);
  const format = FORMATS[flags >> 5] ?? unsupported(`a Blosc chunk of format ${flags >> 5}`);
  const start = (block: number) => {
    const at = view.getUint32(HEADER_BYTES + 4 * block, true);
    return at >= HEADER_BYTES + 4 && at + 4 <= bytes ? at : damaged(`a Blosc block at byte ${at} of ${bytes}`);
  };
  if ((flags & STORED) !== 0) {
    if (bytes !== raw + HEADER_BYTES) damaged(`a Blosc chunk of ${raw} bytes as they are, got ${bytes - HEADER_BYTES}`);
    return { flags: STORED, format, codec: undefined, typeBytes: 1, blockBytes: raw, blocks: 0, start };
  }
  if (typeBytes === 0) damaged("a Blosc chunk of values of 0 bytes");
  if (blockBytes === 0 || blockBytes > raw) damaged(`Blosc blocks of ${blockBytes} bytes in a chunk of ${raw}`);
  const blocks = Math.ceil(raw / blockBytes);
  if (blocks > (bytes - HEADER_BYTES) / 4) damaged(`${blocks} Blosc blocks in a chunk of ${bytes} bytes`);
  if (raw > bytes * MOST_RATIO[format]) damaged(`${bytes} bytes of ${format} cannot hold ${raw}`);
  return { flags, format, codec: codecOf(format, codecs), typeBytes, blockBytes, blocks, start };
}

function codecOf(format: Format, codecs: Codecs): Codec | undefined {
  if (format === "lz4" || format === "blosclz") return undefined;
  return codecs.get(format) ?? unsupported(`a Blosc chunk packed by ${format}, for which no codec is there`);
}

/** How a block of so many bytes is shuffled. */
function shuffleOf({ flags, typeBytes }: Head, bytes: number): "bytes" | "bits" | "none" {
  if ((flags & SHUFFLED) !== 0) return typeBytes > 1 ? "bytes" : "none";
  return (flags & BIT_SHUFFLED) !== 0 && bytes >= typeBytes ? "bits" : "none";
}

/** Unpacks a block that begins at `at`, as it was shuffled. */
function unpackFlat(head: Head, packed: Uint8Array, at: number, flat: Uint8Array): void {
  const { flags, typeBytes, blockBytes } = head;
  const isSplit =
    (flags & WHOLE) === 0 &&
    typeBytes <= MOST_SPLITS &&
    blockBytes / typeBytes >= LEAST_SPLIT &&
    flat.length === blockBytes;
  const parts = isSplit ? typeBytes : 1;
  const partBytes = Math.floor(flat.length / parts);
  if (partBytes * parts !== flat.length) damaged(`a Blosc block of ${flat.length} bytes in ${parts} parts`);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let from = at;
  for (let part = 0; part < parts; part++) {
    if (from + 4 > packed.length) damaged(`a Blosc block at byte ${from} of ${packed.length}`);
    const bytes = view.getUint32(from, true);
    const to = from + 4 + bytes;
    if (to > packed.length) damaged(`a Blosc block of ${bytes} bytes at byte ${from} of ${packed.length}`);
    const out = parts === 1 ? flat : flat.subarray(part * partBytes, (part + 1) * partBytes);
    if (bytes === out.length) out.set(packed.subarray(from + 4, to));
    else unpackPart(head, packed.subarray(from + 4, to), out);
    from = to;
  }
}

function unpackPart({ format, codec }: Head, packed: Uint8Array, out: Uint8Array): void {
  if (codec !== undefined) {
    out.set(codec.unpack(packed, out.length));
    return;
  }
  const length =
    format === "lz4" ? unpackLz4Block(packed, 0, packed.length, out, 0) : unpackBlosclz(packed, 0, packed.length, out);
  if (length !== out.length) damaged(`a Blosc block unpacks to ${length} bytes where ${out.length} were said`);
}

/** Shuffled bytes of the block at work; blocks are unpacked one after the other. */
let room = new Uint8Array(1 << 17);

function roomFor(bytes: number): Uint8Array {
  if (room.length < bytes) room = new Uint8Array(bytes);
  return room.subarray(0, bytes);
}

/**
 * Unpacks a whole chunk to `out`.
 * @throws WindrowError `damaged`, `unsupported`
 */
export function unpackBlosc(packed: Uint8Array, out: Uint8Array, codecs: Codecs): void {
  const head = headOf(packed, { bytes: packed.length, rawBytes: out.length, codecs });
  if (head.blocks === 0) out.set(packed.subarray(HEADER_BYTES));
  for (let block = 0; block < head.blocks; block++) {
    const own = out.subarray(block * head.blockBytes, (block + 1) * head.blockBytes);
    const shuffled = shuffleOf(head, own.length);
    const flat = shuffled === "none" ? own : roomFor(own.length);
    unpackFlat(head, packed, head.start(block), flat);
    if (shuffled === "bytes") unshuffle(flat, own, head.typeBytes);
    else if (shuffled === "bits") bitUnshuffle(flat, own, head.typeBytes);
  }
}

/** Checks a header before anything is set aside for what it promises. @throws WindrowError `damaged`, `unsupported` */
export function checkBlosc(packed: Uint8Array, rawBytes: number, codecs: Codecs): void {
  headOf(packed, { bytes: packed.length, rawBytes, codecs });
}

/** A block of a chunk: unpacked, but with its bytes still shuffled, so that only those which are asked for need be sorted. */
export interface BloscBlock {
  /** Raw bytes of the chunk before it. */
  readonly from: number;
  readonly flat: Uint8Array;
  /** Bytes of a value whose bytes are shuffled; 1 where none are. */
  readonly typeBytes: number;
}

/** So much is read first: the header, and the places of as many blocks as chunks usually have. */
const FIRST_BYTES = 512;

/** Packed blocks are read to the same room one after the other; larger ones than this to room of their own. */
const MOST_ROOM = 1 << 20;
let fileRoom = new Uint8Array();

/** Bytes of a file, in room that the next call uses again. */
function readAt(file: OpenFile, from: number, to: number): Uint8Array {
  const length = Math.max(0, to - from);
  if (length > fileRoom.length && length <= MOST_ROOM) fileRoom = new Uint8Array(length + (length >> 2));
  const bytes = length <= fileRoom.length ? fileRoom.subarray(0, length) : new Uint8Array(length);
  file.readInto(from, bytes);
  return bytes;
}

/**
 * Reads the blocks of a chunk that hold its raw bytes from `from` to `to`, and no others; `undefined` for a chunk whose bytes are as they are, in no
 * blocks.
 * @throws WindrowError `damaged`, `unsupported`
 */
export function readBlocks(
  file: OpenFile,
  { from, to }: ByteRange,
  { rawBytes, codecs }: Omit<Promised, "bytes">,
): { readonly blockBytes: number; readonly blocks: readonly BloscBlock[] } | undefined {
  const promised = { bytes: file.bytes, rawBytes, codecs };
  // The head is looked at again for each block: it keeps its bytes.
  let begin = readAt(file, 0, Math.min(FIRST_BYTES, file.bytes)).slice();
  let head = headOf(begin, promised);
  if (head.blocks === 0) return undefined;
  const headBytes = HEADER_BYTES + 4 * head.blocks;
  if (begin.length < headBytes) {
    begin = readAt(file, 0, headBytes).slice();
    head = headOf(begin, promised);
  }
  const { blockBytes, typeBytes } = head;
  const blocks: BloscBlock[] = [];
  for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) {
    const bytes = Math.min(blockBytes, rawBytes - block * blockBytes);
    const flat = new Uint8Array(bytes);
    const packed = readAt(file, head.start(block), endOf(head, block, file.bytes));
    unpackFlat(head, packed, 0, flat);
    const shuffled = shuffleOf(head, bytes);
    const own = { from: block * blockBytes, flat, typeBytes: shuffled === "bytes" ? typeBytes : 1 };
    blocks.push(shuffled === "bits" ? { ...own, flat: bitUnshuffled(flat, typeBytes) } : own);
  }
  return { blockBytes, blocks };
}

function bitUnshuffled(flat: Uint8Array, typeBytes: number): Uint8Array {
  const out = new Uint8Array(flat.length);
  bitUnshuffle(flat, out, typeBytes);
  return out;
}

/** A block ends where the next one begins: threads that pack put them in any order. */
function endOf({ blocks, start }: Head, block: number, fileBytes: number): number {
  const begin = start(block);
  let end = fileBytes;
  for (let other = 0; other < blocks; other++) {
    const at = start(other);
    if (at > begin && at < end) end = at;
  }
  return end;
}

/** Puts raw bytes of a block in their order, at the beginning of `out`: those from `from` to `to` of the chunk that lie in it. */
export function copyFromBlock(block: BloscBlock, { from, to }: ByteRange, out: Uint8Array): void {
  const { flat, typeBytes } = block;
  const [first, last] = [Math.max(0, from - block.from), Math.min(flat.length, to - block.from)];
  if (typeBytes === 1) out.set(flat.subarray(first, last));
  else unshufflePart(flat, out, { from: first, to: last, typeBytes });
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

/** Where chunks are packed before it is known how large they become; kept up to a size that chunks usually have. */
let packing = new Uint8Array(0);
const MOST_KEPT = 16 << 20;

function packingRoom(bytes: number): Uint8Array {
  if (bytes > MOST_KEPT) return new Uint8Array(bytes);
  if (packing.length < bytes) packing = new Uint8Array(bytes);
  return packing.subarray(0, bytes);
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
    const out = packingRoom(least + raw.length + 4 * blocks + lz4Bound(blockBytes));
    const view = new DataView(out.buffer, out.byteOffset);
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
