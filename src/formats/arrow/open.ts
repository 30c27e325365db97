/** Opens Arrow IPC files and streams as tables that are read by row range. */

import {
  type Arrays,
  type Batch,
  type Codecs,
  type Column,
  isNumeric,
  type Key,
  kindBytes,
  type OpenOptions,
  type Schema,
  type Table,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { chosenColumns, rowRange } from "../read-choice.ts";
import { Buffers } from "./buffers.ts";
import { type SourceField, sourceFields } from "./fields.ts";
import { type Block, batchInfo, dictionaryInfo, fileInfo, type SourceFile, sourceFile } from "./file.ts";
import { type Dictionaries, readColumn } from "./values.ts";

/** What an Arrow file is opened with. */
export interface ArrowOpenOptions extends OpenOptions {
  /** Names of the columns that the table has; all where absent. The way to open a file some of whose columns are not read here. */
  readonly columns?: readonly string[];
}

/** A record batch's place in the table; `bytes` as it lies in the file. */
export interface RecordBatchPlace {
  readonly firstRow: number;
  readonly rows: number;
  readonly bytes: number;
}

/** An Arrow file. */
export interface ArrowTable extends Table {
  /** The schema's key-value metadata. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly recordBatches: readonly RecordBatchPlace[];
  /** Packing of the first record batch; `undefined` for none. */
  readonly compression: "lz4" | "zstd" | undefined;
}

/** Raw bytes of a batch where the caller does not say how many rows. */
const BATCH_BYTES = 8 << 20;
const BATCH_ROWS = 1 << 16;
/** What a value of varying length is taken for. */
const VARYING_BYTES = 64;

type PlacedBatch = RecordBatchPlace & { readonly block: Block };

/** What the reading of batches shares. */
interface Opened {
  readonly file: SourceFile;
  readonly codecs: Codecs;
  readonly batches: readonly PlacedBatch[];
  readonly dictionaries: Dictionaries;
}

/**
 * Opens an Arrow IPC file, or a stream that lies in a file: numbers, booleans, texts, bytes, times, lists of equally many numbers, and
 * dictionaries of such. Reads the heads of all record batches, and of a range only its rows; where they are packed, its record batches.
 * @throws WindrowError `missing`, `damaged`, `unsupported` (a column that is a struct, a list of any length …: choose the others by `columns`)
 */
export async function openArrow(key: Key, options: ArrowOpenOptions): Promise<ArrowTable> {
  const { store, codecs } = options;
  const file = await sourceFile(store, key);
  const info = await fileInfo(file);
  const fields = at({ key, offset: 0 }, () => sourceFields(info.schema, options.columns));
  chosenColumns(fields, options.columns, key);
  const { batches, compression } = await placed(file, info.batches);
  const last = batches.at(-1);
  const length = last === undefined ? 0 : last.firstRow + last.rows;
  const opened = { file, codecs, batches, dictionaries: dictionaries(file, info.dictionaries, codecs) };
  return {
    schema: Object.fromEntries(fields.map(({ name, type }) => [name, type])) satisfies Schema,
    length,
    metadata: at(
      { key, offset: 0 },
      () => new Map(info.schema.tables(2).map((entry) => [entry.text(0) ?? "", entry.text(1) ?? ""])),
    ),
    recordBatches: batches.map(({ firstRow, rows, bytes }) => ({ firstRow, rows, bytes })),
    compression,
    batches(read = {}) {
      const columns = chosenColumns(fields, read.columns, key);
      const { from, to } = rowRange(length, read, key);
      const batchRows = read.batchRows ?? defaultRows(columns);
      if (!(batchRows >= 1))
        throw new WindrowError("usage", `Cannot read ${key}: batchRows must be from 1 up, got ${batchRows}`);
      return readBatches(opened, columns, { from, to, batchRows: Math.floor(batchRows) });
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Rows are counted by the heads of the record batches: the footer does not say. */
async function placed(
  file: SourceFile,
  blocks: readonly Block[],
): Promise<{ batches: PlacedBatch[]; compression: ArrowTable["compression"] }> {
  const batches: PlacedBatch[] = [];
  let firstRow = 0;
  let compression: ArrowTable["compression"];
  for (const block of blocks) {
    const info = await batchInfo(file, block);
    if (batches.length === 0) compression = info.compression;
    batches.push({ block, firstRow, rows: info.rows, bytes: block.headBytes + block.bodyBytes });
    firstRow += info.rows;
  }
  return { batches, compression };
}

function defaultRows(fields: readonly SourceField[]): number {
  const bytes = fields.reduce(
    (sum, { type }) => sum + (isNumeric(type.kind) ? kindBytes(type.kind) * valuesPerRow(type) : VARYING_BYTES),
    1,
  );
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / bytes)));
}

async function* readBatches(
  { file, codecs, batches, dictionaries: named }: Opened,
  fields: readonly SourceField[],
  reading: { readonly from: number; readonly to: number; readonly batchRows: number },
): AsyncGenerator<Batch> {
  for (const { block, firstRow, rows } of batches) {
    const to = Math.min(rows, reading.to - firstRow);
    let from = Math.max(0, reading.from - firstRow);
    if (from >= to) continue;
    const buffers = new Buffers(file, await batchInfo(file, block), codecs);
    // Without columns there is nothing to hold: all rows at once.
    const step = fields.length === 0 ? to - from : reading.batchRows;
    for (; from < to; from += step) {
      const part = { from, to: Math.min(to, from + step) };
      const columns: [string, Column][] = [];
      for (const field of fields) columns.push([field.name, await readColumn(field, buffers, part, named)]);
      yield { length: part.to - part.from, columns: Object.fromEntries(columns) };
    }
  }
}

/** Arrays of one kind, one behind the other. */
function joined(parts: readonly Column[]): Column {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? { data: [] };
  const rows = parts.reduce((sum, { data }) => sum + data.length, 0);
  const hasGaps = parts.some(({ valid }) => valid !== undefined);
  const valid = new Uint8Array(hasGaps ? rows : 0);
  const isTyped = "BYTES_PER_ELEMENT" in first.data;
  const Typed = first.data.constructor as new (length: number) => Float64Array; // the kinds' arrays are made and set alike
  const data = isTyped ? new Typed(rows) : parts.flatMap((part) => part.data as readonly unknown[]);
  let at = 0;
  for (const part of parts) {
    if (isTyped) (data as Float64Array).set(part.data as Float64Array, at);
    if (hasGaps) valid.set(part.valid ?? new Uint8Array(part.data.length).fill(1), at);
    at += part.data.length;
  }
  return { data: data as Arrays[keyof Arrays], ...(hasGaps ? { valid } : {}) };
}

/** Reads dictionaries when they are first asked for, and keeps them. */
function dictionaries(file: SourceFile, blocks: readonly Block[], codecs: Codecs): Dictionaries {
  let infos: Promise<readonly Awaited<ReturnType<typeof dictionaryInfo>>[]> | undefined;
  const kept = new Map<number, Promise<Column>>();
  async function read(id: number, field: SourceField): Promise<Column> {
    infos ??= Array.fromAsync(blocks, (block) => dictionaryInfo(file, block));
    const own = (await infos).filter((info) => info.id === id);
    at({ key: file.key, offset: 0 }, () => {
      if (own.length === 0) damaged(`column ${field.name} has no dictionary ${id}`);
      // A file may not, and a stream that does would need the place of each.
      if (own.slice(1).some(({ isDelta }) => !isDelta))
        unsupported(`dictionary ${id} is replaced on the way, which is not read`);
    });
    const layout = field.layout.is === "dictionary" ? field.layout.values : field.layout;
    const type = { ...field.type, nullable: true };
    const values = { name: field.name, type, layout, node: 0, buffer: 0, viewsBefore: 0 };
    const parts: Column[] = [];
    for (const { values: batch } of own) {
      parts.push(await readColumn(values, new Buffers(file, batch, codecs), { from: 0, to: batch.rows }, named));
    }
    return joined(parts);
  }
  function named(id: number, field: SourceField): Promise<Column> {
    let found = kept.get(id);
    if (found === undefined) {
      found = read(id, field);
      kept.set(id, found);
    }
    return found;
  }
  return named;
}
