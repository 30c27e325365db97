/** A path as a place to look at. */

import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { crc32 } from "node:zlib";
import { type Hash, type Hashes, WindrowError } from "../../core/index.ts";
import type { InspectPlace } from "../../inspect/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";

/** Makes the checksums of Parquet's pages several times faster than without. */
const CRC32: Hash = { name: "crc32", digest: (bytes) => crc32(bytes).toString(16).padStart(8, "0") };

/** Files that stand for the folder they lie in. */
const FOLDER_FILES = new Set(["manifest.json", "index.json"]);

/**
 * The place that a path names: a folder, or one file.
 * @throws WindrowError `missing` where there is nothing.
 */
export async function inspectPlace(path: string): Promise<InspectPlace> {
  const { nodeHashes } = await import("../../node/hashes.ts");
  return placeAt(path, await nodeHashes());
}

/** The same, checked with these hashes only: most of them take milliseconds to load. */
export function placeAt(path: string, checked: Hashes = new Map()): InspectPlace {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new WindrowError("missing", `Cannot look at ${path}: there is no such file or folder`, { details: { path } });
  const tools = { codecs: nodeCodecs(), hashes: new Map([...checked, [CRC32.name, CRC32]]) };
  if (stat.isDirectory()) return { store: folderStore(path), ...tools };
  const store = folderStore(dirname(path));
  const name = basename(path);
  return FOLDER_FILES.has(name) ? { store, ...tools } : { store, key: name, ...tools };
}
