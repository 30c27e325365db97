/** Streams packed text files out to plain ones, and checks them on the way. */

import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createGunzip, createInflateRaw, createZstdDecompress } from "node:zlib";
import { WindrowError } from "../core/index.ts";
import { type KeyReader, openReader } from "../stores/key-reader.ts";
import { dataStart, headerBytes, isTrick, METHODS, type ZipEntry, zipEntries } from "../stores/zip-directory.ts";
import { openFile } from "./folder-store.ts";
import { type InputFile, type IsLog, LOG_ENDING } from "./inputs.ts";
import { headOf } from "./text-head.ts";

/** A plain text file, ready to be read. `name` says where it came from. */
export interface PlainFile {
  readonly path: string;
  readonly name: string;
}

function damaged(input: InputFile, error: unknown): WindrowError {
  // What the directory of a zip is found to lack says its place already.
  if (error instanceof WindrowError && error.details["path"] === input.path) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC") {
    return new WindrowError(
      "io",
      `Cannot unpack ${input.path}: the disk is full; free space or choose another folder with --temp`,
      { cause: error },
    );
  }
  const why = error instanceof Error ? error.message : String(error);
  return new WindrowError(
    "damaged",
    `Cannot read ${input.path}: the ${input.packing} data is damaged or cut short (${why})`,
    {
      details: { path: input.path },
      cause: error,
    },
  );
}

async function streamOut(
  input: InputFile,
  from: Readable,
  to: string,
  ...through: readonly Transform[]
): Promise<void> {
  try {
    await pipeline([from, ...through, createWriteStream(to, { highWaterMark: 1 << 20 })]);
  } catch (error) {
    await rm(to, { force: true });
    throw damaged(input, error);
  }
}

/** Members of a zip that are read whatever they begin with: what is no table then is an error that names it. */
const READ_ENDING = /\.(csv|tsv|txt)$/i;

/** Text files that a person put there: macOS adds `__MACOSX/._name.csv` for each, which is none. */
function isText(name: string): boolean {
  return (READ_ENDING.test(name) || LOG_ENDING.test(name)) && !/(^|\/)(\.|__MACOSX\/)/.test(name);
}

/** Lets bytes through and fails where they are more or fewer than the directory says, or their CRC-32 is another. */
function checkedMember({ bytes, crc: expected }: ZipEntry): Transform {
  let crc = 0;
  let length = 0;
  const wrong = (what: string, wanted: number, got: number) =>
    new WindrowError("damaged", `its ${what} must be ${wanted}, got ${got}`);
  return new Transform({
    transform(chunk: Uint8Array, _, next) {
      crc = crc32(chunk, crc);
      length += chunk.length;
      if (length > bytes) next(wrong("bytes", bytes, length));
      else next(null, chunk);
    },
    flush(next) {
      if (length !== bytes) next(wrong("bytes", bytes, length));
      else next(crc === expected ? null : wrong("CRC-32", expected, crc));
    },
  });
}

/** Where a member's bytes lie, and what unpacks them. */
async function memberStream(input: InputFile, file: KeyReader, entry: ZipEntry): Promise<[Readable, ...Transform[]]> {
  const cannot = (why: string) => new WindrowError("unsupported", why, { details: { path: input.path } });
  const name = `Cannot read ${input.path}/${entry.name}`;
  if (entry.encrypted) throw cannot(`${name}: members that need a password are not read here`);
  if (entry.method !== METHODS.stored && entry.method !== METHODS.deflated)
    throw cannot(`${name}: members must be stored or deflated, got method ${entry.method}`);
  const start = dataStart(input.path, entry, await file.read(entry.at, entry.at + headerBytes(entry)));
  // A stream's end is its last byte, so that it cannot be empty.
  const packed =
    entry.packed === 0
      ? Readable.from([])
      : createReadStream(input.path, { start, end: start + entry.packed - 1, highWaterMark: 1 << 18 });
  if (entry.method === METHODS.stored) return [packed, checkedMember(entry)];
  return [packed, createInflateRaw({ chunkSize: 1 << 18 }), checkedMember(entry)];
}

/** The texts of a zip, in the order of its directory. */
async function zipMembers(input: InputFile, file: KeyReader): Promise<readonly ZipEntry[]> {
  const entries = await zipEntries(file);
  const trick = entries.find(({ name }) => isTrick(name));
  if (trick === undefined) return entries.filter(({ name }) => isText(name));
  throw damaged(input, new WindrowError("damaged", `a name must not leave the zip, got ${JSON.stringify(trick.name)}`));
}

async function* unzip(input: InputFile, folder: string, isLog: IsLog): AsyncIterable<PlainFile> {
  using opened = openFile(input.path);
  if (opened === undefined)
    throw new WindrowError("missing", `Cannot read ${input.path}: no such file or folder`, {
      details: { path: input.path },
    });
  const file = openReader(input.path, opened);
  let read = 0;
  for (const [index, member] of (await zipMembers(input, file)).entries()) {
    const path = join(folder, `unpacked-${index}.csv`);
    const [from, ...through] = await memberStream(input, file, member);
    await streamOut(input, from, path, ...through);
    if (READ_ENDING.test(member.name) || isLog(headOf(path).head)) {
      read += 1;
      yield { path, name: `${input.name}/${member.name}` };
    }
    await rm(path, { force: true });
  }
  if (read === 0)
    throw new WindrowError("unsupported", `Cannot read ${input.path}: the zip holds no .csv or .txt file and no log`);
}

/**
 * The plain files inside an input, one at a time: the file itself, or what it unpacks to in `folder`, which is removed
 * before the next. A member of a zip that has the ending of a log, `.txt` excepted, is passed over unless `isLog` takes it for one. DuckDB
 * would read packed text itself, but takes the end of a cut-off stream for the end of the file.
 * @throws WindrowError `damaged` for packed data that is cut short or corrupt, `unsupported` for a zip without anything to read, `io`
 * when the disk is full.
 */
export async function* plainFiles(
  input: InputFile,
  folder: string,
  isLog: IsLog = () => true,
): AsyncIterable<PlainFile> {
  if (input.packing === "none") {
    yield { path: input.path, name: input.name };
    return;
  }
  if (input.packing === "zip") {
    yield* unzip(input, folder, isLog);
    return;
  }
  const path = join(folder, "unpacked.csv");
  const unpacker =
    input.packing === "gz" ? createGunzip({ chunkSize: 1 << 18 }) : createZstdDecompress({ chunkSize: 1 << 18 });
  await streamOut(input, createReadStream(input.path, { highWaterMark: 1 << 18 }), path, unpacker);
  try {
    yield { path, name: input.name };
  } finally {
    await rm(path, { force: true });
  }
}
