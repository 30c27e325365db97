/** A folder as a store: keys are paths beneath it. */

import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { type ByteRange, isSafeKey, type Key, type OpenFile, type Store, WindrowError } from "../core/index.ts";
import { checkRange, closedFile, safeKey } from "../stores/guards.ts";
import { draftName, folderDraft } from "./folder-store-draft.ts";
import { ioError, systemCode } from "./io-error.ts";
import { isHiddenLock, lockFile } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";

/** A folder, and the tidying of what killed processes left in it. */
export interface FolderStore extends Store {
  /**
   * Removes the drafts of keys that begin with `prefix` and whose process is gone, and counts them. Those of running processes stay:
   * they may be at work.
   */
  removeDrafts(prefix?: string): Promise<number>;
}

/**
 * The files beneath a folder, which need not be there until something is written. Drafts are not listed, nor are names that are no
 * keys (`isSafeKey`). Symbolic links are followed.
 * @throws WindrowError from its functions: `usage` for a key that leaves the folder; `io` for what the system refuses, in one line.
 */
export function folderStore(path: string): FolderStore {
  const at = (key: Key): string => join(path, safeKey(key, path));
  const store: FolderStore = {
    name: path,
    get: async (key, range) => readFile(at(key), range),
    size: async (key) => fileSize(at(key)),
    open: (key) => openFile(at(key)),
    async *list(prefix) {
      for (const { key, pid } of walk(path, prefix, "", [realPath(path)])) if (pid === undefined) yield key;
    },
    async put(key, bytes) {
      await using draft = await store.draft(key);
      await draft.write(bytes);
      await draft.publish();
    },
    draft: async (key) => folderDraft(at(key)),
    async delete(key) {
      const file = at(key);
      // A folder of this name is no key.
      if (fileSize(file) === undefined) return;
      attempt("remove", file, () => rmSync(file, { force: true }));
    },
    lock(key, doing) {
      const file = at(key);
      makeFolder(dirname(file));
      return lockFile(join(dirname(file), `.${basename(file)}.lock`), doing);
    },
    async removeDrafts(prefix = "") {
      const found = [...walk(path, prefix, "", [realPath(path)])];
      const stale = found.filter(({ file, pid }) => pid !== undefined && isStale(file, pid));
      for (const { file } of stale) attempt("remove", file, () => rmSync(file, { force: true }));
      return stale.length;
    },
  };
  return store;
}

function attempt<T>(verb: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw ioError(verb, path, cause);
  }
}

// Linux reads at most 2 GiB − 4 kB at once.
const MOST_AT_ONCE = 1 << 30;
// Without O_NONBLOCK, opening a named pipe waits for a writer for ever. Windows has neither.
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function fileSize(path: string): number | undefined {
  const stat = attempt("read", path, () => statSync(path, { throwIfNoEntry: false }));
  return stat?.isFile() ? stat.size : undefined;
}

// Synchronous: for the reads of some kilobytes up to a shard that happen here it is several times faster than a trip through the pool.
function readFile(path: string, range: ByteRange | undefined): Uint8Array | undefined {
  using file = openFile(path);
  if (file === undefined) return undefined;
  const { from, to } = range ?? { from: 0, to: file.bytes };
  checkRange({ from, to }, file.bytes, path);
  const bytes = new Uint8Array(to - from);
  file.readInto(from, bytes);
  return bytes;
}

// A file that is replaced by renaming keeps its bytes for as long as it is open.
function openFile(path: string): OpenFile | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, READ_ONLY);
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENXIO") return undefined;
    throw ioError("read", path, cause);
  }
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  let size: number;
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      close();
      return undefined;
    }
    size = stat.size;
  } catch (cause) {
    close();
    throw ioError("read", path, cause);
  }
  return {
    bytes: size,
    readInto(at, into) {
      if (descriptor === undefined) throw closedFile(path);
      checkRange({ from: at, to: at + into.length }, size, path);
      readInto(descriptor, path, at, into);
    },
    [Symbol.dispose]: close,
  };
}

function readInto(file: number, path: string, from: number, into: Uint8Array): void {
  for (let at = 0; at < into.length; ) {
    const read = attempt("read", path, () =>
      readSync(file, into, at, Math.min(into.length - at, MOST_AT_ONCE), from + at),
    );
    if (read === 0) {
      const to = from + into.length;
      const message = `Cannot read ${path}: bytes up to ${to} were there, got ${from + at}; the file was cut while it was read`;
      throw new WindrowError("damaged", message, { details: { path, to } });
    }
    at += read;
  }
}

interface Found {
  readonly key: Key;
  readonly file: string;
  /** The process that writes it, if it is a draft; the key is then that of the file it will be. */
  readonly pid?: number;
}

// Every file beneath a folder whose key begins with prefix, in code-unit order of keys (a draft stands where its own name does).
// `above` are the real paths of the folder and of those that it lies in: a link to one of them would go round for ever.
function* walk(root: string, prefix: string, folder: string, above: readonly string[]): Generator<Found> {
  for (const entry of entries(join(root, folder))) {
    const file = join(root, folder, entry.name);
    const key = folder + entry.sorts;
    if (!entry.folder) {
      const found = foundFile(folder, entry.name, file);
      if (found.key.startsWith(prefix) && isSafeKey(found.key)) yield found;
      continue;
    }
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
    const real = entry.link ? realPath(file) : join(above.at(-1)!, entry.name);
    if (!above.includes(real)) yield* walk(root, prefix, key, [...above, real]);
  }
}

function foundFile(folder: string, name: string, file: string): Found {
  const draft = draftName(name);
  return draft === undefined ? { key: folder + name, file } : { key: folder + draft.of, file, pid: draft.pid };
}

interface Entry {
  readonly name: string;
  readonly folder: boolean;
  readonly link: boolean;
  /** The name, and a slash behind a folder's: with it, entries sort as the keys beneath them do. */
  readonly sorts: string;
}

function entries(folder: string): readonly Entry[] {
  let found: readonly Dirent[];
  try {
    found = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw ioError("list", folder, cause);
  }
  return found
    .flatMap((dirent) => {
      const { name } = dirent;
      if (isHiddenLock(name)) return [];
      const link = dirent.isSymbolicLink();
      const what = link ? statTarget(join(folder, name)) : dirent;
      if (what?.isDirectory()) return [{ name, link, folder: true, sorts: `${name}/` }];
      return what?.isFile() ? [{ name, link, folder: false, sorts: name }] : [];
    })
    .sort((a, b) => (a.sorts < b.sorts ? -1 : 1));
}

// What a link leads to; `undefined` when that is nothing, or nothing that may be seen.
function statTarget(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isStale(draft: string, pid: number): boolean {
  if (pid === process.pid) {
    // In a container, process numbers come back: what is older than this process cannot be its own.
    const began = Date.now() - 1000 * process.uptime();
    return (statTarget(draft)?.mtimeMs ?? began) < began;
  }
  try {
    // Signal 0 asks whether the process is there.
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return systemCode(cause) !== "EPERM";
  }
}
