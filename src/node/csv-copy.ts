/** Turns a text table into a Parquet file, whose rows can be read in any order; bad rows are left out, counted, and told by their line. */

import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { WindrowError } from "../core/index.ts";
import { type CsvColumn, type CsvLayout, NO_NUMBER } from "./csv-columns.ts";
import { Duck, duckError } from "./duckdb.ts";
import type { InputFile } from "./inputs.ts";
import type { BadRow } from "./tabular.ts";
import { csvSql, quoted } from "./tabular-sql.ts";
import { lineNumbers, tidyText } from "./tidy-text.ts";
import { type PlainFile, plainFiles } from "./unpack.ts";

/** Where and how a table is copied. */
export interface CsvCopyOptions {
  readonly layout: CsvLayout;
  /** The column of times: a row without one is bad. */
  readonly time: string;
  /** Another column that each row must have a value of. */
  readonly required?: string | undefined;
  /** A folder of its own, made if absent. */
  readonly folder: string;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Stops the copying. */
  readonly signal?: AbortSignal | undefined;
}

/** What was copied. */
export interface CsvCopy {
  /** The Parquet file, in the folder. */
  readonly path: string;
  /** Rows that were left out. */
  readonly bad: number;
  /** The first few of them. */
  readonly examples: readonly BadRow[];
}

const SHOWN_BAD_ROWS = 5;
/** Rejected lines that are counted in when the line of a bad row is looked for. */
const PLACED_REJECTS = 10_000;
/** A few row groups are held decoded: small ones, since rows are read a stretch at a time. */
const ROW_GROUP_ROWS = 32_768;
/** A time as ISO 8601 writes it, with or without a zone. */
const ISO = String.raw`\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?`;

/** What a column must have in each row. */
type Need = "time" | "value" | "none";

type Needs = Pick<CsvCopyOptions, "time" | "required">;

function needOf(name: string, { time, required }: Needs): Need {
  return name === time ? "time" : name === required ? "value" : "none";
}

/** A cell's value, and when it is none. */
function cellSql({ kind }: CsvColumn, cell: string, need: Need): { value: string; bad: string } {
  const text = `trim(${cell})`;
  // Not IN: of so many words DuckDB makes a join, behind which rows lose their order.
  const isGap = `list_contains([${NO_NUMBER.map(quoted).join(", ")}], lower(${text}))`;
  switch (kind) {
    case "f64": {
      const value = `try_cast(${text} AS DOUBLE)`;
      const bad =
        need === "none" ? `(${value} IS NULL AND NOT ${isGap})` : `(${value} IS NULL OR NOT isfinite(${value}))`;
      return { value: `coalesce(${value}, 'nan'::DOUBLE)`, bad };
    }
    case "i64": {
      // A cast alone would round 1.5.
      const value = `CASE WHEN regexp_full_match(${text}, '[+-]?[0-9]+') THEN try_cast(${text} AS BIGINT) END`;
      return { value, bad: `((${value}) IS NULL${need === "none" ? ` AND NOT ${isGap}` : ""})` };
    }
    case "str":
      return {
        value: cell,
        bad: { none: "false", value: `${text} = ''`, time: `NOT regexp_full_match(${text}, ${quoted(ISO)})` }[need],
      };
  }
}

function selectSql({ columns }: CsvLayout, needs: Needs, from: string): string {
  const cells = columns.map((column, i) => ({ column, ...cellSql(column, `c${i}`, needOf(column.name, needs)) }));
  const bad = cells.map((cell, i) => `WHEN ${cell.bad} THEN ${i + 1}`).join(" ");
  const values = cells.map(({ value }, i) => `${value} AS c${i}`).join(", ");
  return `SELECT ${values}, (CASE ${bad} ELSE 0 END)::INTEGER AS bad FROM ${from}`;
}

/** Name of a column in the Parquet file, by its place: names of users may be anything. */
export function copiedName(place: number): string {
  return `c${place}`;
}

async function copyPlain(duck: Duck, plain: PlainFile, options: CsvCopyOptions): Promise<CsvCopy> {
  const { folder, layout } = options;
  const { file, isCopy, hasQuotes } = tidyText(plain, folder);
  const link = join(folder, "reading.csv");
  const path = join(folder, "table.parquet");
  // DuckDB takes * ? [ in a path for a pattern: it gets a plain name instead.
  symlinkSync(resolve(file.path), link);
  try {
    const { delimiter, header, columns } = layout;
    const from = csvSql(link, { delimiter, header, width: columns.length, places: new Map() }, hasQuotes);
    // Said of the copy itself: of a file with rejects DuckDB's threads else write groups as they end, whatever the connection says of order.
    const how = `FORMAT parquet, PRESERVE_ORDER true, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`;
    const to = (target: string) => `TO ${quoted(target)} (${how})`;
    await duck.run(`COPY (${selectSql(layout, options, from)}) ${to(path)}`);
    const rejected = await rejects(duck);
    const found = await badRows(duck, path);
    if (found.count > 0) {
      await duck.run(
        `COPY (SELECT * FROM read_parquet(${quoted(path)}) WHERE bad = 0) ${to(join(folder, "good.parquet"))}`,
      );
      rmSync(path);
    }
    const lines = linesOf(file, found.first, { header, rejected: rejected.first });
    const examples = [
      ...found.first.map((row, i) => ({ line: lines[i] ?? 0, why: whyBad(layout, row.bad, options) })),
      ...rejected.first,
    ]
      .sort((a, b) => a.line - b.line)
      .slice(0, SHOWN_BAD_ROWS)
      .map((row) => ({ file: plain.name, ...row }));
    return { path: found.count > 0 ? join(folder, "good.parquet") : path, bad: found.count + rejected.count, examples };
  } finally {
    rmSync(link, { force: true });
    if (isCopy) rmSync(file.path, { force: true });
  }
}

function whyBad({ columns }: CsvLayout, number: number, needs: Needs): string {
  const { name, kind } = columns[number - 1]!;
  if (needOf(name, needs) === "time") return `${name} is no time`;
  return kind === "str" ? `${name} is empty` : `${name} is no ${kind === "i64" ? "whole number" : "number"}`;
}

interface BadPlace {
  readonly row: number;
  readonly bad: number;
}

async function badRows(duck: Duck, path: string): Promise<{ count: number; first: BadPlace[] }> {
  const from = `FROM read_parquet(${quoted(path)}, file_row_number = true) WHERE bad <> 0`;
  const [counted] = await duck.rows(`SELECT count(*) AS n ${from}`);
  const count = Number(counted?.["n"]);
  if (count === 0) return { count, first: [] };
  const rows = await duck.rows(`SELECT file_row_number AS row, bad ${from} ORDER BY row LIMIT ${SHOWN_BAD_ROWS}`);
  return { count, first: rows.map(({ row, bad }) => ({ row: Number(row), bad: Number(bad) })) };
}

/** Lines that are no rows: too few or too many cells, broken quotes. DuckDB tells each fault; a line counts once. */
async function rejects(duck: Duck): Promise<{ count: number; first: { line: number; why: string }[] }> {
  const [counted] = await duck.rows("SELECT count(DISTINCT line) AS n FROM reject_errors");
  const first = await duck.rows(
    `SELECT line, any_value(error_message) AS why FROM reject_errors GROUP BY line ORDER BY line LIMIT ${PLACED_REJECTS}`,
  );
  return {
    count: Number(counted?.["n"]),
    first: first.map((row) => ({ line: Number(row["line"]), why: String(row["why"]).split("\n")[0]! })),
  };
}

function linesOf(
  file: PlainFile,
  bad: readonly BadPlace[],
  { header, rejected }: { readonly header: boolean; readonly rejected: readonly { readonly line: number }[] },
): number[] {
  if (bad.length === 0) return [];
  const places = bad.map(({ row }) => row + (header ? 1 : 0));
  return lineNumbers(file.path, places, new Set(rejected.map(({ line }) => line)));
}

/**
 * Copies a text table, plain or packed, to a Parquet file in a folder. Its columns are named by their place (`copiedName`).
 * @throws WindrowError `damaged` for packed data that is cut short, `io` for a disk that is full.
 */
export async function copyCsv(input: InputFile, options: CsvCopyOptions): Promise<CsvCopy> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const { signal, ...rest } = options;
  try {
    signal?.throwIfAborted();
    await using duck = await Duck.open(signal === undefined ? rest : { ...rest, signal });
    for await (const plain of plainFiles(input, folder)) {
      // Of what was stopped while the file was unpacked DuckDB knows nothing.
      signal?.throwIfAborted();
      return await copyPlain(duck, plain, options);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw duckError(`read ${input.path}`, error);
  }
  throw new WindrowError("empty", `Cannot read ${input.path}: it holds no file`);
}
