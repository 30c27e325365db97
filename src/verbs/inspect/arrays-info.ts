/** `info` of arrays: what lies in a Zarr group, a zip of one, or Parquet tables of one; of L5Kit scenes what they hold. */

import { below, type FoundArray, foundGroup, openTables } from "../../convert/index.ts";
import { type Json, type Key, WindrowError } from "../../core/index.ts";
import { type L5kitLayout, type L5kitSummary, l5kitSummary } from "../../domains/l5kit/index.ts";
import { type ArraysFormat, type ArraysPlace, arraysPlace } from "../convert/arrays-place.ts";
import { l5kitLayoutAt } from "../l5kit/tables.ts";

/** An array, by its document. */
export interface ArrayInfo {
  /** Its path in the group; empty for the place itself. */
  readonly name: string;
  readonly shape: Json;
  /** As its document says it. */
  readonly dtype: Json;
  readonly chunks: Json;
  readonly compressor: Json;
  /** Chunks that are there, or of a table its row groups. */
  readonly blocks: number;
  /** Bytes of them as they lie there. */
  readonly bytes: number;
}

/** What `info` answers of arrays. */
export interface ArraysReport {
  readonly path: string;
  readonly kind: ArraysFormat;
  readonly arrays: readonly ArrayInfo[];
  /** What the root says of itself. */
  readonly attributes: Json;
  /** `null` for arrays that are no L5Kit scenes. */
  readonly l5kit: L5kitSummary | null;
  /** Why arrays that have the names of L5Kit scenes are none; else what is odd about the scenes. */
  readonly warnings: readonly string[];
}

/** Scenes as far as they are some. */
async function scenesOf(place: ArraysPlace): Promise<Pick<ArraysReport, "l5kit" | "warnings">> {
  let layout: L5kitLayout | undefined;
  try {
    layout = await l5kitLayoutAt(place);
  } catch (error) {
    if (error instanceof WindrowError) return { l5kit: null, warnings: [error.message] };
    throw error;
  }
  const l5kit = layout === undefined ? null : await l5kitSummary(layout);
  return { l5kit, warnings: l5kit?.warnings ?? [] };
}

function described(zarray: FoundArray["zarray"]): Pick<ArrayInfo, "shape" | "dtype" | "chunks" | "compressor"> {
  const { shape = null, dtype = null, chunks = null, compressor = null } = zarray;
  return { shape, dtype, chunks, compressor };
}

async function sizeOf({ store, root }: ArraysPlace, keys: readonly Key[]): Promise<number> {
  let bytes = 0;
  for (const key of keys) bytes += (await store.size(below(root, key))) ?? 0;
  return bytes;
}

async function tableInfos(place: ArraysPlace): Promise<ArrayInfo[]> {
  const infos: ArrayInfo[] = [];
  for (const { key, head, table } of await openTables(place.store, place)) {
    const { shape: _, ...rest } = described(head.zarray);
    const bytes = (await place.store.size(key)) ?? 0;
    infos.push({ name: head.path, shape: [table.length], ...rest, blocks: table.rowGroups.length, bytes });
  }
  return infos;
}

/** A JSON object of a store; empty where there is none. */
async function documentAt({ store }: ArraysPlace, key: Key): Promise<Readonly<Record<string, Json>>> {
  const bytes = await store.get(key);
  if (bytes === undefined) return {};
  const broken = (cause: unknown) =>
    new WindrowError("damaged", `Cannot read ${store.name}/${key}: it must be JSON`, { cause });
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, Json>>) : {}; // what JSON holds
  } catch (cause) {
    throw broken(cause);
  }
}

/** An array of version 3, whose chunks lie below `c`. */
async function ofVersion3(place: ArraysPlace, key: Key, keys: readonly Key[]): Promise<ArrayInfo | undefined> {
  const { node_type, shape = null, data_type = null, ...rest } = await documentAt(place, below(place.root, key));
  if (node_type !== "array") return undefined;
  const folder = key.slice(0, -"zarr.json".length);
  const own = keys.filter((each) => each.startsWith(`${folder}c/`));
  const grid = rest["chunk_grid"] as { configuration?: { chunk_shape?: Json } } | undefined; // looked at with care
  return {
    name: folder.slice(0, -1),
    shape,
    dtype: data_type,
    chunks: grid?.configuration?.chunk_shape ?? null,
    compressor: rest["codecs"] ?? null,
    blocks: own.length,
    bytes: await sizeOf(place, own),
  };
}

async function zarrInfos(place: ArraysPlace): Promise<ArrayInfo[]> {
  const { arrays, keys } = await foundGroup(place.store, place.root);
  const infos: ArrayInfo[] = [];
  for (const { path, zarray, keys: own } of arrays) {
    const chunks = own.filter((key) => !/(^|\/)\.z(array|attrs)$/.test(key));
    infos.push({ name: path, ...described(zarray), blocks: chunks.length, bytes: await sizeOf(place, chunks) });
  }
  for (const key of keys.filter((each) => each === "zarr.json" || each.endsWith("/zarr.json"))) {
    const info = await ofVersion3(place, key, keys);
    if (info !== undefined) infos.push(info);
  }
  return infos;
}

/**
 * What arrays lie at a path; `undefined` where there are none. Of L5Kit scenes it reads the scenes, the frames and the classes of agents; of
 * others nothing but documents.
 * @throws WindrowError `damaged` for what cannot be read.
 */
export async function infoArrays(path: string): Promise<ArraysReport | undefined> {
  using place = await arraysPlace(path);
  if (place === undefined) return undefined;
  const isTables = place.format === "parquet-tables";
  const attributes = await documentAt(place, isTables ? "_zarr/.zattrs" : below(place.root, ".zattrs"));
  return {
    path,
    kind: place.format,
    arrays: await (isTables ? tableInfos(place) : zarrInfos(place)),
    attributes,
    ...(await scenesOf(place)),
  };
}
