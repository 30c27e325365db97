/** The SQL that turns the rows of a file into typed columns, and tells which of them are bad. */

import type { ColumnRequest, TextLayout } from "./csv-head.ts";

/** FACTS: a small buffer lets an import finish within a small memory limit. It also bounds a line's length. */
const CSV_BUFFER_BYTES = 2_000_000;

/** Where rows come from, and how to find their columns. */
export interface SqlSource {
  /** What stands behind FROM. */
  readonly from: string;
  /** A column's expression; `undefined` where the source does not have it. */
  text(column: ColumnRequest): string | undefined;
  /** Its SQL type; absent for text files, whose cells are all text. */
  typed?(column: ColumnRequest): string | undefined;
  /** Whether times may be dd/MM/yyyy. */
  readonly dayFirst: boolean;
}

/** A text as SQL. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** SQL for the epoch seconds of text; zoneless times are UTC, 23:59:60 is the next second, dd/MM/yyyy is the DMA's. */
function timeSql(text: string, dayFirst: boolean): string {
  const iso = (value: string) => `epoch(try_cast(${value} AS TIMESTAMP))`;
  const day = (value: string) => `epoch(try_strptime(${value}, '%d/%m/%Y %H:%M:%S'))`;
  const zoned = `CASE WHEN length(${text}) > 19 AND regexp_matches(${text}, '[+-][0-9]{2}(:?[0-9]{2})?$') THEN epoch(try_cast(${text} AS TIMESTAMPTZ)) ELSE ${iso(text)} END`;
  const before = `regexp_replace(${text}, '23:59:60([.][0-9]+)?(Z?)$', '23:59:59\\1\\2')`;
  const leap = `CASE WHEN regexp_matches(${text}, '[T ]23:59:60([.][0-9]+)?Z?$') THEN ${dayFirst ? day(before) : iso(before)} + 1 END`;
  const rest = dayFirst
    ? `coalesce(${day(text)}, ${leap}, ${zoned})`
    : `coalesce(try_cast(${text} AS DOUBLE), ${zoned}, ${leap})`;
  return `CASE WHEN length(${text}) = 19 AND substr(${text}, 5, 1) = '-' THEN coalesce(${iso(text)}, ${leap}) ELSE ${rest} END`;
}

/** Text that stands for NULL: none does, so that an empty cell is an empty text. */
const NO_NULL = quoted("\u0001");
/** Whether a column is held as a number. */
function isNumber(column: ColumnRequest): boolean {
  return column.kind !== "text";
}

/** SQL for a number column's value, from text. */
function valueSql(column: ColumnRequest, text: string, dayFirst: boolean): string {
  if (column.kind === "number") return `try_cast(${text} AS DOUBLE)`;
  if (column.kind === "time") return timeSql(text, dayFirst);
  if (column.kind === "text") return text;
  const cases = Object.entries(column.kind.codes).map(([word, code]) => `WHEN ${quoted(word)} THEN ${code}`);
  return `CASE trim(${text}) ${cases.join(" ")} ELSE ${column.kind.otherwise} END::DOUBLE`;
}

/** SQL for a number column's value, from a column of any type. */
function numberSql(
  column: ColumnRequest,
  name: string,
  source: { readonly type: string; readonly dayFirst: boolean },
): string {
  if (source.type === "VARCHAR") return valueSql(column, name, source.dayFirst);
  if (column.kind === "time" && /^(TIMESTAMP|DATE)/.test(source.type)) return `epoch(${name})`;
  return `${name}::DOUBLE`;
}

/** `read_csv` of a plain file: every cell is text, and lines that are no rows go to the table of rejects. */
export function csvSql(path: string, layout: TextLayout, hasQuotes: boolean): string {
  const columns = Array.from({ length: layout.width }, (_, index) => `'c${index}': 'VARCHAR'`).join(", ");
  const quote = hasQuotes ? '"' : "";
  return (
    `read_csv(${quoted(path)}, auto_detect=false, header=${layout.header}, delim=${quoted(layout.delimiter)}, quote='${quote}', escape='${quote}', ` +
    `new_line='\\n', columns={${columns}}, store_rejects=true, rejects_limit=0, nullstr=${NO_NULL}, buffer_size=${CSV_BUFFER_BYTES}, compression='none')`
  );
}

/** One column as it is selected: the expression behind `AS v…`, what is made of it, and when the row is bad. */
function columnSql(
  column: ColumnRequest,
  { index, text, source }: { readonly index: number; readonly text: string; readonly source: SqlSource },
): { value: string; selected: string; bad?: string } {
  const type = source.typed?.(column) ?? "VARCHAR";
  const value = `${numberSql(column, text, { type, dayFirst: source.dayFirst })} AS v${index}`;
  const selected = `coalesce(v${index}, 'nan')::${column.single ? "FLOAT" : "DOUBLE"}`;
  const code = `THEN ${index + 1}`;
  // Without a name or a time a report is nothing; other columns may be empty, but must not be what cannot be read.
  if (column.kind === "time" || index === 0)
    return { value, selected, bad: `WHEN v${index} IS NULL OR NOT isfinite(v${index}) ${code}` };
  if (type !== "VARCHAR") return { value, selected };
  return { value, selected, bad: `WHEN isinf(v${index}) OR (v${index} IS NULL AND trim(${text}) <> '') ${code}` };
}

/** What to select of a source, and what comes in which place. */
export interface Selection {
  /** Selects which column was bad (its place among the wanted + 1; 0 for none), the numbers, the texts, a hash of the texts where there are any. */
  readonly sql: string;
  readonly numbers: readonly ColumnRequest[];
  readonly texts: readonly ColumnRequest[];
}

/** The hash is cut to what a DOUBLE holds exactly: 2^52 values. */
const HASHES = 2 ** 52;

/** The columns that a source has, as they are to be selected. */
export function selection(columns: readonly ColumnRequest[], source: SqlSource): Selection {
  const there = columns.flatMap((column, index) => {
    const text = source.text(column);
    return text === undefined ? [] : [{ column, index, text }];
  });
  const numbers = there.filter(({ column }) => isNumber(column));
  const parts = numbers.map(({ column, index, text }) => columnSql(column, { index, text, source }));
  const texts = there.filter(({ column }) => !isNumber(column));
  const values = parts.map(({ value }) => value).join(", ");
  const bad = parts.flatMap((part) => part.bad ?? []).join(" ");
  const textParts = texts.map(({ text }) => (source.typed === undefined ? text : `${text}::VARCHAR`));
  const hash = textParts.length === 0 ? [] : [`(hash(${textParts.join(", ")}) % ${HASHES})::DOUBLE`];
  const selected = [...parts.map((part) => part.selected), ...textParts, ...hash].join(", ");
  return {
    sql: `SELECT (CASE ${bad} ELSE 0 END)::FLOAT, ${selected} FROM (SELECT *, ${values} FROM ${source.from})`,
    numbers: numbers.map(({ column }) => column),
    texts: texts.map(({ column }) => column),
  };
}
