/** Text files line by line, plain or packed by gzip, in bounded memory. */

import { WindrowError } from "../core/index.ts";
import { fileName, type SourceFile } from "./recording.ts";

/** Some lines of a file, one behind the other, without their ends. */
export interface LineBlock {
  /** Number of the first of them, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
}

const PIECE_BYTES = 1 << 20;
/** No line of a recording is as long: what has no line ends is no text. */
const LONGEST_LINE = 1 << 20;

/** The bytes of a file, in pieces; a gzip stream as it lies there. */
async function* pieces({ store, key }: SourceFile, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let from = 0; from < size; from += PIECE_BYTES) {
    const bytes = await store.get(key, { from, to: Math.min(size, from + PIECE_BYTES) });
    if (bytes === undefined) throw missing({ store, key });
    yield new Uint8Array(bytes);
  }
}

/** The error of a file that is not there. */
export function missing(file: SourceFile): WindrowError {
  return new WindrowError("missing", `Cannot read ${fileName(file)}: there is no such file`);
}

async function isGzip({ store, key }: SourceFile, size: number): Promise<boolean> {
  if (size < 2) return false;
  const magic = await store.get(key, { from: 0, to: 2 });
  return magic?.[0] === 0x1f && magic[1] === 0x8b;
}

function unpackError(file: SourceFile, cause: unknown): unknown {
  if (cause instanceof WindrowError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WindrowError("damaged", `Cannot read ${fileName(file)}: the gz data is damaged or cut short (${why})`, {
    cause,
  });
}

async function* unpacked(file: SourceFile, size: number): AsyncGenerator<Uint8Array> {
  const raw = ReadableStream.from(pieces(file, size));
  try {
    yield* raw.pipeThrough(new DecompressionStream("gzip"));
  } catch (cause) {
    throw unpackError(file, cause);
  }
}

/**
 * The lines of a UTF-8 file, in blocks. A byte order mark and carriage returns at line ends are left out.
 * @throws WindrowError `missing`; `damaged` for a packed file that is cut short, for bytes that are no UTF-8 and for a line of 1 MiB or more.
 */
export async function* lineBlocks(file: SourceFile): AsyncGenerator<LineBlock> {
  const size = await file.store.size(file.key);
  if (size === undefined) throw missing(file);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let first = 1;
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw badText(file, first, cause);
    }
  };
  for await (const bytes of (await isGzip(file, size)) ? unpacked(file, size) : pieces(file, size)) {
    const lines = (rest + decode(bytes)).split("\n");
    rest = lines.pop()!;
    if (rest.length >= LONGEST_LINE) throw tooLong(file, first + lines.length);
    if (lines.length > 0) yield { first, lines: lines.map(withoutReturn) };
    first += lines.length;
  }
  rest += decode();
  if (rest !== "") yield { first, lines: [withoutReturn(rest)] };
}

function badText(file: SourceFile, line: number, cause: unknown): WindrowError {
  const message = `Cannot read ${fileName(file)}: text in UTF-8 is expected, got other bytes in or after line ${line}`;
  return new WindrowError("damaged", message, { details: { path: fileName(file), line }, cause });
}

function tooLong(file: SourceFile, line: number): WindrowError {
  const message = `Cannot read ${fileName(file)}: line ${line} must be shorter than ${LONGEST_LINE} letters; the file is no text`;
  return new WindrowError("damaged", message, { details: { path: fileName(file), line } });
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** The first lines of a file that are not empty and no comments, at most so many; less is read than would matter. */
export async function headLines(file: SourceFile, most: number): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { lines } of lineBlocks(file)) {
    for (const line of lines) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      if (found.push(line) === most) return found;
    }
  }
  return found;
}

/** The first line of a file; `undefined` where it is empty. */
export async function firstLine(file: SourceFile): Promise<string | undefined> {
  for await (const { lines } of lineBlocks(file)) return lines[0];
  return undefined;
}
