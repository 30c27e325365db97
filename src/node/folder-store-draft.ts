/** A file being written beside its final name, and what is known of such files by their names. */

import { randomBytes } from "node:crypto";
import { closeSync, fsync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { type Draft, WindrowError } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

const fsyncAsync = promisify(fsync);

// Linux moves at most 2 GiB − 4 kB in one write.
const MOST_AT_ONCE = 1 << 30;
// A name of 255 bytes is the longest there is; 60 UTF-16 units are 180 bytes at most.
const NAME_KEPT = 60;
const DRAFT_NAME = /^\.(.+)\.(\d{1,10})-[0-9a-f]{16}\.tmp$/;

/** The name of the file and the process that a draft's name tells of; `undefined` for any other name. */
export function draftName(name: string): { readonly of: string; readonly pid: number } | undefined {
  const match = DRAFT_NAME.exec(name);
  return match === null ? undefined : { of: match[1]!, pid: Number(match[2]) };
}

/**
 * Begins a file at `path`, in folders that are made where they lack. Writes are synchronous, being the fastest; making the file
 * durable is not, so that the caller can work meanwhile.
 * @throws WindrowError `io` when the folder or the file cannot be made.
 */
export function folderDraft(path: string): Draft {
  const folder = dirname(path);
  const name = `.${basename(path).slice(0, NAME_KEPT)}.${process.pid}-${randomBytes(8).toString("hex")}.tmp`;
  const draft = join(folder, name);
  try {
    const firstMade = mkdirSync(folder, { recursive: true });
    return new FolderDraft({ path, draft, firstMade, file: openSync(draft, "wx") });
  } catch (cause) {
    throw ioError("write", path, cause);
  }
}

interface Begun {
  readonly path: string;
  readonly draft: string;
  /** The topmost folder that was made for it, if any. */
  readonly firstMade: string | undefined;
  readonly file: number;
}

class FolderDraft implements Draft {
  readonly #begun: Begun;
  #file: number | undefined;
  #bytes = 0;

  constructor(begun: Begun) {
    this.#begun = begun;
    this.#file = begun.file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#open();
    try {
      for (let at = 0; at < bytes.length; ) {
        const wrote = writeSync(file, bytes, at, Math.min(bytes.length - at, MOST_AT_ONCE));
        at += wrote;
        this.#bytes += wrote;
      }
    } catch (cause) {
      // The space goes back at once: on a full disk somebody may be waiting for it.
      this.#discard();
      throw ioError("write", this.#begun.path, cause);
    }
  }

  async publish(): Promise<void> {
    const file = this.#open();
    const { path, draft, firstMade } = this.#begun;
    try {
      await fsyncAsync(file);
      this.#close();
      renameSync(draft, path);
    } catch (cause) {
      this.#discard();
      throw ioError("write", path, cause);
    }
    await settleFolders(dirname(path), firstMade);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file !== undefined) this.#discard();
  }

  #open(): number {
    if (this.#file === undefined) {
      throw new WindrowError("internal", `Cannot write ${this.#begun.path}: this draft is published or gone`);
    }
    return this.#file;
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file);
  }

  #discard(): void {
    try {
      this.#close();
    } finally {
      rmSync(this.#begun.draft, { force: true });
    }
  }
}

// A name is durable when the folder that holds it is: the file's own folder, and where folders were made, those up to the one that was there.
async function settleFolders(folder: string, firstMade: string | undefined): Promise<void> {
  const last = firstMade === undefined ? folder : dirname(firstMade);
  for (let at = folder; ; at = dirname(at)) {
    await settleFolder(at);
    if (at === last || at === dirname(at)) return;
  }
}

/** Makes the names in a folder durable, where the system can. */
export async function settleFolder(folder: string): Promise<void> {
  let file: number | undefined;
  try {
    file = openSync(folder, "r");
    await fsyncAsync(file);
  } catch (cause) {
    // Windows does not open folders, and some network file systems do not sync them: there is no more to be had there.
    const code = systemCode(cause);
    if (code !== "EISDIR" && code !== "EPERM" && code !== "EACCES" && code !== "EINVAL")
      throw ioError("write", folder, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
