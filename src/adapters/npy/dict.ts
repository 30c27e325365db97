/** The dictionary of an `.npy` header: the literal of Python that numpy writes, and no more of the language than that. */

import { WindrowError } from "../../core/index.ts";

/** What the dictionary says. */
export interface NpyDict {
  readonly descr: string;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

const KEYS = ["descr", "fortran_order", "shape"];

/** Reads a text from the left, token by token. */
class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token, if it is one of these; space before it is left out. */
  try(token: RegExp): string | undefined {
    const sticky = new RegExp(`[ \\t\\n]*(${token.source})`, "y");
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found === null) return undefined;
    this.#at = sticky.lastIndex;
    return found[1];
  }

  /** The next token, which must be one of these. Throws a WindrowError without a file's name. */
  take(token: RegExp, what: string): string {
    const found = this.try(token);
    if (found !== undefined) return found;
    const rest = this.#text.slice(this.#at, this.#at + 20).trim();
    throw new WindrowError(
      "damaged",
      `the header must have ${what} at letter ${this.#at}, got ${JSON.stringify(rest)}`,
    );
  }
}

/** Axes at most: numpy has up to 64. */
const MOST_AXES = 64;

function shapeOf(tokens: Tokens): number[] {
  const shape: number[] = [];
  tokens.take(/\(/, "a shape in parentheses");
  while (tokens.try(/\)/) === undefined) {
    // Python 2 wrote `3L`.
    const size = Number(tokens.take(/\d{1,16}(?=L?)/, "a size"));
    tokens.try(/L/);
    if (!Number.isSafeInteger(size) || shape.push(size) > MOST_AXES)
      throw new WindrowError("damaged", `the shape must be of up to ${MOST_AXES} sizes below 2^53`);
    // `(3,)` is a shape and `(3)` a number; behind the last of several the comma may be absent.
    if (tokens.try(/,/) === undefined) {
      tokens.take(/\)/, "a comma or the end of the shape");
      if (shape.length === 1) throw new WindrowError("damaged", "the shape must be a tuple, got a number");
      break;
    }
  }
  return shape;
}

/** A text in quotes: no name of a type has a quote or a backslash in it. */
function textOf(tokens: Tokens): string {
  return tokens.take(/'[^'\\]*'|"[^"\\]*"/, "a text in quotes").slice(1, -1);
}

/**
 * Parses a header's dictionary: the keys `descr`, `fortran_order` and `shape`, each once and no other.
 * @throws WindrowError `damaged` for what is none; `unsupported` for the description of a structured type, which is a list.
 */
export function npyDict(text: string): NpyDict {
  const tokens = new Tokens(text);
  const found: { descr?: string; isFortran?: boolean; shape?: number[] } = {};
  const seen = new Set<string>();
  tokens.take(/\{/, "a dictionary");
  while (tokens.try(/\}/) === undefined) {
    const key = textOf(tokens);
    if (!KEYS.includes(key) || seen.has(key))
      throw new WindrowError(
        "damaged",
        `the header must have the keys ${KEYS.join(", ")}, each once, got ${JSON.stringify(key)}`,
      );
    seen.add(key);
    tokens.take(/:/, "a colon");
    if (key === "descr") found.descr = descrOf(tokens);
    else if (key === "shape") found.shape = shapeOf(tokens);
    else found.isFortran = tokens.take(/True|False/, "True or False") === "True";
    if (tokens.try(/,/) === undefined) {
      tokens.take(/\}/, "a comma or the end of the dictionary");
      break;
    }
  }
  tokens.take(/$/, "nothing behind the dictionary");
  const { descr, isFortran, shape } = found;
  if (descr === undefined || isFortran === undefined || shape === undefined)
    throw new WindrowError(
      "damaged",
      `the header must have the keys ${KEYS.join(", ")}, got ${[...seen].join(", ") || "none"}`,
    );
  return { descr, isFortran, shape };
}

function descrOf(tokens: Tokens): string {
  if (tokens.try(/[[(]/) === undefined) return textOf(tokens);
  throw new WindrowError("unsupported", "the array is structured, and only arrays of numbers are read");
}
