/** The codecs that Node brings (zstd, gz, zlib, br), snappy and frames of LZ4, behind the interface of core. */

import { createRequire } from "node:module";
import { pipeline, type Transform, type TransformOptions } from "node:stream";
import { promisify } from "node:util";
import {
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  deflateSync,
  gunzip,
  gunzipSync,
  gzipSync,
  inflate,
  inflateSync,
  type ZlibOptions,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from "node:zlib";
import { type Codec, type Codecs, WindrowError } from "../core/index.ts";
import { packLz4Frame, unpackLz4Frame } from "../formats/lz4.kernel.ts";
import { systemCode } from "./io-error.ts";

type UnpackOptions = Pick<ZlibOptions, "chunkSize" | "maxOutputLength"> &
  Pick<TransformOptions, "writableHighWaterMark">;
type Unpacker = (bytes: Uint8Array, options: UnpackOptions) => Uint8Array;
/** Works in libuv's pool. */
type LaterUnpacker = (bytes: Uint8Array, options: UnpackOptions) => Promise<Uint8Array>;

// zlib refuses smaller chunks (Z_MIN_CHUNK), and Node counts the bytes of one step in 32 bits.
const LEAST_CHUNK = 64;
const MOST_CHUNK = 2 ** 31;
/** So much is set aside whatever is promised. */
const LEAST_PROMISE = 1 << 16;
/** Raw bytes for each packed one, at most: of deflate (zlib's "Technical Details"), and of snappy, whose copies of 64 bytes take 3. */
const MOST_DEFLATED = 1032;
const MOST_SNAPPED = 22;
/** A byte lengthens a match of LZ4 by this much. */
const MOST_LZ4 = 255;

/**
 * zstd, gz, zlib, br, snappy and lz4-frame, by those names. Levels where absent are the ones of mosaicml-streaming: zstd 3, gz and zlib 9, br 11.
 * Bytes that trail a whole zstd or br stream are not noticed: who knows the packed length checks it.
 */
export function nodeCodecs(): Codecs {
  return new Map([zstd, gz, zlib, br, snappy, lz4Frame].map((codec) => [codec.name, codec]));
}

const zstd: Codec = {
  name: "zstd",
  pack(bytes, level = constants.ZSTD_CLEVEL_DEFAULT) {
    checkSize("zstd", bytes);
    const params = { [constants.ZSTD_c_compressionLevel]: level };
    // Room for the worst case lets zstd pack in one call: faster, smaller, and the frame header then says the raw length,
    // without which python-zstd's `decompress` refuses the frame.
    return compact(zstdCompressSync(bytes, { params, chunkSize: zstdBound(bytes.length) }));
  },
  unpack: (bytes, rawLength) => unpackExactly("zstd", zstdDecompressSync, bytes, rawLength),
  unpackLater: (bytes, rawLength) => unpackLater("zstd", promisify(zstdDecompress), bytes, rawLength),
  unpackPieces: (pieces, rawLength) => unpackPieces("zstd", createZstdDecompress, pieces, rawLength),
  unpackCut(bytes, most) {
    try {
      // The last flush of a whole frame asks for its end; this one does not.
      const finishFlush = constants.ZSTD_e_continue;
      return compact(zstdDecompressSync(bytes, { ...unpackOptions(bytes, most), finishFlush }));
    } catch (cause) {
      throw notTheCodecs("zstd", cause, most);
    }
  },
};

const gz: Codec = {
  name: "gz",
  pack(bytes, level = constants.Z_BEST_COMPRESSION) {
    checkSize("gz", bytes);
    const packed = compact(gzipSync(bytes, { level, chunkSize: deflateBound(bytes.length) }));
    // RFC 1952, 2.3: byte 9 names the operating system. 255, "unknown", makes the same bytes on all; zlib leaves the time at 0.
    packed[9] = 255;
    return packed;
  },
  unpack: (bytes, rawLength) => unpackExactly("gz", gunzipSync, bytes, rawLength),
  unpackLater: (bytes, rawLength) => unpackLater("gz", promisify(gunzip), bytes, rawLength),
  unpackPieces: (pieces, rawLength) => unpackPieces("gz", createGunzip, pieces, rawLength),
};

/** What gz packs, in the frame of RFC 1950: chunks of Zarr and of Blosc have it. */
const zlib: Codec = {
  name: "zlib",
  pack(bytes, level = constants.Z_BEST_COMPRESSION) {
    checkSize("zlib", bytes);
    return compact(deflateSync(bytes, { level, chunkSize: deflateBound(bytes.length) }));
  },
  unpack: (bytes, rawLength) => unpackExactly("zlib", inflateSync, bytes, rawLength),
  unpackLater: (bytes, rawLength) => unpackLater("zlib", promisify(inflate), bytes, rawLength),
  unpackPieces: (pieces, rawLength) => unpackPieces("zlib", createInflate, pieces, rawLength),
};

const br: Codec = {
  name: "br",
  pack(bytes, level = constants.BROTLI_MAX_QUALITY) {
    checkSize("br", bytes);
    const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    return compact(brotliCompressSync(bytes, { params }));
  },
  unpack: (bytes, rawLength) => unpackExactly("br", brotliDecompressSync, bytes, rawLength),
  unpackLater: (bytes, rawLength) => unpackLater("br", promisify(brotliDecompress), bytes, rawLength),
  unpackPieces: (pieces, rawLength) => unpackPieces("br", createBrotliDecompress, pieces, rawLength),
};

// Output in memory of the engine: that of the addon is freed late, and a large file would pile it up.
const OWNED = { copyOutputData: true };

/** The raw block format, as parquet and python-snappy have it. */
const snappy: Codec = {
  name: "snappy",
  pack(bytes) {
    checkSize("snappy", bytes);
    return compact(loadSnappy().compressSync(bytes, OWNED));
  },
  unpack(bytes, rawLength) {
    const { uncompressSync } = loadSnappy();
    checkDeclared(bytes, rawLength);
    try {
      return unpackedSnappy(uncompressSync(bytes, OWNED), rawLength);
    } catch (cause) {
      throw notTheCodecs("snappy", cause);
    }
  },
  async unpackLater(bytes, rawLength) {
    const { uncompress } = loadSnappy();
    checkDeclared(bytes, rawLength);
    try {
      return unpackedSnappy(await uncompress(bytes, OWNED), rawLength);
    } catch (cause) {
      throw notTheCodecs("snappy", cause);
    }
  },
};

/** Frames of LZ4, as MCAP's chunks and Arrow's buffers are; blocks without a frame are another thing. */
const lz4Frame: Codec = {
  name: "lz4-frame",
  pack(bytes) {
    checkSize("lz4-frame", bytes);
    return packLz4Frame(bytes);
  },
  unpack(bytes, rawLength) {
    if (rawLength > MOST_LZ4 * bytes.length) throw wrongLength("lz4-frame", rawLength, `${bytes.length} packed bytes`);
    try {
      return unpackLz4Frame(bytes, rawLength);
    } catch (cause) {
      throw notTheFrame(rawLength, cause);
    }
  },
};

function notTheFrame(rawLength: number, cause: unknown): WindrowError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot unpack lz4-frame: must unpack to ${rawLength} bytes, got other bytes (${why})`;
  return new WindrowError("damaged", message, { cause });
}

// The decoder allocates what the block declares, so that is looked at first.
function checkDeclared(bytes: Uint8Array, rawLength: number): void {
  const declared = snappyLength(bytes);
  if (declared !== rawLength) throw wrongLength("snappy", rawLength, declared ?? "no length");
  if (rawLength > MOST_SNAPPED * bytes.length) throw wrongLength("snappy", rawLength, `${bytes.length} packed bytes`);
}

function unpackedSnappy(raw: Uint8Array | string, rawLength: number): Uint8Array {
  if (typeof raw !== "string" && raw.length === rawLength) return compact(raw);
  throw wrongLength("snappy", rawLength, raw.length);
}

function checkSize(name: string, bytes: Uint8Array): void {
  if (bytes.length < MOST_CHUNK) return;
  throw new WindrowError(
    "unsupported",
    `Cannot pack ${name}: less than 2 GiB fit in one piece, got ${bytes.length} bytes`,
  );
}

// zstd.h, ZSTD_COMPRESSBOUND, and some bytes more, so that a full buffer does not make Node begin a second.
function zstdBound(length: number): number {
  const margin = length < 131072 ? (131072 - length) / 2048 : 0;
  return Math.ceil(length + length / 256 + margin) + LEAST_CHUNK;
}

// zlib's deflateBound for the default window, and the header and trailer of gzip.
function deflateBound(length: number): number {
  return Math.ceil(length + length / 4096 + length / 16384 + length / 33554432) + 13 + 18 + LEAST_CHUNK;
}

// Bytes of their own, not a corner of a buffer much larger than they are: what is kept or sent to a worker costs what it says.
// Up to four times is let be: a shard is written and let go, and copying it costs a tenth of packing it.
function compact(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer.byteLength > 4 * bytes.length + LEAST_CHUNK) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function unpackExactly(name: string, unpack: Unpacker, bytes: Uint8Array, rawLength: number): Uint8Array {
  try {
    return exactly(name, unpack(bytes, unpackOptions(bytes, rawLength)), rawLength);
  } catch (cause) {
    throw notTheCodecs(name, cause, rawLength);
  }
}

async function unpackLater(
  name: string,
  unpack: LaterUnpacker,
  bytes: Uint8Array,
  rawLength: number,
): Promise<Uint8Array> {
  try {
    return exactly(name, await unpack(bytes, unpackOptions(bytes, rawLength)), rawLength);
  } catch (cause) {
    throw notTheCodecs(name, cause, rawLength);
  }
}

// As fast as one chunk that holds the whole answer, and large enough that the steps between threads do not show.
const PIECE = 1 << 20;

async function* unpackPieces(
  name: string,
  unpacker: (options: UnpackOptions) => Transform,
  pieces: AsyncIterable<Uint8Array>,
  rawLength: number,
): AsyncIterable<Uint8Array> {
  // A piece is asked for when the one before is used up, not ahead: who gives them has one place in memory for all.
  const through = unpacker({ chunkSize: PIECE, writableHighWaterMark: 1 });
  // An error on the way destroys both ends, and comes out of the loop.
  pipeline(pieces, through, () => {});
  let length = 0;
  try {
    for await (const piece of wholeBuffers(through)) {
      length += piece.length;
      if (length > rawLength) break;
      yield piece;
    }
  } catch (cause) {
    throw notTheCodecs(name, cause);
  }
  if (length !== rawLength) throw wrongLength(name, rawLength, length > rawLength ? "more" : length);
}

/** What a stream of zlib gives, each piece in a buffer of its own: it fills its buffers bit by bit, and gives each bit. */
async function* wholeBuffers(through: AsyncIterable<Buffer<ArrayBuffer>>): AsyncIterable<Uint8Array> {
  let begun: Uint8Array | undefined;
  for await (const { buffer, byteOffset, length } of through) {
    const isNext = begun !== undefined && begun.buffer === buffer && begun.length === byteOffset;
    if (begun !== undefined && !isNext) yield begun;
    // What Node joined may lie anywhere in memory that it shares.
    const isWhole = isNext || (byteOffset === 0 && buffer.byteLength === PIECE);
    begun = isWhole
      ? new Uint8Array(buffer, 0, byteOffset + length)
      : new Uint8Array(buffer, byteOffset, length).slice();
    if (begun.length < PIECE) continue;
    yield begun;
    begun = undefined;
  }
  if (begun !== undefined) yield begun;
}

// One chunk that holds the whole answer, and a byte that stays free unless there is too much. What unpacks to more than a thousand times
// its bytes comes in several: nothing is set aside for an answer that is only promised.
function unpackOptions(bytes: Uint8Array, rawLength: number): UnpackOptions {
  const likely = Math.max(LEAST_PROMISE, MOST_DEFLATED * bytes.length);
  const chunkSize = Math.min(Math.max(LEAST_CHUNK, rawLength + 1), likely, MOST_CHUNK);
  return { chunkSize, maxOutputLength: Math.max(1, rawLength) };
}

function exactly(name: string, raw: Uint8Array, rawLength: number): Uint8Array {
  if (raw.length !== rawLength) throw wrongLength(name, rawLength, raw.length);
  return compact(raw);
}

function wrongLength(name: string, rawLength: number, got: number | string): WindrowError {
  return new WindrowError("damaged", `Cannot unpack ${name}: must unpack to ${rawLength} bytes, got ${got}`);
}

function notTheCodecs(name: string, cause: unknown, rawLength?: number): WindrowError {
  if (cause instanceof WindrowError) return cause;
  if (rawLength !== undefined && systemCode(cause) === "ERR_BUFFER_TOO_LARGE") {
    return new WindrowError("damaged", `Cannot unpack ${name}: must unpack to ${rawLength} bytes, got more`, { cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WindrowError("damaged", `Cannot unpack ${name}: ${why}`, { cause });
}

// The preamble of a snappy block (format_description.txt, §1): the raw length as a little-endian varint of at most 32 bits.
function snappyLength(bytes: Uint8Array): number | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value < 2 ** 32 ? value : undefined;
  }
  return undefined;
}

type Snappy = Pick<typeof import("snappy"), "compressSync" | "uncompress" | "uncompressSync">;
let loadedSnappy: Snappy | undefined;

// Loaded when first used: the native module costs some milliseconds that most commands need not pay.
function loadSnappy(): Snappy {
  try {
    loadedSnappy ??= createRequire(import.meta.url)("snappy") as Snappy; // its own declarations say so
    return loadedSnappy;
  } catch (cause) {
    throw notInstalled("snappy", cause);
  }
}

function notInstalled(name: string, cause: unknown): WindrowError {
  return new WindrowError("unsupported", `Cannot use ${name}: the package that packs it is not installed`, { cause });
}
