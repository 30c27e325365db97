/** Keeps what comes through a pipe in a file, so that it can be looked at, hashed and read like any other input. */

import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WindrowError } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

/** What stands for the standard input among paths. */
const STDIN = "-";

/** Paths to read, with a file in place of the standard input; the file is gone when it is disposed. */
export interface Spooled extends Disposable {
  readonly paths: readonly string[];
}

/** Where to read from, and where to keep it. */
export interface SpoolOptions {
  /** The standard input. */
  readonly from: Readable & { readonly isTTY?: boolean };
  /** Folder for temporary files; that of the system where absent. */
  readonly temp: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) !== "EPERM";
  }
}

/** A new folder, named after this process: what a killed one left is found by its name, and removed. */
function spoolFolder(temp = tmpdir()): string {
  const ours = `windrow-stdin-${hostname()}-`;
  try {
    // As for all temporary files: the folder that is named may be new, but what it lies in must be there.
    if (!existsSync(temp)) mkdirSync(temp);
    for (const name of readdirSync(temp)) {
      // Behind another machine's name, which may begin like ours, stands more than one number.
      const pid = name.startsWith(ours) ? Number(/^(\d+)-[^-]+$/.exec(name.slice(ours.length))?.[1]) : Number.NaN;
      if (pid > 0 && isGone(pid)) rmSync(join(temp, name), { recursive: true, force: true });
    }
    return mkdtempSync(join(temp, `${ours}${process.pid}-`));
  } catch (cause) {
    throw ioError("make a folder in", temp, cause);
  }
}

function spoolError(cause: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? cause : ioError("keep the standard input in", "a temporary file (see --temp)", cause);
}

/**
 * Replaces `-` among paths by a file that holds all of the standard input, called `stdin`.
 * @throws WindrowError `usage` where it is named twice or is a terminal, `empty` where nothing comes, `io` when the disk is full.
 */
export async function spooled(paths: readonly string[], options: SpoolOptions): Promise<Spooled> {
  const places = paths.flatMap((path, place) => (path === STDIN ? [place] : []));
  if (places.length === 0) return { paths, [Symbol.dispose]: () => {} };
  if (places.length > 1)
    throw new WindrowError("usage", "Cannot read the standard input twice: - was given more than once");
  if (options.from.isTTY === true)
    throw new WindrowError("usage", "Cannot read the standard input: it is a terminal; pipe a file into the command");
  const folder = spoolFolder(options.temp);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, "stdin");
  try {
    const { signal } = options;
    await pipeline(options.from, createWriteStream(file, { highWaterMark: 1 << 20 }), { ...(signal && { signal }) });
  } catch (cause) {
    remove();
    throw spoolError(cause, options.signal);
  }
  if (statSync(file).size === 0) {
    remove();
    throw new WindrowError("empty", "Cannot read the standard input: it is empty");
  }
  return { paths: paths.map((path) => (path === STDIN ? file : path)), [Symbol.dispose]: remove };
}
