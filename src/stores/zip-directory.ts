/** The directory of a zip (APPNOTE.TXT 6.3.10): found from the end, read whole, and held against what a liar would write. */

import { WindrowError } from "../core/index.ts";
import type { KeyReader } from "./key-reader.ts";
import { cp437 } from "./zip-names.ts";

/** An entry as the directory has it. */
export interface ZipEntry {
  /** Its number in the directory, from 0. */
  readonly number: number;
  /** As it stands there: it may be no key. */
  readonly name: string;
  /** How it is packed: 0 stored, 8 deflated, others by APPNOTE 4.4.5. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Bytes in the file. */
  readonly packed: number;
  /** Bytes unpacked, as it says. */
  readonly bytes: number;
  /** Where its own header begins. */
  readonly at: number;
  /** Where the next entry, or the directory, begins: nothing of this one lies there or behind. */
  readonly end: number;
  /** Bytes of its name in the file. */
  readonly nameBytes: number;
}

/** Bytes of a header without the name and all that follows it (4.3.7, 4.3.12, 4.3.16, 4.3.15, 4.3.14). */
export const SIZES = { local: 30, central: 46, end: 22, locator64: 20, end64: 56 } as const;
/** What the headers begin with. */
export const MARKS = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  locator64: 0x07064b50,
  end64: 0x06064b50,
} as const;
/** In a field of 16 or 32 bits: the value stands in a field of 64 bits elsewhere (4.4.1.4). */
export const ELSEWHERE = { u16: 0xffff, u32: 0xffffffff } as const;
export const METHODS = { stored: 0, deflated: 8 } as const;
const FLAGS = { encrypted: 1, utf8: 1 << 11, hiddenHeaders: 1 << 13 } as const;
const EXTRA_64 = 1;
const MOST_COMMENT = 0xffff;
/** Raw bytes for a packed one, at most (zlib's "Technical Details"), and what the smallest stream may make of nothing. */
const MOST_DEFLATED = 1032;
/** The directory is held in memory: some four million entries. */
const MOST_DIRECTORY = 1 << 28;

/** The error of a zip that is not what it should be. `what` reads "was wrong, got what". */
export function zipFault(path: string, at: number, what: string): WindrowError {
  return new WindrowError("damaged", `Cannot read ${path}: ${what} (at byte ${at})`, { details: { path, offset: at } });
}

/** A view of bytes with the numbers of a zip. */
function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 64 bits; NaN where it is beyond 2⁵³, which is in no file: it fails every check of place. */
function u64(fields: DataView, at: number): number {
  const value = Number(fields.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Where the directory lies, by the end of the file. */
interface Place {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
}

/** The directory's place by the record of 64 bits that stands before the end record at `at`; `undefined` where there is none. */
async function place64(file: KeyReader, at: number): Promise<Place | undefined> {
  const locatorAt = at - SIZES.locator64;
  if (locatorAt < SIZES.end64) return undefined;
  const locator = view(await file.read(locatorAt, at));
  if (locator.getUint32(0, true) !== MARKS.locator64) return undefined;
  const to = u64(locator, 8);
  if (!(to + SIZES.end64 <= locatorAt)) return undefined;
  const end = view(await file.read(to, to + SIZES.end64));
  if (end.getUint32(0, true) !== MARKS.end64 || u64(end, 4) !== locatorAt - to - 12) return undefined;
  const isOneDisk = end.getUint32(16, true) === 0 && end.getUint32(20, true) === 0;
  if (!isOneDisk || u64(end, 24) !== u64(end, 32)) return undefined;
  const from = u64(end, 48);
  return from + u64(end, 40) === to ? { from, to, entries: u64(end, 32) } : undefined;
}

/** The directory's place by an end record at `at`; `undefined` where it is none, being but four bytes of a comment. */
async function placeBy(file: KeyReader, end: DataView, at: number): Promise<Place | undefined> {
  const [disk, disks, here, entries] = [4, 6, 8, 10].map((field) => end.getUint16(field, true));
  const [bytes, from] = [end.getUint32(12, true), end.getUint32(16, true)];
  const wide = await place64(file, at);
  // Without a record of 64 bits nothing lies between the directory and its end record.
  if (wide === undefined && from + bytes !== at) return undefined;
  const place = wide ?? { from, to: at, entries: entries! };
  const agrees = (field: number | undefined, elsewhere: number, value: number) =>
    field === elsewhere || field === value;
  const isWhole =
    agrees(entries, ELSEWHERE.u16, place.entries) &&
    agrees(here, ELSEWHERE.u16, place.entries) &&
    agrees(bytes, ELSEWHERE.u32, place.to - place.from) &&
    agrees(from, ELSEWHERE.u32, place.from) &&
    agrees(disk, ELSEWHERE.u16, 0) &&
    agrees(disks, ELSEWHERE.u16, 0);
  return isWhole ? place : undefined;
}

/**
 * Finds the one end record that closes the file and whose directory lies where it says. A comment may hold something that looks like
 * another: of two that would both do, readers take different ones, so neither is taken.
 */
async function findDirectory(file: KeyReader): Promise<Place> {
  const begin = Math.max(0, file.bytes - SIZES.end - MOST_COMMENT);
  const tail = view(await file.read(begin, file.bytes));
  const found: Place[] = [];
  for (let at = tail.byteLength - SIZES.end; at >= 0; at--) {
    if (tail.getUint32(at, true) !== MARKS.end) continue;
    if (at + SIZES.end + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const end = new DataView(tail.buffer, tail.byteOffset + at, SIZES.end);
    const place = await placeBy(file, end, begin + at);
    if (place !== undefined && (await beginsRight(file, place))) found.push(place);
  }
  const [place, another] = found;
  if (place === undefined) {
    throw zipFault(
      file.path,
      file.bytes,
      "it is no zip, or cut short: no end record right behind a directory closes it",
    );
  }
  if (another !== undefined)
    throw zipFault(file.path, place.to, "it has two directories, one of them within the comment");
  return place;
}

async function beginsRight(file: KeyReader, { from, to, entries }: Place): Promise<boolean> {
  if (from === to) return entries === 0;
  if (to - from < SIZES.central) return false;
  return view(await file.read(from, from + 4)).getUint32(0, true) === MARKS.central;
}

/** Where the field of 64 bits lies among the extra fields from `at` to `to`; `undefined` where there is none. */
function wideField(
  directory: DataView,
  begin: number,
  to: number,
): { readonly at: number; readonly to: number } | undefined {
  for (let at = begin; at + 4 <= to; ) {
    const end = at + 4 + directory.getUint16(at + 2, true);
    if (end > to) return undefined;
    if (directory.getUint16(at, true) === EXTRA_64) return { at: at + 4, to: end };
    at = end;
  }
  return undefined;
}

/**
 * Raw size, packed size and place of the entry at `at`. By APPNOTE 4.5.3 each stands in the field of 64 bits, in this order, only where
 * its own field points there.
 */
function sizesAt(directory: DataView, at: number, extra: { readonly from: number; readonly to: number }) {
  const sizes = [
    directory.getUint32(at + 24, true),
    directory.getUint32(at + 20, true),
    directory.getUint32(at + 42, true),
  ] as [number, number, number];
  if (!sizes.includes(ELSEWHERE.u32)) return sizes;
  const wide = wideField(directory, extra.from, extra.to);
  if (wide === undefined) return sizes;
  let from = wide.at;
  for (const [i, size] of sizes.entries()) {
    if (size !== ELSEWHERE.u32) continue;
    sizes[i] = from + 8 <= wide.to ? u64(directory, from) : Number.NaN;
    from += 8;
  }
  return sizes;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name's text: UTF-8 where the entry says so, else code page 437, which agrees with ASCII (APPNOTE, appendix D). */
function nameText(bytes: Uint8Array, flags: number): string | undefined {
  if ((flags & FLAGS.utf8) === 0 && bytes.some((byte) => byte >= 0x80)) return cp437(bytes);
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

type Found = { -readonly [K in keyof ZipEntry]: ZipEntry[K] };

/** What is wrong with an entry by itself; `undefined` for nothing. */
function wrongEntry({ method, encrypted, packed, bytes, at }: ZipEntry, directory: number): string | undefined {
  if (!(at + SIZES.local + packed <= directory)) return "its bytes must lie before the directory";
  if (Number.isNaN(bytes)) return "its size is beyond any file";
  if (method === METHODS.stored && !encrypted && packed !== bytes)
    return `it is stored, so its ${packed} bytes must stay as many, got ${bytes}`;
  if (method === METHODS.deflated && bytes > MOST_DEFLATED * packed)
    return `${packed} bytes cannot be unpacked to ${bytes}`;
  return undefined;
}

/** The directory while it is taken apart. */
interface Directory {
  readonly path: string;
  readonly place: Place;
  readonly bytes: Uint8Array;
  readonly fields: DataView;
}

function entryAt({ path, place, bytes, fields }: Directory, at: number): { entry: Found; next: number } {
  const fault = (what: string) => zipFault(path, place.from + at, what);
  if (at + SIZES.central > bytes.length || fields.getUint32(at, true) !== MARKS.central)
    throw fault("an entry of the directory must begin here, got something else");
  const flags = fields.getUint16(at + 8, true);
  const nameBytes = fields.getUint16(at + 28, true);
  const nameEnd = at + SIZES.central + nameBytes;
  const extraEnd = nameEnd + fields.getUint16(at + 30, true);
  const next = extraEnd + fields.getUint16(at + 32, true);
  if (next > bytes.length) throw fault("an entry goes behind the end of the directory");
  const name = nameText(bytes.subarray(at + SIZES.central, nameEnd), flags);
  if (name === undefined) throw fault("the name of an entry is not UTF-8, as it says");
  const [raw, packed, local] = sizesAt(fields, at, { from: nameEnd, to: extraEnd });
  const entry: Found = {
    number: 0,
    name,
    method: fields.getUint16(at + 10, true),
    encrypted: (flags & (FLAGS.encrypted | FLAGS.hiddenHeaders)) !== 0,
    crc: fields.getUint32(at + 16, true),
    packed,
    bytes: raw,
    at: local,
    end: place.from,
    nameBytes,
  };
  const wrong = wrongEntry(entry, place.from);
  if (wrong !== undefined) throw fault(`the entry ${JSON.stringify(name)} is damaged: ${wrong}`);
  return { entry, next };
}

/** Gives each entry its end, and sees that no two share a byte: many entries over the same bytes are how a small file becomes terabytes. */
function checkOverlap(path: string, entries: readonly Found[]): void {
  const inOrder = entries.toSorted((a, b) => a.at - b.at);
  for (const [i, entry] of inOrder.entries()) {
    const next = inOrder[i + 1];
    if (next === undefined) return;
    entry.end = next.at;
    if (entry.at + SIZES.local + entry.nameBytes + entry.packed > next.at) {
      const names = `${JSON.stringify(entry.name)} and ${JSON.stringify(next.name)}`;
      throw zipFault(path, next.at, `the entries ${names} overlap`);
    }
  }
}

/**
 * The entries of a zip, in the order of its directory, folders among them. Names are not judged.
 * @throws WindrowError `damaged` for a file that is no zip, is cut short, or whose directory says what cannot be.
 */
export async function zipEntries(file: KeyReader): Promise<readonly ZipEntry[]> {
  if (file.bytes < SIZES.end) throw zipFault(file.path, 0, `a zip has at least ${SIZES.end} bytes, got ${file.bytes}`);
  const place = await findDirectory(file);
  const bytes = place.to - place.from;
  if (bytes > MOST_DIRECTORY) {
    throw new WindrowError(
      "unsupported",
      `Cannot read ${file.path}: a directory of at most ${MOST_DIRECTORY} bytes is read, got ${bytes}`,
    );
  }
  const directory = await file.read(place.from, place.to);
  const whole: Directory = { path: file.path, place, bytes: directory, fields: view(directory) };
  const entries: Found[] = [];
  for (let at = 0; at < directory.length; ) {
    const { entry, next } = entryAt(whole, at);
    entry.number = entries.length;
    entries.push(entry);
    at = next;
  }
  if (entries.length !== place.entries)
    throw zipFault(file.path, place.to, `its directory must have ${place.entries} entries, got ${entries.length}`);
  checkOverlap(file.path, entries);
  return entries;
}

/**
 * Where the data of an entry begin, by the header before them, which must tell of the same entry.
 * @param bytes the file's bytes from the entry's place on, at least its header and name
 * @throws WindrowError `damaged` where it does not.
 */
export function dataStart(path: string, entry: ZipEntry, bytes: Uint8Array): number {
  const header = view(bytes);
  const isHeader = header.byteLength >= SIZES.local && header.getUint32(0, true) === MARKS.local;
  const nameBytes = isHeader ? header.getUint16(26, true) : 0;
  const name = isHeader
    ? nameText(bytes.subarray(SIZES.local, SIZES.local + nameBytes), header.getUint16(6, true))
    : undefined;
  if (name !== entry.name || header.getUint16(8, true) !== entry.method) {
    throw zipFault(path, entry.at, `the entry ${JSON.stringify(entry.name)} must begin here, got another or none`);
  }
  const start = entry.at + SIZES.local + nameBytes + header.getUint16(28, true);
  if (start + entry.packed > entry.end)
    throw zipFault(path, entry.at, `the entry ${JSON.stringify(entry.name)} reaches into what follows it`);
  return start;
}
