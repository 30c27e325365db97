/** Looks at the first line of a text file: its delimiter, its header, which wanted column stands where. */

import { WindrowError } from "../core/index.ts";
import { headOf } from "./text-head.ts";
import type { PlainFile } from "./unpack.ts";

/** A column that is wanted, and the names it goes by. */
export interface ColumnRequest {
  readonly name: string;
  /** How text becomes a value: a number, epoch seconds, itself, or the code of a word. Missing numbers are NaN. */
  readonly kind:
    | "number"
    | "time"
    | "text"
    | { readonly codes: Readonly<Record<string, number>>; readonly otherwise: number };
  readonly required: boolean;
  /** Held as float32 on the way: for values that end as float32 anyway. */
  readonly single?: boolean;
  /** Header names in lower case without spaces, `_`, `#`, `-`. */
  readonly aliases: readonly string[];
}

/** How a text file is laid out. */
export interface TextLayout {
  readonly delimiter: string;
  readonly header: boolean;
  /** How many columns a line has. */
  readonly width: number;
  /** Place in the line of each wanted column that is there. */
  readonly places: ReadonlyMap<string, number>;
}

const NEWLINE = 0x0a;

/** The header's spelling that aliases are compared with. */
export function normalName(header: string): string {
  return header.toLowerCase().replace(/[\s_#.\-/()]/g, "");
}

/** About how many lines a file has, going by its first ones: enough to draw progress. */
export function roughLines(path: string): number {
  const { head, size } = headOf(path);
  const lines = head.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 1);
  return Math.max(1, Math.round((size / Math.max(1, head.length)) * lines));
}

function firstLine(file: PlainFile): string {
  const { head } = headOf(file.path);
  if (head.length === 0) throw new WindrowError("empty", `Cannot read ${file.name}: the file is empty`);
  if (head.includes(0))
    throw new WindrowError("unsupported", `Cannot read ${file.name}: it holds NUL bytes, so it is no CSV`);
  const text = new TextDecoder().decode(head).replace(/^\uFEFF/, "");
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : text.slice(0, end);
}

/** Cells of one line; a header has no delimiter inside quotes. */
function cells(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

function commonDelimiter(line: string): string {
  const counted = [",", ";", "\t", "|"].map((delimiter) => [line.split(delimiter).length, delimiter] as const);
  return counted.reduce((best, next) => (next[0] > best[0] ? next : best))[1];
}

/** What stands between the cells of a text file, as its first line shows. */
export function delimiterOf(file: PlainFile): string {
  return commonDelimiter(firstLine(file));
}

function byAlias(file: string, header: readonly string[], wanted: readonly ColumnRequest[]): Map<string, number> {
  const names = header.map(normalName);
  const places = new Map<string, number>();
  for (const column of wanted) {
    const place = column.aliases.map((alias) => names.indexOf(alias)).find((index) => index >= 0);
    if (place === undefined) continue;
    const again = names.indexOf(names[place]!, place + 1);
    if (again >= 0) {
      throw new WindrowError(
        "unsupported",
        `Cannot read ${file}: columns ${place + 1} and ${again + 1} have the same name, got ${header[place]}`,
      );
    }
    places.set(column.name, place);
  }
  return places;
}

function missing(places: ReadonlyMap<string, number>, wanted: readonly ColumnRequest[]): string[] {
  return wanted.filter((column) => column.required && !places.has(column.name)).map((column) => column.name);
}

/**
 * Checks the names that a user gives to columns, before any file is opened.
 * @throws WindrowError `usage` for a name that is not known or given twice, and for a required one that is missing.
 */
export function checkNames(names: readonly string[], wanted: readonly ColumnRequest[]): void {
  byNames(names, wanted);
}

/** Places by the names that the user gave; `-` skips a column. */
function byNames(names: readonly string[], wanted: readonly ColumnRequest[]): Map<string, number> {
  const known = new Set(wanted.map((column) => column.name));
  const places = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (name === "-" || name === "") continue;
    const column = known.has(name) ? name : wanted.find((each) => each.aliases.includes(normalName(name)))?.name;
    if (column === undefined) {
      throw new WindrowError(
        "usage",
        `Cannot use --columns: got "${name}", which is none of ${[...known].join(", ")}; write - for a column to skip`,
      );
    }
    if (places.has(column)) throw new WindrowError("usage", `Cannot use --columns: "${column}" is named twice`);
    places.set(column, index);
  }
  const absent = missing(places, wanted);
  if (absent.length > 0)
    throw new WindrowError(
      "usage",
      `Cannot use --columns: ${absent.join(", ")} must be among them, got ${names.join(",")}`,
    );
  return places;
}

/**
 * How a text file is laid out, from its first line; `names` are used for a file whose first line is no known header.
 * @throws WindrowError `unsupported` when there is neither a header nor names, `usage` when the names do not fit.
 */
export function textLayout(file: PlainFile, wanted: readonly ColumnRequest[], names?: readonly string[]): TextLayout {
  const line = firstLine(file);
  const delimiter = commonDelimiter(line);
  const header = cells(line, delimiter);
  const places = byAlias(file.name, header, wanted);
  const absent = missing(places, wanted);
  if (absent.length === 0) return { delimiter, header: true, width: header.length, places };
  if (names === undefined) {
    throw new WindrowError(
      "unsupported",
      `Cannot read ${file.name}: its first line is no header with ${absent.join(", ")}; name the columns with --columns mmsi,t,lat,lon,…`,
    );
  }
  const named = byNames(names, wanted);
  if (names.length !== header.length) {
    throw new WindrowError(
      "usage",
      `Cannot read ${file.name}: --columns names ${names.length} columns, got ${header.length} in its first line`,
    );
  }
  // A header of unknown names has words where the required columns have numbers and times.
  const numeric = wanted
    .filter((column) => column.required && column.kind === "number")
    .map((column) => header[named.get(column.name)!]);
  const isHeader = numeric.every((cell) => cell !== "" && Number.isNaN(Number(cell)));
  return { delimiter, header: isHeader, width: header.length, places: named };
}
