/** Reads any number of CSV and Parquet files through DuckDB: typed, sorted, out of core, every bad row counted with its place. */

import { rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { WindrowError } from "../core/index.ts";
import { type ColumnRequest, normalName, textLayout } from "./csv-head.ts";
import { Duck, type DuckOptions, duckError, numbers } from "./duckdb.ts";
import type { InputFile } from "./inputs.ts";
import { csvSql, isNumber, quoted, type SqlSource, selectSql } from "./tabular-sql.ts";
import { lineNumbers, tidyText } from "./tidy-text.ts";
import { type PlainFile, plainFiles } from "./unpack.ts";

/** A row that could not be read, and where it stands. */
export interface BadRow {
  readonly file: string;
  /** Line of the file, from 1; for Parquet the row, from 1. */
  readonly line: number;
  readonly why: string;
}

/** Columns of a chunk by name: NaN where a number is missing. `file` is the number of the input, in the order of import. */
export interface TabularChunk {
  readonly length: number;
  readonly columns: Readonly<Record<string, Float64Array | Float32Array>>;
}

/** What was read so far. */
export interface TabularCounts {
  /** Rows of all files, the bad ones included. */
  readonly rows: number;
  readonly bad: number;
  /** The first few bad rows of each file. */
  readonly examples: readonly BadRow[];
}

const SHOWN_BAD_ROWS = 5;
/** Rejected lines that are counted in when the line of a bad row is looked for: enough for all but hopeless files. */
const PLACED_REJECTS = 10_000;

/** Rows of several files in one table on disk. */
export class Tabular implements AsyncDisposable {
  readonly #duck: Duck;
  readonly #folder: string;
  readonly #columns: readonly ColumnRequest[];
  readonly #names: readonly string[] | undefined;
  readonly #files: InputFile[] = [];
  readonly #present = new Set<string>();
  readonly #examples: BadRow[] = [];
  #rows = 0;
  #bad = 0;

  private constructor(
    duck: Duck,
    folder: string,
    columns: readonly ColumnRequest[],
    names: readonly string[] | undefined,
  ) {
    this.#duck = duck;
    this.#folder = folder;
    this.#columns = columns;
    this.#names = names;
  }

  /** An empty table for the wanted columns; `names` are the columns of files without a known header. */
  static async open(
    options: DuckOptions & { readonly columns: readonly ColumnRequest[]; readonly names?: readonly string[] },
  ): Promise<Tabular> {
    const duck = await Duck.open(options);
    const types = options.columns
      .filter(isNumber)
      .map((column) => `"${column.name}" ${column.single ? "FLOAT" : "DOUBLE"}`);
    await duck.run(`CREATE TABLE rows_read (file FLOAT, bad UTINYINT, ${types.join(", ")}, texts VARCHAR)`);
    return new Tabular(duck, options.folder, options.columns, options.names);
  }

  /** Columns that at least one file had. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  get counts(): TabularCounts {
    return { rows: this.#rows, bad: this.#bad, examples: this.#examples };
  }

  /** Reads one input to its end. Its number is how many were read before. */
  async import(input: InputFile): Promise<void> {
    const number = this.#files.length;
    this.#files.push(input);
    if (input.kind === "parquet") {
      await this.#importParquet(input, number);
      return;
    }
    for await (const plain of plainFiles(input, this.#folder)) await this.#importText(plain, number);
  }

  async #importText(plain: PlainFile, number: number): Promise<void> {
    const { file, isCopy, hasQuotes } = tidyText(plain, this.#folder);
    const layout = textLayout(file, this.#columns, this.#names);
    // DuckDB takes * ? [ in a path for a pattern: it gets a plain name instead.
    const link = join(this.#folder, "reading.csv");
    rmSync(link, { force: true });
    symlinkSync(resolve(file.path), link);
    try {
      const before = await this.#tableRows();
      await this.#insert(number, {
        from: csvSql(link, layout, hasQuotes),
        text: (column) => {
          const place = layout.places.get(column.name);
          return place === undefined ? undefined : `c${place}`;
        },
        dayFirst: layout.places.has("mobile"),
      });
      const bad = await this.#countBad(before);
      const rejected = await this.#rejects();
      await this.#showBad(file, { header: layout.header ? 1 : 0, bad, rejected });
    } catch (error) {
      throw duckError(`read ${file.name}`, error);
    } finally {
      rmSync(link, { force: true });
      if (isCopy) rmSync(file.path, { force: true });
    }
  }

  async #importParquet(input: InputFile, number: number): Promise<void> {
    const link = join(this.#folder, "reading.parquet");
    rmSync(link, { force: true });
    symlinkSync(resolve(input.path), link);
    try {
      const described = await this.#duck.rows(`DESCRIBE SELECT * FROM read_parquet(${quoted(link)})`);
      const types = new Map(described.map((row) => [String(row["column_name"]), String(row["column_type"])]));
      const find = (column: ColumnRequest) =>
        [...types.keys()].find((name) => name === column.name || column.aliases.includes(normalName(name)));
      const absent = this.#columns.filter((column) => column.required && find(column) === undefined);
      if (absent.length > 0) {
        throw new WindrowError(
          "unsupported",
          `Cannot read ${input.path}: the Parquet file has no column for ${absent.map((each) => each.name).join(", ")}`,
        );
      }
      const before = await this.#tableRows();
      await this.#insert(number, {
        from: `read_parquet(${quoted(link)})`,
        text: (column) => {
          const name = find(column);
          return name === undefined ? undefined : `"${name.replaceAll('"', '""')}"`;
        },
        typed: (column) => types.get(find(column) ?? ""),
        dayFirst: false,
      });
      for (const each of await this.#countBad(before))
        this.#examples.push({ file: input.name, line: each.place + 1, why: each.why });
    } catch (error) {
      throw duckError(`read ${input.path}`, error);
    } finally {
      rmSync(link, { force: true });
    }
  }

  async #insert(number: number, source: SqlSource): Promise<void> {
    for (const column of this.#columns) if (source.text(column) !== undefined) this.#present.add(column.name);
    await this.#duck.run(`INSERT INTO rows_read ${selectSql(this.#columns, source, number)}`);
  }

  async #tableRows(): Promise<number> {
    return Number((await this.#duck.rows("SELECT count(*) AS n FROM rows_read"))[0]?.["n"]);
  }

  /** Counts the rows from `before` on and the bad ones among them; gives the first few of those. */
  async #countBad(before: number): Promise<{ place: number; why: string }[]> {
    const [counted] = await this.#duck.rows(
      `SELECT count(*) AS n, count(*) FILTER (WHERE bad > 0) AS bad FROM rows_read WHERE rowid >= ${before}`,
    );
    this.#rows += Number(counted?.["n"]);
    const bad = Number(counted?.["bad"]);
    this.#bad += bad;
    if (bad === 0) return [];
    const first = await this.#duck.rows(
      `SELECT rowid - ${before} AS place, bad FROM rows_read WHERE bad > 0 AND rowid >= ${before} ORDER BY rowid LIMIT ${SHOWN_BAD_ROWS}`,
    );
    return first.map((row) => {
      const column = this.#columns[Number(row["bad"]) - 1];
      return {
        place: Number(row["place"]),
        why: `${column?.name} is no ${column?.kind === "time" ? "time" : "number"}`,
      };
    });
  }

  /** Lines that are no rows: too few or too many cells, broken quotes. DuckDB tells each fault; a line counts once. Gives the first of them. */
  async #rejects(): Promise<BadRow[]> {
    const [counted] = await this.#duck.rows("SELECT count(DISTINCT line) AS n FROM reject_errors");
    const count = Number(counted?.["n"]);
    if (count === 0) return [];
    const first = await this.#duck.rows(
      `SELECT line, any_value(error_message) AS why FROM reject_errors GROUP BY line ORDER BY line LIMIT ${PLACED_REJECTS}`,
    );
    this.#rows += count;
    this.#bad += count;
    await this.#duck.run("DELETE FROM reject_errors");
    await this.#duck.run("DELETE FROM reject_scans");
    return first.map((row) => ({ file: "", line: Number(row["line"]), why: String(row["why"]) }));
  }

  /** Keeps the first few bad lines of a file to be shown, with their numbers in it. */
  async #showBad(
    file: PlainFile,
    found: { header: number; bad: readonly { place: number; why: string }[]; rejected: readonly BadRow[] },
  ): Promise<void> {
    const places = found.bad.map(({ place }) => place + found.header);
    const leftOut = new Set(found.rejected.map((each) => each.line));
    const lines = places.length === 0 ? [] : lineNumbers(file.path, places, leftOut);
    const shown = [
      ...found.bad.map(({ why }, index) => ({ line: lines[index] ?? 0, why })),
      ...found.rejected.slice(0, SHOWN_BAD_ROWS),
    ];
    for (const { line, why } of shown.sort((a, b) => a.line - b.line).slice(0, SHOWN_BAD_ROWS))
      this.#examples.push({ file: file.name, line, why });
  }

  /** Good rows in the order of their files: the named columns and `file`. */
  inOrder(names: readonly string[]): AsyncIterable<TabularChunk> {
    return this.#read(names, "");
  }

  /** Good rows sorted by the named columns: all number columns that are present, and `file`. */
  async *sorted(by: readonly string[]): AsyncIterable<TabularChunk> {
    const names = this.#columns
      .filter((column) => column.kind !== "text" && this.#present.has(column.name))
      .map((column) => column.name);
    // FACTS: a sort keeps to a small limit only without this.
    await this.#duck.run("SET preserve_insertion_order = false");
    yield* this.#read(names, `ORDER BY ${by.map((name) => `"${name}"`).join(", ")}`);
  }

  async *#read(names: readonly string[], tail: string): AsyncIterable<TabularChunk> {
    const list = names.map((name) => `"${name}"`).join(", ");
    try {
      for await (const chunk of this.#duck.chunks(
        `SELECT file::DOUBLE, ${list} FROM rows_read WHERE bad = 0 ${tail}`,
      )) {
        const columns: Record<string, Float64Array | Float32Array> = { file: numbers(chunk.column(0)) };
        for (const [index, name] of names.entries()) columns[name] = numbers(chunk.column(index + 1));
        yield { length: chunk.length, columns };
      }
    } catch (error) {
      throw duckError("sort the rows", error);
    }
  }

  /** For each value of `key`, the text columns of its latest row (by `time`; the larger text where times tie), by name. */
  async latestTexts(key: string, time: string): Promise<Map<number, Readonly<Record<string, string>>>> {
    const names = this.#columns.filter((column) => column.kind === "text").map((column) => column.name);
    const latest = new Map<number, Readonly<Record<string, string>>>();
    if (!names.some((name) => this.#present.has(name))) return latest;
    // Equal texts are gathered first: a vessel says the same thing all day.
    const rows = await this.#duck.rows(
      `SELECT k, arg_max(texts, (t, texts)) AS texts FROM (SELECT "${key}" AS k, texts, max("${time}") AS t FROM rows_read WHERE bad = 0 AND texts IS NOT NULL GROUP BY 1, 2) GROUP BY k ORDER BY k`,
    );
    for (const row of rows) {
      const cells = String(row["texts"]).split("\x1f");
      latest.set(Number(row["k"]), Object.fromEntries(names.map((name, index) => [name, (cells[index] ?? "").trim()])));
    }
    return latest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#duck[Symbol.asyncDispose]();
  }
}
