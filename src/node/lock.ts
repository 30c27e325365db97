/** Keeps two runs out of one folder. */

import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { threadId } from "node:worker_threads";
import { WindrowError } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Number of the thread in its process; absent for the main one. */
  readonly thread?: number;
}

/** Locks of this thread: its process's number in a lock file does not say whether it is this run's. */
const held = new Set<string>();
/** What this thread calls its files beside a lock: threads of one process must not meet in one. */
const OWN = threadId === 0 ? `${process.pid}` : `${process.pid}.${threadId}`;

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    // Gone meanwhile: nobody holds it.
    return undefined;
  }
}

function isRunning(holder: Holder, path: string): boolean {
  // Whether a process of another host runs cannot be seen from here: it is taken to.
  if (holder.host !== hostname()) return true;
  // Which locks another thread of this process holds cannot be seen from here either.
  if (holder.pid === process.pid) return (holder.thread ?? 0) !== threadId || held.has(path);
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** A link is made whole or not at all, with what the lock says already in it. */
function tryLock(path: string): boolean {
  const own = `${path}.${OWN}`;
  const holder: Holder = { pid: process.pid, host: hostname(), ...(threadId > 0 && { thread: threadId }) };
  try {
    writeFileSync(own, JSON.stringify(holder));
    linkSync(own, path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    throw ioError("write", path, cause);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves the lock of a process that is gone out of the way; puts it back where it turns out to be another's. */
function removeStale(path: string, stale: Holder | undefined): void {
  const moved = `${path}.${OWN}.stale`;
  try {
    renameSync(path, moved);
  } catch {
    // Another run was faster.
    return;
  }
  const found = holderOf(moved);
  if (found !== undefined && (found.pid !== stale?.pid || found.host !== stale.host)) renameSync(moved, path);
  else rmSync(moved, { force: true });
}

/** Whether a file of this name belongs to the lock of a hidden name: `.x.lock`, and what is beside it while it is taken. */
export function isHiddenLock(name: string): boolean {
  return /^\..+\.lock(\.\d+){0,2}(\.stale)?$/.test(name);
}

/** Removes what processes left that were killed while they took the lock or moved it: files with the lock's name and their number. */
function sweep(path: string): void {
  const lock = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const [pid, ...rest] = name.startsWith(lock) ? name.slice(lock.length).split(".") : [];
    if (pid === undefined || !/^\d+$/.test(pid) || !/^(\d+)?\.?(stale)?$/.test(rest.join("."))) continue;
    const file = join(dirname(path), name);
    // A kill in the middle of writing leaves no holder to read.
    const holder = holderOf(file) ?? { pid: Number(pid), host: hostname() };
    if (!isRunning({ ...holder, pid: Number(pid) }, path)) rmSync(file, { force: true });
  }
}

/**
 * Takes a lock until it is disposed. The lock of a process that is gone is taken over.
 * @throws WindrowError `exists` when another run holds it.
 */
export function lockFile(path: string, doing: string): Disposable {
  if (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && isRunning(holder, path)) {
      throw new WindrowError(
        "exists",
        `Cannot ${doing}: another run is at work there (process ${holder.pid} on ${holder.host}); wait for it, or remove ${path} if it is gone`,
      );
    }
    removeStale(path, holder);
    if (!tryLock(path)) throw new WindrowError("exists", `Cannot ${doing}: another run has just begun there`);
  }
  sweep(path);
  held.add(path);
  return {
    [Symbol.dispose]: () => {
      held.delete(path);
      rmSync(path, { force: true });
    },
  };
}
