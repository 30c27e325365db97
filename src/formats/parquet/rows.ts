/** Rows from pages: which have a value, and which values are theirs. */

import { damaged, unsupported } from "../fault.ts";
import { ENCODING, PAGE } from "./codes.ts";
import type { RowStretch } from "./held.ts";
import { isInPieces, PIECE, pieces } from "./in-pieces.ts";
import { bitWidth, constantRun, readHybrid, regularStarts } from "./levels.kernel.ts";
import type { Page } from "./pages.ts";
import { countPresent } from "./present.ts";
import type { SourceColumn } from "./source-column.ts";

/** What levels say of a page. */
export interface PageRows {
  /** Rows that begin in the page. */
  readonly rows: number;
  /** The same rows, one stretch after another. */
  readonly stretches: Iterable<RowStretch>;
  /** Values in the page, gaps left out. */
  readonly count: number;
  /** The encoded values. */
  readonly values: Uint8Array;
}

/** Splits a page of version 1 into levels and values; of version 2 they are apart. */
function sections(
  column: SourceColumn,
  page: Page,
): { repetition: Uint8Array; definition: Uint8Array; values: Uint8Array } {
  const { repetition, definition, body, header } = page;
  if (header.type === PAGE.dataV2 && repetition !== undefined && definition !== undefined)
    return { repetition, definition, values: body };
  let rest = body;
  const section = (isThere: boolean, encoding: number | undefined): Uint8Array => {
    if (!isThere) return rest.subarray(0, 0);
    // The bit-packed form of levels went out of use before 2014.
    if (encoding !== ENCODING.rle) unsupported(`levels of encoding ${encoding} are not read`);
    const length = rest.length < 4 ? -1 : new DataView(rest.buffer, rest.byteOffset).getUint32(0, true);
    if (length < 0 || length > rest.length - 4) damaged(`levels of ${length} bytes, got ${rest.length} left`);
    const taken = rest.subarray(4, 4 + length);
    rest = rest.subarray(4 + length);
    return taken;
  };
  const first = section(column.isList, header.levelEncodings?.repetition);
  const second = section(column.maxDefinition > 0, header.levelEncodings?.definition);
  return { repetition: first, definition: second, values: rest };
}

/** Whether every value is there, as one run says. */
function isAllDefined({ maxDefinition }: SourceColumn, bytes: Uint8Array, count: number): boolean {
  return maxDefinition === 0 || count === 0 || constantRun(bytes, count, bitWidth(maxDefinition)) === maxDefinition;
}

/** Definition levels, or `undefined` where every value is there. */
function definitions(column: SourceColumn, bytes: Uint8Array, count: number): Uint8Array | undefined {
  const { maxDefinition } = column;
  if (isAllDefined(column, bytes, count)) return undefined;
  const out = new Uint8Array(count);
  readHybrid(bytes, bitWidth(maxDefinition), out, maxDefinition);
  return out.every((level) => level === maxDefinition) ? undefined : out;
}

/** Values of a page of lists with gaps that are set aside whatever its bytes: a row group of pyarrow's that is nothing but gaps. */
const MOST_IRREGULAR = 1 << 20;

/** Follows the rows of a column from page to page. */
export interface RowFollower {
  /** Rows and values of the next page. @throws WindrowError `damaged`, `unsupported` */
  next(page: Page): PageRows;
  /** Values of the current row that are still to come. */
  readonly missing: number;
}

/** A follower for a column, at the start of a row. */
export function rowFollower(column: SourceColumn): RowFollower {
  return column.isList ? new ListRows(column) : flatRows(column);
}

function flatRows(column: SourceColumn): RowFollower {
  return {
    missing: 0,
    next(page) {
      const { definition, values } = sections(column, page);
      const rows = page.header.values;
      if (isInPieces(definition, rows) && !isAllDefined(column, definition, rows))
        return { rows, ...flatPieces(definition, rows), values };
      const valid = definitions(column, definition, rows);
      if (valid === undefined) return { rows, stretches: [{ rows }], count: rows, values };
      // The levels of a flat column are 0 and 1: they are the validity.
      return { rows, stretches: [{ rows, valid }], count: countPresent(valid), values };
    },
  };
}

/** Levels that are looked through at once, and told again piece by piece when their rows are wanted. */
function flatPieces(bytes: Uint8Array, rows: number): Pick<PageRows, "stretches" | "count"> {
  const form = { width: 1, max: 1, count: rows };
  let count = 0;
  for (const piece of pieces(bytes, form, new Uint8Array(PIECE))) count += countPresent(piece);
  // Copied: the page's memory goes back before its last rows are wanted where the last have no values.
  const kept = bytes.slice();
  const stretches = function* (): Generator<RowStretch> {
    for (const piece of pieces(kept, form, new Uint8Array(PIECE))) yield { rows: piece.length, valid: piece.slice() };
  };
  return { stretches: stretches(), count };
}

class ListRows implements RowFollower {
  readonly #column: SourceColumn;
  readonly #size: number;
  /** Values of the current row so far. */
  #filled: number;

  constructor(column: SourceColumn) {
    this.#column = column;
    this.#size = column.values;
    this.#filled = column.values;
  }

  get missing(): number {
    return this.#size - this.#filled;
  }

  next(page: Page): PageRows {
    const { repetition, definition, values } = sections(this.#column, page);
    const count = page.header.values;
    if (isAllDefined(this.#column, definition, count)) {
      const rows = regularStarts(repetition, count, this.#size, this.missing);
      if (rows >= 0) {
        // Values of the last row that are in the page.
        this.#filled = this.#size - (this.missing + rows * this.#size - count);
        return { rows, stretches: [{ rows }], count, values };
      }
    }
    if (isInPieces(repetition, count) && count > MOST_IRREGULAR)
      unsupported(`pages of up to ${MOST_IRREGULAR} values in lists with gaps are read, got ${count}`);
    const starts = new Uint8Array(count);
    if (count > 0) readHybrid(repetition, 1, starts, 1);
    const levels = definitions(this.#column, definition, count);
    if (levels !== undefined) return { ...this.#irregular(starts, levels), values };
    const rows = this.#regular(starts);
    return { rows, stretches: [{ rows }], count, values };
  }

  #wrong(what: string): never {
    const { name, isLengthKnown } = this.#column;
    return isLengthKnown
      ? damaged(`column ${name} holds lists of ${this.#size}, ${what}`)
      : unsupported(`column ${name} holds lists of different lengths, ${what}`);
  }

  /** Rows of a page whose every value is there: a 0 must come exactly every `size` values. */
  #regular(starts: Uint8Array): number {
    let rows = 0;
    let next = this.missing;
    for (let start = starts.indexOf(0); start !== -1; start = starts.indexOf(0, start + 1)) {
      if (start !== next) this.#wrong(`got another length at value ${start} of a page`);
      rows++;
      next += this.#size;
    }
    if (next < starts.length) this.#wrong("got a longer one");
    this.#filled = this.#size - (next - starts.length);
    return rows;
  }

  /** Rows of a page in which some have no value. */
  #irregular(starts: Uint8Array, levels: Uint8Array): Omit<PageRows, "values"> {
    const { maxDefinition } = this.#column;
    const valid = new Uint8Array(starts.length);
    let rows = 0;
    let count = 0;
    for (let i = 0; i < starts.length; i++) {
      const isStart = starts[i] === 0;
      const isThere = levels[i] === maxDefinition;
      this.#step(isStart, isThere ? "value" : levels[i] === 0 ? "row" : "gap");
      if (isStart) valid[rows++] = isThere ? 1 : 0;
      if (isThere) count++;
    }
    return { rows, stretches: [{ rows, valid: valid.subarray(0, rows) }], count };
  }

  /** One pair of levels: a value, a row without one, or a gap inside a row. */
  #step(isStart: boolean, what: "value" | "row" | "gap"): void {
    const { name, isOptional } = this.#column;
    if (isStart && this.missing > 0) this.#wrong(`got one of ${this.#filled}`);
    if (what === "gap" || (what === "row" && !(isStart && isOptional)))
      unsupported(`column ${name} holds empty lists or lists with gaps, which are not read`);
    if (what === "row") return;
    if (isStart) this.#filled = 0;
    else if (this.missing === 0) this.#wrong("got a longer one");
    this.#filled++;
  }
}
