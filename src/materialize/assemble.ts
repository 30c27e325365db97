/** Puts files together from what the gather tasks left: a part's Parquet file, the index, the MDS indexes. */

import { type Batch, type Draft, type ReadOptions, WindrowError, type Workspace } from "../core/index.ts";
import { INDEX_FILE, INDEX_SCHEMA, type PublishedFile } from "../formats/dataset/index.ts";
import { mdsIndex, mergedIndex, readMdsIndex, type ShardEntry, type WorkerShards } from "../formats/mds/index.ts";
import {
  encodeRowGroup,
  openParquet,
  type ParquetSink,
  parquetAssembly,
  parquetSink,
} from "../formats/parquet/index.ts";
import type { Split } from "../order/index.ts";
import { type FragmentGroup, fileHash, type GatherArgs, type TaskPlaces } from "./gather.ts";
import { indexRow, indexRowsOf } from "./index-rows.ts";
import type { Previous } from "./manifest.ts";
import { fragmentFile, indexFragment, mdsFolder, parquetFile, workerFolder } from "./places.ts";
import { type DatasetSpec, sampleSchema } from "./spec.ts";
import { SPLITS, type TraceTable, traceEntity, traceId } from "./traces.ts";

/** What a task that writes one file, or some, tells of them. */
export interface FileResult {
  readonly rows: number;
  readonly files: readonly PublishedFile[];
}

/** A finished gather task. */
export interface Gathered {
  readonly id: string;
  readonly args: GatherArgs;
  readonly shards: readonly ShardEntry[];
  readonly groups: readonly FragmentGroup[];
  readonly indexHash: string;
}

/** Checks what a task left, by the hash that the journal has of it. */
function checkTemporary(places: TaskPlaces, file: string, bytes: Uint8Array, xxh64: string): void {
  if (fileHash(places.hashes).digest(bytes) === xxh64) return;
  throw new WindrowError(
    "damaged",
    `Cannot go on: the temporary file ${file} is not what was written, as after a power cut; begin anew with --overwrite`,
  );
}

function readGroup(workspace: Workspace, file: string, group: { at: number; bytes: number }): Uint8Array {
  using reader = workspace.reader(file);
  const bytes = new Uint8Array(group.bytes);
  reader.readInto(group.at, bytes);
  return bytes;
}

/** Metadata of a samples file, for those who find the file alone. */
function fileMetadata(spec: DatasetSpec): Record<string, string> {
  const [first, ...more] = spec.columns;
  return {
    "windrow.window": JSON.stringify(spec.window),
    "windrow.seed": spec.seed,
    ...(more.length === 0
      ? { "windrow.features": JSON.stringify(first?.type) }
      : { "windrow.columns": JSON.stringify(sampleSchema(spec)) }),
  };
}

/** A draft that digests what goes through it. */
function hashedDraft(draft: Draft, hashes: TaskPlaces["hashes"]): { draft: Draft; digest(): string } {
  const running = fileHash(hashes).begin?.();
  if (running === undefined) throw new WindrowError("internal", "Cannot write files: the hash xxh64 takes no pieces");
  return {
    draft: {
      get bytes() {
        return draft.bytes;
      },
      write: (bytes) => {
        running.update(bytes);
        return draft.write(bytes);
      },
      publish: () => draft.publish(),
      [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose](),
    },
    digest: () => running.digest(),
  };
}

/** Writes one file through `fill` and publishes it. */
async function publishFile(
  places: TaskPlaces,
  path: string,
  fill: (draft: Draft) => Promise<{ rows: number; bytes: number }>,
): Promise<FileResult> {
  await using inner = await places.staging.draft(path);
  const { draft, digest } = hashedDraft(inner, places.hashes);
  const { rows, bytes } = await fill(draft);
  await draft.publish();
  return { rows, files: [{ path, bytes, xxh64: digest() }] };
}

/** The rows that a file had in earlier generations; none where the run appends to nothing. */
async function* earlierRows(
  previous: Previous | undefined,
  file: string,
  task: { places: TaskPlaces; options?: ReadOptions },
): AsyncIterable<Batch> {
  if (previous === undefined) return;
  await using table = await openParquet(file, { ...task.places, store: previous.store });
  yield* table.batches(task.options);
}

/** Writes the Parquet file of a part from the row groups of its tasks, in their order, behind what the file had before. */
export async function assembleParquet(
  of: { split: Split; part: number },
  gathered: readonly Gathered[],
  task: { places: TaskPlaces; spec: DatasetSpec; previous: Previous | undefined },
): Promise<FileResult> {
  const { places, spec } = task;
  const path = parquetFile(of.split, of.part);
  const schema = sampleSchema(spec);
  return publishFile(places, path, async (draft) => {
    const assembly = parquetAssembly(draft, schema, { createdBy: spec.createdBy, metadata: fileMetadata(spec) });
    // Parts of the training split are files of their own; the other splits are one file each.
    const before = of.split === "train" ? undefined : task.previous;
    for await (const batch of earlierRows(before, path, { places, options: { batchRows: spec.groupRows } })) {
      const { bytes, meta } = encodeRowGroup(schema, batch, { ...spec, codecs: places.codecs, hashes: places.hashes });
      await assembly.add(bytes, meta);
    }
    for (const each of gathered) {
      let at = 0;
      for (const { meta, xxh64 } of each.groups) {
        const file = fragmentFile(each.id);
        const bytes = readGroup(places.workspace, file, { at, bytes: meta.bytes });
        checkTemporary(places, file, bytes, xxh64);
        await assembly.add(bytes, meta);
        at += meta.bytes;
      }
    }
    return assembly.close();
  });
}

/** Facts about entities that the index repeats for each sample: text columns. */
export interface EntityFacts {
  readonly names: readonly string[];
  of(entity: string): Readonly<Record<string, string>> | undefined;
}

/** Writes the index rows of one gather task. */
async function addIndexRows(
  sink: Pick<ReturnType<typeof parquetSink>, "write">,
  each: Gathered,
  task: { places: TaskPlaces; spec: DatasetSpec; table: TraceTable; facts: EntityFacts },
): Promise<void> {
  const file = indexFragment(each.id);
  const bytes = task.places.workspace.read(file);
  checkTemporary(task.places, file, bytes ?? new Uint8Array(0), each.indexHash);
  const fragment = indexRowsOf(bytes?.buffer ?? new ArrayBuffer(0));
  const { length } = fragment;
  const rows = Array.from({ length }, (_, row) => indexRow(fragment, row));
  const rowInPart = (row: number) => each.args.from + row;
  const hasMds = task.spec.formats.includes("mds");
  const valid = new Uint8Array(length).fill(hasMds ? 1 : 0);
  const entities = rows.map((row) => traceEntity(task.table, row.trace));
  const facts = task.facts.names.map((name) => {
    const data = entities.map((entity) => task.facts.of(entity)?.[name] ?? "");
    return [name, { data, valid: Uint8Array.from(data, (text) => (text === "" ? 0 : 1)) }] as const;
  });
  await sink.write({
    length,
    columns: {
      key: { data: BigUint64Array.from(rows, (row) => row.key) },
      split: { data: rows.map(() => each.args.split) },
      part: { data: new Uint32Array(length).fill(each.args.part) },
      row: { data: Uint32Array.from({ length }, (_, row) => rowInPart(row)) },
      mds_shard: {
        data: Uint32Array.from({ length }, (_, row) => Math.floor(rowInPart(row) / task.spec.unitRows)),
        valid,
      },
      mds_row: { data: Uint32Array.from({ length }, (_, row) => rowInPart(row) % task.spec.unitRows), valid },
      trace_id: { data: rows.map((row) => traceId(task.table, row.trace)) },
      entity: { data: entities },
      start: { data: Uint32Array.from(rows, (row) => row.start) },
      t_start: { data: Float64Array.from(rows, (row) => row.tStart) },
      t_end: { data: Float64Array.from(rows, (row) => row.tEnd) },
      source: { data: rows.map((row) => task.spec.sources[row.source] ?? "") },
      ...Object.fromEntries(facts),
    },
  });
}

/** Names of the facts that the index holds, those of earlier generations first. */
async function factNames(task: IndexTask): Promise<readonly string[]> {
  if (task.previous === undefined) return task.facts.names;
  await using table = await openParquet(INDEX_FILE, { ...task.places, store: task.previous.store });
  const earlier = Object.keys(table.schema).filter((name) => !Object.hasOwn(INDEX_SCHEMA, name));
  return [...new Set([...earlier, ...task.facts.names])];
}

/** Begins the index's file. */
function indexSink(draft: Draft, names: readonly string[], task: IndexTask): ParquetSink {
  const facts = names.map((name) => [name, { kind: "str", nullable: true }] as const);
  return parquetSink(
    draft,
    { ...INDEX_SCHEMA, ...Object.fromEntries(facts) },
    {
      compression: { codec: "zstd", level: 1 },
      codecs: task.places.codecs,
      hashes: task.places.hashes,
      createdBy: task.spec.createdBy,
      rowGroupBytes: 16 * 2 ** 20,
    },
  );
}

/** Copies the index rows that a split had in earlier generations. */
async function copyIndexRows(
  sink: ParquetSink,
  split: Split,
  names: readonly string[],
  task: IndexTask,
): Promise<void> {
  if (task.previous === undefined) return;
  const { counts } = task.previous.manifest;
  const total = (of: Split) => counts[of].reduce((sum, count) => sum + count, 0);
  const from = SPLITS.slice(0, SPLITS.indexOf(split)).reduce((sum, each) => sum + total(each), 0);
  const options = { from, to: from + total(split) };
  for await (const batch of earlierRows(task.previous, INDEX_FILE, { places: task.places, options })) {
    const unknown = { data: new Array<string>(batch.length).fill(""), valid: new Uint8Array(batch.length) };
    const facts = names.map((name) => [name, batch.columns[name] ?? unknown] as const);
    await sink.write({ length: batch.length, columns: { ...batch.columns, ...Object.fromEntries(facts) } });
  }
}

/** What writing the index needs. */
interface IndexTask {
  readonly places: TaskPlaces;
  readonly spec: DatasetSpec;
  readonly table: TraceTable;
  readonly facts: EntityFacts;
  readonly previous: Previous | undefined;
}

/** Writes `index.parquet`: training, then validation, then test; in each the generations one after the other, in order of their keys. */
export async function writeIndex(gathered: readonly Gathered[], task: IndexTask): Promise<FileResult> {
  const names = await factNames(task);
  const facts: EntityFacts = { names, of: task.facts.of };
  return publishFile(task.places, INDEX_FILE, async (draft) => {
    const sink = indexSink(draft, names, task);
    for (const split of SPLITS) {
      await copyIndexRows(sink, split, names, task);
      for (const each of gathered) if (each.args.split === split) await addIndexRows(sink, each, { ...task, facts });
    }
    return sink.close();
  });
}

/** Shards of one worker's folder, all tasks together. */
function workerShards(gathered: readonly Gathered[], split: Split, part: number): readonly ShardEntry[] {
  return gathered.filter((each) => each.args.split === split && each.args.part === part).flatMap((each) => each.shards);
}

/** Shards of the workers of earlier generations, as their own index.json lists them. */
async function earlierWorkers(
  split: Split,
  task: { places: TaskPlaces; previous: Previous | undefined },
): Promise<WorkerShards[]> {
  const workers: WorkerShards[] = [];
  for (const [part, rows] of (task.previous?.manifest.counts[split] ?? []).entries()) {
    if (rows === 0) continue;
    const key = `${workerFolder(split, part)}/index.json`;
    const bytes = await task.places.store.get(key);
    if (bytes === undefined)
      throw new WindrowError("damaged", `Cannot append: ${key} is not there; see windrow verify`);
    workers.push({ prefix: workerName(split, part), entries: readMdsIndex(bytes, key).shards });
  }
  return workers;
}

/** A worker's folder as seen from its split's. */
function workerName(split: Split, part: number): string {
  return workerFolder(split, part).slice(mdsFolder(split).length + 1);
}

/** Writes each worker's index.json and the merged one above them; a split without a sample has no folder. */
export async function writeMdsIndexes(
  gathered: readonly Gathered[],
  task: { places: TaskPlaces; spec: DatasetSpec; previous: Previous | undefined },
): Promise<FileResult> {
  const { places, spec } = task;
  const files: PublishedFile[] = [];
  const put = async (path: string, bytes: Uint8Array): Promise<void> => {
    await places.staging.put(path, bytes);
    files.push({ path, bytes: bytes.length, xxh64: fileHash(places.hashes).digest(bytes) });
  };
  for (const split of SPLITS) {
    const own: WorkerShards[] = [];
    for (const [index, rows] of spec.counts[split].entries()) {
      if (rows === 0) continue;
      const part = spec.firstPart[split] + index;
      const worker = { prefix: workerName(split, part), entries: workerShards(gathered, split, part) };
      await put(`${workerFolder(split, part)}/index.json`, mdsIndex(worker.entries));
      own.push(worker);
    }
    // Where nothing is new the merged index stays as it is.
    if (own.length > 0)
      await put(`${mdsFolder(split)}/index.json`, mergedIndex([...(await earlierWorkers(split, task)), ...own]));
  }
  return { rows: gathered.reduce((sum, each) => sum + each.args.to - each.args.from, 0), files };
}
