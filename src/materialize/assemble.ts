/** Puts files together from what the gather tasks left: a part's Parquet file, the index, the MDS indexes. */

import { type Draft, WindrowError, type Workspace } from "../core/index.ts";
import { INDEX_FILE, INDEX_SCHEMA, type PublishedFile } from "../formats/dataset/index.ts";
import { mdsIndex, mergedIndex, type ShardEntry } from "../formats/mds/index.ts";
import { parquetAssembly, parquetSink, type RowGroupMeta } from "../formats/parquet/index.ts";
import type { Split } from "../order/index.ts";
import { fileHash, type GatherArgs, INDEX_ROW_BYTES, type TaskPlaces } from "./gather.ts";
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
  readonly groups: readonly RowGroupMeta[];
}

const COPY_BYTES = 4 * 2 ** 20;

async function copyGroup(
  workspace: Workspace,
  file: string,
  group: { at: number; bytes: number },
): Promise<Uint8Array> {
  using reader = workspace.reader(file);
  const bytes = new Uint8Array(group.bytes);
  for (let from = 0; from < bytes.length; from += COPY_BYTES)
    reader.readInto(group.at + from, bytes.subarray(from, from + COPY_BYTES));
  return bytes;
}

/** Metadata of a samples file, for those who find the file alone. */
function fileMetadata(spec: DatasetSpec): Record<string, string> {
  return {
    "windrow.window": JSON.stringify(spec.window),
    "windrow.seed": spec.seed,
    "windrow.features": JSON.stringify(spec.features.type),
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
  await using inner = await places.store.draft(path);
  const { draft, digest } = hashedDraft(inner, places.hashes);
  const { rows, bytes } = await fill(draft);
  await draft.publish();
  return { rows, files: [{ path, bytes, xxh64: digest() }] };
}

/** Writes the Parquet file of a part from the row groups of its tasks, in their order. */
export async function assembleParquet(
  of: { split: Split; part: number },
  gathered: readonly Gathered[],
  task: { places: TaskPlaces; spec: DatasetSpec },
): Promise<FileResult> {
  const { places, spec } = task;
  return publishFile(places, parquetFile(of.split, of.part), async (draft) => {
    const assembly = parquetAssembly(draft, sampleSchema(spec.features, spec.ids), {
      createdBy: spec.createdBy,
      metadata: fileMetadata(spec),
    });
    for (const each of gathered) {
      let at = 0;
      for (const group of each.groups) {
        await assembly.add(await copyGroup(places.workspace, fragmentFile(each.id), { at, bytes: group.bytes }), group);
        at += group.bytes;
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
  const bytes = task.places.workspace.read(indexFragment(each.id));
  const length = (bytes?.length ?? 0) / INDEX_ROW_BYTES;
  const times = new Float64Array(bytes?.buffer ?? new ArrayBuffer(0));
  const words = new Uint32Array(times.buffer);
  const column = <T>(value: (row: number) => T): T[] => Array.from({ length }, (_, row) => value(row));
  const word = (row: number, index: number) => words[row * 10 + 4 + index]!;
  const rowInPart = (row: number) => each.args.from + row;
  const hasMds = task.spec.formats.includes("mds");
  const valid = new Uint8Array(length).fill(hasMds ? 1 : 0);
  const entities = column((row) => traceEntity(task.table, word(row, 2)));
  const facts = task.facts.names.map((name) => {
    const data = entities.map((entity) => task.facts.of(entity)?.[name] ?? "");
    return [name, { data, valid: Uint8Array.from(data, (text) => (text === "" ? 0 : 1)) }] as const;
  });
  await sink.write({
    length,
    columns: {
      key: { data: BigUint64Array.from({ length }, (_, row) => (BigInt(word(row, 1)) << 32n) | BigInt(word(row, 0))) },
      split: { data: column(() => each.args.split) },
      part: { data: new Uint32Array(length).fill(each.args.part) },
      row: { data: Uint32Array.from({ length }, (_, row) => rowInPart(row)) },
      mds_shard: {
        data: Uint32Array.from({ length }, (_, row) => Math.floor(rowInPart(row) / task.spec.unitRows)),
        valid,
      },
      mds_row: { data: Uint32Array.from({ length }, (_, row) => rowInPart(row) % task.spec.unitRows), valid },
      trace_id: { data: column((row) => traceId(task.table, word(row, 2))) },
      entity: { data: entities },
      start: { data: Uint32Array.from({ length }, (_, row) => word(row, 3)) },
      t_start: { data: Float64Array.from({ length }, (_, row) => times[row * 5]!) },
      t_end: { data: Float64Array.from({ length }, (_, row) => times[row * 5 + 1]!) },
      source: { data: column((row) => task.spec.sources[word(row, 4)] ?? "") },
      ...Object.fromEntries(facts),
    },
  });
}

/** Begins the index's file. */
function indexSink(draft: Draft, task: { places: TaskPlaces; spec: DatasetSpec; facts: EntityFacts }) {
  const facts = task.facts.names.map((name) => [name, { kind: "str", nullable: true }] as const);
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

/** Writes `index.parquet`: the training order, then validation's, then test's. */
export async function writeIndex(
  gathered: readonly Gathered[],
  task: { places: TaskPlaces; spec: DatasetSpec; table: TraceTable; facts: EntityFacts },
): Promise<FileResult> {
  return publishFile(task.places, INDEX_FILE, async (draft) => {
    const sink = indexSink(draft, task);
    for (const each of gathered) await addIndexRows(sink, each, task);
    return sink.close();
  });
}

/** Shards of one worker's folder, all tasks together. */
function workerShards(gathered: readonly Gathered[], split: Split, part: number): readonly ShardEntry[] {
  return gathered.filter((each) => each.args.split === split && each.args.part === part).flatMap((each) => each.shards);
}

/** Writes each worker's index.json and the merged one above them; a split without a sample has no folder. */
export async function writeMdsIndexes(
  places: TaskPlaces,
  spec: DatasetSpec,
  gathered: readonly Gathered[],
): Promise<FileResult> {
  const files: PublishedFile[] = [];
  const put = async (path: string, bytes: Uint8Array): Promise<void> => {
    await places.store.put(path, bytes);
    files.push({ path, bytes: bytes.length, xxh64: fileHash(places.hashes).digest(bytes) });
  };
  for (const split of SPLITS) {
    const workers = spec.counts[split]
      .map((rows, index) => ({ rows, part: spec.firstPart[split] + index }))
      .filter((part) => part.rows > 0)
      .map(({ part }) => ({
        prefix: workerFolder(split, part).slice(mdsFolder(split).length + 1),
        part,
        entries: workerShards(gathered, split, part),
      }));
    if (workers.length === 0) continue;
    for (const worker of workers) await put(`${workerFolder(split, worker.part)}/index.json`, mdsIndex(worker.entries));
    await put(`${mdsFolder(split)}/index.json`, mergedIndex(workers));
  }
  return { rows: gathered.reduce((sum, each) => sum + each.args.to - each.args.from, 0), files };
}
