/** The one error class of the library, and the guard for switches over unions. */

/**
 * What went wrong, as a caller tells it apart:
 * `usage` asked wrongly (the command exits 2) · `missing` a path or column that is not there · `damaged` bytes that are not what
 * they should be · `exists` something is in the way · `unsupported` a kind of thing that is not read or written here ·
 * `io` the disk or the system refused · `empty` nothing to do the work on · `stale` made from what has changed since ·
 * `internal` a sum that should hold does not.
 */
export type ErrorCode =
  | "usage"
  | "missing"
  | "damaged"
  | "exists"
  | "unsupported"
  | "io"
  | "empty"
  | "stale"
  | "internal";

/** Plain facts about an error: paths, offsets, counts. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

// Names and texts of inputs stand in messages: a line break or an escape sequence in them must not reach a terminal or a log.
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** Names in a file may be as long as the file: a message keeps its beginning and its end, where the place is. */
const LONGEST = 1000;
const KEPT_END = 200;

function oneLine(message: string): string {
  const line = message.replace(CONTROL, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return line.length <= LONGEST
    ? line
    : `${line.slice(0, LONGEST - KEPT_END - 3)} … ${line.slice(line.length - KEPT_END)}`;
}

/**
 * Every error that windrow throws on purpose. The message is one line: "Cannot do what: what was wrong, got what." Control characters
 * in it are escaped as in JSON.
 */
export class WindrowError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(oneLine(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "WindrowError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Ends a `switch` over a union, so that the compiler proves every case is listed. */
export function unreachable(value: never): never {
  throw new WindrowError("internal", `Cannot go on: unexpected case ${String(value)}`);
}
