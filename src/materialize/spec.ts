/** What all tasks of a run share: the samples' layout, and how they are cut into parts, units and row groups. */

import { type ColumnType, type Compression, rowBytes, type Schema, WindrowError } from "../core/index.ts";
import { type MdsLayout, samplesPerShard } from "../formats/mds/index.ts";
import type { Split } from "../order/index.ts";
import type { WindowSpec } from "../window/index.ts";

/** What can be written. */
export type DatasetFormat = "mds" | "parquet";

/** Columns that say which sample it is; each may be written into the samples too. */
export const ID_TYPES = {
  key: { kind: "u64" },
  entity: { kind: "str" },
  /** The entity where it is a whole number, such as an MMSI. */
  entity_number: { kind: "u32" },
  trace_id: { kind: "str" },
  start: { kind: "u32" },
  t_start: { kind: "f64", unit: "s" },
  t_end: { kind: "f64", unit: "s" },
} as const satisfies Schema;

/** Which id a column holds. */
export type IdSource = keyof typeof ID_TYPES;

/** One of the samples' id columns: its name, and what it holds. */
export interface IdColumn {
  readonly name: string;
  readonly source: IdSource;
}

/** How many samples a split has, by part. */
export type SplitCounts = Readonly<Record<Split, readonly number[]>>;

/** Everything that tasks need to know, as plain data. */
export interface DatasetSpec {
  readonly seed: string;
  readonly window: WindowSpec;
  /** Name and type of the samples' main column; a row of it is a window of the rows file. */
  readonly features: { readonly name: string; readonly type: ColumnType };
  readonly ids: readonly IdColumn[];
  readonly formats: readonly DatasetFormat[];
  readonly compression?: Compression;
  readonly mds: MdsLayout;
  readonly byteStreamSplit: boolean;
  /** Rows of an MDS shard, and of the smallest piece of work. */
  readonly unitRows: number;
  /** Rows of a Parquet row group; each unit begins a new one. */
  readonly groupRows: number;
  /** Units of one task. */
  readonly unitsPerTask: number;
  /** Parts that came before, in earlier generations; numbers of parts and workers go on from here. */
  readonly firstPart: Readonly<Record<Split, number>>;
  readonly counts: SplitCounts;
  /** Samples of a sorted run; absent when windows are taken straight from the rows file. */
  readonly runSamples?: number;
  /** Names of the inputs, by their number in the rows file. */
  readonly sources: readonly string[];
  readonly createdBy: string;
}

/** The samples' columns, in order: the features, then the ids. */
export function sampleSchema(features: DatasetSpec["features"], ids: readonly IdColumn[]): Schema {
  const columns = ids.map((id) => [id.name, ID_TYPES[id.source]] as const);
  const schema = Object.fromEntries([[features.name, features.type], ...columns]);
  if (Object.keys(schema).length !== ids.length + 1) {
    throw new WindrowError(
      "usage",
      `Cannot lay out samples: two columns have the same name, got ${[features.name, ...ids.map((id) => id.name)].join(", ")}`,
    );
  }
  return schema;
}

/** Raw bytes of a task's samples: enough that starting a task costs nothing beside it. */
const TASK_BYTES = 64 * 2 ** 20;
/** Raw bytes of a row group: readers hold one or two at a time. */
const GROUP_BYTES = 16 * 2 ** 20;

/** How the samples are cut into pieces: a pure function of their layout, never of the machine. */
export function pieces(
  schema: Schema,
  mds: MdsLayout,
  longestId: number,
): Pick<DatasetSpec, "unitRows" | "groupRows" | "unitsPerTask"> & { sampleBytes: number } {
  // Ids vary in length: room is kept for the longest, so that every shard has the same number of samples.
  const sampleBytes = Object.values(schema).reduce((sum, type) => sum + (rowBytes(type) ?? longestId + 4), 0);
  const unitRows = samplesPerShard(mds) ?? Math.max(1, Math.floor((mds.shardBytes - 4096) / (sampleBytes + 8)));
  return {
    sampleBytes,
    unitRows,
    groupRows: Math.max(1, Math.min(unitRows, Math.floor(GROUP_BYTES / sampleBytes))),
    unitsPerTask: Math.max(1, Math.floor(TASK_BYTES / (unitRows * sampleBytes))),
  };
}
