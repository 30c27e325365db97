/** How a shard's reader says what is wrong: with the file and the byte. */

import { type Key, WindrowError } from "../../core/index.ts";

/** Ends the reading of a file: its bytes are not what they should be. */
export function damaged(key: Key, offset: number, what: string): never {
  throw new WindrowError("damaged", `Cannot read ${key}: ${what} (at byte ${offset})`, { details: { key, offset } });
}

/** The error of a decoder, with its file and place. */
export function undecodable(key: Key, offset: number, cause: unknown): WindrowError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof WindrowError ? cause.code : "damaged";
  return new WindrowError(code, `Cannot read ${key}: ${why} (at byte ${offset})`, { cause, details: { key, offset } });
}

/** The error of a file that is not there. */
export function missing(key: Key): WindrowError {
  return new WindrowError("missing", `Cannot read ${key}: there is no such file`, { details: { key } });
}
