/** Small datasets in memory, for the tests of looks and checks. */

import type { Batch, Compression, Schema, Store } from "../src/core/index.ts";
import { INDEX_SCHEMA } from "../src/formats/dataset/index.ts";
import { mdsSink } from "../src/formats/mds/index.ts";
import { parquetSink } from "../src/formats/parquet/index.ts";
import type { InspectPlace } from "../src/inspect/index.ts";
import { nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { memoryStore } from "../src/stores/index.ts";

const tools = { codecs: nodeCodecs(), hashes: await nodeHashes() };

/** An empty place that can be written to. */
export function memoryPlace(name = "memory"): InspectPlace & { readonly store: Store } {
  return { store: memoryStore(name), ...tools };
}

/** Writes rows as a Parquet file. */
export async function putParquet(store: Store, key: string, schema: Schema, batch: Batch): Promise<void> {
  await using draft = await store.draft(key);
  const options = { ...tools, createdBy: "test", compression: { codec: "zstd" }, rowGroupBytes: 4096 };
  const sink = parquetSink(draft, schema, options);
  await sink.write(batch);
  await sink.close();
  await draft.publish();
}

/** Writes rows as an MDS folder, or a store's root, of small shards. */
export async function putMds(
  store: Store,
  folder: string,
  samples: {
    readonly schema: Schema;
    readonly batch: Batch;
    readonly compression?: Compression;
    readonly hashes?: readonly string[];
    readonly shardBytes?: number;
  },
): Promise<void> {
  const { schema, batch, ...options } = samples;
  await using sink = await mdsSink(store, folder, schema, { shardBytes: 2048, ...options, packers: tools });
  await sink.write(batch);
  await sink.close();
}

/** A row of an index. */
export interface IndexRow {
  readonly split: string;
  readonly entity: string;
  readonly from: number;
  readonly to: number;
}

/** Writes an index of these rows; what they do not say is nothing. */
export async function putIndex(store: Store, key: string, rows: readonly IndexRow[]): Promise<void> {
  const { length } = rows;
  const zeros = () => ({ data: new Uint32Array(length), valid: new Uint8Array(length) });
  await putParquet(store, key, INDEX_SCHEMA, {
    length,
    columns: {
      key: { data: new BigUint64Array(length) },
      split: { data: rows.map((row) => row.split) },
      part: { data: new Uint32Array(length) },
      row: { data: Uint32Array.from(rows.keys()) },
      mds_shard: zeros(),
      mds_row: zeros(),
      trace_id: { data: rows.map((row) => row.entity) },
      entity: { data: rows.map((row) => row.entity) },
      start: { data: new Uint32Array(length) },
      t_start: { data: Float64Array.from(rows, (row) => row.from) },
      t_end: { data: Float64Array.from(rows, (row) => row.to) },
      source: { data: rows.map(() => "a.csv") },
    },
  });
}
