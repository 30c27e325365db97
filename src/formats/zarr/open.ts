/** Opens arrays and groups of Zarr by their path in a store. */

import { type Codecs, isSafeKey, type Key, type ReadStore, WindrowError } from "../../core/index.ts";
import { at, damaged } from "../fault.ts";
import { type ZarrArray, zarrRows } from "./array.ts";
import { ChunkCache } from "./chunk-cache.ts";
import type { ChunkThreads, ZarrSource } from "./chunks.ts";
import { isObject, type JsonObject } from "./compressor.ts";
import { type ArrayLayout, isRows, joined, jsonAt, layoutOfV2, rowsMeta } from "./metadata.ts";
import { layoutOfV3 } from "./metadata-v3.ts";
import { openPlain, type ZarrPlainArray } from "./plain.ts";

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
  open(name: string): Promise<ZarrNode>;
}

const USUAL_CACHE = 256 << 20;

/**
 * Opens an array or a group. A path of "" is the store itself.
 * @throws WindrowError `missing` where there is neither, `damaged`, `unsupported`
 */
export async function openZarr(store: ReadStore, path: string, options: ZarrOpenOptions): Promise<ZarrNode> {
  const { codecs, threads, cacheBytes = USUAL_CACHE } = options;
  const cache = new ChunkCache(cacheBytes);
  return openAt(path, { store, codecs, cache, threads });
}

/** Anything of Zarr that can be opened. */
export type ZarrNode = ZarrGroup | ZarrArray | ZarrPlainArray;

/** Opens what lies at a path: the key that is there says what it is. */
async function openAt(path: string, source: ZarrSource): Promise<ZarrNode> {
  const { store } = source;
  if (path !== "" && !isSafeKey(path)) throw unsafe(path, store.name);
  const key = joined(path, ".zarray");
  const array = await jsonAt(store, key);
  if (array !== undefined) {
    const layout = at({ key, offset: 0 }, () => layoutOfV2(array));
    return arrayAt(path, layout, { key, source, attributes: await attributesAt(store, path) });
  }
  if ((await jsonAt(store, joined(path, ".zgroup"))) !== undefined)
    return zarrGroup(path, await attributesAt(store, path), source);
  return openV3(path, source);
}

async function openV3(path: string, source: ZarrSource): Promise<ZarrNode> {
  const { store } = source;
  const key = joined(path, "zarr.json");
  const meta = await jsonAt(store, key);
  if (meta === undefined)
    throw new WindrowError(
      "missing",
      `Cannot open ${path === "" ? store.name : joined(store.name, path)}: there is no array and no group of Zarr`,
      { details: { path } },
    );
  const attributes = isObject(meta["attributes"]) ? meta["attributes"] : {};
  if (meta["node_type"] === "group") return zarrGroup(path, attributes, source);
  return arrayAt(
    path,
    at({ key, offset: 0 }, () => layoutOfV3(meta)),
    { key, source, attributes },
  );
}

function unsafe(name: string, where: string): WindrowError {
  return new WindrowError(
    "usage",
    `Cannot open ${JSON.stringify(name)} in ${where}: the name leaves it, or is no name`,
  );
}

async function attributesAt(store: ReadStore, path: string): Promise<JsonObject> {
  return (await jsonAt(store, joined(path, ".zattrs"))) ?? {};
}

interface Opening {
  readonly key: Key;
  readonly source: ZarrSource;
  readonly attributes: JsonObject;
}

/** Structured arrays are tables of rows or nothing; plain ones too, if they can be. */
async function arrayAt(
  path: string,
  layout: ArrayLayout,
  { key, source, attributes }: Opening,
): Promise<ZarrArray | ZarrPlainArray> {
  if (!Array.isArray(layout.dtype) && !isPlainRows(layout))
    return openPlain(source.store, path, layout, { codecs: source.codecs, attributes });
  return zarrRows(
    at({ key, offset: 0 }, () => rowsMeta(path, layout)),
    attributes,
    source,
  );
}

/** Objects are zarrita's, and so are texts in several axes, which are no column. */
function isPlainRows(layout: ArrayLayout): boolean {
  const isText = typeof layout.dtype === "string" && /^.[USV]/.test(layout.dtype);
  return isRows(layout) && layout.dtype !== "|O" && (!isText || layout.shape.length === 1);
}

/** Names right beneath a path of what `is` finds to be of the kind wanted. */
async function namesOf(store: ReadStore, path: string, kind: "array" | "group"): Promise<readonly string[]> {
  const prefix = path === "" ? "" : `${path}/`;
  const names = new Set<string>();
  for await (const found of keysBeneath(store, prefix)) {
    const [name, last, ...more] = found.slice(prefix.length).split("/");
    if (name === undefined || last === undefined || more.length > 0) continue;
    if (last === `.z${kind}`) names.add(name);
    if (last === "zarr.json" && (await jsonAt(store, found))?.["node_type"] === kind) names.add(name);
  }
  return [...names];
}

/** Keys beneath a prefix; in places that cannot list, those of the metadata that `.zmetadata` has gathered. */
async function* keysBeneath(store: ReadStore, prefix: string): AsyncGenerator<Key> {
  try {
    yield* store.list(prefix);
  } catch (error) {
    const key = `${prefix}.zmetadata`;
    const gathered =
      error instanceof WindrowError && error.code === "unsupported" ? await jsonAt(store, key) : undefined;
    if (gathered === undefined) throw error;
    const metadata = gathered["metadata"];
    const names = isObject(metadata)
      ? Object.keys(metadata).sort()
      : at({ key, offset: 0 }, () => damaged("no metadata"));
    for (const name of names) yield `${prefix}${name}`;
  }
}

function zarrGroup(path: string, attributes: JsonObject, source: ZarrSource): ZarrGroup {
  return {
    kind: "group",
    path,
    attributes,
    arrays: () => namesOf(source.store, path, "array"),
    groups: () => namesOf(source.store, path, "group"),
    async open(name) {
      if (!isSafeKey(name)) throw unsafe(name, path === "" ? source.store.name : path);
      return openAt(joined(path, name), source);
    },
  };
}
