/** Reads one column of a row group from the front, some rows at a time, holding little more than a page. */

import type { Column } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { ENCODING, PAGE } from "./codes.ts";
import { joinedColumns, room, rowsAtOnce, spread, withoutNeedlessValid } from "./column-room.ts";
import { decodeValues, placedValues, type StoredValues, storedValues, type Values } from "./decode.ts";
import type { ChunkInfo } from "./file.ts";
import { heldRows, heldValues, type RowStretch } from "./held.ts";
import { type Page, type PageContext, readPages } from "./pages.ts";
import { countPresent } from "./present.ts";
import { type RowFollower, rowFollower } from "./rows.ts";
import type { SourceColumn } from "./source-column.ts";

/** Where to begin in a chunk: all of it, or the pages that an offset index names. */
export interface ChunkRange {
  /** Bytes of the dictionary page, where the data pages do not follow it. */
  readonly dictionary?: { readonly from: number; readonly to: number };
  readonly data: { readonly from: number; readonly to: number };
  /** Rows of each data page in `data`, as the offset index has them. */
  readonly pageRows?: readonly number[];
}

/** A column being read. */
export interface Cursor {
  /** The next rows, in arrays of their own. @throws WindrowError `damaged` where there are fewer */
  take(rows: number): Promise<Column>;
  /** The next rows, to row `at` and on of arrays that have room for them, and `valid` where the column is nullable. */
  fill(rows: number, into: Column, at: number): Promise<void>;
  /** Passes over rows. */
  skip(rows: number): Promise<void>;
  /** Checks that nothing is left, and that the counts of the footer are met. */
  finish(): Promise<void>;
}

/** Decodes the values of pages, with the dictionary of their chunk. */
function pageDecoder(column: SourceColumn): (page: Page, follower: RowFollower) => DecodedPage | undefined {
  let dictionary: Values | undefined;
  return (page, follower) => {
    const { type, encoding, values } = page.header;
    if (type === PAGE.dictionary) {
      if (dictionary !== undefined) damaged("a column has two dictionaries");
      if (encoding !== ENCODING.plain && encoding !== ENCODING.plainDictionary)
        unsupported(`dictionaries of encoding ${encoding} are not read`);
      dictionary = decodeValues(column, { bytes: page.body, encoding: ENCODING.plain, count: values });
      page.giveBack();
      return undefined;
    }
    const { rows, stretches, count, values: bytes } = follower.next(page);
    const isPlaces = encoding === ENCODING.rleDictionary || encoding === ENCODING.plainDictionary;
    const encoded = { bytes, encoding, count };
    const decoded = isPlaces
      ? placedValues(dictionary ?? damaged("a column has no dictionary"), encoded)
      : storedValues(column, encoded);
    return { rows, stretches, values: decoded, slots: values, giveBack: page.giveBack };
  };
}

interface DecodedPage {
  readonly rows: number;
  readonly stretches: Iterable<RowStretch>;
  readonly values: StoredValues;
  /** Values of the page, gaps counted. */
  readonly slots: number;
  /** To be called when the values are used up. */
  giveBack(): void;
}

async function* decodedPages(
  context: PageContext,
  column: SourceColumn,
  { chunk, range, follower }: { chunk: ChunkInfo; range: ChunkRange; follower: RowFollower },
): AsyncGenerator<DecodedPage> {
  const decode = pageDecoder(column);
  const check = pageChecker(column, chunk, range);
  for (const part of [range.dictionary, range.data]) {
    if (part === undefined) continue;
    for await (const page of readPages(context, chunk.codec, part)) {
      const place = { key: context.file.key, offset: page.offset };
      const decoded = at(place, () => {
        check.before(page, part);
        const result = decode(page, follower);
        if (result !== undefined) check.after(result);
        return result;
      });
      if (decoded !== undefined) yield decoded;
    }
  }
}

/** What must hold of each page: its values before they are decoded, its rows after. */
function pageChecker(
  column: SourceColumn,
  chunk: ChunkInfo,
  range: ChunkRange,
): { before(page: Page, part: ChunkRange["data"]): void; after(page: DecodedPage): void } {
  let slots = 0;
  let index = 0;
  return {
    before({ header }, part) {
      if (header.type === PAGE.dictionary) return;
      if (part === range.dictionary) damaged("the page index begins behind a page of values");
      // Before anything is set aside for them: what a page promises is bounded by what its column does.
      slots += header.values;
      if (slots > chunk.values) damaged(`column ${column.name} has ${chunk.values} values, got ${slots} and more`);
    },
    after({ rows }) {
      const expected = range.pageRows?.[index++];
      if (expected !== undefined && expected !== rows) damaged(`the page index has ${expected} rows, got ${rows}`);
    },
  };
}

/** Begins to read a column of a row group. */
export function cursor(context: PageContext, column: SourceColumn, chunk: ChunkInfo, range: ChunkRange): Cursor {
  const follower = rowFollower(column);
  const pages = decodedPages(context, column, { chunk, range, follower });
  const rowsHeld = heldRows();
  const values = heldValues();
  const place = { key: context.file.key, offset: chunk.from };
  let slots = 0;
  const more = async (): Promise<boolean> => {
    const { value: page, done } = await pages.next();
    if (done || page === undefined) return false;
    slots += page.slots;
    values.push(page.values, page.giveBack);
    rowsHeld.push(page.stretches);
    return true;
  };
  const need = async (): Promise<void> => {
    if (!(await more())) at(place, () => damaged(`column ${column.name} has fewer rows than its row group`));
  };
  /** Gives the next rows to `use`, page by page, each when its values are there. */
  const each = async (rows: number, use: (stretch: RowStretch, present: number, done: number) => void) => {
    for (let done = 0; done < rows; ) {
      while (rowsHeld.isEmpty) await need();
      const stretch = rowsHeld.take(rows - done);
      const present = stretch.valid === undefined ? stretch.rows : countPresent(stretch.valid);
      while (values.length < present * column.values) await need();
      use(stretch, present, done);
      done += stretch.rows;
    }
  };
  const fill = (rows: number, into: Column, first: number) =>
    each(rows, (stretch, present, done) => {
      if (present === stretch.rows) {
        values.take(present * column.values, into.data, (first + done) * column.values);
        into.valid?.fill(1, first + done, first + done + present);
      } else spread(column, stretch.valid!, { values, into, at: first + done });
    });
  return {
    fill,
    async take(rows) {
      const parts: Column[] = [];
      const most = rowsAtOnce(column, chunk.to - chunk.from);
      for (let done = 0; done < rows || done === 0; done += most) {
        const part = room(column, Math.min(most, rows - done));
        await fill(Math.min(most, rows - done), part, 0);
        parts.push(part);
      }
      return withoutNeedlessValid(joinedColumns(column, parts, rows));
    },
    skip: (rows) => each(rows, (_, present) => values.take(present * column.values)),
    async finish() {
      while (await more());
      at(place, () => {
        if (!rowsHeld.isEmpty || values.length > 0 || follower.missing > 0)
          damaged(`column ${column.name} has other rows than its row group`);
        if (slots !== chunk.values) damaged(`column ${column.name} has ${chunk.values} values, got ${slots}`);
      });
    },
  };
}
