/** Mends what would make a CSV reader lose more than the line it is on: broken quotes, mixed line ends, Latin-1. */

import { Buffer, isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { delimiterOf } from "./csv-head.ts";
import type { PlainFile } from "./unpack.ts";
import { folderWorkspace } from "./workspace.ts";

const BLOCK_BYTES = 4 * 2 ** 20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/** A file's bytes in blocks of whole lines, in a buffer that is used again; a line longer than a block comes in pieces. */
function* lineBlocks(path: string): Iterable<Uint8Array> {
  using file = folderWorkspace(dirname(path)).reader(basename(path));
  const { size } = statSync(path);
  const buffer = new Uint8Array(Math.min(BLOCK_BYTES, size));
  for (let at = 0; at < size; ) {
    const block = buffer.subarray(0, Math.min(BLOCK_BYTES, size - at));
    file.readInto(at, block);
    const isLast = at + block.length === size;
    const end = isLast ? block.length : block.lastIndexOf(NEWLINE) + 1 || block.length;
    yield block.subarray(0, end);
    at += end;
  }
}

/** A longer line is no report; DuckDB would lose a very long one without a word. */
const LINE_BYTES = 65_536;

function hasLongLine(block: Uint8Array): boolean {
  let from = 0;
  while (block.length - from > LINE_BYTES) {
    const end = block.lastIndexOf(NEWLINE, from + LINE_BYTES);
    if (end < from) return true;
    from = end + 1;
  }
  return false;
}

function isTidy(block: Uint8Array): boolean {
  // A Buffer looks for a byte twenty times as fast as a plain array of bytes does.
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  return !bytes.includes(QUOTE) && !bytes.includes(RETURN) && !hasLongLine(bytes) && isUtf8(bytes);
}

/** One cell and what ends it: quoted as a whole, or beginning with no quote, or empty. */
function cellPattern(delimiter: string): RegExp {
  const end = delimiter === "|" ? "\\|" : delimiter;
  return new RegExp(`("(?:[^"]|"")*"|[^"${end}][^${end}]*|)(${end}|$)`, "uy");
}

/**
 * A line that a CSV reader takes as it was meant. A quote inside of an unquoted cell is dropped; a line with a quote that is never
 * closed cannot be read, and is made one that no reader can: a single cell.
 */
function mendedLine(line: string, cell: RegExp): string {
  if (line.length > LINE_BYTES) return line.slice(0, 64).replaceAll(/["\t,;|]/g, " ");
  if (!line.includes('"')) return line;
  let text = "";
  cell.lastIndex = 0;
  while (cell.lastIndex <= line.length) {
    const match = cell.exec(line);
    if (match === null) return line.replaceAll(/["\t,;|]/g, " ");
    const [, value = "", end = ""] = match;
    text += (value.startsWith('"') ? value : value.replaceAll('"', "")) + end;
    if (end === "") break;
  }
  return text;
}

/** A broken quote spoils its own line only; text that is not UTF-8 is Latin-1, which every byte is. */
function mended(block: Uint8Array, cell: RegExp): Uint8Array {
  const text = new TextDecoder(isUtf8(block) ? "utf-8" : "latin1", { ignoreBOM: true }).decode(block);
  const lines = text.split(/\r\n|\n|\r/).map((line) => mendedLine(line, cell));
  return new TextEncoder().encode(lines.join("\n"));
}

/**
 * The file itself where each of its lines stands for itself, else a mended copy in `folder`, to be removed by the caller:
 * line ends are `\n`, quotes of a line are closed or gone, text is UTF-8. Lines stay where they are.
 */
export function tidyText(
  file: PlainFile,
  folder: string,
): { readonly file: PlainFile; readonly isCopy: boolean; readonly hasQuotes: boolean } {
  let tidy = true;
  for (const block of lineBlocks(file.path)) {
    tidy = isTidy(block);
    if (!tidy) break;
  }
  if (tidy) return { file, isCopy: false, hasQuotes: false };
  const name = "tidied.csv";
  const cell = cellPattern(delimiterOf(file));
  let hasQuotes = false;
  using writer = folderWorkspace(folder).writer(name);
  for (const block of lineBlocks(file.path)) {
    const lines = isTidy(block) ? block : mended(block, cell);
    hasQuotes ||= lines.includes(QUOTE);
    writer.write(lines);
  }
  writer.close();
  return { file: { path: join(folder, name), name: file.name }, isCopy: true, hasQuotes };
}

/** The lines of a block, one after the other. */
function* lineEnds(block: Uint8Array): Iterable<{ readonly isEmpty: boolean }> {
  let from = 0;
  while (from < block.length) {
    const newline = block.indexOf(NEWLINE, from);
    const end = newline < 0 ? block.length : newline;
    yield { isEmpty: end === from };
    from = end + 1;
  }
}

/**
 * The line numbers, from 1, of some of a tidy file's lines, given by their places (from 0, ascending) among the lines that are neither
 * empty nor left out. Reads no further than it must.
 */
export function lineNumbers(path: string, places: readonly number[], leftOut: ReadonlySet<number>): number[] {
  const numbers: number[] = [];
  let line = 0;
  let place = -1;
  for (const block of lineBlocks(path)) {
    for (const { isEmpty } of lineEnds(block)) {
      line += 1;
      if (isEmpty || leftOut.has(line)) continue;
      place += 1;
      if (place === places[numbers.length]) numbers.push(line);
    }
    if (numbers.length >= places.length) break;
  }
  return numbers;
}
