/** What columns a text table has, and what they hold, by its first lines. */

import { WindrowError } from "../core/index.ts";
import type { InputFile } from "./inputs.ts";
import { textHead } from "./text-head.ts";

/** What a column's cells are taken for. A cell without a value is NaN among `f64`, no value among `i64`, and an empty `str`. */
export type CsvKind = "f64" | "i64" | "str";

/** A column of a text table. */
export interface CsvColumn {
  readonly name: string;
  readonly kind: CsvKind;
}

/** How a text table is laid out. */
export interface CsvLayout {
  readonly delimiter: string;
  readonly header: boolean;
  readonly columns: readonly CsvColumn[];
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?(?:nan|inf(?:inity)?)$/i;
const INTEGER = /^[+-]?\d{1,19}$/;

function head(input: InputFile): string {
  if (input.packing === "zip") throw refused(input, "a table in a zip is not read; unpack it");
  const bytes = textHead(input.path, input.packing);
  if (bytes === undefined)
    throw new WindrowError("damaged", `Cannot read ${input.path}: the ${input.packing} data is damaged`);
  if (bytes.includes(0)) throw refused(input, "it holds NUL bytes, so it is no text");
  return new TextDecoder().decode(bytes).replace(/^\uFEFF/, "");
}

function refused(input: InputFile, why: string): WindrowError {
  return new WindrowError("unsupported", `Cannot read ${input.path}: ${why}`);
}

/** The cells of a line; one that is quoted may hold delimiters. */
function csvCells(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (const letter of line) {
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === delimiter && !isQuoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...cells, cell.trim()];
}

/** A number without a value, in lower case, as programs write it. */
export const NO_NUMBER = ["", "na", "n/a", "nan", "null", "none", "-"];

/** One cell in ten may be spoilt: its row will be. Where there are more that are no number, they are words. */
const SPOILT = 0.1;

/** The kind of a column's cells; those without a value say nothing. */
function kindOf(cells: readonly string[]): CsvKind {
  const values = cells.filter((cell) => !NO_NUMBER.includes(cell.toLowerCase()));
  const isMostly = (pattern: RegExp) => values.filter((cell) => !pattern.test(cell)).length <= SPOILT * values.length;
  if (!isMostly(NUMBER)) return "str";
  const isLarge = values.some((cell) => INTEGER.test(cell) && !Number.isSafeInteger(Number(cell)));
  // Whole numbers that float64 does not hold are read as what they are.
  return isLarge && isMostly(INTEGER) ? "i64" : "f64";
}

function columnNames(
  input: InputFile,
  first: readonly string[],
  named: readonly string[] | undefined,
): readonly string[] {
  if (named !== undefined && named.length !== first.length)
    throw new WindrowError(
      "usage",
      `Cannot read ${input.path}: ${named.length} columns are named, got ${first.length} in its first line`,
    );
  // Some begin the line that names the columns as a comment.
  const names = named ?? first.map((cell, i) => (i === 0 ? cell.replace(/^#\s*/, "") : cell));
  if (named === undefined && first.every((cell) => cell === "" || NUMBER.test(cell)))
    throw refused(input, "its first line names no columns; name them");
  const double = names.find((name, i) => name === "" || names.indexOf(name) !== i);
  if (double === undefined) return names;
  throw refused(input, double === "" ? "a column has no name" : `two columns are named ${double}`);
}

/**
 * Looks at the first 64 kB of a text table.
 * @param named names of the columns of a file whose first line does not name them
 * @throws WindrowError `unsupported` for what is no table, `damaged` for packed data that is none, `usage` for names that do not fit.
 */
export function csvLayout(input: InputFile, named?: readonly string[]): CsvLayout {
  const lines = head(input).split(/\r\n|\n|\r/);
  const [first = ""] = lines;
  const delimiter = [",", ";", "\t", "|"].reduce((best, next) =>
    csvCells(first, next).length > csvCells(first, best).length ? next : best,
  );
  const names = columnNames(input, csvCells(first, delimiter), named);
  // The last line may be cut; one of another width is not a row, and is told of when the file is read.
  const rows = lines
    .slice(named === undefined ? 1 : 0, lines.length > 2 ? -1 : undefined)
    .map((line) => csvCells(line, delimiter))
    .filter((cells) => cells.length === names.length);
  const columns = names.map((name, i) => ({ name, kind: kindOf(rows.map((cells) => cells[i]!)) }));
  return { delimiter, header: named === undefined, columns };
}
