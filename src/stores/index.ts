/** Bytes by key, wherever the web platform runs. */

export { memoryStore } from "./memory.ts";
export { type ZipStore, type ZipStoreOptions, zipStore } from "./zip.ts";
export { type ZipWriter, type ZipWriterOptions, zipWriter } from "./zip-writer.ts";
