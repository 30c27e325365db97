/** Finds the files of a shard, and gives its raw bytes: from its file, or from a packed one, whole or piece by piece. */

import { type Codec, type Codecs, type Hashes, type Key, type ReadStore, WindrowError } from "../../core/index.ts";
import { forwardBytes } from "./forward-bytes.ts";
import type { FileEntry, ShardEntry } from "./index-json.ts";
import { freed, type ShardBytes, type SpareBytes } from "./shard-bytes.ts";
import { damaged, missing, undecodable } from "./shard-fault.ts";

/** Where shards lie, and what unpacks and checks them. */
export interface ShardSource {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
  /** Whether to check each file that is read against the hashes of index.json. */
  readonly verify: "none" | "hashes";
  /** Memory for an unpacked shard. */
  readonly spare: SpareBytes;
  /** The key of a file of the dataset. */
  keyOf(basename: string): string;
}

/**
 * What will be read: `ranges`, with nothing to close afterwards; `any` place, many times; `forward`, no byte before one that was read,
 * so that a packed shard need not be whole in memory.
 */
export type ShardAccess = "ranges" | "any" | "forward";

/**
 * The bytes of a shard: from the raw file where there is one, else from the packed one.
 * @throws WindrowError `missing` where there is neither; `damaged` where sizes or hashes are not what index.json says; `unsupported`
 * where a codec or every hash is not at hand.
 */
export async function shardBytes(entry: ShardEntry, source: ShardSource, access: ShardAccess): Promise<ShardBytes> {
  const { raw_data: raw, zip_data: zip } = entry;
  const { store } = source;
  const key = source.keyOf(raw.basename);
  const size = await store.size(key);
  if (size === undefined) {
    if (zip === null) throw missing(key);
    return packedBytes(entry, zip, { source, access });
  }
  checkSize(key, size, raw);
  if (wantsHashes(raw, source)) return checkedWhole(await get(store, key, { from: 0, to: size }), raw, key, source);
  if (access !== "ranges" && store.open !== undefined) return openFile(store, key, raw);
  return {
    key,
    async readInto(at, into) {
      into.set(await get(store, key, { from: at, to: at + into.length }));
    },
    [Symbol.dispose]() {},
  };
}

/**
 * The same at once, for any place: a raw shard's file is open, a packed shard is whole in memory.
 * @throws WindrowError as `shardBytes`; `unsupported` where the store cannot answer at once.
 */
export function shardBytesNow(entry: ShardEntry, source: ShardSource): ShardBytes {
  const { raw_data: raw, zip_data: zip } = entry;
  const key = source.keyOf(raw.basename);
  const file = openNow(source.store, key);
  if (file !== undefined) {
    if (!wantsHashes(raw, source)) return ofFile(file, key, raw);
    using whole = ofFile(file, key, raw);
    return checkedWhole(readAll(whole, raw), raw, key, source);
  }
  if (zip === null) throw missing(key);
  const zipKey = source.keyOf(zip.basename);
  const zipFile = openNow(source.store, zipKey);
  if (zipFile === undefined) throw missing(zipKey);
  using packed = ofFile(zipFile, zipKey, zip);
  const bytes = readAll(packed, zip);
  checkHashes(bytes, zip, zipKey, source);
  return unpackedWhole(entry, zipKey, source, (codec) => codec.unpack(bytes, raw.bytes));
}

function openNow(store: ReadStore, key: Key) {
  if (store.open !== undefined) return store.open(key);
  throw new WindrowError("unsupported", `Cannot read ${key} at once: ${store.name} answers later`, {
    details: { key },
  });
}

function openFile(store: ReadStore, key: Key, file: FileEntry): ShardBytes {
  const open = openNow(store, key);
  if (open === undefined) throw missing(key);
  return ofFile(open, key, file);
}

function ofFile(open: ReturnType<NonNullable<ReadStore["open"]>> & {}, key: Key, file: FileEntry): ShardBytes {
  try {
    checkSize(key, open.bytes, file);
  } catch (cause) {
    open[Symbol.dispose]();
    throw cause;
  }
  return { key, readInto: (at, into) => open.readInto(at, into), [Symbol.dispose]: () => open[Symbol.dispose]() };
}

function readAll(bytes: ShardBytes, { bytes: length }: FileEntry): Uint8Array {
  const all = new Uint8Array(length);
  void bytes.readInto(0, all); // a file's are there on return
  return all;
}

async function packedBytes(
  entry: ShardEntry,
  zip: FileEntry,
  { source, access }: { readonly source: ShardSource; readonly access: ShardAccess },
): Promise<ShardBytes> {
  const { store } = source;
  const key = source.keyOf(zip.basename);
  const size = await store.size(key);
  if (size === undefined) throw missing(key);
  checkSize(key, size, zip);
  const { bytes: rawLength } = entry.raw_data;
  const codec = codecOf(entry, key, source);
  const isChecked = wantsHashes(zip, source) || wantsHashes(entry.raw_data, source);
  if (access !== "ranges" && codec.unpackPieces !== undefined && !isChecked) {
    const file = store.open === undefined ? undefined : openFile(store, key, zip);
    const pieces = codec.unpackPieces(filePieces(store, { key, file, bytes: zip.bytes }), rawLength);
    // Whoever leaves off finds the file closed, though the unpacking of what is read already takes its time to end.
    if (access === "forward") return forwardBytes(key, pieces, { rawLength, close: () => file?.[Symbol.dispose]() });
    using _ = file;
    return await lentBytes(key, pieces, { rawLength, packedLength: zip.bytes, spare: source.spare });
  }
  const packed = await get(store, key, { from: 0, to: size });
  checkHashes(packed, zip, key, source);
  if (access === "ranges" || codec.unpackLater === undefined) {
    return unpackedWhole(entry, key, source, () => codec.unpack(packed, rawLength));
  }
  const raw = await codec.unpackLater(packed, rawLength).catch((cause: unknown) => cause);
  return unpackedWhole(entry, key, source, () => {
    if (raw instanceof Uint8Array) return raw;
    throw raw;
  });
}

/** Bytes that are set aside whatever is promised, and raw bytes for each packed one that are believed. */
const LEAST_LENT = 1 << 20;
const MOST_PACKED = 1024;

/** All bytes of a packed shard, in memory that the next shard gets. */
async function lentBytes(
  key: Key,
  pieces: AsyncIterable<Uint8Array>,
  {
    rawLength,
    packedLength,
    spare,
  }: { readonly rawLength: number; readonly packedLength: number; readonly spare: SpareBytes },
): Promise<ShardBytes> {
  // What index.json promises may not be there: for more than shards pack to, memory grows as the bytes come.
  let memory = spare.take(Math.min(rawLength, Math.max(LEAST_LENT, MOST_PACKED * packedLength)));
  let length = 0;
  try {
    for await (const piece of pieces) {
      const needed = length + piece.length;
      if (needed > memory.length && memory.length < rawLength) {
        const larger = new Uint8Array(Math.min(rawLength, Math.max(needed, 2 * memory.length)));
        larger.set(memory.subarray(0, length));
        memory = larger;
      }
      memory.set(piece, length);
      length += piece.length;
      freed(piece);
    }
  } catch (cause) {
    spare.give(memory);
    throw undecodable(key, length, cause);
  }
  if (length !== rawLength) {
    // What lay there before must not pass for samples.
    spare.give(memory);
    damaged(key, length, `must unpack to ${rawLength} bytes, got ${length}`);
  }
  const whole = memory.subarray(0, rawLength);
  return {
    key,
    whole,
    readInto: (at, into) => into.set(whole.subarray(at, at + into.length)),
    [Symbol.dispose]: () => spare.give(memory),
  };
}

function codecOf(entry: ShardEntry, key: Key, source: ShardSource): Codec {
  // `zstd:3` is read as zstd: the level is the packer's own affair.
  const name = entry.compression?.split(":")[0] ?? "";
  const codec = source.codecs.get(name);
  if (codec !== undefined) return codec;
  throw new WindrowError("unsupported", `Cannot read ${key}: no codec of this name is at hand, got ${name}`, {
    details: { key },
  });
}

function unpackedWhole(
  entry: ShardEntry,
  key: Key,
  source: ShardSource,
  unpack: (codec: Codec) => Uint8Array,
): ShardBytes {
  const codec = codecOf(entry, key, source);
  let bytes: Uint8Array;
  try {
    bytes = unpack(codec);
  } catch (cause) {
    throw undecodable(key, 0, cause);
  }
  return checkedWhole(bytes, entry.raw_data, key, source);
}

function checkedWhole(bytes: Uint8Array, file: FileEntry, key: Key, source: ShardSource): ShardBytes {
  checkHashes(bytes, file, key, source);
  return {
    key,
    whole: bytes,
    readInto: (at, into) => into.set(bytes.subarray(at, at + into.length)),
    [Symbol.dispose]() {},
  };
}

// Large enough that reading does not limit, small against a shard.
const PACKED_PIECE = 1 << 20;

/** A packed file piece by piece, each in the place of the one before; `file` where it is open. */
async function* filePieces(
  store: ReadStore,
  { key, file, bytes }: { readonly key: Key; readonly file: ShardBytes | undefined; readonly bytes: number },
): AsyncIterable<Uint8Array> {
  using _ = file;
  const memory = new Uint8Array(file === undefined ? 0 : Math.min(PACKED_PIECE, bytes));
  for (let from = 0; from < bytes; from += PACKED_PIECE) {
    const to = Math.min(from + PACKED_PIECE, bytes);
    if (file === undefined) yield await get(store, key, { from, to });
    else {
      const piece = memory.subarray(0, to - from);
      await file.readInto(from, piece);
      yield piece;
    }
  }
}

/** Bytes `from` to `to` of a file that must be there. */
async function get(
  store: ReadStore,
  key: Key,
  range: { readonly from: number; readonly to: number },
): Promise<Uint8Array> {
  const bytes = await store.get(key, range);
  if (bytes === undefined) throw missing(key);
  const wanted = range.to - range.from;
  if (bytes.length !== wanted) damaged(key, range.from, `must have ${wanted} bytes from here, got ${bytes.length}`);
  return bytes;
}

function checkSize(key: Key, size: number, file: FileEntry): void {
  if (size !== file.bytes) damaged(key, Math.min(size, file.bytes), `must have ${file.bytes} bytes, got ${size}`);
}

function wantsHashes(file: FileEntry, source: ShardSource): boolean {
  return source.verify !== "none" && Object.keys(file.hashes).length > 0;
}

function checkHashes(bytes: Uint8Array, file: FileEntry, key: Key, source: ShardSource): void {
  if (!wantsHashes(file, source)) return;
  const names = Object.keys(file.hashes);
  const known = names.filter((name) => source.hashes.has(name));
  if (known.length === 0) {
    throw new WindrowError(
      "unsupported",
      `Cannot check ${key}: none of its hashes is at hand, got ${names.join(", ")}`,
      { details: { key } },
    );
  }
  for (const name of known) {
    const digest = source.hashes.get(name)!.digest(bytes);
    if (digest !== file.hashes[name])
      damaged(key, 0, `${name} of ${file.basename} must be ${file.hashes[name]}, got ${digest}`);
  }
}
