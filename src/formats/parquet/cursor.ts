/** Reads one column of a row group from the front, some rows at a time, holding little more than a page. */

import { type Arrays, type Column, isNumeric, type Kind, NUMERIC_ARRAYS } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { ENCODING, PAGE } from "./codes.ts";
import { decodePlaces, decodeValues, type Values } from "./decode.ts";
import type { ChunkInfo } from "./file.ts";
import { type Page, type PageContext, readPages } from "./pages.ts";
import { countPresent, presentRuns } from "./present.ts";
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
  /** The next rows. @throws WindrowError `damaged` where there are fewer */
  take(rows: number): Promise<Column>;
  /** Passes over rows. */
  skip(rows: number): Promise<void>;
  /** Checks that nothing is left, and that the counts of the footer are met. */
  finish(): Promise<void>;
}

/** Arrays one after another, taken from the front. The items of one queue are of one kind. */
function queue(kind: Kind): { push(values: Values): void; readonly length: number; take(count: number): Values } {
  let parts: Values[] = [];
  let head = 0;
  let length = 0;
  const sub = (values: Values, from: number, to: number): Values =>
    Array.isArray(values) ? values.slice(from, to) : (values as Float64Array).subarray(from, to);
  return {
    get length() {
      return length;
    },
    push(values) {
      parts.push(values);
      length += values.length;
    },
    take(count) {
      const taken: Values[] = [];
      for (let left = count; left > 0; ) {
        const first = parts[head]!;
        const some = Math.min(left, first.length);
        taken.push(sub(first, 0, some));
        if (some === first.length) head++;
        else parts[head] = sub(first, some, first.length);
        left -= some;
      }
      length -= count;
      // All at once: taking the first of a long array moves all others.
      parts = parts.slice(head);
      head = 0;
      return joined(kind, taken, count);
    },
  };
}

function joined(kind: Kind, parts: readonly Values[], length: number): Values {
  if (parts.length === 1) return parts[0]!;
  if (!isNumeric(kind)) return (parts as readonly (readonly unknown[])[]).flat(1) as unknown as Values;
  // One loop serves all typed arrays: the parts are of the kind's own.
  const out = new NUMERIC_ARRAYS[kind](length) as Float64Array;
  let offset = 0;
  for (const part of parts) {
    out.set(part as Float64Array, offset);
    offset += part.length;
  }
  return out;
}

const GAPS = { str: "", bytes: new Uint8Array(0), json: null } as const;

/** Puts values at the rows that have one; the others are 0, empty or null. */
function spread({ type: { kind }, values: size }: SourceColumn, values: Values, valid: Uint8Array): Values {
  if (!isNumeric(kind)) {
    const items = values as readonly unknown[];
    let next = 0;
    return Array.from(valid, (isThere) => (isThere === 0 ? GAPS[kind] : items[next++])) as unknown as Values;
  }
  const from = values as Float64Array;
  const out = new NUMERIC_ARRAYS[kind](valid.length * size) as Float64Array;
  let next = 0;
  for (const run of presentRuns(valid)) {
    const end = next + (run.to - run.from) * size;
    out.set(from.subarray(next, end), run.from * size);
    next = end;
  }
  return out;
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
      return undefined;
    }
    const { rows, valid, count, values: bytes } = follower.next(page);
    const isPlaces = encoding === ENCODING.rleDictionary || encoding === ENCODING.plainDictionary;
    const encoded = { bytes, encoding, count };
    const decoded = isPlaces
      ? decodePlaces(dictionary ?? damaged("a column has no dictionary"), encoded)
      : decodeValues(column, encoded);
    return { rows, valid, values: decoded, slots: values };
  };
}

interface DecodedPage {
  readonly rows: number;
  readonly valid: Uint8Array | undefined;
  readonly values: Values;
  /** Values of the page, gaps counted. */
  readonly slots: number;
}

async function* decodedPages(
  context: PageContext,
  column: SourceColumn,
  { chunk, range, follower }: { chunk: ChunkInfo; range: ChunkRange; follower: RowFollower },
): AsyncGenerator<DecodedPage> {
  const decode = pageDecoder(column);
  let index = 0;
  for (const part of [range.dictionary, range.data]) {
    if (part === undefined) continue;
    for await (const page of readPages(context, chunk.codec, part)) {
      const place = { key: context.file.key, offset: page.offset };
      const decoded = at(place, () => {
        const result = decode(page, follower);
        const expected = result && range.pageRows?.[index++];
        if (expected !== undefined && expected !== result?.rows)
          damaged(`the page index has ${expected} rows, got ${result?.rows}`);
        return result;
      });
      if (decoded !== undefined) yield decoded;
    }
  }
}

/** Begins to read a column of a row group. */
export function cursor(context: PageContext, column: SourceColumn, chunk: ChunkInfo, range: ChunkRange): Cursor {
  const follower = rowFollower(column);
  const pages = decodedPages(context, column, { chunk, range, follower });
  const values = queue(column.type.kind);
  const valids = queue("bool");
  const place = { key: context.file.key, offset: chunk.from };
  let slots = 0;
  const more = async (): Promise<boolean> => {
    const { value: page, done } = await pages.next();
    if (done || page === undefined) return false;
    slots += page.slots;
    if (slots > chunk.values)
      at(place, () => damaged(`column ${column.name} has ${chunk.values} values, got ${slots} and more`));
    if (page.values.length > 0) values.push(page.values);
    if (page.rows > 0) valids.push(page.valid ?? new Uint8Array(page.rows).fill(1));
    return true;
  };
  const need = async (isThere: () => boolean): Promise<void> => {
    while (!isThere())
      if (!(await more())) at(place, () => damaged(`column ${column.name} has fewer rows than its row group`));
  };
  const next = async (rows: number): Promise<{ taken: Values; valid: Uint8Array; isWhole: boolean }> => {
    await need(() => valids.length >= rows);
    const valid = valids.take(rows) as Uint8Array;
    const gaps = valid.includes(0);
    const present = gaps ? countPresent(valid) : rows;
    await need(() => values.length >= present * column.values);
    return { taken: values.take(present * column.values), valid, isWhole: !gaps };
  };
  return {
    async take(rows) {
      const { taken, valid, isWhole } = await next(rows);
      const data = (isWhole ? taken : spread(column, taken, valid)) as Arrays[Kind];
      return isWhole ? { data } : { data, valid };
    },
    async skip(rows) {
      await next(rows);
    },
    async finish() {
      while (await more());
      at(place, () => {
        if (valids.length > 0 || values.length > 0 || follower.missing > 0)
          damaged(`column ${column.name} has other rows than its row group`);
        if (slots !== chunk.values) damaged(`column ${column.name} has ${chunk.values} values, got ${slots}`);
      });
    },
  };
}
