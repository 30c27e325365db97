/** The shapes that every room shares. */

export type { Codec, Codecs, Compression, Hash, Hashes, RunningHash } from "./codec.ts";
export {
  type Arrays,
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  isNumeric,
  type Json,
  type Kind,
  kindBytes,
  NUMERIC_ARRAYS,
  type NumericKind,
  rowBytes,
  type Schema,
  valuesPerRow,
} from "./columns.ts";
export { parseCompression } from "./compression.ts";
export { type ErrorCode, type ErrorDetails, unreachable, WindrowError } from "./error.ts";
export { type KeyReader, keyReader } from "./key-reader.ts";
export { fnv1a32, type Rng, rng } from "./rng.ts";
export type { OpenShardOptions, OpenShardRows, ShardedTable } from "./shards.ts";
export { type ByteRange, type Draft, isSafeKey, type Key, type OpenFile, type ReadStore, type Store } from "./store.ts";
export { type NumberArray, packed, type Strided } from "./strided.ts";
export type { OpenOptions, ReadOptions, RowChoice, RowTable, Table } from "./table.ts";
export type { RandomReader, SequentialWriter, Workspace } from "./workspace.ts";
