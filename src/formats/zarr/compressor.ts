/** What packs chunks: `compressor` of `.zarray`, as plain data and as functions. */

import { type Codec, type Codecs, type Json, unreachable } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { lz4Bound, packLz4Block, unpackLz4Block } from "../lz4.kernel.ts";
import { type BloscSpec, bloscPacker, checkBlosc, unpackBlosc } from "./blosc.ts";

/** A packing of chunks. Levels are the packings' own. */
export type ZarrCompressor =
  | BloscSpec
  | { readonly id: "zstd" | "gzip" | "zlib"; readonly level: number }
  | { readonly id: "lz4"; readonly acceleration: number };

/** What L5Kit and zarr-python 2 pack by where nothing is said. */
export const BLOSC_LZ4: BloscSpec = { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 };

/** JSON that is an object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Whether JSON is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function whole(of: JsonObject, name: string, { from, to, usual }: { from: number; to: number; usual: number }): number {
  const value = of[name] ?? usual;
  if (typeof value === "number" && Number.isInteger(value) && from <= value && value <= to) return value;
  return damaged(
    `${name} of the compressor must be a whole number from ${from} to ${to}, got ${JSON.stringify(value)}`,
  );
}

/** Reads what `.zarray` says; null for chunks as they are. @throws WindrowError `damaged`, `unsupported` */
export function zarrCompressor(json: Json | undefined): ZarrCompressor | null {
  if (json === null) return null;
  if (!isObject(json)) return damaged(`the compressor must be an object or null, got ${JSON.stringify(json)}`);
  const { id } = json;
  switch (id) {
    case "blosc":
      return {
        id,
        cname: typeof json["cname"] === "string" ? json["cname"] : damaged("the compressor blosc has no cname"),
        clevel: whole(json, "clevel", { from: 0, to: 9, usual: 5 }),
        shuffle: whole(json, "shuffle", { from: -1, to: 2, usual: 1 }),
        blocksize: whole(json, "blocksize", { from: 0, to: 2 ** 31 - 1, usual: 0 }),
      };
    case "zstd":
      return { id, level: whole(json, "level", { from: -131072, to: 22, usual: 0 }) };
    case "gzip":
    case "zlib":
      return { id, level: whole(json, "level", { from: -1, to: 9, usual: 1 }) };
    case "lz4":
      return { id, acceleration: whole(json, "acceleration", { from: 0, to: 2 ** 31 - 1, usual: 1 }) };
    default:
      return unsupported(`compressor ${JSON.stringify(id)} is not known here`);
  }
}

function codecNamed(id: "zstd" | "gzip" | "zlib", codecs: Codecs): Codec {
  return codecs.get(id === "gzip" ? "gz" : id) ?? unsupported(`compressor ${id}, for which no codec is there`);
}

/** numcodecs, lz4.pyx: the raw length in four bytes, and one block. */
function unpackLz4(packed: Uint8Array, rawBytes: number): Uint8Array {
  const said = packed.length < 4 ? 0 : new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  if (said !== rawBytes) damaged(`an LZ4 chunk of ${rawBytes} raw bytes was expected, got ${said}`);
  const out = new Uint8Array(rawBytes);
  const end = unpackLz4Block(packed, 4, packed.length, out, 0);
  return end === rawBytes ? out : damaged(`an LZ4 chunk unpacks to ${end} bytes where ${rawBytes} were said`);
}

function unpackWhole(
  compressor: Exclude<ZarrCompressor, BloscSpec> | null,
  packed: Uint8Array,
  of: ChunkOptions,
): Uint8Array {
  if (compressor === null) {
    if (packed.length === of.rawBytes) return packed;
    return damaged(`a chunk of ${of.rawBytes} bytes was expected, got ${packed.length}`);
  }
  if (compressor.id === "lz4") return unpackLz4(packed, of.rawBytes);
  return codecNamed(compressor.id, of.codecs).unpack(packed, of.rawBytes);
}

/** Raw bytes for each packed one, at the most: of LZ4 a match's length, of deflate what zlib says, of zstd a block that repeats a byte. */
const MOST_RATIO = { lz4: 256, gzip: 1032, zlib: 1032, zstd: 32768 };

/**
 * Checks, before anything is set aside for it, that a packed chunk can hold so many bytes.
 * @throws WindrowError `damaged`, `unsupported`
 */
export function checkChunk(
  compressor: ZarrCompressor | null,
  packed: Uint8Array,
  { rawBytes, codecs }: ChunkOptions,
): void {
  if (compressor?.id === "blosc") checkBlosc(packed, rawBytes, codecs);
  else if (rawBytes > packed.length * (compressor === null ? 1 : MOST_RATIO[compressor.id]))
    damaged(`${packed.length} bytes cannot hold a chunk of ${rawBytes}`);
}

/** RFC 8878, 3.1.1.1: the size stands behind the descriptor and, where there is one, the window; `undefined` where the frame has none. */
function promisedByZstd(view: DataView): number | undefined {
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? view.getUint8(at) : undefined;
    case 1:
      return 256 + view.getUint16(at, true);
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

/**
 * Bytes that a packed chunk says it unpacks to; `undefined` where it does not say.
 * @throws RangeError for one that is cut short
 */
export function promisedBytes(compressor: ZarrCompressor | null, packed: Uint8Array): number | undefined {
  if (compressor === null) return packed.length;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  switch (compressor.id) {
    case "blosc":
      return view.getUint32(4, true);
    case "lz4":
      return view.getUint32(0, true);
    case "zstd":
      return promisedByZstd(view);
    // RFC 1952, 2.3.1: ISIZE; of one member, which is what is written.
    case "gzip":
      return view.getUint32(packed.length - 4, true);
    case "zlib":
      return undefined;
    default:
      return unreachable(compressor);
  }
}

/** What the opening of a chunk needs. */
export interface ChunkOptions {
  /** Bytes of a whole chunk. */
  readonly rawBytes: number;
  readonly codecs: Codecs;
  /** Where the chunk is unpacked to, of `rawBytes` bytes; a place of its own where absent. */
  readonly into?: Uint8Array;
}

/** Unpacks a chunk that `checkChunk` has passed, to `into` where it is given. @throws WindrowError `damaged`, `unsupported` */
export function unpackChunk(compressor: ZarrCompressor | null, packed: Uint8Array, options: ChunkOptions): Uint8Array {
  const { rawBytes, codecs, into } = options;
  if (compressor?.id === "blosc") {
    const out = into ?? new Uint8Array(rawBytes);
    unpackBlosc(packed, out, codecs);
    return out;
  }
  const bytes = unpackWhole(compressor, packed, options);
  into?.set(bytes);
  return into ?? bytes;
}

/** zstd's own default, which 0 stands for. */
const ZSTD_DEFAULT = 3;

/** What packs whole chunks of values of `typeBytes` bytes. @throws WindrowError `unsupported` */
export function chunkPacker(
  compressor: ZarrCompressor | null,
  typeBytes: number,
  codecs: Codecs,
): (raw: Uint8Array) => Uint8Array {
  if (compressor === null) return (raw) => raw.slice();
  switch (compressor.id) {
    case "blosc":
      return bloscPacker(compressor, typeBytes, codecs);
    case "lz4":
      return (raw) => {
        const out = new Uint8Array(4 + lz4Bound(raw.length));
        new DataView(out.buffer).setUint32(0, raw.length, true);
        return out.slice(0, packLz4Block(raw, out, 4, Math.min(Math.max(1, compressor.acceleration), 1 << 16)));
      };
    case "zstd":
    case "gzip":
    case "zlib": {
      const codec = codecNamed(compressor.id, codecs);
      const level = compressor.id === "zstd" && compressor.level === 0 ? ZSTD_DEFAULT : compressor.level;
      return (raw) => codec.pack(raw, level);
    }
    default:
      return unreachable(compressor);
  }
}
