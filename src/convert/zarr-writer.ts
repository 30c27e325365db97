/** Makes the arrays of a Zarr group again from the tables that keep them. */

import { type Codecs, type Json, type Key, type ReadStore, type Store, WindrowError } from "../core/index.ts";
import { editZarrArray, openZarr } from "../formats/zarr/index.ts";
import { type Attributes, isAttributes } from "./array-head.ts";
import { KEPT_FOLDER, type OpenTable, tableArray } from "./array-tables.ts";
import { copyFiles } from "./copy-files.ts";
import { type WaitingStore, waitingStore } from "./waiting-store.ts";

const CONSOLIDATED = ".zmetadata";

const json = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value, null, 4));

/** Where arrays are made, and how. */
export interface ZarrTarget {
  readonly store: Store;
  readonly codecs: Codecs;
  /** So many rows more are written. */
  wrote(rows: number): void;
}

async function writeArray(
  open: OpenTable,
  from: ReadStore,
  to: ZarrTarget & { readonly store: WaitingStore },
): Promise<void> {
  const { store, codecs, wrote } = to;
  const { path, zarray, attributes } = open.head;
  const rest = Array.isArray(zarray["shape"]) ? zarray["shape"].slice(1) : [];
  await store.put(`${path}/.zarray`, json({ ...zarray, shape: [0, ...rest] }));
  const array = await openZarr(store, path, { codecs });
  // What was made a table of is one of rows; another document stands there now.
  if (array.kind !== "rows")
    throw new WindrowError("damaged", `Cannot make ${path}: its document is of no array of rows`);
  const rows = tableArray(open, from, array.schema);
  await using writer = await editZarrArray(store, path, { codecs });
  for await (const batch of rows.batches()) {
    await writer.append(batch);
    wrote(batch.length);
  }
  await writer.close();
  if (Object.keys(attributes).length > 0) await store.put(`${path}/.zattrs`, json(attributes));
}

/** The consolidated metadata of a group, with the arrays as they are. */
async function consolidated(from: ReadStore, documents: ReadonlyMap<Key, Uint8Array>): Promise<Uint8Array | undefined> {
  const bytes = await from.get(KEPT_FOLDER + CONSOLIDATED);
  if (bytes === undefined) return undefined;
  const parse = (text: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(text));
  const old = parse(bytes);
  const metadata = isAttributes(old) && isAttributes(old["metadata"]) ? old["metadata"] : {};
  const own = [...documents].map(([key, document]) => [key, parse(document) as Attributes] as const); // written above
  return json({ zarr_consolidated_format: 1, metadata: { ...metadata, ...Object.fromEntries(own) } });
}

/**
 * Writes what a folder of tables keeps: arrays of the types, chunks and codecs that they had, with the rows of the tables, and beside them
 * what is no table as it was.
 * @throws WindrowError `damaged`, `unsupported` for tables whose columns are not those of their arrays.
 */
export async function writeZarr(tables: readonly OpenTable[], from: ReadStore, to: ZarrTarget): Promise<void> {
  const store = waitingStore(to.store);
  for (const table of tables) await writeArray(table, from, { ...to, store });
  await store.flush();
  const names: Key[] = [];
  for await (const key of from.list(KEPT_FOLDER)) {
    const name = key.slice(KEPT_FOLDER.length);
    if (name !== CONSOLIDATED) names.push(name);
  }
  const root = KEPT_FOLDER.slice(0, -1);
  await copyFiles(from, to.store, { root, names, atOnce: 1, signal: undefined, copied: () => {} });
  const metadata = await consolidated(from, store.documents);
  if (metadata !== undefined) await to.store.put(CONSOLIDATED, metadata);
}
