/** Writes a zip (APPNOTE.TXT 6.3.10), entry by entry: the same entries in the same order are the same bytes. */

import {
  type ByteRange,
  type Codec,
  type Codecs,
  type Compression,
  type Draft,
  type Hash,
  type Hashes,
  type Key,
  type Store,
  WindrowError,
} from "../core/index.ts";
import { checkRange, safeKey } from "./guards.ts";
import { heldDraft, joined } from "./held-draft.ts";
import { lacking } from "./zip.ts";
import { ELSEWHERE, MARKS, METHODS, SIZES } from "./zip-directory.ts";
import { deflated } from "./zip-gzip.ts";

/**
 * A zip under way. Like a store it takes whole files by key. It tells which keys it has and how large they are, but what is written
 * cannot be read back, removed or replaced; disposed before it is published, it leaves nothing.
 */
export interface ZipWriter extends Store, AsyncDisposable {
  /** Ends the zip and gives it its name, in one step. */
  publish(): Promise<void>;
}

/** Where the zip goes, and how. */
export interface ZipWriterOptions {
  readonly store: Store;
  readonly key: Key;
  /** For deflated entries: `gz`. */
  readonly codecs: Codecs;
  /** For the entries' checksums: `crc32`. */
  readonly hashes: Hashes;
  /** `gz` and its level deflates entries, those excepted that would grow; they are stored as they are where absent. */
  readonly compression?: Compression;
}

/**
 * Begins a zip. Entries stand in it in the order in which they are put, without times or owners.
 * @throws WindrowError `unsupported` for another compression than gz, and without the codec or the hash. From its functions: `exists` for
 * a key that the zip has already, `usage` for one that leaves it, `unsupported` for what a zip under way cannot do.
 */
export async function zipWriter(options: ZipWriterOptions): Promise<ZipWriter> {
  const { compression } = options;
  const [codec, hash] = [options.codecs.get("gz"), options.hashes.get("crc32")];
  if (codec === undefined || hash === undefined) throw lacking();
  if (compression !== undefined && compression.codec !== "gz") {
    const message = `Cannot write ${options.key}: entries of a zip are stored or deflated (gz), got ${compression.codec}`;
    throw new WindrowError("unsupported", message);
  }
  const path = `${options.store.name}/${options.key}`;
  return new OpenWriter(path, await options.store.draft(options.key), { codec, hash, compression });
}

interface Tools {
  readonly codec: Codec;
  readonly hash: Hash;
  readonly compression: Compression | undefined;
}

interface Written {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
  readonly at: number;
}

// The directory goes out in pieces of about this size.
const PIECE = 1 << 20;

class OpenWriter implements ZipWriter {
  readonly name: string;
  readonly #draft: Draft;
  readonly #tools: Tools;
  /** `undefined` until the entry's bytes are out. */
  readonly #entries = new Map<Key, Written | undefined>();
  /** Entries go out one after another. */
  #last: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(name: string, draft: Draft, tools: Tools) {
    this.name = name;
    this.#draft = draft;
    this.#tools = tools;
  }

  async get(key: Key, range?: ByteRange): Promise<Uint8Array | undefined> {
    const bytes = await this.size(key);
    if (bytes === undefined) return undefined;
    if (range !== undefined) checkRange(range, bytes, `${this.name}/${key}`);
    throw this.#cannot(`read ${key}`, "what is written cannot be read back before it is published");
  }

  async size(key: Key): Promise<number | undefined> {
    return this.#entries.get(safeKey(key, this.name))?.bytes;
  }

  async *list(prefix: string): AsyncIterable<Key> {
    const keys = [...this.#entries].filter(([key, entry]) => entry !== undefined && key.startsWith(prefix));
    yield* keys.map(([key]) => key).sort();
  }

  async put(key: Key, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    if (this.#entries.has(safeKey(key, this.name)))
      throw new WindrowError("exists", `Cannot write ${this.name}/${key}: the zip has this entry already`);
    const name = new TextEncoder().encode(key);
    if (name.length > ELSEWHERE.u16)
      throw new WindrowError("usage", `Cannot write ${this.name}: a name has at most 65535 bytes, got ${name.length}`);
    this.#entries.set(key, undefined);
    const writing = this.#last.then(() => this.#write(key, name, bytes));
    // One failure ends the zip; it is told to whoever put that entry, and to `publish`.
    this.#last = writing;
    writing.catch(() => {});
    await writing;
  }

  async draft(key: Key): Promise<Draft> {
    this.#checkOpen();
    // Its size and checksum stand before an entry, so one that comes in pieces is held until it is whole.
    return heldDraft(`${this.name}/${safeKey(key, this.name)}`, (bytes) => this.put(key, bytes));
  }

  async delete(key: Key): Promise<void> {
    if (this.#entries.has(safeKey(key, this.name))) throw this.#cannot(`remove ${key}`, "what is written stays");
  }

  async publish(): Promise<void> {
    this.#checkOpen();
    this.#isOpen = false;
    await this.#last;
    const from = this.#draft.bytes;
    let piece: Uint8Array[] = [];
    let bytes = 0;
    for (const entry of this.#entries.values()) {
      // All are out, or one of them has failed and so has this.
      const header = centralHeader(entry!);
      piece.push(header);
      bytes += header.length;
      if (bytes < PIECE) continue;
      await this.#draft.write(joined(piece));
      piece = [];
      bytes = 0;
    }
    await this.#draft.write(joined(piece));
    await this.#draft.write(endRecords(this.#entries.size, from, this.#draft.bytes));
    await this.#draft.publish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#last.catch(() => {});
    await this.#draft[Symbol.asyncDispose]();
  }

  async #write(key: Key, name: Uint8Array, bytes: Uint8Array): Promise<void> {
    const { codec, hash, compression } = this.#tools;
    const small = compression && deflated(codec.pack(bytes, compression.level));
    const [method, data] =
      small !== undefined && small.length < bytes.length ? [METHODS.deflated, small] : [METHODS.stored, bytes];
    const crc = Number.parseInt(hash.digest(bytes), 16);
    const entry = { name, method, crc, packed: data.length, bytes: bytes.length, at: this.#draft.bytes };
    await this.#draft.write(localHeader(entry));
    await this.#draft.write(data);
    this.#entries.set(key, entry);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new WindrowError("internal", `Cannot write ${this.name}: this zip is published or gone`);
  }

  #cannot(what: string, why: string): WindrowError {
    return new WindrowError("unsupported", `Cannot ${what} in ${this.name}: ${why}`);
  }
}

// Versions needed and of the maker (4.4.3, 4.4.2): deflate 2.0, zip64 4.5; 3 is Unix, whose permissions stand in the upper half of the
// external attributes: a plain file that all may read.
const VERSION = { plain: 20, wide: 45, unix: 3 << 8 } as const;
const PERMISSIONS = (0o100644 << 16) >>> 0;
/** 1 January 1980, the first day there is. */
const DATE = (1 << 5) | 1;
const UTF8 = 1 << 11;
const EXTRA_64 = 1;

/** A zip64 field with these values (4.5.3); nothing for none. */
function extra64(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array();
  const extra = new DataView(new ArrayBuffer(4 + 8 * values.length));
  extra.setUint16(0, EXTRA_64, true);
  extra.setUint16(2, 8 * values.length, true);
  for (const [i, value] of values.entries()) extra.setBigUint64(4 + 8 * i, BigInt(value), true);
  return new Uint8Array(extra.buffer);
}

/** What stands in both headers of an entry, from the version needed on (4.3.7). */
function putShared(header: DataView, at: number, entry: Written, extra: Uint8Array): void {
  header.setUint16(at, extra.length === 0 ? VERSION.plain : VERSION.wide, true);
  header.setUint16(at + 2, entry.name.some((byte) => byte >= 0x80) ? UTF8 : 0, true);
  header.setUint16(at + 4, entry.method, true);
  header.setUint16(at + 8, DATE, true);
  header.setUint32(at + 10, entry.crc, true);
  header.setUint16(at + 22, entry.name.length, true);
  header.setUint16(at + 24, extra.length, true);
}

function localHeader(entry: Written): Uint8Array {
  // In this header both sizes are wide, or none.
  const isWide = Math.max(entry.packed, entry.bytes) >= ELSEWHERE.u32;
  const extra = extra64(isWide ? [entry.bytes, entry.packed] : []);
  const header = new DataView(new ArrayBuffer(SIZES.local));
  header.setUint32(0, MARKS.local, true);
  putShared(header, 4, entry, extra);
  header.setUint32(18, isWide ? ELSEWHERE.u32 : entry.packed, true);
  header.setUint32(22, isWide ? ELSEWHERE.u32 : entry.bytes, true);
  return joined([new Uint8Array(header.buffer), entry.name, extra]);
}

function centralHeader(entry: Written): Uint8Array {
  const fields = [
    [24, entry.bytes],
    [20, entry.packed],
    [42, entry.at],
  ] as const;
  const extra = extra64(fields.map(([, value]) => value).filter((value) => value >= ELSEWHERE.u32));
  const header = new DataView(new ArrayBuffer(SIZES.central));
  header.setUint32(0, MARKS.central, true);
  header.setUint16(4, VERSION.unix | VERSION.wide, true);
  putShared(header, 6, entry, extra);
  for (const [field, value] of fields) header.setUint32(field, Math.min(value, ELSEWHERE.u32), true);
  header.setUint32(38, PERMISSIONS, true);
  return joined([new Uint8Array(header.buffer), entry.name, extra]);
}

/** The end record, before it where needed those of 64 bits (4.3.14 to 4.3.16). */
function endRecords(entries: number, from: number, to: number): Uint8Array {
  const end = new DataView(new ArrayBuffer(SIZES.end));
  end.setUint32(0, MARKS.end, true);
  for (const field of [8, 10]) end.setUint16(field, Math.min(entries, ELSEWHERE.u16), true);
  end.setUint32(12, Math.min(to - from, ELSEWHERE.u32), true);
  end.setUint32(16, Math.min(from, ELSEWHERE.u32), true);
  if (entries < ELSEWHERE.u16 && Math.max(from, to - from) < ELSEWHERE.u32) return new Uint8Array(end.buffer);
  const wide = new DataView(new ArrayBuffer(SIZES.end64 + SIZES.locator64));
  wide.setUint32(0, MARKS.end64, true);
  wide.setBigUint64(4, BigInt(SIZES.end64 - 12), true);
  wide.setUint16(12, VERSION.unix | VERSION.wide, true);
  wide.setUint16(14, VERSION.wide, true);
  for (const field of [24, 32]) wide.setBigUint64(field, BigInt(entries), true);
  wide.setBigUint64(40, BigInt(to - from), true);
  wide.setBigUint64(48, BigInt(from), true);
  wide.setUint32(SIZES.end64, MARKS.locator64, true);
  wide.setBigUint64(SIZES.end64 + 8, BigInt(to), true);
  wide.setUint32(SIZES.end64 + 16, 1, true);
  return joined([new Uint8Array(wide.buffer), new Uint8Array(end.buffer)]);
}
