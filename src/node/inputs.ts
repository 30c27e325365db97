/** Finds the files that a user names (files, folders, globs) and says what they are by their first bytes. */

import { closeSync, globSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { WindrowError } from "../core/index.ts";
import { textHead } from "./text-head.ts";

/** How a file's bytes are packed. */
export type Packing = "none" | "gz" | "zst" | "zip";

/** A file to read. */
export interface InputFile {
  readonly path: string;
  /** What the manifest calls it: its name, with the folders below the one that was asked for. */
  readonly name: string;
  readonly bytes: number;
  readonly kind: "text" | "parquet";
  readonly packing: Packing;
}

/** Endings that are looked for in folders. */
const ENDINGS = /\.(csv|csv\.gz|csv\.zst|tsv|tsv\.gz|tsv\.zst|zip|parquet)$/i;

/** Endings that logs have, and much else: a file in a folder, or in a zip, must also begin like a log. */
export const LOG_ENDING = /\.(nmea|ais|aivdm|log|txt)$/i;
const PACKED_LOG_ENDING = /\.(nmea|ais|aivdm|log|txt)(\.gz|\.zst)?$/i;

/** Says whether text that begins with these bytes is a log. */
export type IsLog = (head: Uint8Array) => boolean;

function failed(path: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError("missing", `Cannot read ${path}: ${why}`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return "there is no such file or folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(4);
  const fd = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, 4, 0));
  } finally {
    closeSync(fd);
  }
}

const MAGIC: ReadonlyArray<readonly [number[], Pick<InputFile, "kind" | "packing">]> = [
  [[0x1f, 0x8b], { kind: "text", packing: "gz" }],
  [[0x28, 0xb5, 0x2f, 0xfd], { kind: "text", packing: "zst" }],
  [[0x50, 0x4b, 0x03, 0x04], { kind: "text", packing: "zip" }],
  [[0x50, 0x41, 0x52, 0x31], { kind: "parquet", packing: "none" }],
];

/** What a file is, by its first bytes. */
function inputFile(path: string, name: string): InputFile {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw failed(path, "it is no regular file");
    const head = firstBytes(path);
    if (head.length === 0)
      throw new WindrowError("empty", `Cannot read ${path}: the file is empty`, { details: { path } });
    const kind = MAGIC.find(([magic]) => magic.every((byte, i) => head[i] === byte))?.[1] ?? {
      kind: "text",
      packing: "none",
    };
    return { path, name, bytes: stat.size, ...kind };
  } catch (error) {
    if (error instanceof WindrowError) throw error;
    throw failed(path, reason(error), error);
  }
}

/** Whether a path leads to a file, also through a link; a link that leads nowhere does not. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** What a folder that windrow writes to holds from its first moment, or from its last. */
const DATASET_MARKS = [".windrow", "index.parquet"];

/** What begins like a log, or cannot be unpacked to see: that is an error for the reader to tell. */
function isLogFile(path: string, isLog: IsLog): boolean {
  if (statSync(path).size === 0) return false;
  const { packing } = inputFile(path, path);
  if (packing === "zip") return false;
  const head = textHead(path, packing);
  return head === undefined || isLog(head);
}

function folderFiles(folder: string, isLog: IsLog): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  // A dataset that was written below its own inputs is no input.
  const datasets = entries
    .filter((entry) => DATASET_MARKS.includes(entry.name))
    .map((entry) => `${entry.parentPath}${sep}`);
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => ENDINGS.test(path) || PACKED_LOG_ENDING.test(path))
    .filter((path) => !datasets.some((dataset) => path.startsWith(dataset)) && isFile(path))
    .filter((path) => ENDINGS.test(path) || isLogFile(path, isLog))
    .sort();
}

function expand(pattern: string, isLog: IsLog): InputFile[] {
  const stat = statSync(pattern, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const files = folderFiles(pattern, isLog);
    if (files.length === 0)
      throw failed(
        pattern,
        "the folder holds no .csv or .tsv file or NMEA log (plain, .gz, .zst), .zip or .parquet file of its own",
      );
    return files.map((path) => inputFile(path, relative(pattern, path)));
  }
  if (stat !== undefined || !/[*?[{]/.test(pattern)) return [inputFile(pattern, basename(pattern))];
  const paths = globSync(pattern).filter(isFile);
  if (paths.length === 0) throw failed(pattern, "the pattern matches no file");
  return paths.sort().map((path) => inputFile(path, basename(path)));
}

function expanded(pattern: string, isLog: IsLog): InputFile[] {
  try {
    return expand(pattern, isLog);
  } catch (error) {
    throw error instanceof WindrowError ? error : failed(pattern, reason(error), error);
  }
}

/**
 * The files behind paths, folders and globs; each file once. Of a folder's files with the ending of a log, those that `isLog` takes
 * for one.
 * @throws WindrowError `missing` for what is not there or not readable, `empty` for a file without a byte.
 */
export function findInputs(patterns: readonly string[], isLog: IsLog = () => false): InputFile[] {
  const byPath = new Map<string, InputFile>();
  for (const pattern of patterns) for (const file of expanded(pattern, isLog)) byPath.set(resolve(file.path), file);
  return [...byPath.values()];
}
