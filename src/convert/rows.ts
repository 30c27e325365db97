/** Carries out the tasks that read rows: MDS shards under their final names, or encoded groups for the file of their part. */

import {
  type Batch,
  type Codecs,
  type Hash,
  type Hashes,
  isNumeric,
  NUMERIC_ARRAYS,
  type Schema,
  type Store,
  unreachable,
  valuesPerRow,
  WindrowError,
  type Workspace,
} from "../core/index.ts";
import { type EncodedRecordBatch, encodeRecordBatch, type RecordBatchMeta } from "../formats/arrow/index.ts";
import { grouped, sliced } from "../formats/grouped.ts";
import {
  type MdsLayout,
  packShard,
  type ShardBuilder,
  type ShardEntry,
  shardBuilder,
  shardName,
} from "../formats/mds/index.ts";
import { type EncodedRowGroup, encodeRowGroup, type RowGroupMeta } from "../formats/parquet/index.ts";
import type { JoinedTable } from "./source.ts";
import { type ConvertSpec, fixedRowBytes } from "./spec.ts";
import type { Rows } from "./taken-rows.ts";
import { type RowsArgs, workerFolder } from "./tasks.ts";

/** Where tasks read and write. */
export interface ConvertPlaces {
  /** What is published goes here. */
  readonly store: Store;
  /** Groups on their way to their file. */
  readonly workspace: Workspace;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** What a task of rows works with. */
export interface RowsContext {
  readonly places: ConvertPlaces;
  readonly spec: ConvertSpec;
  readonly source: JoinedTable;
  readonly memory: Memory;
}

/** What a task of shards leaves. */
export interface ShardsResult {
  readonly rows: number;
  readonly shards: readonly ShardEntry[];
}

/** A group in a fragment. Temporary files are not made durable as the journal is: their hashes tell when a power cut took them. */
export interface FragmentGroup {
  readonly meta: RowGroupMeta | RecordBatchMeta;
  readonly bytes: number;
  readonly xxh64: string;
}

/** What a task of groups leaves. */
export interface GroupsResult {
  readonly rows: number;
  readonly groups: readonly FragmentGroup[];
}

/** The large pieces of memory that tasks work in, one task at a time: making them anew costs as much as copying into them. */
export class Memory {
  #turn: Promise<unknown> = Promise.resolve();
  #builder: ShardBuilder | undefined;
  #rows: Batch | undefined;
  /** Of the group before, which is written by then. */
  group: ArrayBuffer | undefined;

  /** Room for rows that are taken. */
  rows(schema: Schema, length: number): Batch {
    if ((this.#rows?.length ?? 0) < length) this.#rows = room(schema, length);
    return this.#rows!; // it was made where it was not there
  }

  builder(layout: MdsLayout): ShardBuilder {
    this.#builder ??= shardBuilder(layout);
    return this.#builder;
  }

  /** Does work when all that was asked for before is done. One that fails leaves a builder in a state that nobody knows. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {
      this.#builder = undefined;
    });
    return done;
  }
}

/** The file of a task's groups in the workspace. */
export function fragmentFile(id: string): string {
  return `${id}.groups`;
}

/** The hash of what is kept for a while. */
export function fragmentHash(hashes: Hashes): Hash {
  const hash = hashes.get("xxh64");
  if (hash === undefined) throw new WindrowError("internal", "Cannot convert: the hash xxh64 is not at hand");
  return hash;
}

/** Arrays of numbers for rows of a schema. */
function room(schema: Schema, length: number): Batch {
  const columns = Object.entries(schema).flatMap(([name, type]) => {
    if (!isNumeric(type.kind)) return [];
    const data = new NUMERIC_ARRAYS[type.kind](length * valuesPerRow(type));
    return [[name, { data, ...(type.nullable && { valid: new Uint8Array(length) }) }] as const];
  });
  return { length, columns: Object.fromEntries(columns) };
}

/**
 * How many rows are taken at a time to arrays that are kept, whatever the source's own batches are: those of a group, where there are
 * groups. `undefined` where rows must be read as the source has them.
 */
function takenRows({ spec, source }: RowsContext): number | undefined {
  const width = fixedRowBytes(spec.schema);
  if (source.take === undefined || width === undefined || width === 0) return undefined;
  return spec.format === "mds" ? spec.batchRows : Math.max(1, Math.floor(spec.groupBytes / width));
}

/** The rows of a range; a batch is good until the next one is asked for. */
async function* sourceBatches(context: RowsContext, { from, to }: Rows): AsyncGenerator<Batch> {
  const { spec, source, memory } = context;
  const names = Object.keys(spec.schema);
  const most = takenRows(context);
  if (most === undefined) {
    yield* source.batches({ from, to, columns: names, batchRows: spec.batchRows });
    return;
  }
  const schema = Object.fromEntries(names.map((name) => [name, source.schema[name]!])); // the target's columns are the source's
  const all = memory.rows(schema, Math.min(most, to - from));
  for (let row = from; row < to; row += most) {
    const length = Math.min(most, to - row);
    for (const { valid } of Object.values(all.columns)) valid?.fill(1);
    await source.take?.({ from: row, to: row + length }, all);
    yield sliced(schema, all, { from: 0, to: length });
  }
}

/** The rows of a task as they are to be written: without gaps where there may be none, and all of them. */
async function* rowsOf(context: RowsContext, { from, to }: Rows): AsyncGenerator<Batch> {
  const { spec } = context;
  let row = from;
  for await (const batch of sourceBatches(context, { from, to })) {
    for (const name of spec.mustHave) {
      const gap = batch.columns[name]?.valid?.indexOf(0) ?? -1;
      if (gap >= 0) throw noValue(spec, name, row + gap);
    }
    yield spec.mustHave.length === 0 ? batch : withoutValid(batch, spec.mustHave);
    row += batch.length;
  }
  if (row !== to)
    throw new WindrowError("internal", `Cannot convert: rows ${from} to ${to} were asked for, got ${row - from}`);
}

function noValue({ format }: ConvertSpec, name: string, row: number): WindrowError {
  const holds = format === "mds" ? "MDS holds no missing values" : "Parquet's lists are written without missing values";
  return new WindrowError(
    "unsupported",
    `Cannot convert to ${format}: column ${name} has no value in row ${row}, and ${holds}; choose the other columns with --columns`,
    { details: { column: name, row } },
  );
}

function withoutValid({ length, columns }: Batch, names: readonly string[]): Batch {
  const all = Object.entries(columns).map(
    ([name, column]) => [name, names.includes(name) ? { data: column.data } : column] as const,
  );
  return { length, columns: Object.fromEntries(all) };
}

/** Puts shards into the store, one being made durable while the next is built. */
class ShardWriter {
  readonly entries: ShardEntry[] = [];
  readonly #layout: MdsLayout;
  readonly #places: ConvertPlaces;
  readonly #args: RowsArgs;
  #storing: Promise<void> = Promise.resolve();

  constructor(layout: MdsLayout, places: ConvertPlaces, args: RowsArgs) {
    this.#layout = layout;
    this.#places = places;
    this.#args = args;
  }

  /** Stores the shard that was built. */
  async end(builder: ShardBuilder): Promise<void> {
    const { part, firstShard } = this.#args;
    const packed = packShard(builder.finish(), this.#layout, shardName(firstShard + this.entries.length), this.#places);
    await this.#storing;
    this.#storing = this.#places.store.put(`${workerFolder(part)}/${packed.basename}`, packed.bytes);
    // It is awaited later; a failure in between must not count as nobody's.
    this.#storing.catch(() => {});
    // An unpacked shard lies in the builder's own buffer.
    if (this.#layout.compression === undefined) await this.#storing;
    this.entries.push(packed.entry);
  }

  async close(): Promise<void> {
    await this.#storing;
  }
}

/** Writes rows as shards, each whole under its final name or not there. */
export async function writeShards(args: RowsArgs, context: RowsContext): Promise<ShardsResult> {
  const { mds } = context.spec;
  if (mds === undefined) throw new WindrowError("internal", "Cannot convert: the plan has no layout of shards");
  const writer = new ShardWriter(mds, context.places, args);
  await context.memory.alone(async () => {
    const builder = context.memory.builder(mds);
    for await (const batch of rowsOf(context, args)) {
      for (let row = 0; row < batch.length; ) {
        row += builder.add(batch, row, batch.length);
        if (row < batch.length) await writer.end(builder);
      }
    }
    if (builder.samples > 0) await writer.end(builder);
  });
  await writer.close();
  return { rows: args.to - args.from, shards: writer.entries };
}

function encode({ spec, places, memory }: RowsContext, batch: Batch): EncodedGroup {
  const { schema, compression, format } = spec;
  const { codecs, hashes } = places;
  switch (format) {
    case "parquet":
      return encodeRowGroup(schema, batch, { compression, codecs, hashes, memory: memory.group });
    case "arrow":
      return encodeRecordBatch(schema, batch, { compression, codecs });
    case "mds":
      throw new WindrowError("internal", "Cannot convert: MDS has no groups");
    default:
      return unreachable(format);
  }
}

/** An encoded group. Its bytes are good until the next one is asked for. */
type EncodedGroup = EncodedRowGroup | EncodedRecordBatch;

/** Rows as encoded groups; one at a time is in memory. */
export async function* encodedGroups(rows: Rows, context: RowsContext): AsyncGenerator<EncodedGroup> {
  const { spec, memory } = context;
  const cutter = grouped(spec.schema, spec.groupBytes);
  const encoded = (batch: Batch): EncodedGroup => {
    const group = encode(context, batch);
    if (spec.format === "parquet") memory.group = group.bytes.buffer;
    return group;
  };
  for await (const batch of rowsOf(context, rows)) {
    // Rows that are taken come a group at a time.
    if (takenRows(context) !== undefined) yield encoded(batch);
    else for (const group of cutter.push(batch)) yield encoded(group);
  }
  const last = cutter.rest();
  if (last !== undefined) yield encoded(last);
}

/** Writes rows as encoded groups to a temporary file. */
export function writeGroups(id: string, args: RowsArgs, context: RowsContext): Promise<GroupsResult> {
  const { places, memory } = context;
  return memory.alone(async () => {
    using writer = places.workspace.writer(fragmentFile(id));
    const hash = fragmentHash(places.hashes);
    const groups: FragmentGroup[] = [];
    for await (const { bytes, meta } of encodedGroups(args, context)) {
      writer.write(bytes);
      groups.push({ meta, bytes: bytes.length, xxh64: hash.digest(bytes) });
    }
    writer.close();
    return { rows: args.to - args.from, groups };
  });
}
