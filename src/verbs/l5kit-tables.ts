/** The tables of L5Kit scenes, wherever their arrays lie. */

import { openTables } from "../convert/index.ts";
import { type Batch, type RowChoice, type RowTable, type Table, WindrowError } from "../core/index.ts";
import {
  L5KIT_ARRAYS,
  type L5kitLayout,
  type L5kitTables,
  l5kitLayout,
  l5kitWarnings,
} from "../domains/l5kit/index.ts";
import { growingBatch } from "../formats/growing.ts";
import { openZarr } from "../formats/zarr/index.ts";
import type { ArraysPlace } from "./arrays-place.ts";

/** Bytes of unpacked chunks that are kept: scenes are read one after the other. */
const CACHE_BYTES = 64 << 20;

/** Stretches of neighbours, in the order asked for. */
function* runsOf(rows: RowChoice): Generator<{ from: number; to: number }> {
  if (!(rows instanceof Uint32Array)) {
    yield rows;
    return;
  }
  for (let i = 0; i < rows.length; ) {
    const from = rows[i]!;
    let to = from + 1;
    for (i++; i < rows.length && rows[i] === to; i++) to++;
    yield { from, to };
  }
}

/** A table that is read by ranges, as one that is read in any choice. */
function rowTable(table: Table): RowTable {
  const { schema, length } = table;
  return {
    schema,
    length,
    async read(rows, { columns = Object.keys(schema) } = {}): Promise<Batch> {
      const wanted = Object.fromEntries(columns.map((name) => [name, schema[name]!])); // the table refuses what it has not
      const all = growingBatch(wanted);
      for (const run of runsOf(rows))
        for await (const batch of table.batches({ ...run, columns })) all.append(batch, 0, batch.length);
      return all.batch();
    },
  };
}

/** Opens an array of rows below the root of a place; `undefined` where there is none. */
export async function arrayAt(place: ArraysPlace, path: string): Promise<RowTable | undefined> {
  if (place.format === "parquet-tables") {
    const found = (await openTables(place.store, place)).find(({ head }) => head.path === path);
    return found && rowTable(found.table);
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
      if (found !== undefined) tables[name] = rowTable(found.table);
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

/** The layout of the scenes at a place; `undefined` for arrays that are no L5Kit scenes. */
export async function l5kitLayoutAt(place: ArraysPlace): Promise<L5kitLayout | undefined> {
  const tables = await l5kitTables(place);
  if (tables.scenes === undefined || tables.frames === undefined || tables.agents === undefined) return undefined;
  try {
    return l5kitLayout(tables);
  } catch (error) {
    // Arrays of these names with other fields are no scenes.
    if (error instanceof WindrowError) return undefined;
    throw error;
  }
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
