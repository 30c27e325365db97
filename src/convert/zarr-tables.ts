/** The arrays of a Zarr group that can be tables, ready to be read. */

import { type Batch, type Codecs, type ReadStore, type Schema, WindrowError } from "../core/index.ts";
import { openZarr, type ZarrArray } from "../formats/zarr/index.ts";
import type { FoundArray, FoundGroup } from "./array-group.ts";
import type { ArraySource } from "./array-tables.ts";
import { below } from "./copy-files.ts";

/** A group, parted. */
export interface PartedGroup {
  readonly tables: readonly ArraySource[];
  /** Files that belong to none of the tables. */
  readonly kept: readonly string[];
}

/** Raw bytes that are read at a time. */
const BATCH_BYTES = 16 << 20;

async function* batchesOf(array: ZarrArray): AsyncGenerator<Batch> {
  const { chunkRows, rowBytes, length } = array;
  const most = Math.max(1, Math.floor(BATCH_BYTES / rowBytes));
  // Whole chunks, so that none is unpacked twice; of large ones, parts of the one that is kept.
  const step = chunkRows <= most ? most - (most % chunkRows) : most;
  for (let from = 0; from < length; from += step) yield array.read({ from, to: Math.min(length, from + step) });
}

/** Whether every column of a schema has a place in a table: rows of no values have none. */
function isTable(schema: Schema): boolean {
  const types = Object.values(schema);
  return types.length > 0 && types.every(({ shape = [] }) => shape.every((size) => size > 0));
}

/** Opens an array; `undefined` for one that is no table: of chunks that are no rows, or of a type or packing that is not read here. */
async function tableOf(store: ReadStore, path: string, codecs: Codecs): Promise<ZarrArray | undefined> {
  try {
    const array = await openZarr(store, path, { codecs, cacheBytes: 2 * BATCH_BYTES });
    return array.kind === "rows" && isTable(array.schema) ? array : undefined;
  } catch (error) {
    if (error instanceof WindrowError && error.code === "unsupported") return undefined;
    throw error;
  }
}

function source({ path, zarray, attributes }: FoundArray, array: ZarrArray): ArraySource {
  return {
    head: { path, zarray, attributes },
    schema: array.schema,
    length: array.length,
    batches: () => batchesOf(array),
  };
}

/**
 * Parts a group in arrays that can be tables, and files that belong to none of them.
 * @throws WindrowError `damaged` for an array whose document contradicts itself.
 */
export async function partedGroup(
  place: { readonly store: ReadStore; readonly root: string; readonly codecs: Codecs },
  group: FoundGroup,
): Promise<PartedGroup> {
  const tables: ArraySource[] = [];
  const used = new Set<string>();
  for (const found of group.arrays) {
    // The root itself has no name for a file.
    const array =
      found.path === "" ? undefined : await tableOf(place.store, below(place.root, found.path), place.codecs);
    if (array === undefined) continue;
    tables.push(source(found, array));
    for (const key of found.keys) used.add(key);
  }
  return { tables, kept: group.keys.filter((key) => !used.has(key)) };
}
