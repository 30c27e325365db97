/** How the shards of a dataset are laid out: its columns, its limit, and the header that every shard repeats. */

import { type ColumnType, type Compression, type Json, rowBytes, type Schema, WindrowError } from "../../core/index.ts";
import { checkEncoding, encodedSize, mdsEncoding, storedKind } from "./encoding.ts";
import { arrayHead } from "./ndarray.ts";
import { byCodePoint, pythonJson } from "./python-json.ts";

/** MDSWriter's own limit. */
const SHARD_BYTES = 1 << 26;

/** A column as a shard stores it. */
export interface MdsColumn {
  readonly name: string;
  /** What the batches bring. */
  readonly type: ColumnType;
  /** MDS's name of the encoding, e.g. `ndarray:float32:928,5`. */
  readonly encoding: string;
}

/** How shards are laid out; plain data, so that a plan can carry it. Made by `mdsLayout`. */
export interface MdsLayout {
  /** Sorted by name, as MDSWriter does. */
  readonly columns: readonly MdsColumn[];
  /** Most bytes of a raw shard. */
  readonly shardBytes: number;
  readonly compression?: Compression;
  /** Names of the hashes kept of each file, sorted. */
  readonly hashes: readonly string[];
}

/** How to lay out shards. */
export interface MdsLayoutOptions {
  /** Columns with a shape as arrays (the default) or as bytes. */
  readonly style?: "ndarray" | "bytes";
  /** Encodings by column name, for those that shall not have the one of `mdsEncoding`. */
  readonly encodings?: Readonly<Record<string, string>>;
  /** Most bytes of a raw shard; 64 MiB where absent, as MDSWriter has it. */
  readonly shardBytes?: number;
  readonly compression?: Compression | undefined;
  readonly hashes?: readonly string[];
}

/**
 * The layout of shards that hold rows of a schema.
 * @throws WindrowError `usage` for no columns, an encoding that does not hold its column, or a limit outside 1 to 2³² − 1.
 */
export function mdsLayout(schema: Schema, options: MdsLayoutOptions = {}): MdsLayout {
  const { style, encodings = {}, shardBytes = SHARD_BYTES, compression } = options;
  // Offsets are uint32: MDSWriter refuses the same.
  if (!Number.isInteger(shardBytes) || shardBytes < 1 || shardBytes >= 2 ** 32) {
    throw new WindrowError("usage", `Cannot lay out shards: shard bytes must be 1 to 4294967295, got ${shardBytes}`);
  }
  const names = Object.keys(schema).sort(byCodePoint);
  if (names.length === 0) throw new WindrowError("usage", "Cannot lay out shards: a sample needs a column, got none");
  const stray = Object.keys(encodings).find((name) => !Object.hasOwn(schema, name));
  if (stray !== undefined) {
    throw new WindrowError(
      "usage",
      `Cannot lay out shards: an encoding is given for a column that is not there, got ${stray}`,
    );
  }
  const columns = names.map((name): MdsColumn => {
    const type = schema[name]!;
    const encoding = Object.hasOwn(encodings, name) ? encodings[name]! : mdsEncoding(type, style);
    checkEncoding(name, type, encoding);
    return { name, type, encoding };
  });
  const hashes = Array.from(new Set(options.hashes)).sort(byCodePoint);
  return compression === undefined ? { columns, shardBytes, hashes } : { columns, shardBytes, compression, hashes };
}

/** The compression as MDS names it, `zstd:3`; `null` for none. */
function compressionName(compression: Compression | undefined): string | null {
  if (compression === undefined) return null;
  return compression.level === undefined ? compression.codec : `${compression.codec}:${compression.level}`;
}

/** What a shard's header and its entry in index.json both say (`MDSWriter.get_config`). */
export function shardConfig(layout: MdsLayout) {
  return {
    column_encodings: layout.columns.map((column) => column.encoding),
    column_names: layout.columns.map((column) => column.name),
    column_sizes: layout.columns.map((column) => encodedSize(checkEncoding(column.name, column.type, column.encoding))),
    compression: compressionName(layout.compression),
    format: "mds",
    hashes: layout.hashes,
    size_limit: layout.shardBytes,
    version: 2,
  } as const satisfies Json;
}

/** The header's bytes. */
export function configBytes(layout: MdsLayout): Uint8Array {
  return new TextEncoder().encode(pythonJson(shardConfig(layout), { keys: "sorted" }));
}

/** How many bytes of each sample a column takes. */
export interface ColumnBytes {
  /** Whether the value's length stands in the sample's head: whenever `column_sizes` does not say it. */
  readonly sized: boolean;
  /** What stands before each value: the header of an ndarray; mostly nothing. */
  readonly before: Uint8Array;
  /** Bytes of each value, without what stands before it; `undefined` where they vary. */
  readonly width: number | undefined;
}

/** How a column's values lie in a sample. */
export function columnBytes({ name, type, encoding: encodingName }: MdsColumn): ColumnBytes {
  const encoding = checkEncoding(name, type, encodingName);
  const sized = encodedSize(encoding) === null;
  const width = encoding.is === "str_float" ? undefined : rowBytes(type);
  if (encoding.is !== "ndarray" || !sized) return { sized, before: new Uint8Array(0), width };
  const { kind, shape = [] } = type as ColumnType<"f32">; // checkEncoding lets only numeric kinds be arrays
  return { sized, before: arrayHead(storedKind(kind), shape, { kind: encoding.kind !== undefined }), width };
}

/** Bytes of each sample, with its head and without its offset; `undefined` where they vary. */
export function sampleBytes(columns: readonly MdsColumn[]): number | undefined {
  let bytes = 0;
  for (const { sized, before, width } of columns.map(columnBytes)) {
    if (width === undefined) return undefined;
    bytes += (sized ? 4 : 0) + before.length + width;
  }
  return bytes;
}

/** Bytes of a shard that has no samples, as MDSWriter counts them: the count, the first offset and the header. */
export function emptyShardBytes(config: Uint8Array): number {
  return 4 + 4 + config.length;
}

/**
 * Samples that fill a shard, where all have the same size; `undefined` where sizes vary. At least 1: a sample that is larger than
 * a shard has one to itself.
 */
export function samplesPerShard(layout: MdsLayout): number | undefined {
  const bytes = sampleBytes(layout.columns);
  if (bytes === undefined) return undefined;
  const room = layout.shardBytes - emptyShardBytes(configBytes(layout));
  return Math.max(1, Math.floor(room / (bytes + 4)));
}
