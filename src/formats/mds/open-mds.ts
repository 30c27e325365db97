/** An MDS folder as a table. */

import {
  type Batch,
  type ColumnType,
  isNumeric,
  type OpenOptions,
  type OpenShardOptions,
  type OpenShardRows,
  type ReadOptions,
  type Schema,
  type ShardedTable,
  WindrowError,
} from "../../core/index.ts";
import { decodeSamples, type ReadColumn } from "./decode.ts";
import { columnTypeOf, type Encoding, parseEncoding } from "./encoding.ts";
import { readMdsIndex, type ShardEntry } from "./index-json.ts";
import { readArrayHead } from "./ndarray.ts";
import { type SampleReader, type SampleReaderOptions, sampleReader } from "./sample-reader.ts";
import { SpareBytes } from "./shard-bytes.ts";
import { damaged } from "./shard-fault.ts";
import type { ShardSource } from "./shard-files.ts";
import { type OpenShard, openShard, readRange } from "./shard-reader.ts";
import { takenRows } from "./take-rows.ts";

/** How to read. */
export interface OpenMdsOptions extends OpenOptions {
  /** Whether to check files against the hashes of index.json; `none` where absent. */
  readonly verify?: "none" | "hashes";
  /** What columns stored as `bytes` hold: arrays of this type, e.g. `{ features: { kind: "f32", shape: [928, 5] } }`. */
  readonly types?: Schema;
  /** The same for columns that may be stored as bytes, or as what they are: where they are no bytes, this says nothing. */
  readonly bytesAs?: Schema;
  /**
   * How to read ndarrays whose dtype or shape each sample says itself: `uniform` (the default) reads them as arrays of the first
   * sample's dtype and shape, and refuses others; `bytes` gives the bytes of each as stored, with its header.
   */
  readonly arrays?: "uniform" | "bytes";
}

/** An MDS dataset. */
export interface MdsTable extends ShardedTable {
  /** Its shards, as index.json has them. */
  readonly shards: readonly ShardEntry[];
  /** A reader of single samples in any order, at once: some microseconds each. */
  sampleReader(options?: SampleReaderOptions): SampleReader;
}

// A batch that is not asked for by size is about this large, so that it stays in the cache.
const BATCH_BYTES = 1 << 22;

/**
 * Opens the folder `prefix` of a store (its root where empty): one worker's, or a root over several. Raw and packed shards are
 * read, whichever is there. A range reads only its shards, of raw ones only its samples.
 * @throws WindrowError `missing` without an index.json; `damaged` or `unsupported` for what is in it; `usage` for `types` that
 * name no column of bytes.
 */
export async function openMds(prefix: string, options: OpenMdsOptions): Promise<MdsTable> {
  const keyOf = (name: string) => (prefix === "" ? name : `${prefix}/${name}`);
  const { store, codecs, hashes, verify = "none" } = options;
  const bytes = await store.get(keyOf("index.json"));
  if (bytes === undefined) {
    throw new WindrowError("missing", `Cannot read ${keyOf("index.json")}: there is no such file`, {
      details: { key: keyOf("index.json") },
    });
  }
  const { shards } = readMdsIndex(bytes, keyOf("index.json"));
  checkSameColumns(shards, keyOf("index.json"));
  const reader = new Reader(shards, { store, codecs, hashes, verify, keyOf, spare: new SpareBytes() });
  const columns = await readColumns(reader, options);
  const schema = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
  return {
    schema,
    shards,
    length: reader.length,
    shardRows: shards.map(({ samples }) => samples),
    batches: (read) => batches(reader, columns, read),
    openShard: (number, how) => openRows(reader, columns, number, how),
    sampleReader: (how) =>
      sampleReader(
        { shards, starts: reader.starts, columns, source: reader.source, shardOf: (row) => reader.shardOf(row) },
        how,
      ),
    async [Symbol.asyncDispose]() {
      reader.forget();
      reader.source.spare.forget();
    },
  };
}

function checkSameColumns(shards: readonly ShardEntry[], key: string): void {
  const columns = (entry: ShardEntry) => JSON.stringify([entry.column_names, entry.column_encodings]);
  const first = shards[0] === undefined ? "" : columns(shards[0]);
  const odd = shards.findIndex((entry) => columns(entry) !== first);
  if (odd < 0) return;
  const found = `${columns(shards[odd]!)} in shards[${odd}]`;
  throw new WindrowError("unsupported", `Cannot read ${key}: shards must have the same columns, got ${found}`, {
    details: { key },
  });
}

/** Shards by number, the last one kept open. */
class Reader {
  readonly shards: readonly ShardEntry[];
  /** The row that each shard begins at, and the length of the table. */
  readonly starts: Float64Array;
  readonly source: ShardSource;
  #last: { readonly number: number; readonly shard: Promise<OpenShard> } | undefined;

  constructor(shards: readonly ShardEntry[], source: ShardSource) {
    this.shards = shards;
    this.source = source;
    this.starts = new Float64Array(shards.length + 1);
    for (const [i, { samples }] of shards.entries()) this.starts[i + 1] = this.starts[i]! + samples;
  }

  get length(): number {
    return this.starts[this.shards.length]!;
  }

  async open(number: number): Promise<OpenShard> {
    if (this.#last?.number !== number)
      this.#last = { number, shard: openShard(this.shards[number]!, this.source, "ranges") };
    const { shard } = this.#last;
    try {
      return await shard;
    } catch (error) {
      if (this.#last?.shard === shard) this.forget();
      throw error;
    }
  }

  forget(): void {
    this.#last = undefined;
  }

  /** The number of the shard that holds a row. */
  shardOf(row: number): number {
    let low = 0;
    let high = this.shards.length;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= row) low = middle;
      else high = middle;
    }
    return low;
  }
}

async function readColumns(reader: Reader, options: OpenMdsOptions): Promise<readonly ReadColumn[]> {
  const { arrays = "uniform" } = options;
  const entry = reader.shards[0];
  const names = entry?.column_names ?? [];
  const encodings = entry?.column_encodings.map((name) => parseEncoding(name)!) ?? []; // readMdsIndex has seen that it is one
  const isBytes = (name: string) => encodings[names.indexOf(name)]?.is === "bytes";
  const possible = Object.entries(options.bytesAs ?? {}).filter(([name, { kind }]) => isBytes(name) && isNumeric(kind));
  const types: Schema = { ...Object.fromEntries(possible), ...options.types };
  for (const [name, type] of Object.entries(types)) {
    const found = encodings[names.indexOf(name)];
    if (found?.is !== "bytes" || !isNumeric(type.kind)) {
      throw new WindrowError(
        "usage",
        `Cannot read column ${name} as ${type.kind}: must be stored as bytes, got ${found?.is ?? "no such column"}`,
      );
    }
  }
  const columns = encodings.map((encoding, i) => {
    const name = names[i]!;
    const size = entry!.column_sizes[i]!;
    const type = Object.hasOwn(types, name) ? types[name] : columnTypeOf(encoding);
    return { name, encoding, size, type: type ?? ({ kind: "bytes" } as const) };
  });
  const isDynamic = ({ encoding, size }: ReadColumn) => encoding.is === "ndarray" && size === null;
  if (arrays === "bytes" || reader.length === 0 || !columns.some(isDynamic)) return columns;
  const first = await firstTypes(reader, columns);
  return columns.map((column) => (isDynamic(column) ? { ...column, type: first(column) } : column));
}

/** What the arrays of the first sample are. */
async function firstTypes(reader: Reader, columns: readonly ReadColumn[]): Promise<(column: ReadColumn) => ColumnType> {
  const { offsets, bytes: shard } = await reader.open(reader.shardOf(0));
  const { key } = shard;
  const bytes = await readRange(shard, offsets[0]!, offsets[1]!);
  const sample = { bytes, offsets: offsets.subarray(0, 2), key, first: 0 };
  const values = decodeSamples(sample, columns, new Set(columns.map(({ name }) => name)));
  return ({ name, encoding }) => {
    const [value] = values[name]!.data as readonly Uint8Array[]; // its type is `bytes` as long as it is not known
    const head = readArrayHead(value!, (encoding as Encoding & { is: "ndarray" }).kind); // only those are asked for
    if (typeof head === "string") return damaged(key, offsets[0]!, `column ${name} of sample 0 ${head}`);
    return { kind: head.kind, shape: head.shape };
  };
}

async function openRows(
  reader: Reader,
  columns: readonly ReadColumn[],
  number: number,
  { columns: names, access = "any" }: OpenShardOptions = {},
): Promise<OpenShardRows> {
  const entry = reader.shards[number];
  if (entry === undefined) {
    throw new WindrowError("usage", `Cannot open a shard: must be one of ${reader.shards.length}, got ${number}`);
  }
  const wanted = wantedColumns(columns, names);
  // What a batch left open would be a shard more in memory.
  reader.forget();
  return takenRows(await openShard(entry, reader.source, access), columns, wanted);
}

async function* batches(
  reader: Reader,
  columns: readonly ReadColumn[],
  options: ReadOptions = {},
): AsyncIterable<Batch> {
  const { from = 0, to = reader.length, batchRows } = options;
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= reader.length)) {
    throw new WindrowError(
      "usage",
      `Cannot read rows: must lie in the table of ${reader.length}, got ${from} to ${to}`,
    );
  }
  if (batchRows !== undefined && !(Number.isInteger(batchRows) && batchRows > 0)) {
    throw new WindrowError("usage", `Cannot read rows: batch rows must be a whole number from 1 up, got ${batchRows}`);
  }
  const wanted = wantedColumns(columns, options.columns);
  for (let row = from; row < to; ) {
    const number = reader.shardOf(row);
    const shard = await reader.open(number);
    const first = row - reader.starts[number]!;
    const last = Math.min(to, reader.starts[number + 1]!) - reader.starts[number]!;
    const end = Math.min(last, first + (batchRows ?? rowsIn(shard.offsets, first)));
    const offsets = shard.offsets.subarray(first, end + 1);
    const bytes = await readRange(shard.bytes, offsets[0]!, offsets[end - first]!);
    const samples = { bytes, offsets, key: shard.bytes.key, first };
    yield { length: end - first, columns: decodeSamples(samples, columns, wanted) };
    row += end - first;
  }
}

function rowsIn(offsets: Uint32Array, first: number): number {
  let end = first + 1;
  while (end < offsets.length - 1 && offsets[end + 1]! - offsets[first]! <= BATCH_BYTES) end++;
  return end - first;
}

function wantedColumns(columns: readonly ReadColumn[], names: readonly string[] | undefined): ReadonlySet<string> {
  const all = new Set(columns.map(({ name }) => name));
  const stray = names?.find((name) => !all.has(name));
  if (stray !== undefined)
    throw new WindrowError("missing", `Cannot read column ${stray}: the table has no such column`);
  return names === undefined ? all : new Set(names);
}
