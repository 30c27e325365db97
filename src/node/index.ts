/** What Node adds: folders, codecs, checksums. */

export { chunkThreads } from "./chunk-threads.ts";
export { nodeCodecs } from "./codecs.ts";
export { type FolderStore, folderStore } from "./folder-store.ts";
export { fileSha256, nodeHashes } from "./hashes.ts";
