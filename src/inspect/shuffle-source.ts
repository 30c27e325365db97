/** Finds what was shuffled together: the generations of a dataset by its index, or tables that carry the columns. */

import { type Schema, WindrowError } from "../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit, INDEX_FILE, type Manifest } from "../formats/dataset/index.ts";
import { type IndexBatch, openIndex } from "./index-table.ts";
import { type Piece, pieces } from "./pieces.ts";
import { Rows } from "./shuffle-rows.ts";
import type { OrderedSamples } from "./shuffle-tests.ts";
import { type InspectPlace, type InspectRun, placeName, type Source } from "./source.ts";

const INDEX_COLUMNS = [
  "split",
  "part",
  "row",
  "mds_shard",
  "trace_id",
  "entity",
  "t_start",
  "t_end",
  "source",
] as const;

type IndexRows = IndexBatch<(typeof INDEX_COLUMNS)[number]>;

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Rows of the index that a generation of a split has, in training order. */
async function generationRows(
  place: InspectPlace,
  of: { readonly manifest: Manifest; readonly split: DatasetSplit; readonly from: number; readonly parts: number },
  run: InspectRun,
): Promise<OrderedSamples> {
  const { manifest, split, from: firstPart, parts } = of;
  const counts = manifest.counts[split].slice(firstPart, firstPart + parts);
  const splitsBefore = DATASET_SPLITS.slice(0, DATASET_SPLITS.indexOf(split));
  const from =
    total(splitsBefore.map((each) => total(manifest.counts[each]))) + total(manifest.counts[split].slice(0, firstPart));
  const index = await openIndex(place, INDEX_COLUMNS);
  const length = total(counts);
  if (index.table.length < from + length) throw notAsManifest(`${index.table.length} rows`);
  const rows = new Rows(placeName(place), length, { end: true, entity: true, source: true });
  const expected = { split, part: firstPart, row: 0, shard: -1 };
  run.progress?.stage("read index", length, "samples");
  const range = { from, to: from + length, columns: INDEX_COLUMNS };
  // openIndex compared the schema with the columns' types.
  for await (const batch of index.table.batches(range) as AsyncIterable<IndexRows>) {
    run.signal?.throwIfAborted();
    addIndexRows(rows, batch, expected, manifest.counts[split]);
    run.progress?.at(rows.length);
  }
  return rows.samples();
}

/** Adds rows that must follow those before: the index is in training order. */
function addIndexRows(
  rows: Rows,
  batch: IndexRows,
  expected: { readonly split: string; part: number; row: number; shard: number },
  counts: readonly number[],
): void {
  const { columns, length } = batch;
  const { trace_id: trace, t_start: time, t_end: end, entity, source, mds_shard: shards } = columns;
  const all = { trace, time, end, entity, source };
  let from = 0;
  for (let i = 0; i < length; i++) {
    while (expected.row >= counts[expected.part]!) {
      expected.part++;
      expected.row = 0;
    }
    const [split, part, row] = [columns.split.data[i]!, columns.part.data[i]!, columns.row.data[i]!];
    if (split !== expected.split || part !== expected.part || row !== expected.row)
      throw notAsManifest(`row ${row} of ${split.slice(0, 20)} part ${part}`);
    const shard = shards.valid?.[i] === 0 ? -1 : shards.data[i]!;
    if (row === 0 || shard !== expected.shard) {
      rows.add(all, from, i);
      rows.endShard();
      from = i;
    }
    expected.shard = shard;
    expected.row++;
  }
  rows.add(all, from, length);
}

function notAsManifest(got: string): WindrowError {
  return new WindrowError(
    "damaged",
    `Cannot judge the order: ${INDEX_FILE} must have its rows as manifest.json counts them, got ${got}; windrow verify says more`,
    { details: { key: INDEX_FILE } },
  );
}

const ENTITY_COLUMNS = ["entity", "mmsi"] as const;

/** The columns of a table that tell of order. */
function orderColumns(schema: Schema): { readonly [N in "trace" | "time" | "end" | "entity" | "source"]?: string } {
  const is = (name: string, ...kinds: readonly string[]) => {
    const type = schema[name];
    return type !== undefined && type.shape === undefined && kinds.includes(type.kind);
  };
  const entity = ENTITY_COLUMNS.find((name) => is(name, "str", "u32", "i32", "i64", "u64"));
  return {
    ...(is("trace_id", "str", "u32", "i32", "i64", "u64") ? { trace: "trace_id" } : {}),
    ...(is("t_start", "f64") ? { time: "t_start" } : {}),
    ...(is("t_end", "f64") ? { end: "t_end" } : {}),
    ...(entity === undefined ? {} : { entity }),
    ...(is("source", "str") ? { source: "source" } : {}),
  };
}

type OrderColumns = ReturnType<typeof orderColumns>;

function noColumns(place: InspectPlace, schema: Schema): WindrowError {
  const got = Object.keys(schema).join(", ").slice(0, 80);
  return new WindrowError(
    "unsupported",
    `Cannot judge the order of ${placeName(place)}: it must have the columns trace_id and t_start (float64), got ${got}; a dataset's own folder has them in ${INDEX_FILE}, and materialize --with trace_id,t_start writes them into the samples too`,
  );
}

/** Rows of tables that carry the columns themselves. Their shards are MDS shards, or Parquet files. */
async function tableRows(
  place: InspectPlace,
  tables: readonly Piece[],
  run: InspectRun,
): Promise<OrderedSamples | undefined> {
  const opened = await Array.fromAsync(tables, async (piece) => {
    await using table = await piece.open();
    return { piece, schema: table.schema, length: table.length };
  });
  const [first] = opened;
  if (first === undefined) return undefined;
  const names = orderColumns(first.schema);
  if (names.trace === undefined || names.time === undefined) throw noColumns(place, first.schema);
  const length = total(opened.map((each) => each.length));
  const rows = new Rows(placeName(place), length, {
    end: names.end !== undefined,
    entity: names.entity !== undefined,
    source: names.source !== undefined,
  });
  run.progress?.stage("read samples", length, "samples");
  for (const { piece } of opened) await addTable(rows, piece, names, run);
  return rows.samples();
}

/** Adds the rows of one table. */
async function addTable(rows: Rows, piece: Piece, names: OrderColumns, run: InspectRun): Promise<void> {
  await using table = await piece.open();
  const shards = "shards" in table ? table.shards.map(({ samples }) => samples) : [table.length];
  let [shard, left] = [0, shards[0] ?? 0];
  for await (const { columns, length } of table.batches({ columns: Object.values(names) })) {
    run.signal?.throwIfAborted();
    const of = (name: string | undefined) => (name === undefined ? undefined : columns[name]);
    // Both are among the names: they were looked for.
    const [trace, time] = [of(names.trace)!, of(names.time)!];
    const all = { trace, time, end: of(names.end), entity: of(names.entity), source: of(names.source) };
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + left);
      rows.add(all, from, to);
      left -= to - from;
      from = to;
      for (; left === 0 && shard < shards.length; left = shards[++shard] ?? Number.POSITIVE_INFINITY) rows.endShard();
    }
    run.progress?.at(rows.length);
  }
}

/** Samples that were shuffled together. */
export interface ShuffledTogether {
  /** From 1; the generations of a dataset, of others' data all samples. */
  readonly generation: number;
  readonly samples: OrderedSamples;
}

/** Which parts of a split a generation has. */
function generationParts({ counts, generations }: Manifest, split: DatasetSplit): { from: number; parts: number }[] {
  return generations.map((each, i) => {
    const from = each.first_part[split];
    const to = generations[i + 1]?.first_part[split] ?? counts[split].length;
    return { from, parts: Math.max(0, to - from) };
  });
}

/**
 * Samples in their stored order, one generation after the other: what was shuffled together. Generations without a sample are left out.
 * @throws WindrowError `unsupported` where the columns are missing that say which trace and time a sample is of; `damaged` for a sample
 * without them, and for an index that is not in order.
 */
export async function* shuffledTogether(
  place: InspectPlace,
  source: Exclude<Source, { kind: "unfinished" | "workers" }>,
  split: DatasetSplit | undefined,
  run: InspectRun,
): AsyncGenerator<ShuffledTogether> {
  if (place.key === INDEX_FILE) {
    // Its splits follow each other: as one order they would be no shuffle.
    throw new WindrowError(
      "unsupported",
      `Cannot judge the order of ${placeName(place)}: it is about several splits; name the folder of the dataset`,
    );
  }
  if (source.kind !== "dataset") {
    const samples = await tableRows(place, pieces(place, source, split === undefined ? {} : { split }), run);
    if (samples !== undefined) yield { generation: 1, samples };
    return;
  }
  const { manifest } = source;
  for (const [i, { from, parts }] of generationParts(manifest, split ?? "train").entries()) {
    const samples = await generationRows(place, { manifest, split: split ?? "train", from, parts }, run);
    if (samples.length > 0) yield { generation: i + 1, samples };
  }
}
