/** Opens one shard: finds its file, checks it, and gives the bytes of its samples. */

import { type Codecs, type Hashes, type ReadStore, WindrowError } from "../../core/index.ts";
import type { FileEntry, ShardEntry } from "./index-json.ts";

/** Where shards lie, and what unpacks and checks them. */
export interface ShardSource {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
  /** Whether to check each file that is read against the hashes of index.json. */
  readonly verify: "none" | "hashes";
  /** The key of a file of the dataset. */
  keyOf(basename: string): string;
}

/** A shard that can be read by sample. */
export interface OpenShard {
  /** The raw file's key, for messages; where it is packed, the packed one's. */
  readonly key: string;
  /** Where each sample begins in the raw shard, and where the last ends: `samples + 1` of them, checked. */
  readonly offsets: Uint32Array;
  /** Bytes `from` to `to` of the raw shard. */
  read(from: number, to: number): Promise<Uint8Array>;
}

/**
 * Opens a shard: from the raw file where there is one, else from the packed one.
 * @throws WindrowError `missing` where there is neither; `damaged` where bytes, sizes, hashes, offsets or the header are not what
 * index.json says; `unsupported` where a codec or every hash is not at hand.
 */
export async function openShard(entry: ShardEntry, source: ShardSource): Promise<OpenShard> {
  const { key, read } = await rawBytes(entry, source);
  const size = entry.raw_data.bytes;
  const table = 4 * (entry.samples + 2);
  if (table > size) damaged(key, 0, `must have ${table} bytes for ${entry.samples} samples, got ${size}`);
  const offsets = readOffsets(await read(0, table), entry, key);
  checkHeader(await read(table, offsets[0]!), entry, { key, offset: table });
  return { key, offsets, read };
}

async function rawBytes(entry: ShardEntry, source: ShardSource): Promise<Pick<OpenShard, "key" | "read">> {
  const { raw_data: raw, zip_data: zip } = entry;
  const key = source.keyOf(raw.basename);
  const size = await source.store.size(key);
  if (size !== undefined) {
    if (size !== raw.bytes) damaged(key, Math.min(size, raw.bytes), `must have ${raw.bytes} bytes, got ${size}`);
    if (source.verify === "none" || Object.keys(raw.hashes).length === 0) {
      return { key, read: (from, to) => get(source.store, key, { from, to }) };
    }
    const bytes = await get(source.store, key, { from: 0, to: size });
    checkHashes(bytes, raw, key, source);
    return { key, read: async (from, to) => bytes.subarray(from, to) };
  }
  if (zip === null) throw missing(key);
  return unpacked(entry, zip, source);
}

async function unpacked(
  entry: ShardEntry,
  zip: FileEntry,
  source: ShardSource,
): Promise<Pick<OpenShard, "key" | "read">> {
  const key = source.keyOf(zip.basename);
  const size = await source.store.size(key);
  if (size === undefined) throw missing(key);
  if (size !== zip.bytes) damaged(key, Math.min(size, zip.bytes), `must have ${zip.bytes} bytes, got ${size}`);
  const packed = await get(source.store, key, { from: 0, to: size });
  checkHashes(packed, zip, key, source);
  // `zstd:3` is read as zstd: the level is the packer's own affair.
  const name = entry.compression?.split(":")[0] ?? "";
  const codec = source.codecs.get(name);
  if (codec === undefined) {
    throw new WindrowError("unsupported", `Cannot read ${key}: no codec of this name is at hand, got ${name}`, {
      details: { key },
    });
  }
  let bytes: Uint8Array;
  try {
    bytes = codec.unpack(packed, entry.raw_data.bytes);
  } catch (cause) {
    throw undecodable(key, 0, cause);
  }
  checkHashes(bytes, entry.raw_data, key, source);
  return { key, read: async (from, to) => bytes.subarray(from, to) };
}

async function get(
  store: ReadStore,
  key: string,
  range: { readonly from: number; readonly to: number },
): Promise<Uint8Array> {
  const bytes = await store.get(key, range);
  if (bytes === undefined) throw missing(key);
  const wanted = range.to - range.from;
  if (bytes.length !== wanted) damaged(key, range.from, `must have ${wanted} bytes from here, got ${bytes.length}`);
  return bytes;
}

function checkHashes(bytes: Uint8Array, file: FileEntry, key: string, source: ShardSource): void {
  const names = Object.keys(file.hashes);
  if (source.verify === "none" || names.length === 0) return;
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

function readOffsets(table: Uint8Array, entry: ShardEntry, key: string): Uint32Array {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const samples = view.getUint32(0, true);
  if (samples !== entry.samples) damaged(key, 0, `must have ${entry.samples} samples, got ${samples}`);
  const offsets = new Uint32Array(samples + 1);
  let before = table.length;
  for (let i = 0; i <= samples; i++) {
    const offset = view.getUint32(4 + 4 * i, true);
    if (offset < before || offset > entry.raw_data.bytes) {
      const range = `${before} to ${entry.raw_data.bytes}`;
      damaged(key, 4 + 4 * i, `${i === 0 ? "the header" : `sample ${i - 1}`} must end at byte ${range}, got ${offset}`);
    }
    offsets[i] = offset;
    before = offset;
  }
  if (before !== entry.raw_data.bytes) {
    damaged(key, before, `the last sample must end with the file at byte ${entry.raw_data.bytes}, got ${before}`);
  }
  return offsets;
}

/** The header repeats what index.json says of the columns; a shard of another dataset does not pass for one of this. */
function checkHeader(
  bytes: Uint8Array,
  entry: ShardEntry,
  { key, offset }: { readonly key: string; readonly offset: number },
): void {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw undecodable(key, offset, cause);
  }
  for (const name of ["version", "format", "column_names", "column_encodings", "column_sizes"] as const) {
    const found =
      typeof header === "object" && header !== null && Object.hasOwn(header, name)
        ? Reflect.get(header, name)
        : undefined;
    if (JSON.stringify(found) === JSON.stringify(entry[name])) continue;
    damaged(
      key,
      offset,
      `${name} in the header must be ${JSON.stringify(entry[name])} as in index.json, got ${JSON.stringify(found)}`,
    );
  }
}

/** The error of a decoder, with its file and place. */
function undecodable(key: string, offset: number, cause: unknown): WindrowError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof WindrowError ? cause.code : "damaged";
  return new WindrowError(code, `Cannot read ${key}: ${why} (at byte ${offset})`, { cause, details: { key, offset } });
}

function missing(key: string): WindrowError {
  return new WindrowError("missing", `Cannot read ${key}: there is no such file`, { details: { key } });
}

/** Ends the reading of a file: its bytes are not what they should be. */
export function damaged(key: string, offset: number, what: string): never {
  throw new WindrowError("damaged", `Cannot read ${key}: ${what} (at byte ${offset})`, { details: { key, offset } });
}
