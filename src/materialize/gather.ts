/** Takes a stretch of the training order and writes its samples: MDS shards, Parquet row groups, index rows (the second pass). */

import {
  type Batch,
  bytesOf,
  type Codecs,
  type Hash,
  type Hashes,
  isNumeric,
  type Kind,
  NUMERIC_ARRAYS,
  type RandomReader,
  type Schema,
  type SequentialWriter,
  type Store,
  valuesPerRow,
  WindrowError,
  type Workspace,
} from "../core/index.ts";
import type { PublishedFile } from "../formats/dataset/index.ts";
import {
  type MdsLayout,
  packShard,
  type ShardBuilder,
  type ShardEntry,
  shardBuilder,
  shardName,
} from "../formats/mds/index.ts";
import { type EncodedRowGroup, encodeRowGroup, type RowGroupMeta } from "../formats/parquet/index.ts";
import type { Split } from "../order/index.ts";
import { type IndexRows, indexRows, setIndexRow } from "./index-rows.ts";
import { orderFile, RECORD_BYTES, RECORD_WORDS } from "./order.ts";
import { type Payloads, payloads } from "./payload.ts";
import { fragmentFile, indexFragment, workerFolder } from "./places.ts";
import { VALUES_FILE } from "./row-layout.ts";
import { type DatasetSpec, type IdColumn, isVarying, sampleSchema } from "./spec.ts";
import { type TraceTable, traceEntity, traceId } from "./traces.ts";
import { windowPlacer } from "./window-placer.ts";

/** What a gather task does: rows `from` to `to` of a part, whose first record in the order file is `firstRecord`. */
export interface GatherArgs {
  readonly split: Split;
  readonly part: number;
  readonly from: number;
  readonly to: number;
  readonly firstRecord: number;
}

/** A row group in a fragment. Temporary files are not made durable as the journal is: their hashes tell when a power cut took them. */
export interface FragmentGroup {
  readonly meta: RowGroupMeta;
  readonly xxh64: string;
}

/** What it made. */
export interface GatherResult {
  readonly rows: number;
  readonly files: readonly PublishedFile[];
  readonly shards: readonly ShardEntry[];
  /** Row groups in the fragment, one after the other. */
  readonly groups: readonly FragmentGroup[];
  /** Of the index fragment. */
  readonly indexHash: string;
}

/** Where tasks read and write. */
export interface TaskPlaces {
  readonly workspace: Workspace;
  readonly store: Store;
  /**
   * Where files go that replace published ones: beside them, under no final name, until the last task releases them all. The store
   * itself where the run replaces nothing.
   */
  readonly staging: Store;
  /** Gives a staged file its final name; one that has it already keeps it. */
  release(path: string): Promise<void>;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

type IdValues = (record: number) => number | bigint | string;

function wholeEntity(entity: string): number {
  const number = Number(entity);
  if (number >>> 0 === number) return number;
  throw new WindrowError(
    "internal",
    `Cannot write an entity as a number: it must be a whole number below 2³², got ${entity}`,
  );
}

/** How to find an id of a record. */
function idValues(id: IdColumn, table: TraceTable, records: Uint32Array, now: Payloads): IdValues {
  const word = (record: number, index: number) => records[record * RECORD_WORDS + index]!;
  switch (id.source) {
    case "key":
      return (record) => (BigInt(word(record, 1)) << 32n) | BigInt(word(record, 0));
    case "entity":
      return (record) => traceEntity(table, word(record, 2));
    case "entity_number":
      return (record) => wholeEntity(traceEntity(table, word(record, 2)));
    case "trace_id":
      return (record) => traceId(table, word(record, 2));
    case "start":
      return (record) => word(record, 3);
    case "t_start":
      return () => now.tStart;
    case "t_end":
      return () => now.tEnd;
  }
}

function emptyValues(kind: Kind, length: number): readonly string[] | readonly Uint8Array[] {
  return kind === "bytes" ? new Array(length).fill(new Uint8Array(0)) : new Array<string>(length).fill("");
}

/** A batch's columns, to be filled row by row. */
function emptyBatch(schema: Schema, rows: number): Batch {
  const columns = Object.entries(schema).map(([name, type]) => {
    const length = rows * valuesPerRow(type);
    return [
      name,
      { data: isNumeric(type.kind) ? new NUMERIC_ARRAYS[type.kind](length) : emptyValues(type.kind, length) },
    ] as const;
  });
  return { length: rows, columns: Object.fromEntries(columns) };
}

/** The first `rows` rows of a batch. */
function head(batch: Batch, schema: Schema, rows: number): Batch {
  if (rows === batch.length) return batch;
  const columns = Object.entries(schema).map(([name, type]) => {
    const { data } = batch.columns[name]!;
    const end = rows * valuesPerRow(type);
    return [
      name,
      { data: Array.isArray(data) || !("subarray" in data) ? data.slice(0, end) : data.subarray(0, end) },
    ] as const;
  });
  return { length: rows, columns: Object.fromEntries(columns) };
}

/** The large pieces of memory that a gather task works in. */
interface GatherMemory {
  readonly batch: Batch;
  readonly builder: ShardBuilder;
  /** Of the row group before, which is written by then. */
  group: ArrayBuffer | undefined;
}

/** Keeps the memory of finished tasks for the next ones: making it anew for each costs a fifth of their time in fresh pages. */
export class GatherPool {
  readonly #free: GatherMemory[] = [];

  take(spec: DatasetSpec, schema: Schema): GatherMemory {
    return (
      this.#free.pop() ?? {
        batch: emptyBatch(schema, spec.groupRows),
        builder: shardBuilder(spec.mds, spec.columns.some(isVarying) ? { samples: spec.unitRows } : {}),
        group: undefined,
      }
    );
  }

  give(memory: GatherMemory): void {
    this.#free.push(memory);
  }
}

/** Fills a batch with the samples of records `from` on. */
function filler(
  spec: DatasetSpec,
  schema: Schema,
  source: {
    batch: Batch;
    table: TraceTable;
    records: Uint32Array;
    payloads: Payloads;
    values: RandomReader | undefined;
    index: IndexRows;
  },
) {
  const { batch, records, index } = source;
  const place = windowPlacer(spec, batch, source.values);
  const ids = spec.ids.map((id) => ({
    data: batch.columns[id.name]!.data as { [row: number]: number | bigint | string },
    value: idValues(id, source.table, records, source.payloads),
  }));
  return (from: number, rows: number): Batch => {
    for (let row = 0; row < rows; row++) {
      const record = from + row;
      place(row, (window) => source.payloads.read(record, window));
      const words = records.subarray(record * RECORD_WORDS, (record + 1) * RECORD_WORDS);
      setIndexRow(index, record, words, source.payloads);
      for (const id of ids) id.data[row] = id.value(record);
    }
    return head(batch, schema, rows);
  };
}

function readRecords(workspace: Workspace, args: GatherArgs): Uint32Array {
  const records = new Uint32Array((args.to - args.from) * RECORD_WORDS);
  using reader = workspace.reader(orderFile(args.split));
  reader.readInto((args.firstRecord + args.from) * RECORD_BYTES, bytesOf(records));
  return records;
}

/** The hash that the manifest keeps of every file. */
export function fileHash(hashes: Hashes): Hash {
  const hash = hashes.get("xxh64");
  if (hash === undefined) throw new WindrowError("internal", "Cannot write files: the hash xxh64 is not at hand");
  return hash;
}

/** Puts shards into the store, one being made durable while the next is built. */
class ShardWriter {
  readonly entries: ShardEntry[] = [];
  readonly files: PublishedFile[] = [];
  readonly #builder: ShardBuilder;
  readonly #places: TaskPlaces;
  readonly #layout: MdsLayout;
  #publishing: Promise<void> = Promise.resolve();

  constructor(layout: MdsLayout, builder: ShardBuilder, places: TaskPlaces) {
    this.#builder = builder;
    this.#layout = layout;
    this.#places = places;
  }

  add(batch: Batch): void {
    if (this.#builder.add(batch, 0, batch.length) === batch.length) return;
    throw new WindrowError(
      "internal",
      `Cannot write a shard: ${batch.length} more samples were to fit behind ${this.#builder.samples}`,
    );
  }

  /** Ends the shard that was built. */
  async end(folder: string, number: number): Promise<void> {
    const packed = packShard(this.#builder.finish(), this.#layout, shardName(number), this.#places);
    const path = `${folder}/${packed.basename}`;
    await this.#publishing;
    this.#publishing = this.#places.store.put(path, packed.bytes);
    // It is awaited later; a failure in between must not count as nobody's.
    this.#publishing.catch(() => {});
    // An unpacked shard lies in the builder's own buffer.
    if (this.#layout.compression === undefined) await this.#publishing;
    this.entries.push(packed.entry);
    this.files.push({ path, bytes: packed.bytes.length, xxh64: fileHash(this.#places.hashes).digest(packed.bytes) });
  }

  async close(): Promise<void> {
    await this.#publishing;
  }
}

/** Leaves encoded row groups for the file of their part. */
class FragmentWriter implements Disposable {
  readonly groups: FragmentGroup[] = [];
  readonly #hash: Hash;
  readonly #writer: SequentialWriter;
  readonly #encode: (batch: Batch) => EncodedRowGroup;
  readonly #memory: GatherMemory;

  constructor(name: string, schema: Schema, task: { places: TaskPlaces; spec: DatasetSpec; memory: GatherMemory }) {
    const { codecs, hashes, workspace } = task.places;
    this.#writer = workspace.writer(name);
    this.#memory = task.memory;
    this.#hash = fileHash(hashes);
    this.#encode = (batch) =>
      encodeRowGroup(schema, batch, { ...task.spec, codecs, hashes, memory: task.memory.group });
  }

  add(batch: Batch): void {
    const { bytes, meta } = this.#encode(batch);
    this.#writer.write(bytes);
    this.#memory.group = bytes.buffer;
    this.groups.push({ meta, xxh64: this.#hash.digest(bytes) });
  }

  close(): void {
    this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}

/** Carries out one gather task. Files are whole when it is done; an interrupted one leaves none under a final name but whole ones. */
export async function gather(
  id: string,
  args: GatherArgs,
  task: { places: TaskPlaces; table: TraceTable; spec: DatasetSpec; pool: GatherPool },
): Promise<GatherResult> {
  const { places, table, spec, pool } = task;
  const schema = sampleSchema(spec);
  const records = readRecords(places.workspace, args);
  const total = args.to - args.from;
  const index = indexRows(total);
  using samples = payloads(places.workspace, table, spec, { split: args.split, records });
  using values = spec.columns.some(isVarying) ? places.workspace.reader(VALUES_FILE) : undefined;
  const memory = pool.take(spec, schema);
  const fill = filler(spec, schema, { batch: memory.batch, table, records, payloads: samples, values, index });
  const shards = spec.formats.includes("mds") ? new ShardWriter(spec.mds, memory.builder, places) : undefined;
  const isParquet = spec.formats.includes("parquet") || args.split !== "train";
  using fragment = isParquet ? new FragmentWriter(fragmentFile(id), schema, { places, spec, memory }) : undefined;
  for (let unit = 0; unit < total; unit += spec.unitRows) {
    const unitEnd = Math.min(total, unit + spec.unitRows);
    for (let from = unit; from < unitEnd; from += spec.groupRows) {
      const batch = fill(from, Math.min(spec.groupRows, unitEnd - from));
      shards?.add(batch);
      fragment?.add(batch);
    }
    await shards?.end(workerFolder(args.split, args.part), (args.from + unit) / spec.unitRows);
  }
  // Packed shards are apart from it: the next task may work in it while the last shard is made durable.
  pool.give(memory);
  await shards?.close();
  fragment?.close();
  using rows = places.workspace.writer(indexFragment(id));
  rows.write(index.bytes);
  rows.close();
  return {
    rows: total,
    files: shards?.files ?? [],
    shards: shards?.entries ?? [],
    groups: fragment?.groups ?? [],
    indexHash: fileHash(places.hashes).digest(index.bytes),
  };
}
