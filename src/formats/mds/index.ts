/** The MosaicML Streaming format (MDS, index.json version 2): shards that StreamingDataset reads. */

export { mdsEncoding } from "./encoding.ts";
export {
  type FileEntry,
  type MdsIndex,
  mdsIndex,
  mergedIndex,
  readMdsIndex,
  type ShardEntry,
  type WorkerShards,
} from "./index-json.ts";
export { type MdsColumn, type MdsLayout, type MdsLayoutOptions, mdsLayout, samplesPerShard } from "./layout.ts";
export { mergeWorkers } from "./merge-workers.ts";
export { type MdsTable, type OpenMdsOptions, openMds } from "./open-mds.ts";
export { type PackedShard, type Packers, packShard, shardName } from "./pack-shard.ts";
export type { SampleReader, SampleReaderOptions } from "./sample-reader.ts";
export { type ShardBuilder, shardBuilder } from "./shard-builder.ts";
export { type MdsSink, type MdsSinkOptions, mdsSink } from "./sink.ts";
