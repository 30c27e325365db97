/** A zip as a store to read from: each entry is a key. */

import {
  type ByteRange,
  type Codec,
  type Codecs,
  type Hash,
  type Hashes,
  isSafeKey,
  type Key,
  type OpenFile,
  type ReadStore,
  WindrowError,
} from "../core/index.ts";
import { checkRange, closedFile, safeKey } from "./guards.ts";
import { type KeyReader, keyReader } from "./key-reader.ts";
import { dataStart, headerBytes, isTrick, METHODS, type ZipEntry, zipEntries, zipFault } from "./zip-directory.ts";
import { gzipped } from "./zip-gzip.ts";

/** A zip that is open for reading. */
export interface ZipStore extends ReadStore, Disposable {
  /** Names of entries that are no keys (`isSafeKey`), such as those with a colon: these alone cannot be read. */
  readonly unreachable: readonly string[];
}

/** Which zip, and what reads it. */
export interface ZipStoreOptions {
  /** Where the zip lies. */
  readonly store: ReadStore;
  readonly key: Key;
  /** For deflated entries: `gz`. */
  readonly codecs: Codecs;
  /** For the entries' checksums: `crc32`. */
  readonly hashes: Hashes;
  /** An entry that unpacks to more is refused; 1 GiB where absent. Stored entries are as large as the file lets them be. */
  readonly mostUnpackedBytes?: number;
}

/** Entries by key. Folders are left out; two of one name have no one meaning. */
function byKey(path: string, entries: readonly ZipEntry[]): { files: Map<Key, ZipEntry>; unreachable: string[] } {
  const files = new Map<Key, ZipEntry>();
  const unreachable: string[] = [];
  for (const entry of entries) {
    const refused = (why: string) => zipFault(path, entry.at, `${why} ${JSON.stringify(entry.name)}`);
    if (isTrick(entry.name)) throw refused("a name must not leave the zip, got");
    if (entry.name.endsWith("/") && entry.bytes === 0) continue;
    if (files.has(entry.name)) throw refused("names must differ, got two entries");
    if (isSafeKey(entry.name)) files.set(entry.name, entry);
    else unreachable.push(entry.name);
  }
  return { files, unreachable };
}

/**
 * Opens a zip: stored and deflated entries, small ones and those beyond 4 GiB or 65,535 in number (zip64). A whole entry is held against
 * its checksum; a range of a stored one is read alone, and not. A range of a deflated one unpacks it whole; the last such is kept.
 * Its caller closes it.
 * @throws WindrowError `missing` where there is no such file; `damaged` for one that is no zip, is cut short or contradicts itself, and
 * for one with two entries of a name or with names that leave it; `unsupported` without the codec or the hash.
 *
 * @example
 * using zip = await zipStore({ store: folderStore("data"), key: "drive.zip", codecs: nodeCodecs(), hashes: await nodeHashes() });
 * for await (const key of zip.list("")) console.log(key, await zip.size(key));
 */
export async function zipStore(options: ZipStoreOptions): Promise<ZipStore> {
  const [codec, hash] = [options.codecs.get("gz"), options.hashes.get("crc32")];
  if (codec === undefined || hash === undefined) throw lacking();
  const file = await keyReader(options.store, options.key);
  try {
    const { files, unreachable } = byKey(file.path, await zipEntries(file));
    const reader = new EntryReader({ file, codec, hash, most: options.mostUnpackedBytes ?? 2 ** 30 });
    return new OpenZip(reader, files, unreachable);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** The error of a zip without what packs and checks its entries. */
export function lacking(): WindrowError {
  return new WindrowError("unsupported", "Cannot use zip: it needs the codec gz and the hash crc32, got not both");
}

class OpenZip implements ZipStore {
  readonly name: string;
  readonly unreachable: readonly string[];
  /** Where the zip's own store opens files, so can the zip. */
  readonly open?: (key: Key) => OpenFile | undefined;
  readonly #files: ReadonlyMap<Key, ZipEntry>;
  readonly #reader: EntryReader;
  #sorted: readonly Key[] | undefined;
  #lately: { readonly entry: ZipEntry; readonly bytes: Promise<Uint8Array> } | undefined;

  constructor(reader: EntryReader, files: ReadonlyMap<Key, ZipEntry>, unreachable: readonly string[]) {
    this.name = reader.path;
    this.unreachable = unreachable;
    this.#files = files;
    this.#reader = reader;
    const container = reader.container;
    if (container !== undefined) {
      this.open = (key) => {
        const entry = this.#entry(key);
        return entry && reader.open(container, entry);
      };
    }
  }

  async get(key: Key, range?: ByteRange): Promise<Uint8Array | undefined> {
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    if (range === undefined) return this.#reader.whole(entry);
    checkRange(range, entry.bytes, `${this.name}/${key}`);
    const { from, to } = range;
    if (entry.method === METHODS.stored) return this.#reader.stored(entry, from, to);
    if (this.#lately?.entry !== entry) this.#lately = { entry, bytes: this.#reader.whole(entry) };
    return (await this.#lately.bytes).slice(from, to);
  }

  async size(key: Key): Promise<number | undefined> {
    return this.#entry(key)?.bytes;
  }

  async *list(prefix: string): AsyncIterable<Key> {
    this.#sorted ??= [...this.#files.keys()].sort();
    for (let at = firstFrom(this.#sorted, prefix); at < this.#sorted.length; at++) {
      const key = this.#sorted[at]!;
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }

  [Symbol.dispose](): void {
    this.#lately = undefined;
    this.#reader[Symbol.dispose]();
  }

  #entry(key: Key): ZipEntry | undefined {
    // Those that are there are safe: only others need be looked at.
    return this.#files.get(key) ?? this.#files.get(safeKey(key, this.name));
  }
}

/** Place of the first key that is not before `prefix`. */
function firstFrom(keys: readonly Key[], prefix: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Parts {
  readonly file: KeyReader;
  readonly codec: Codec;
  readonly hash: Hash;
  readonly most: number;
}

// Of another header than the directory's: names are the same, but what follows them differs by a few dozen bytes (times, owners).
const LIKELY_EXTRA = 64;
/** Up to so many bytes an entry is read together with its header: a trip over the network saved, or a call of the system. */
const TOGETHER = { trip: 1 << 20, call: 1 << 16 } as const;

/** Reads what the entries hold. */
class EntryReader implements Disposable {
  readonly #file: KeyReader;
  readonly #codec: Codec;
  readonly #hash: Hash;
  readonly #most: number;
  /** Where the data of entries begin, by number, as far as it is known. */
  readonly #starts: number[] = [];
  /** Where headers are read together with what follows. */
  #room = new Uint8Array(0);

  constructor({ file, codec, hash, most }: Parts) {
    this.#file = file;
    this.#codec = codec;
    this.#hash = hash;
    this.#most = most;
  }

  get path(): string {
    return this.#file.path;
  }

  get container(): OpenFile | undefined {
    return this.#file.file;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  /** An entry unpacked, and held against its checksum. */
  async whole(entry: ZipEntry): Promise<Uint8Array> {
    this.#check(entry);
    const packed = await this.#packed(entry);
    if (entry.method === METHODS.stored) return this.#checked(entry, packed);
    try {
      const framed = gzipped(packed, entry);
      const raw = this.#codec.unpackLater?.(framed, entry.bytes) ?? this.#codec.unpack(framed, entry.bytes);
      return this.#checked(entry, await raw);
    } catch (error) {
      throw this.#located(entry, error);
    }
  }

  /** A stretch of a stored entry. */
  async stored(entry: ZipEntry, from: number, to: number): Promise<Uint8Array> {
    this.#check(entry);
    const start = this.#starts[entry.number] ?? (await this.#findStart(entry));
    return this.#file.read(start + from, start + to);
  }

  /** The entry as an open file: a window of the zip where it is stored, else unpacked at once. */
  open(container: OpenFile, entry: ZipEntry): OpenFile {
    this.#check(entry);
    const start = this.#starts[entry.number] ?? this.#startOf(entry, readAt(container, entry.at, headerBytes(entry)));
    if (entry.method === METHODS.stored) return openWindow(container, `${this.path}/${entry.name}`, start, entry.bytes);
    const raw = this.#unpacked(entry, readAt(container, start, entry.packed));
    const memory = { readInto: (at: number, into: Uint8Array) => into.set(raw.subarray(at, at + into.length)) };
    return openWindow(memory, `${this.path}/${entry.name}`, 0, entry.bytes);
  }

  #unpacked(entry: ZipEntry, packed: Uint8Array): Uint8Array {
    try {
      return this.#checked(entry, this.#codec.unpack(gzipped(packed, entry), entry.bytes));
    } catch (error) {
      throw this.#located(entry, error);
    }
  }

  /** The codec's error, with its place. */
  #located(entry: ZipEntry, error: unknown): unknown {
    if (!(error instanceof WindrowError) || error.details["path"] !== undefined) return error;
    const message = `Cannot read ${this.path}/${entry.name}: ${error.message} (at byte ${entry.at})`;
    return new WindrowError(error.code, message, { details: { path: this.path, offset: entry.at }, cause: error });
  }

  async #packed(entry: ZipEntry): Promise<Uint8Array> {
    const start = this.#starts[entry.number];
    if (start === undefined && entry.packed <= (this.container === undefined ? TOGETHER.trip : TOGETHER.call)) {
      const to = Math.min(entry.end, entry.at + headerBytes(entry) + LIKELY_EXTRA + entry.packed);
      const bytes = this.#together(entry.at, to) ?? (await this.#file.read(entry.at, to));
      const begin = this.#startOf(entry, bytes) - entry.at;
      // At the beginning of a buffer of its own, as typed arrays over it need it.
      if (begin + entry.packed <= bytes.length) return bytes.slice(begin, begin + entry.packed);
    }
    const from = this.#starts[entry.number] ?? (await this.#findStart(entry));
    return this.#file.read(from, from + entry.packed);
  }

  /** A header and what follows, where it can be read at once: they are gone with the next call. */
  #together(from: number, to: number): Uint8Array | undefined {
    const { container } = this;
    if (container === undefined) return undefined;
    if (this.#room.length < to - from) this.#room = new Uint8Array(2 * (to - from));
    const bytes = this.#room.subarray(0, to - from);
    container.readInto(from, bytes);
    return bytes;
  }

  async #findStart(entry: ZipEntry): Promise<number> {
    return this.#startOf(entry, await this.#file.read(entry.at, entry.at + headerBytes(entry)));
  }

  #startOf(entry: ZipEntry, header: Uint8Array): number {
    const start = dataStart(this.path, entry, header);
    this.#starts[entry.number] = start;
    return start;
  }

  #check({ name, method, encrypted, bytes }: ZipEntry): void {
    const cannot = (why: string) =>
      new WindrowError("unsupported", `Cannot read ${this.path}/${name}: ${why}`, { details: { path: this.path } });
    if (encrypted) throw cannot("entries that need a password are not read here");
    if (method === METHODS.stored) return;
    if (method !== METHODS.deflated) throw cannot(`entries must be stored or deflated, got method ${method}`);
    if (bytes > this.#most) throw cannot(`at most ${this.#most} bytes are unpacked, got an entry of ${bytes}`);
  }

  #checked(entry: ZipEntry, raw: Uint8Array): Uint8Array {
    const crc = Number.parseInt(this.#hash.digest(raw), 16);
    if (crc === entry.crc) return raw;
    const [wanted, got] = [entry.crc, crc].map((value) => value.toString(16).padStart(8, "0"));
    throw zipFault(`${this.path}/${entry.name}`, entry.at, `its CRC-32 must be ${wanted}, got ${got}`);
  }
}

function readAt(file: OpenFile, at: number, bytes: number): Uint8Array {
  const into = new Uint8Array(bytes);
  file.readInto(at, into);
  return into;
}

/** A stretch of something as a file of its own. */
function openWindow(from: Pick<OpenFile, "readInto">, path: string, start: number, bytes: number): OpenFile {
  let isOpen = true;
  return {
    bytes,
    readInto(at, into) {
      if (!isOpen) throw closedFile(path);
      checkRange({ from: at, to: at + into.length }, bytes, path);
      from.readInto(start + at, into);
    },
    [Symbol.dispose]() {
      isOpen = false;
    },
  };
}
