/** Parquet: our own writer and reader, for fixed-size lists and flat columns. */

export { type AssemblyOptions, type ParquetAssembly, parquetAssembly } from "./assembly.ts";
export { openParquet, type ParquetOpenOptions, type ParquetTable } from "./open.ts";
export {
  type BoundsMeta,
  type ChunkMeta,
  type EncodedRowGroup,
  encodeRowGroup,
  type PageIndexMeta,
  type PageMeta,
  type RowGroupMeta,
  type RowGroupOptions,
} from "./row-group.ts";
export { parquetRows } from "./row-table.ts";
export { type ParquetSink, parquetSink, type SinkOptions } from "./sink.ts";
