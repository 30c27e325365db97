/** Where the arrays of a Zarr group lie: a folder, a zip, or a folder of Parquet tables that keep them. */

import { realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ARRAY_KEY } from "../../convert/index.ts";
import type { Codecs, Hashes, ReadStore } from "../../core/index.ts";
import { openParquet } from "../../formats/parquet/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { zipStore } from "../../stores/index.ts";

/** How arrays are kept. */
export type ArraysFormat = "zarr" | "zarr-zip" | "parquet-tables";

/** A place with arrays, open for reading. */
export interface ArraysPlace extends Disposable {
  readonly format: ArraysFormat;
  /** Absolute. */
  readonly path: string;
  readonly store: ReadStore;
  /** The group within the store; empty for the store itself. */
  readonly root: string;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** Files that a Zarr group or array has at its root (zarr 2: each its own; zarr 3: one). */
const ROOT_FILES = [".zgroup", ".zarray", ".zmetadata", "zarr.json"] as const;

/** Whether a group or an array of Zarr is at a path of a store. */
async function isZarr(store: ReadStore, root: string): Promise<boolean> {
  for (const name of ROOT_FILES) {
    if ((await store.size(root === "" ? name : `${root}/${name}`)) !== undefined) return true;
  }
  return false;
}

/** The group of a zip: at its root, or in the one folder that the zip was made of. */
async function rootOfZip(store: ReadStore): Promise<string | undefined> {
  if (await isZarr(store, "")) return "";
  for await (const key of store.list("")) {
    const [folder, ...rest] = key.split("/");
    return folder !== undefined && rest.length > 0 && (await isZarr(store, folder)) ? folder : undefined;
  }
  return undefined;
}

/** Whether a folder's Parquet files keep arrays; one of them tells. */
async function keepsArrays(store: ReadStore, tools: { codecs: Codecs; hashes: Hashes }): Promise<boolean> {
  for await (const key of store.list("")) {
    if (!key.endsWith(".parquet")) continue;
    try {
      const table = await openParquet(key, { store, ...tools, columns: [] });
      return table.metadata.has(ARRAY_KEY);
    } catch {
      // What is wrong with it is said by who reads it.
      return false;
    }
  }
  return false;
}

/**
 * Opens the arrays at a path; `undefined` where there are none, or nothing at all. Its caller disposes of it.
 * @throws WindrowError `damaged` for a zip that is none.
 */
export async function arraysPlace(path: string): Promise<ArraysPlace | undefined> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const real = realpathSync(path);
  const tools = { codecs: nodeCodecs(), hashes: await nodeHashes() };
  const none = { path: real, ...tools, [Symbol.dispose]: () => {} };
  if (stat.isDirectory()) {
    const store = folderStore(real);
    if (await isZarr(store, "")) return { format: "zarr", store, root: "", ...none };
    return (await keepsArrays(store, tools)) ? { format: "parquet-tables", store, root: "", ...none } : undefined;
  }
  if (!real.endsWith(".zip")) return undefined;
  const zip = await zipStore({ store: folderStore(dirname(real)), key: basename(real), ...tools });
  const root = await rootOfZip(zip);
  if (root === undefined) {
    zip[Symbol.dispose]();
    return undefined;
  }
  return { ...none, format: "zarr-zip", store: zip, root, [Symbol.dispose]: () => zip[Symbol.dispose]() };
}
