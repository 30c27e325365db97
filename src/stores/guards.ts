/** What every store checks of what it is asked, so that all refuse in the same words. */

import { type ByteRange, isSafeKey, type Key, WindrowError } from "../core/index.ts";

/**
 * The key, if it stays inside the store.
 * @throws WindrowError `usage` when it does not.
 */
export function safeKey(key: Key, store: string): Key {
  if (isSafeKey(key)) return key;
  throw new WindrowError(
    "usage",
    `Cannot use ${JSON.stringify(key)} in ${store}: the name leaves the store, or is no name`,
  );
}

/**
 * Checks that a range lies in a file of `size` bytes.
 * @throws WindrowError `usage` when it is no range; `damaged` when it ends behind the end of the file.
 */
export function checkRange({ from, to }: ByteRange, size: number, path: string): void {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to)) {
    const message = `Cannot read ${path}: a range must be of whole numbers, 0 <= from <= to, got ${from} to ${to}`;
    throw new WindrowError("usage", message);
  }
  if (to > size) {
    const message = `Cannot read ${path}: bytes up to ${to} are wanted, got a file of ${size} bytes`;
    throw new WindrowError("damaged", message, { details: { path, to, size } });
  }
}

/** The error of a read from a file that its caller has closed. */
export function closedFile(path: string): WindrowError {
  return new WindrowError("internal", `Cannot read ${path}: it is closed`);
}
