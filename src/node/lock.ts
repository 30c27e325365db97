/** Keeps two runs out of one folder. */

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { WindrowError } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    // Gone meanwhile, or cut short by a crash: nobody holds it.
    return undefined;
  }
}

function isRunning(holder: Holder): boolean {
  // Whether a process of another host runs cannot be seen from here: it is taken to.
  if (holder.host !== hostname()) return true;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function tryLock(path: string): boolean {
  try {
    const fd = openSync(path, "wx");
    writeSync(fd, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder));
    closeSync(fd);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    throw ioError("write", path, cause);
  }
}

/**
 * Takes the lock of a folder until it is disposed. The lock of a process that is gone is taken over.
 * @throws WindrowError `exists` when another run is at work.
 */
export function lockFile(path: string, doing: string): Disposable {
  if (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && isRunning(holder)) {
      throw new WindrowError(
        "exists",
        `Cannot ${doing}: another run is at work there (process ${holder.pid} on ${holder.host}); wait for it, or remove ${path} if it is gone`,
      );
    }
    rmSync(path, { force: true });
    if (!tryLock(path)) throw new WindrowError("exists", `Cannot ${doing}: another run has just begun there`);
  }
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
