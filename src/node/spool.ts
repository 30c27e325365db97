/** Keeps what comes through a pipe in a file, so that it can be looked at, hashed and read like any other input. */

import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WindrowError } from "../core/index.ts";
import { ioError } from "./io-error.ts";

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

function spoolFolder(temp: string | undefined): string {
  try {
    if (temp !== undefined) mkdirSync(temp, { recursive: true });
    return mkdtempSync(join(temp ?? tmpdir(), "windrow-stdin-"));
  } catch (cause) {
    throw ioError("make a folder in", temp ?? tmpdir(), cause);
  }
}

function spoolError(cause: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? cause : ioError("keep the standard input in", "a temporary file (see --temp)", cause);
}

/**
 * Replaces `-` among paths by a file that holds all of the standard input, called `stdin`.
 * @throws WindrowError `usage` where it is named twice or is a terminal, `io` when the disk is full.
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
  return { paths: paths.map((path) => (path === STDIN ? file : path)), [Symbol.dispose]: remove };
}
