/** Opens arrays and groups of Zarr by their path in a store. */

import { type Codecs, isSafeKey, type Key, type ReadStore, WindrowError } from "../../core/index.ts";
import { at } from "../fault.ts";
import { type ZarrArray, zarrRows } from "./array.ts";
import type { ChunkBytes } from "./blosc.ts";
import { ChunkCache } from "./chunk-cache.ts";
import type { ChunkThreads, ZarrSource } from "./chunks.ts";
import type { JsonObject } from "./compressor.ts";
import { type ArrayLayout, joined, jsonAt, layoutOfV2, rowsMeta } from "./metadata.ts";

/** What a store's arrays are opened with. */
export interface ZarrOpenOptions {
  readonly codecs: Codecs;
  /** Bytes of unpacked chunks that are kept, for all arrays beneath what is opened; 256 MiB where absent. */
  readonly cacheBytes?: number;
  /** What unpacks whole chunks beside the caller's thread. */
  readonly threads?: ChunkThreads;
}

/** A group: arrays and groups by name. */
export interface ZarrGroup {
  readonly kind: "group";
  readonly path: string;
  readonly attributes: JsonObject;
  /** Names of the arrays in it, in code-unit order. */
  arrays(): Promise<readonly string[]>;
  /** Names of the groups in it. */
  groups(): Promise<readonly string[]>;
  /**
   * Opens what is in it by its name, or by names with `/` between.
   * @throws WindrowError `missing`, `usage` for a name that leaves the group, `damaged`, `unsupported`
   */
  open(name: string): Promise<ZarrGroup | ZarrArray>;
}

const USUAL_CACHE = 256 << 20;

/**
 * Opens an array or a group. A path of "" is the store itself.
 * @throws WindrowError `missing` where there is neither, `damaged`, `unsupported`
 */
export async function openZarr(
  store: ReadStore,
  path: string,
  options: ZarrOpenOptions,
): Promise<ZarrGroup | ZarrArray> {
  const { codecs, threads, cacheBytes = USUAL_CACHE } = options;
  const cache = new ChunkCache<ChunkBytes | undefined>(cacheBytes, (chunk) => chunk?.bytes.length ?? 0);
  return openAt(path, { store, codecs, cache, threads });
}

/** Opens what lies at a path: what says so is the key that is there. */
async function openAt(path: string, source: ZarrSource): Promise<ZarrGroup | ZarrArray> {
  const { store } = source;
  if (path !== "" && !isSafeKey(path))
    throw new WindrowError(
      "usage",
      `Cannot open ${JSON.stringify(path)} in ${store.name}: the name leaves the store, or is no name`,
    );
  const key = joined(path, ".zarray");
  const array = await jsonAt(store, key);
  if (array !== undefined)
    return rowsAt(
      path,
      key,
      at({ key, offset: 0 }, () => layoutOfV2(array)),
      { source, attributes: await attributesAt(store, path) },
    );
  if ((await jsonAt(store, joined(path, ".zgroup"))) !== undefined)
    return zarrGroup(path, await attributesAt(store, path), source);
  throw new WindrowError(
    "missing",
    `Cannot open ${path === "" ? store.name : joined(store.name, path)}: there is no array and no group of Zarr`,
    { details: { path } },
  );
}

async function attributesAt(store: ReadStore, path: string): Promise<JsonObject> {
  return (await jsonAt(store, joined(path, ".zattrs"))) ?? {};
}

function rowsAt(
  path: string,
  key: Key,
  layout: ArrayLayout,
  { source, attributes }: { readonly source: ZarrSource; readonly attributes: JsonObject },
): ZarrArray {
  return zarrRows(
    at({ key, offset: 0 }, () => rowsMeta(path, layout)),
    attributes,
    source,
  );
}

/** Names right beneath a path that have one of these keys. */
async function namesWith(store: ReadStore, path: string, key: string): Promise<readonly string[]> {
  const prefix = path === "" ? "" : `${path}/`;
  const names: string[] = [];
  for await (const found of store.list(prefix)) {
    const [name, last, ...more] = found.slice(prefix.length).split("/");
    if (name !== undefined && last === key && more.length === 0) names.push(name);
  }
  return names;
}

function zarrGroup(path: string, attributes: JsonObject, source: ZarrSource): ZarrGroup {
  return {
    kind: "group",
    path,
    attributes,
    arrays: () => namesWith(source.store, path, ".zarray"),
    groups: () => namesWith(source.store, path, ".zgroup"),
    async open(name) {
      if (!isSafeKey(name))
        throw new WindrowError(
          "usage",
          `Cannot open ${JSON.stringify(name)} in ${path}: the name leaves the group, or is no name`,
        );
      return openAt(joined(path, name), source);
    },
  };
}
