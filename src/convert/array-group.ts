/** What lies in a Zarr group: which of its arrays are tables, and which files belong to none of them. */

import { type Key, type ReadStore, WindrowError } from "../core/index.ts";
import { type Attributes, isAttributes } from "./array-head.ts";
import { below } from "./copy-files.ts";

const ARRAY_FILE = ".zarray";
const ATTRIBUTES_FILE = ".zattrs";

/** An array by its documents. */
export interface FoundArray {
  /** Below the root of the group. */
  readonly path: string;
  readonly zarray: Attributes;
  readonly attributes: Attributes;
  /** Its files below the root: its documents, and its chunks. */
  readonly keys: readonly Key[];
}

/** A group, by the names of its files. */
export interface FoundGroup {
  /** Arrays of Zarr version 2, in order of their paths. */
  readonly arrays: readonly FoundArray[];
  /** All files below the root, in order. */
  readonly keys: readonly Key[];
}

async function documentAt(store: ReadStore, key: Key): Promise<Attributes> {
  const bytes = (await store.get(key)) ?? new Uint8Array(0);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    value = undefined;
  }
  if (isAttributes(value)) return value;
  throw new WindrowError("damaged", `Cannot read ${store.name}/${key}: it must be a JSON object`, { details: { key } });
}

/** Every file below a root, by its name there. */
export async function namesBelow(store: ReadStore, root: string): Promise<Key[]> {
  const keys = await Array.fromAsync(store.list(root === "" ? "" : `${root}/`));
  return root === "" ? keys : keys.map((key) => key.slice(root.length + 1));
}

// Chunks of version 2 are numbers with a point or a slash between them.
const CHUNK = /^\d+([./]\d+)*$/;

/** The files of each array, by its folder. */
function filesByFolder(keys: readonly Key[]): ReadonlyMap<string, Key[]> {
  const isArray = (key: Key) => key === ARRAY_FILE || key.endsWith(`/${ARRAY_FILE}`);
  const folders = new Map(keys.filter(isArray).map((key) => [key.slice(0, -ARRAY_FILE.length), [] as Key[]]));
  for (const key of keys) {
    let folder = key;
    do folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
    while (folder !== "" && !folders.has(folder));
    const name = key.slice(folder.length);
    if (name === ARRAY_FILE || name === ATTRIBUTES_FILE || CHUNK.test(name)) folders.get(folder)?.push(key);
  }
  return folders;
}

/**
 * Looks at the names below a root, and reads the documents of arrays.
 * @throws WindrowError `damaged` for a document that is no JSON object.
 */
export async function foundGroup(store: ReadStore, root: string): Promise<FoundGroup> {
  const keys = await namesBelow(store, root);
  const arrays: FoundArray[] = [];
  for (const [folder, own] of filesByFolder(keys)) {
    const attributes = folder + ATTRIBUTES_FILE;
    arrays.push({
      path: folder.slice(0, -1),
      zarray: await documentAt(store, below(root, folder + ARRAY_FILE)),
      attributes: own.includes(attributes) ? await documentAt(store, below(root, attributes)) : {},
      keys: own,
    });
  }
  return { arrays, keys };
}
