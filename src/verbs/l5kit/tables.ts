/** The tables of L5Kit scenes, wherever their arrays lie. */

import { openTables } from "../../convert/index.ts";
import { type RowTable, WindrowError } from "../../core/index.ts";
import {
  L5KIT_ARRAYS,
  type L5kitLayout,
  type L5kitTables,
  l5kitLayout,
  l5kitWarnings,
} from "../../domains/l5kit/index.ts";
import { parquetRows } from "../../formats/parquet/index.ts";
import { openZarr } from "../../formats/zarr/index.ts";
import type { ArraysPlace } from "../convert/arrays-place.ts";

/** Bytes of unpacked chunks that are kept: scenes are read one after the other. */
const CACHE_BYTES = 64 << 20;

/** Opens an array of rows below the root of a place; `undefined` where there is none. */
export async function arrayAt(place: ArraysPlace, path: string): Promise<RowTable | undefined> {
  if (place.format === "parquet-tables") {
    const found = (await openTables(place.store, place)).find(({ head }) => head.path === path);
    return found && parquetRows(found.table);
  }
  const full = place.root === "" ? path : `${place.root}/${path}`;
  if ((await place.store.size(`${full}/.zarray`)) === undefined) return undefined;
  const opened = await openZarr(place.store, full, { codecs: place.codecs, cacheBytes: CACHE_BYTES });
  return opened.kind === "rows" ? opened : undefined;
}

/** The tables that are there, by their names in the layout. */
export async function l5kitTables(place: ArraysPlace): Promise<L5kitTables> {
  const tables: Partial<Record<(typeof L5KIT_ARRAYS)[number], RowTable>> = {};
  if (place.format === "parquet-tables") {
    const open = await openTables(place.store, place);
    for (const name of L5KIT_ARRAYS) {
      const found = open.find(({ head }) => head.path === name);
      if (found !== undefined) tables[name] = parquetRows(found.table);
    }
    return tables;
  }
  const group = await openZarr(place.store, place.root, { codecs: place.codecs, cacheBytes: CACHE_BYTES });
  if (group.kind !== "group") return tables;
  const names = await group.arrays();
  for (const name of L5KIT_ARRAYS) {
    if (!names.includes(name)) continue;
    const array = await group.open(name);
    if (array.kind === "rows") tables[name] = array;
  }
  return tables;
}

/** The same error with the input that it is of: messages of scenes name rows, which every input has. */
export function ofInput(error: unknown, name: string): unknown {
  if (!(error instanceof WindrowError)) return error;
  const { code, message, details } = error;
  return new WindrowError(code, `${message}, in ${name}`, { details, cause: error });
}

/**
 * The layout of the scenes at a place; `undefined` for arrays that are no L5Kit scenes.
 * @throws WindrowError `missing`, `damaged` where two or more of the layout's arrays are there, and not as it has them.
 */
export async function l5kitLayoutAt(place: ArraysPlace): Promise<L5kitLayout | undefined> {
  const tables = await l5kitTables(place);
  return Object.keys(tables).length < 2 ? undefined : l5kitLayout(tables);
}

/** What is odd about the scenes at a place, where there are any; what cannot be read of them is odd too. */
export async function placeWarnings(place: ArraysPlace): Promise<readonly string[]> {
  try {
    const layout = await l5kitLayoutAt(place);
    return layout === undefined ? [] : await l5kitWarnings(layout);
  } catch (error) {
    if (error instanceof WindrowError) return [error.message];
    throw error;
  }
}
