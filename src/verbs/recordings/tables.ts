/** Tables as recordings: CSV through DuckDB, Parquet by our own reader. */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { BadRows } from "../../adapters/bad-rows.ts";
import { openTable, openTableTraces, type TableOptions, type TableSource } from "../../adapters/table/index.ts";
import {
  type Column,
  type ColumnType,
  type RowTable,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { openParquet, parquetRows } from "../../formats/parquet/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { type CsvLayout, csvLayout } from "../../node/csv-columns.ts";
import { copiedName, copyCsv } from "../../node/csv-copy.ts";
import { folderStore } from "../../node/folder-store.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { findInputs, type InputFile } from "../../node/inputs.ts";
import { once } from "../../sync/once.ts";
import type { OpenedInput } from "./opened-input.ts";

/** How tables are read. */
export interface TableFileOptions extends TableOptions {
  /** Names of the columns of text files whose first line does not name them. */
  readonly columns?: readonly string[];
  /** Stops the reading of text tables. */
  readonly signal?: AbortSignal | undefined;
}

const ENDING = /\.(csv|tsv|parquet)(\.gz|\.zst)?$/i;

/** Whether a file's name is that of a table. */
export function isTableFile(name: string): boolean {
  return ENDING.test(name) && !name.startsWith(".");
}

/** The tables in a folder, none of its folders included. */
export function tableFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter(isTableFile)
    .sort()
    .map((name) => join(folder, name));
}

async function openRows(path: string, columns?: readonly string[]) {
  const [store, key] = [folderStore(join(path, "..")), basename(path)];
  return openParquet(key, { store, codecs: nodeCodecs(), hashes: await nodeHashes(), ...(columns && { columns }) });
}

const DUCK_BYTES = 256 * 2 ** 20;

/** A text table: copied to Parquet when its rows are first wanted, which is read from then on. */
function csvSource(
  input: InputFile,
  of: Pick<TableSource, "name" | "file">,
  { layout, temp, bad, signal }: TableContext & { readonly layout: CsvLayout },
): TableSource {
  const schema: Schema = Object.fromEntries(
    layout.columns.map(({ name, kind }) => [name, kind === "i64" ? { kind, nullable: true } : { kind }]),
  );
  let rows: (() => Promise<RowTable>) | undefined;
  const copied = async (time: string, required: string | undefined): Promise<RowTable> => {
    const copy = await copyCsv(input, {
      layout,
      time,
      required,
      folder: temp(),
      memoryBytes: DUCK_BYTES,
      threads: 2,
      signal,
    });
    bad.add(input.path, "cells", {
      rows: copy.bad,
      examples: copy.examples.map((row) => ({ ...row, file: input.path })),
    });
    const stored = layout.columns.map((_, i) => copiedName(i));
    return renamed(parquetRows(await openRows(copy.path, stored)), schema);
  };
  return {
    ...of,
    schema,
    open(time, trace) {
      rows ??= once(() => copied(time, trace));
      return rows();
    },
  };
}

/** A table under the names of the text that it was copied from. DuckDB says of every column that it may have gaps; few may. */
function renamed(table: RowTable, schema: Schema): RowTable {
  const names = Object.keys(schema);
  return {
    schema,
    length: table.length,
    async read(rows, { columns = names } = {}) {
      const stored = columns.map((name) => copiedName(names.indexOf(name)));
      const batch = await table.read(rows, { columns: stored });
      const found = columns.map((name, i): [string, Column] => {
        const column = batch.columns[stored[i]!]!;
        return [name, schema[name]!.nullable ? column : { data: column.data }];
      });
      return { length: batch.length, columns: Object.fromEntries(found) };
    },
  };
}

/** Whether a gap in a column can be told by NaN. */
function isGappyFloat({ kind, nullable }: ColumnType): boolean {
  return nullable === true && (kind === "f64" || kind === "f32" || kind === "f16");
}

/** A table whose gaps in columns of floats are NaN: most programs declare that every column may have gaps, whether it has or not. */
function withNaN(table: RowTable): RowTable {
  const types = Object.entries(table.schema).map(([name, type]): [string, ColumnType] => {
    if (!isGappyFloat(type)) return [name, type];
    const { nullable: _, ...rest } = type;
    return [name, rest];
  });
  return {
    schema: Object.fromEntries(types),
    length: table.length,
    async read(rows, options) {
      const batch = await table.read(rows, options);
      const columns = Object.entries(batch.columns).map(([name, column]) => [
        name,
        filled(column, table.schema[name]!),
      ]);
      return { length: batch.length, columns: Object.fromEntries(columns) };
    },
  };
}

function filled(column: Column, type: ColumnType): Column {
  const { data, valid } = column;
  if (valid === undefined || !isGappyFloat(type)) return column;
  const width = valuesPerRow(type);
  const floats = data as Float64Array; // or another kind of floats
  for (let row = 0; row < valid.length; row++) {
    if (valid[row] === 0) floats.fill(Number.NaN, row * width, (row + 1) * width);
  }
  return { data };
}

/** What tables are opened with. */
interface TableContext {
  /** What the sensor is called; as its file where absent. */
  readonly name?: string;
  /** A new folder for temporary files. */
  readonly temp: () => string;
  readonly bad: BadRows;
  readonly signal: AbortSignal | undefined;
}

/** The file's name without its endings. */
function sensorName(path: string): string {
  return basename(path).replace(ENDING, "");
}

async function tableSource(path: string, options: TableFileOptions, context: TableContext): Promise<TableSource> {
  const [input] = findInputs([path]);
  const of = { name: context.name ?? sensorName(path), file: path };
  if (input!.kind === "text") return csvSource(input!, of, { ...context, layout: csvLayout(input!, options.columns) });
  const table = withNaN(parquetRows(await openRows(path)));
  return { ...of, schema: table.schema, open: async () => table };
}

/** The sensor of a table that is an input of its own: `drive-1.csv` and `drive-2.csv` are two traces of the same sensor. */
const LONE_TABLE = "table";

/**
 * Opens a table as a recording, or as many where a column says which. Its sensor is called `table`.
 * @throws WindrowError as `openTable` does.
 */
export async function openTableFile(path: string, options: TableFileOptions, temp: () => string): Promise<OpenedInput> {
  const bad = new BadRows();
  return opened(
    [await tableSource(path, options, { temp, bad, signal: options.signal, name: LONE_TABLE })],
    options,
    bad,
  );
}

/**
 * Opens the tables of a folder as one recording, or as many where a column says which. Their sensors are called as they are.
 * @throws WindrowError `usage` for two tables of one name, and as `openTable` does.
 */
export async function openTableFiles(
  paths: readonly string[],
  options: TableFileOptions,
  temp: () => string,
): Promise<OpenedInput> {
  const bad = new BadRows();
  const sources: TableSource[] = [];
  for (const path of paths) sources.push(await tableSource(path, options, { temp, bad, signal: options.signal }));
  const double = sources.find(({ name }, i) => sources.findIndex((each) => each.name === name) !== i);
  if (double !== undefined)
    throw new WindrowError(
      "usage",
      `Cannot open ${double.file}: another table beside it is called ${double.name}, too`,
    );
  return opened(sources, options, bad);
}

async function opened(sources: readonly TableSource[], options: TableFileOptions, bad: BadRows): Promise<OpenedInput> {
  const { traceColumn } = options;
  if (traceColumn === undefined) {
    const { sensors, lost } = openTable(sources, options, bad);
    return { traces: [{ sensors }], lost };
  }
  const traces = await openTableTraces(sources, { ...options, traceColumn }, bad);
  return {
    traces: [...traces].map(([entity, sensors]) => ({ part: entity, entity, sensors })),
    lost: () => bad.lost,
  };
}
