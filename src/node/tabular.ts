/** Reads any number of CSV and Parquet files through DuckDB: typed, row by row as they stand, every bad row counted with its place. */

import { rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { WindrowError } from "../core/index.ts";
import { type ColumnRequest, normalName, roughLines, textLayout } from "./csv-head.ts";
import { Duck, type DuckOptions, duckError, numbers, textAt } from "./duckdb.ts";
import type { InputFile } from "./inputs.ts";
import { csvSql, quoted, type SqlSource, selection } from "./tabular-sql.ts";
import { headOf } from "./text-head.ts";
import { lineNumbers, tidyText } from "./tidy-text.ts";
import { type PlainFile, plainFiles } from "./unpack.ts";

/** A row that could not be read, and where it stands. */
export interface BadRow {
  readonly file: string;
  /** Line of the file, from 1; for Parquet the row, from 1. */
  readonly line: number;
  readonly why: string;
}

/** Some rows in the order of their file. Its columns are valid until the next chunk comes. */
export interface TabularChunk {
  /** Number of the input, in the order of import. */
  readonly file: number;
  readonly length: number;
  /** Not 0 for a row that is bad, and not to be used. */
  readonly bad: Float64Array | Float32Array;
  /** The number columns that the file has, by name: NaN where a number is missing. */
  readonly columns: Readonly<Record<string, Float64Array | Float32Array>>;
  /** A fingerprint of each row's texts; absent where the file has no text column. */
  readonly textHash: Float64Array | Float32Array | undefined;
  /** A row's text of each wanted text column, in order; empty where there is none. */
  texts(row: number): string[];
}

/** Takes the rows of the inputs as they are read. */
export interface RowSink {
  take(chunk: TabularChunk): void;
  /** About so much of the present input has been read, from 0 to 1. */
  part(fraction: number): void;
}

/** Reads text files that are no tables. */
export interface TextReader {
  /** Whether it reads a file that begins with these bytes. */
  takes(head: Uint8Array): boolean;
  /** Reads a file to its end; `number` is that of the input. It counts its rows itself. */
  read(file: PlainFile, number: number, sink: RowSink): Promise<void>;
}

/** A bad row among those that DuckDB gives: its place among them, from 0. */
interface BadPlace {
  readonly place: number;
  readonly why: string;
}

/** What was read so far. */
export interface TabularCounts {
  /** Rows of all files, the bad ones included. */
  readonly rows: number;
  readonly bad: number;
  /** The first few bad rows of each file. */
  readonly examples: readonly BadRow[];
}

/** What is read, and how. */
export interface TabularOptions extends DuckOptions {
  readonly columns: readonly ColumnRequest[];
  /** The columns of files without a known header. */
  readonly names?: readonly string[];
  /** Is asked first who reads a text file. */
  readonly other?: TextReader;
}

const SHOWN_BAD_ROWS = 5;
/** Rejected lines that are counted in when the line of a bad row is looked for: enough for all but hopeless files. */
const PLACED_REJECTS = 10_000;

/** Reads several files, one after the other. */
export class Tabular implements AsyncDisposable {
  readonly #duck: Duck;
  readonly #folder: string;
  readonly #columns: readonly ColumnRequest[];
  readonly #names: readonly string[] | undefined;
  readonly #other: TextReader | undefined;
  readonly #files: InputFile[] = [];
  readonly #present = new Set<string>();
  readonly #examples: BadRow[] = [];
  #rows = 0;
  #bad = 0;

  private constructor(duck: Duck, options: TabularOptions) {
    this.#duck = duck;
    this.#folder = options.folder;
    this.#columns = options.columns;
    this.#names = options.names;
    this.#other = options.other;
  }

  /** A reader of the wanted columns. */
  static async open(options: TabularOptions): Promise<Tabular> {
    return new Tabular(await Duck.open(options), options);
  }

  /** Columns that at least one file had. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  get counts(): TabularCounts {
    return { rows: this.#rows, bad: this.#bad, examples: this.#examples };
  }

  /** Reads one input to its end. Its number is how many were read before. */
  async import(input: InputFile, sink: RowSink): Promise<void> {
    const number = this.#files.length;
    this.#files.push(input);
    if (input.kind === "parquet") {
      await this.#importParquet(input, number, sink);
      return;
    }
    const other = this.#other;
    for await (const plain of plainFiles(input, this.#folder, (head) => other?.takes(head) === true)) {
      if (other?.takes(headOf(plain.path).head)) await other.read(plain, number, sink);
      else await this.#importText(plain, number, sink);
    }
  }

  async #importText(plain: PlainFile, number: number, sink: RowSink): Promise<void> {
    const { file, isCopy, hasQuotes } = tidyText(plain, this.#folder);
    const layout = textLayout(file, this.#columns, this.#names);
    // DuckDB takes * ? [ in a path for a pattern: it gets a plain name instead.
    const link = join(this.#folder, "reading.csv");
    rmSync(link, { force: true });
    symlinkSync(resolve(file.path), link);
    try {
      const source: SqlSource = {
        from: csvSql(link, layout, hasQuotes),
        text: (column) => {
          const place = layout.places.get(column.name);
          return place === undefined ? undefined : `c${place}`;
        },
        dayFirst: layout.places.has("mobile"),
      };
      const bad = await this.#stream(source, number, { sink, expected: roughLines(file.path) });
      const rejected = await this.#rejects();
      await this.#showBad(file, { header: layout.header ? 1 : 0, bad, rejected });
    } catch (error) {
      throw duckError(`read ${file.name}`, error);
    } finally {
      rmSync(link, { force: true });
      if (isCopy) rmSync(file.path, { force: true });
    }
  }

  async #importParquet(input: InputFile, number: number, sink: RowSink): Promise<void> {
    const link = join(this.#folder, "reading.parquet");
    rmSync(link, { force: true });
    symlinkSync(resolve(input.path), link);
    try {
      const [counted] = await this.#duck.rows(`SELECT count(*) AS n FROM read_parquet(${quoted(link)})`);
      const expected = Math.max(1, Number(counted?.["n"]));
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
      const source: SqlSource = {
        from: `read_parquet(${quoted(link)})`,
        text: (column) => {
          const name = find(column);
          return name === undefined ? undefined : `"${name.replaceAll('"', '""')}"`;
        },
        typed: (column) => types.get(find(column) ?? ""),
        dayFirst: false,
      };
      for (const each of await this.#stream(source, number, { sink, expected }))
        this.#examples.push({ file: input.name, line: each.place + 1, why: each.why });
    } catch (error) {
      throw duckError(`read ${input.path}`, error);
    } finally {
      rmSync(link, { force: true });
    }
  }

  /** Gives a source's rows to the sink as they stand; answers with the first few bad ones. */
  async #stream(
    source: SqlSource,
    file: number,
    { sink, expected }: { readonly sink: RowSink; readonly expected: number },
  ): Promise<BadPlace[]> {
    const { sql, numbers: read, texts } = selection(this.#columns, source);
    for (const column of [...read, ...texts]) this.#present.add(column.name);
    const firstText = 1 + read.length;
    const textPlaces = this.#columns
      .filter((column) => column.kind === "text")
      .map((column) => (texts.includes(column) ? firstText + texts.indexOf(column) : undefined));
    const found: BadPlace[] = [];
    let before = 0;
    for await (const { length, column } of this.#duck.chunks(sql)) {
      const bad = numbers(column(0));
      this.#noteBad(bad, { length, before, found });
      sink.take({
        file,
        length,
        bad,
        columns: Object.fromEntries(read.map((each, index) => [each.name, numbers(column(1 + index))])),
        textHash: texts.length === 0 ? undefined : numbers(column(firstText + texts.length)),
        texts: (row) => textPlaces.map((place) => (place === undefined ? "" : textAt(column(place), row))),
      });
      before += length;
      sink.part(Math.min(1, before / expected));
    }
    this.#rows += before;
    return found;
  }

  #noteBad(
    bad: Float64Array | Float32Array,
    { length, before, found }: { readonly length: number; readonly before: number; readonly found: BadPlace[] },
  ): void {
    for (let row = 0; row < length; row++) {
      if (bad[row] === 0) continue;
      this.#bad += 1;
      if (found.length >= SHOWN_BAD_ROWS) continue;
      const column = this.#columns[bad[row]! - 1];
      found.push({
        place: before + row,
        why: `${column?.name} is no ${column?.kind === "time" ? "time" : "number"}`,
      });
    }
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
    found: { header: number; bad: readonly BadPlace[]; rejected: readonly BadRow[] },
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#duck[Symbol.asyncDispose]();
  }
}
