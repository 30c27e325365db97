/** windrow: the verbs, the shapes that they take and give, and what Node brings to the formats. */

export {
  type McapLost,
  type McapOptions,
  type McapRecording,
  type McapTime,
  openMcap,
} from "./adapters/mcap/index.ts";
export * from "./core/index.ts";
export { chunkThreads, folderStore, nodeCodecs, nodeHashes } from "./node/index.ts";
export {
  type HttpStoreOptions,
  httpStore,
  type ZipStore,
  type ZipStoreOptions,
  type ZipWriter,
  type ZipWriterOptions,
  zipStore,
  zipWriter,
} from "./stores/index.ts";
export * from "./verbs/index.ts";
