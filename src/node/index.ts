/** What Node adds: folders, codecs, checksums. */

export { nodeCodecs } from "./codecs.ts";
export { type FolderStore, folderStore } from "./folder-store.ts";
export { fileSha256, nodeHashes } from "./hashes.ts";
