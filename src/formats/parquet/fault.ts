/** Errors about bytes that are not what they should be, and the place that is added on the way out. */

import { type ErrorCode, WindrowError } from "../../core/index.ts";

/** Where in which file something is being read. */
export interface Place {
  readonly key: string;
  /** Byte of the file that the thing begins at. */
  readonly offset: number;
}

/** Ends what is being decoded: the bytes are damaged. `what` reads "was wrong, got what"; `located` adds the file and the place. */
export function damaged(what: string): never {
  throw new WindrowError("damaged", what);
}

/** Ends what is being decoded: it is of a kind that is not read here. */
export function unsupported(what: string): never {
  throw new WindrowError("unsupported", what);
}

/** Marks errors that have their place already, so that an outer place does not hide it. */
const placed = new WeakSet<WindrowError>();

/** The error with its file and offset. A `RangeError` of a typed array or a `URIError` is damage too: bytes made the decoder fail. */
function located(error: unknown, { key, offset }: Place): WindrowError {
  if (error instanceof WindrowError && placed.has(error)) return error;
  const code: ErrorCode = error instanceof WindrowError ? error.code : "damaged";
  const what = error instanceof Error ? error.message : String(error);
  const result = new WindrowError(code, `Cannot read ${key}: ${what} (at byte ${offset})`, {
    details: { key, offset },
    cause: error,
  });
  placed.add(result);
  return result;
}

/** Runs a decoder; whatever it throws becomes a WindrowError with the file and offset. */
export function at<T>(place: Place, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw located(error, place);
  }
}

/** The same for a decoder that answers later. */
export async function atLater<T>(place: Place, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw located(error, place);
  }
}
