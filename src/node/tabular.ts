/** Reads any number of CSV and Parquet files through DuckDB: typed, sorted, out of core, every bad row counted with its place. */

import { rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { WindrowError } from "../core/index.ts";
import { type ColumnRequest, normalName, type TextLayout, textLayout } from "./csv-head.ts";
import { Duck, type DuckOptions, duckError, numbers } from "./duckdb.ts";
import type { InputFile } from "./inputs.ts";
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
/** FACTS: a small buffer lets an import finish within a small memory limit. It also bounds a line's length. */
const CSV_BUFFER_BYTES = 2_000_000;

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** SQL for the epoch seconds of text; zoneless times are UTC, 23:59:60 is the next second, dd/MM/yyyy is the DMA's. */
function timeSql(text: string, dayFirst: boolean): string {
  const iso = `try_cast(${text} AS TIMESTAMP)`;
  const zoned = `CASE WHEN length(${text}) > 19 AND regexp_matches(${text}, '[+-][0-9]{2}(:?[0-9]{2})?$') THEN epoch(try_cast(${text} AS TIMESTAMPTZ)) ELSE epoch(${iso}) END`;
  const leap = `CASE WHEN regexp_matches(${text}, '[0-9]{2}:[0-9]{2}:60([.][0-9]+)?Z?$') THEN epoch(try_cast(regexp_replace(${text}, ':60([.][0-9]+)?(Z?)$', ':59\\1\\2') AS TIMESTAMP)) + 1 END`;
  const day = dayFirst ? `epoch(try_strptime(${text}, '%d/%m/%Y %H:%M:%S')), ` : "";
  return `CASE WHEN length(${text}) = 19 AND substr(${text}, 5, 1) = '-' THEN coalesce(epoch(${iso}), ${leap}) ELSE coalesce(${day}try_cast(${text} AS DOUBLE), ${zoned}, ${leap}) END`;
}

/** Text that stands for NULL: none does, so that an empty cell is an empty text. */
const NO_NULL = quoted("\u0001");
/** Between the text columns of a row, which are held as one. */
const SEPARATOR = "chr(31)";

function isNumber(column: ColumnRequest): boolean {
  return column.kind !== "text";
}

/** SQL for a number column's value, from text. */
function valueSql(column: ColumnRequest, text: string, dayFirst: boolean): string {
  if (column.kind === "number") return `try_cast(${text} AS DOUBLE)`;
  if (column.kind === "time") return timeSql(text, dayFirst);
  if (column.kind === "text") return text;
  const cases = Object.entries(column.kind.codes).map(([word, code]) => `WHEN ${quoted(word)} THEN ${code}`);
  return `CASE trim(${text}) ${cases.join(" ")} WHEN '' THEN NULL ELSE ${column.kind.otherwise} END::DOUBLE`;
}

/** SQL for a number column's value, from a column of any type. */
function numberSql(column: ColumnRequest, name: string, source: { readonly type: string; readonly dayFirst: boolean }): string {
  if (source.type === "VARCHAR") return valueSql(column, name, source.dayFirst);
  if (column.kind === "time" && /^(TIMESTAMP|DATE)/.test(source.type)) return `epoch(${name})`;
  return `${name}::DOUBLE`;
}

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

  private constructor(duck: Duck, folder: string, columns: readonly ColumnRequest[], names: readonly string[] | undefined) {
    this.#duck = duck;
    this.#folder = folder;
    this.#columns = columns;
    this.#names = names;
  }

  /** An empty table for the wanted columns; `names` are the columns of files without a known header. */
  static async open(options: DuckOptions & { readonly columns: readonly ColumnRequest[]; readonly names?: readonly string[] }): Promise<Tabular> {
    const duck = await Duck.open(options);
    const types = options.columns.filter(isNumber).map((column) => `"${column.name}" ${column.single ? "FLOAT" : "DOUBLE"}`);
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

  async #importText(file: PlainFile, number: number): Promise<void> {
    const layout = textLayout(file, this.#columns, this.#names);
    // DuckDB takes * ? [ in a path for a pattern: it gets a plain name instead.
    const link = join(this.#folder, "reading.csv");
    rmSync(link, { force: true });
    symlinkSync(resolve(file.path), link);
    try {
      await this.#insert(file.name, number, {
        from: this.#textSource(link, layout),
        text: (column) => {
          const place = layout.places.get(column.name);
          return place === undefined ? undefined : `c${place}`;
        },
        dayFirst: layout.places.has("mobile"),
        header: layout.header ? 1 : 0,
      });
      await this.#countRejects(file.name);
    } catch (error) {
      throw duckError(`read ${file.name}`, error);
    } finally {
      rmSync(link, { force: true });
    }
  }

  #textSource(path: string, layout: TextLayout): string {
    const columns = Array.from({ length: layout.width }, (_, index) => `'c${index}': 'VARCHAR'`).join(", ");
    return (
      `read_csv(${quoted(path)}, auto_detect=false, header=${layout.header}, delim=${quoted(layout.delimiter)}, quote='"', escape='"', ` +
      `columns={${columns}}, store_rejects=true, rejects_limit=0, nullstr=${NO_NULL}, buffer_size=${CSV_BUFFER_BYTES}, compression='none')`
    );
  }

  async #importParquet(input: InputFile, number: number): Promise<void> {
    const link = join(this.#folder, "reading.parquet");
    rmSync(link, { force: true });
    symlinkSync(resolve(input.path), link);
    try {
      const described = await this.#duck.rows(`DESCRIBE SELECT * FROM read_parquet(${quoted(link)})`);
      const types = new Map(described.map((row) => [String(row["column_name"]), String(row["column_type"])]));
      const find = (column: ColumnRequest) => [...types.keys()].find((name) => name === column.name || column.aliases.includes(normalName(name)));
      const absent = this.#columns.filter((column) => column.required && find(column) === undefined);
      if (absent.length > 0) {
        throw new WindrowError("unsupported", `Cannot read ${input.path}: the Parquet file has no column for ${absent.map((each) => each.name).join(", ")}`);
      }
      await this.#insert(input.name, number, {
        from: `read_parquet(${quoted(link)})`,
        text: (column) => {
          const name = find(column);
          return name === undefined ? undefined : `"${name.replaceAll('"', '""')}"`;
        },
        typed: (column) => types.get(find(column) ?? ""),
        dayFirst: false,
        header: 0,
      });
    } catch (error) {
      throw duckError(`read ${input.path}`, error);
    } finally {
      rmSync(link, { force: true });
    }
  }

  /** Appends a source's rows with their values, their line, and which column was bad (its place in the list + 1; 0 for none). */
  async #insert(
    name: string,
    number: number,
    source: {
      readonly from: string;
      text(column: ColumnRequest): string | undefined;
      typed?(column: ColumnRequest): string | undefined;
      readonly dayFirst: boolean;
      readonly header: number;
    },
  ): Promise<void> {
    const values: string[] = [];
    const bad: string[] = [];
    const columns: string[] = [];
    const texts: string[] = [];
    for (const [index, column] of this.#columns.entries()) {
      const text = source.text(column);
      if (text !== undefined) this.#present.add(column.name);
      if (column.kind === "text") {
        texts.push(text === undefined ? "''" : source.typed === undefined ? text : `coalesce(${text}::VARCHAR, '')`);
        continue;
      }
      columns.push(text === undefined ? "'nan'" : `coalesce(v${index}, 'nan')`);
      if (text === undefined) continue;
      const type = source.typed?.(column) ?? "VARCHAR";
      values.push(`${numberSql(column, text, { type, dayFirst: source.dayFirst })} AS v${index}`);
      const mustBeThere = column.kind === "time" || column.name === this.#columns[0]?.name;
      if (mustBeThere) bad.push(`WHEN v${index} IS NULL OR NOT isfinite(v${index}) THEN ${index + 1}`);
      else if (type === "VARCHAR") bad.push(`WHEN v${index} IS NULL AND trim(${text}) <> '' THEN ${index + 1}`);
    }
    const joined = texts.every((text) => text === "''") ? "NULL" : `concat_ws(${SEPARATOR}, ${texts.join(", ")})`;
    const before = await this.#tableRows();
    await this.#duck.run(
      `INSERT INTO rows_read SELECT ${number}, CASE ${bad.join(" ")} ELSE 0 END, ${columns.join(", ")}, ${joined} FROM (SELECT *, ${values.join(", ")} FROM ${source.from})`,
    );
    const after = await this.#tableRows();
    this.#rows += after - before;
    await this.#noteBad(name, before, source.header);
  }

  async #tableRows(): Promise<number> {
    return Number((await this.#duck.rows("SELECT count(*) AS n FROM rows_read"))[0]?.["n"]);
  }

  async #noteBad(name: string, before: number, header: number): Promise<void> {
    const counted = await this.#duck.rows(`SELECT count(*) AS n FROM rows_read WHERE bad > 0 AND rowid >= ${before}`);
    const bad = Number(counted[0]?.["n"]);
    this.#bad += bad;
    if (bad === 0) return;
    const first = await this.#duck.rows(
      `SELECT rowid - ${before} AS at, bad FROM rows_read WHERE bad > 0 AND rowid >= ${before} ORDER BY rowid LIMIT ${SHOWN_BAD_ROWS}`,
    );
    const rejected = await this.#duck.rows("SELECT DISTINCT line FROM reject_errors ORDER BY line");
    for (const row of first) {
      const column = this.#columns[Number(row["bad"]) - 1];
      // Rejected lines are no rows, but they are lines.
      const line = rejected.reduce((at, each) => (Number(each["line"]) <= at ? at + 1 : at), Number(row["at"]) + 1 + header);
      this.#examples.push({
        file: name,
        line,
        why: `${column?.name} is no ${column?.kind === "time" ? "time" : "number"}`,
      });
    }
  }

  /** Lines that are no rows: too few or too many columns, broken quotes or text. DuckDB tells each fault; lines are counted once. */
  async #countRejects(name: string): Promise<void> {
    const lines = await this.#duck.rows(
      `SELECT line, any_value(error_message) AS why, max(1 + length(trim(csv_line, chr(10) || chr(13))) - length(replace(trim(csv_line, chr(10) || chr(13)), chr(10), ''))) AS lines FROM reject_errors GROUP BY line ORDER BY line`,
    );
    for (const [index, row] of lines.entries()) {
      const count = Number(row["lines"]);
      this.#rows += count;
      this.#bad += count;
      if (index < SHOWN_BAD_ROWS) this.#examples.push({ file: name, line: Number(row["line"]), why: String(row["why"]) });
    }
    await this.#duck.run("DELETE FROM reject_errors");
    await this.#duck.run("DELETE FROM reject_scans");
  }

  /** Good rows in the order of their files: the named columns and `file`. */
  inOrder(names: readonly string[]): AsyncIterable<TabularChunk> {
    return this.#read(names, "");
  }

  /** Good rows sorted by the named columns: all number columns that are present, and `file`. */
  async *sorted(by: readonly string[]): AsyncIterable<TabularChunk> {
    const names = this.#columns.filter((column) => column.kind !== "text" && this.#present.has(column.name)).map((column) => column.name);
    // FACTS: a sort keeps to a small limit only without this.
    await this.#duck.run("SET preserve_insertion_order = false");
    yield* this.#read(names, `ORDER BY ${by.map((name) => `"${name}"`).join(", ")}`);
  }

  async *#read(names: readonly string[], tail: string): AsyncIterable<TabularChunk> {
    const list = names.map((name) => `"${name}"`).join(", ");
    try {
      for await (const chunk of this.#duck.chunks(`SELECT file::DOUBLE, ${list} FROM rows_read WHERE bad = 0 ${tail}`)) {
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
