/** Streams packed text files out to plain ones, and checks them on the way. */

import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createGunzip, createZstdDecompress } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { WindrowError } from "../core/index.ts";
import { type InputFile, type IsLog, LOG_ENDING } from "./inputs.ts";
import { headOf } from "./text-head.ts";

/** A plain text file, ready to be read. `name` says where it came from. */
export interface PlainFile {
  readonly path: string;
  readonly name: string;
}

function damaged(input: InputFile, error: unknown): WindrowError {
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

async function streamOut(input: InputFile, from: Readable, to: string, through?: Transform): Promise<void> {
  try {
    const out = createWriteStream(to, { highWaterMark: 1 << 20 });
    await (through === undefined ? pipeline(from, out) : pipeline(from, through, out));
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

/** Lets bytes through and fails at their end when their CRC-32 is another; yauzl leaves that to its caller. */
function checkedCrc(expected: number): Transform {
  let crc = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, next) {
      crc = crc32(chunk, crc);
      next(null, chunk);
    },
    flush(next) {
      next(crc === expected ? null : new WindrowError("damaged", `its CRC-32 must be ${expected}, got ${crc}`));
    },
  });
}

/** yauzl calls back; the zip's members one by one. Sizes are checked against the directory by yauzl. */
async function zipMembers(input: InputFile): Promise<{ zip: ZipFile; members: Entry[] }> {
  const { openPromise } = await import("yauzl");
  const zip = await openPromise(input.path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }).catch(
    (error: unknown) => {
      throw damaged(input, error);
    },
  );
  const members: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) if (isText(entry.fileName)) members.push(entry);
  } catch (error) {
    zip.close();
    throw damaged(input, error);
  }
  return { zip, members };
}

async function* unzip(input: InputFile, folder: string, isLog: IsLog): AsyncIterable<PlainFile> {
  const { zip, members } = await zipMembers(input);
  let read = 0;
  try {
    for (const [index, member] of members.entries()) {
      const path = join(folder, `unpacked-${index}.csv`);
      const stream = await zip.openReadStreamPromise(member).catch((error: unknown) => {
        throw damaged(input, error);
      });
      await streamOut(input, stream, path, checkedCrc(member.crc32));
      if (READ_ENDING.test(member.fileName) || isLog(headOf(path).head)) {
        read += 1;
        yield { path, name: `${input.name}/${member.fileName}` };
      }
      await rm(path, { force: true });
    }
    if (read === 0)
      throw new WindrowError("unsupported", `Cannot read ${input.path}: the zip holds no .csv or .txt file and no log`);
  } finally {
    zip.close();
  }
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
