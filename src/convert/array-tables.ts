/** Arrays of a Zarr group as a folder of Parquet tables, one a file (docs/formats/l5kit-parquet.md). */

import {
  type Batch,
  type Codecs,
  type ColumnType,
  type Compression,
  type Hashes,
  type Key,
  type ReadStore,
  type Schema,
  type Store,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";
import { openParquet, type ParquetTable, parquetSink } from "../formats/parquet/index.ts";
import { ARRAY_KEY, type ArrayHead, headText, readHead } from "./array-head.ts";

/** An array to be written elsewhere. */
export interface ArraySource {
  readonly head: ArrayHead;
  /** Its fields; of an array without fields, one column `value`. */
  readonly schema: Schema;
  readonly length: number;
  /** Its rows, in order; a batch is good until the next one is asked for. */
  batches(): AsyncIterable<Batch>;
}

/** Where a folder of tables keeps what is no table: a part of the group as it was. Tools that read folders of Parquet pass it by. */
export const KEPT_FOLDER = "_zarr/";

/** The file of an array's table. */
function tableKey(path: string): Key {
  return `${path}.parquet`;
}

/** What packs and checks. */
export interface TableTools {
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** How tables are written. */
export interface TableOptions extends TableTools {
  readonly compression: Compression | undefined;
  readonly createdBy: string;
  /** So many rows more are written. */
  wrote(rows: number): void;
}

/** Writes an array as a table, whole or not at all. */
export async function writeTable(store: Store, array: ArraySource, options: TableOptions): Promise<void> {
  const { wrote, ...rest } = options;
  await using draft = await store.draft(tableKey(array.head.path));
  const sink = parquetSink(draft, array.schema, { ...rest, metadata: { [ARRAY_KEY]: headText(array.head) } });
  for await (const batch of array.batches()) {
    await sink.write(batch);
    wrote(batch.length);
  }
  await sink.close();
  await draft.publish();
}

/** A table that keeps an array. */
export interface OpenTable {
  readonly key: Key;
  readonly head: ArrayHead;
  readonly table: ParquetTable;
}

/**
 * Opens the tables of a folder; nothing but their footers is read.
 * @throws WindrowError `damaged`, `unsupported` for one that keeps no array, or the same one as another.
 */
export async function openTables(store: ReadStore, tools: TableTools): Promise<readonly OpenTable[]> {
  const tables: OpenTable[] = [];
  const keys = new Map<string, Key>();
  for await (const key of store.list("")) {
    if (!key.endsWith(".parquet") || key.startsWith(KEPT_FOLDER)) continue;
    const table = await openParquet(key, { store, ...tools });
    const text = table.metadata.get(ARRAY_KEY);
    const file = `${store.name}/${key}`;
    if (text === undefined)
      throw new WindrowError(
        "unsupported",
        `Cannot read ${file} as an array: its metadata has no ${ARRAY_KEY}, which windrow convert writes; it is an ordinary Parquet file`,
      );
    const head = readHead(text, file);
    const other = keys.get(head.path);
    if (other !== undefined)
      throw new WindrowError("damaged", `Cannot read ${file}: it keeps the array ${head.path}, as ${other} does`);
    keys.set(head.path, key);
    tables.push({ key, head, table });
  }
  return tables;
}

const typeText = ({ kind, shape }: ColumnType) => (shape === undefined ? kind : `${kind} [${shape.join(", ")}]`);

/** A table may have been written by another tool meanwhile: its columns must still be those of the array. */
function checkColumns(file: string, table: Schema, array: Schema): void {
  const names = Object.keys(array);
  const found = Object.keys(table);
  if (names.length !== found.length || names.some((name) => !Object.hasOwn(table, name)))
    throw new WindrowError(
      "damaged",
      `Cannot read ${file}: its array has the fields ${names.join(", ")}, got the columns ${found.join(", ")}`,
    );
  for (const name of names) {
    const [wanted, got] = [array[name]!, table[name]!];
    if (wanted.kind !== got.kind || valuesPerRow(wanted) !== valuesPerRow(got))
      throw new WindrowError(
        "damaged",
        `Cannot read ${file}: its array has the field ${name} of ${typeText(wanted)}, got a column of ${typeText(got)}`,
      );
  }
}

/** Rows without gaps: the columns of other writers may be called nullable, but an array has no gaps. */
function whole(batch: Batch, firstRow: number, file: string): Batch {
  const columns = Object.entries(batch.columns).map(([name, { data, valid }]) => {
    const gap = valid?.indexOf(0) ?? -1;
    if (gap >= 0)
      throw new WindrowError(
        "unsupported",
        `Cannot convert ${file}: column ${name} has no value in row ${firstRow + gap}, and arrays hold no gaps`,
      );
    return [name, { data }] as const;
  });
  return { length: batch.length, columns: Object.fromEntries(columns) };
}

/** The array that a table keeps. `schema` is what its fields are by its document. */
export function tableArray({ key, head, table }: OpenTable, store: ReadStore, schema: Schema): ArraySource {
  const file = `${store.name}/${key}`;
  checkColumns(file, table.schema, schema);
  return {
    head,
    schema,
    length: table.length,
    async *batches() {
      let row = 0;
      for await (const batch of table.batches({ columns: Object.keys(schema) })) {
        yield whole(batch, row, file);
        row += batch.length;
      }
    },
  };
}
