/** What all tasks of a run share: the samples' layout, and how they are cut into parts, units and row groups. */

import { type ColumnType, type Compression, rowBytes, type Schema, WindrowError } from "../core/index.ts";
import { type MdsLayout, samplesPerShard } from "../formats/mds/index.ts";
import { columnBytes, configBytes, emptyShardBytes } from "../formats/mds/layout.ts";
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

/** A column of the samples, cut from the rows file. */
export interface SampleColumn {
  readonly name: string;
  /**
   * What a sample holds. Of a fixed size, each row of the window gives an equal share of it. Of a varying size, each row gives a value: a
   * sample is that value in windows of one row; in longer ones, where the kind is `bytes`, the values one behind the other, and
   * `lengthsColumn` says how long each is.
   */
  readonly type: ColumnType;
}

/** The samples' column of a field, whose value in a row has type `row`: windows of one row have no axis of their own. */
export function windowColumn(name: string, row: ColumnType, size: number): SampleColumn {
  // Samples are whole: what may be missing says so in a column of its own.
  const { nullable: _, ...type } = row;
  if (size === 1) return { name, type };
  if (rowBytes(row) === undefined) return { name, type: { kind: "bytes" } };
  return { name, type: { ...type, shape: [size, ...(row.shape ?? [])] } };
}

/** Whether values of a column vary in size. */
export function isVarying({ type }: SampleColumn): boolean {
  return rowBytes(type) === undefined;
}

/** The column that says how many bytes the value of each row has, beside one of varying size in windows of several rows. */
export function lengthsColumn(name: string): string {
  return `${name}_lengths`;
}

/** How a row's time is known: when it is, or when what it reaches over begins and ends. */
export type RowTimes = "stamps" | "spans";

/** Everything that tasks need to know, as plain data. */
export interface DatasetSpec {
  readonly seed: string;
  readonly window: WindowSpec;
  /** The samples' columns, in the order in which a row of the rows file has them. */
  readonly columns: readonly SampleColumn[];
  readonly times: RowTimes;
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

/**
 * What a sample holds: its columns, then the ids.
 * @throws WindrowError `usage` for two columns of one name.
 */
export function sampleSchema({ columns, ids, window }: Pick<DatasetSpec, "columns" | "ids" | "window">): Schema {
  const entries = columns.flatMap((column): [string, ColumnType][] => {
    const own: [string, ColumnType] = [column.name, column.type];
    if (window.size === 1 || !isVarying(column)) return [own];
    return [own, [lengthsColumn(column.name), { kind: "u32", shape: [window.size], unit: "B" }]];
  });
  entries.push(...ids.map((id): [string, ColumnType] => [id.name, ID_TYPES[id.source]]));
  const names = entries.map(([name]) => name);
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined)
    throw new WindrowError(
      "usage",
      `Cannot lay out samples: two columns have the same name, got ${double} twice of ${names.join(", ")}`,
    );
  return Object.fromEntries(entries);
}

/** Raw bytes of a task's samples: enough that starting a task costs nothing beside it. */
const TASK_BYTES = 64 * 2 ** 20;
/** Raw bytes of a row group: readers hold one or two at a time. */
const GROUP_BYTES = 16 * 2 ** 20;

/** No shard and no row group is larger: places in a shard are 32-bit numbers, and the header wants some room. */
const MOST_SHARD_BYTES = 2 ** 32 - 2 ** 24;
const MOST_GROUP_BYTES = 2 ** 30;

/** Bytes of the values of a column of varying size, over all rows. */
export interface ValueSizes {
  readonly mean: number;
  readonly largest: number;
}

/** What is known of the samples beyond their layout. */
export interface SampleFacts {
  readonly window: WindowSpec;
  /** Bytes of the longest trace id. */
  readonly longestId: number;
  /** By column of varying size. */
  readonly values: Readonly<Record<string, ValueSizes>>;
  /** Samples of a shard in earlier generations: later ones have as many, whatever their samples are. */
  readonly unitRows?: number | undefined;
}

/** Bytes of a sample, on average and at most. */
function sampleSizes(schema: Schema, { window, longestId, values }: SampleFacts): { mean: number; largest: number } {
  let [mean, largest] = [0, 0];
  for (const [name, type] of Object.entries(schema)) {
    // Ids vary in length: room is kept for the longest, so that every shard has the same number of samples.
    const fixed = rowBytes(type) ?? (Object.hasOwn(values, name) ? undefined : longestId + 4);
    mean += fixed ?? 4 + window.size * values[name]!.mean;
    largest += fixed ?? 4 + window.size * values[name]!.largest;
  }
  return { mean, largest };
}

/** Bytes that a shard takes before its samples, and that each sample takes beside its values, at most: its place, and the sizes of values. */
function roomBeside(mds: MdsLayout): { head: number; sample: number } {
  const sized = mds.columns.filter((column) => rowBytes(column.type) !== undefined && columnBytes(column).sized);
  return {
    head: Math.max(4096, emptyShardBytes(configBytes(mds))),
    sample: 4 + Math.max(4, 4 * sized.length),
  };
}

/**
 * How the samples are cut into pieces: a pure function of them, never of the machine. Where values vary in size, a shard has as many
 * samples as fill it on average, and never so many that the largest of them would not fit into any.
 * @throws WindrowError `unsupported` where earlier generations have shards of more samples than can be of this size.
 */
export function pieces(
  schema: Schema,
  mds: MdsLayout,
  facts: SampleFacts,
): Pick<DatasetSpec, "unitRows" | "groupRows" | "unitsPerTask"> & { sampleBytes: number } {
  const { mean, largest } = sampleSizes(schema, facts);
  const most = (bytes: number) => Math.max(1, Math.floor(bytes));
  const { head, sample } = roomBeside(mds);
  const perShard = samplesPerShard(mds) ?? most((mds.shardBytes - head) / (mean + sample));
  // Samples of one size are as many as the limit says.
  const isVaried = Object.keys(facts.values).length > 0;
  const mostRows = isVaried ? most(MOST_SHARD_BYTES / (largest + sample)) : Number.POSITIVE_INFINITY;
  const unitRows = facts.unitRows ?? Math.min(perShard, mostRows);
  if (unitRows > mostRows) {
    throw new WindrowError(
      "unsupported",
      `Cannot append: shards have ${unitRows} samples, of which one must take at most ${Math.floor(MOST_SHARD_BYTES / unitRows)} bytes, got ${Math.ceil(largest)}; make a dataset of its own`,
    );
  }
  return {
    sampleBytes: mean,
    unitRows,
    groupRows: Math.min(unitRows, most(GROUP_BYTES / mean), most(MOST_GROUP_BYTES / largest)),
    unitsPerTask: most(TASK_BYTES / (unitRows * mean)),
  };
}
