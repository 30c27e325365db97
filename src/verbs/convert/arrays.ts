/** `convert` of the arrays of a Zarr group: between a folder, a zip and a folder of Parquet tables, value for value. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type Attributes,
  below,
  copyFiles,
  foundGroup,
  KEPT_FOLDER,
  openTables,
  partedGroup,
  writeTable,
  writeZarr,
} from "../../convert/index.ts";
import { parseCompression, type Store, WindrowError } from "../../core/index.ts";
import { putBack } from "../dataset/output-folder.ts";
import { placeWarnings } from "../l5kit/tables.ts";
import { type Progress, SILENT } from "../progress.ts";
import { PACKAGE_VERSION } from "../version.ts";
import { type ArraysFormat, type ArraysPlace, arraysPlace } from "./arrays-place.ts";
import { arraysDraft, arraysTarget, checkTarget } from "./arrays-target.ts";
import { checkApart, lockDestination } from "./place.ts";

/** What `convertArrays` takes. */
export interface ConvertArraysOptions {
  /** A Zarr group: a folder, a zip of one, or a folder of Parquet tables that `convertArrays` made. */
  readonly from: string;
  readonly to: string;
  /** What the name of `to` says: `.zarr`, `.zarr.zip`, `.parquet`. */
  readonly format?: ArraysFormat;
  /** Of Parquet tables: `zstd:1` … `zstd:22`, `snappy`, `gz`, `br` or `none`; `zstd:1`. Arrays keep the codec that they have. */
  readonly compression?: string;
  /** What to do with arrays at `to`: refused where absent. */
  readonly existing?: "overwrite";
}

/** An array that was written. */
export interface ConvertedArray {
  /** Its path in the group. */
  readonly name: string;
  readonly rows: number;
}

/** What it leaves. */
export interface ConvertArraysResult {
  readonly to: string;
  readonly format: ArraysFormat;
  readonly arrays: readonly ConvertedArray[];
  /** What is odd about scenes, as far as it is no damage; empty for arrays that are no L5Kit scenes. */
  readonly warnings: readonly string[];
}

/** Files of the source with their sizes and times: whether it is still what it was. */
async function stateOf({ format, path, store }: ArraysPlace): Promise<string> {
  const file = (name: string) => {
    const stat = statSync(name, { throwIfNoEntry: false });
    return `${name} ${stat?.size} ${stat?.mtimeMs}`;
  };
  if (format === "zarr-zip") return file(path);
  const keys = await Array.fromAsync(store.list(""));
  return keys.map((key) => file(join(path, key))).join("\n");
}

/** Bytes of the names, for progress. */
async function totalBytes({ store, root }: ArraysPlace, names: readonly string[]): Promise<number> {
  let total = 0;
  for (const name of names) total += (await store.size(below(root, name))) ?? 0;
  return total;
}

interface Work {
  readonly source: ArraysPlace;
  readonly target: Store;
  readonly format: ArraysFormat;
  readonly options: ConvertArraysOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** Adds up what is done, and stops when that is asked for. */
function counting(progress: Progress, signal: AbortSignal | undefined): (more: number) => void {
  let done = 0;
  return (more) => {
    signal?.throwIfAborted();
    done += more;
    progress.at(done);
  };
}

/** Files under way to a folder at a time. */
const AT_ONCE = 4;

/** From a folder to a zip or back: files as they are. */
async function copyAll({ source, target, format, progress, signal }: Work): Promise<ConvertedArray[]> {
  const { store, root } = source;
  const { keys, arrays } = await foundGroup(store, root);
  const atOnce = format === "zarr-zip" ? 1 : AT_ONCE;
  progress.stage("copy arrays", await totalBytes(source, keys), "B");
  const copied = counting(progress, signal);
  await copyFiles(store, target, { root, names: keys, atOnce, signal, copied });
  return arrays.map(({ path, zarray }) => ({ name: path, rows: rowsOf(zarray) }));
}

/** From a group to Parquet tables, and the files that are no table's as they are. */
async function toTables({ source, target, options, progress, signal }: Work): Promise<ConvertedArray[]> {
  const { store, root, codecs, hashes } = source;
  const { tables, kept } = await partedGroup(source, await foundGroup(store, root));
  if (tables.length === 0)
    throw new WindrowError(
      "unsupported",
      `Cannot convert ${options.from} to Parquet tables: none of its arrays is a table, such as records in chunks of whole rows`,
    );
  const total = tables.reduce((sum, { length }) => sum + length, 0);
  progress.stage("write tables", total, "rows");
  const wrote = counting(progress, signal);
  const compression = parseCompression(options.compression ?? "zstd:1");
  for (const table of tables)
    await writeTable(target, table, { codecs, hashes, compression, createdBy: `windrow ${PACKAGE_VERSION}`, wrote });
  const keeping: Pick<Store, "put"> = { put: (key, bytes) => target.put(`${KEPT_FOLDER}${key}`, bytes) };
  await copyFiles(store, keeping, { root, names: kept, atOnce: AT_ONCE, signal, copied: () => {} });
  return tables.map(({ head, length }) => ({ name: head.path, rows: length }));
}

/** From Parquet tables to the group that they were made of. */
async function fromTables({ source, target, progress, signal }: Work): Promise<ConvertedArray[]> {
  const { store, codecs } = source;
  const tables = await openTables(store, source);
  const total = tables.reduce((sum, { table }) => sum + table.length, 0);
  progress.stage("write arrays", total, "rows");
  await writeZarr(tables, store, { store: target, codecs, wrote: counting(progress, signal) });
  return tables.map(({ head, table }) => ({ name: head.path, rows: table.length }));
}

/** Rows that a `.zarray` tells of; 0 where it does not say. */
function rowsOf({ shape }: Attributes): number {
  const [rows] = Array.isArray(shape) ? shape : [];
  return typeof rows === "number" ? rows : 0;
}

function written(work: Work): Promise<ConvertedArray[]> {
  if (work.format === "parquet-tables") return toTables(work);
  return work.source.format === "parquet-tables" ? fromTables(work) : copyAll(work);
}

/**
 * Writes the arrays of a Zarr group elsewhere, value for value: between a folder and a zip file for file; to a folder of Parquet tables with
 * types, chunks, codecs and attributes in their metadata, from which the same arrays are made again. What is no table is kept beside them.
 * The target is whole or not there.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for the source; `exists` for what is in the way; `io` for the disk.
 */
export async function convertArrays(
  options: ConvertArraysOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<ConvertArraysResult> {
  const { progress = SILENT, signal } = run;
  using source = await sourceOf(options.from);
  const target = arraysTarget(options.to, options.format);
  const { format, path } = target;
  if (format === source.format)
    throw new WindrowError("usage", `Cannot convert: source and target are both ${format}; copy it as it is`);
  checkApart(options.from, path);
  using _ = lockDestination({ kind: "file", path });
  if (format !== "zarr-zip") putBack(path);
  await checkTarget(target, options.existing);
  const before = await stateOf(source);
  await using draft = await arraysDraft(target, source);
  const task = { source, target: draft.store, format, options, progress, signal };
  const arrays = await written(task);
  if ((await stateOf(source)) !== before)
    throw new WindrowError("damaged", `Cannot convert ${options.from}: it has changed while it was read; run it again`);
  const warnings = await placeWarnings(source);
  await draft.publish();
  return { to: path, format, arrays, warnings };
}

const ARRAYS_FORMATS: ReadonlySet<string> = new Set<ArraysFormat>(["zarr", "zarr-zip", "parquet-tables"]);

/** Whether a conversion is one of arrays, by its source, its target's name, or the format that is asked for. */
export async function isArraysConversion(options: {
  readonly from: string;
  readonly to: string;
  readonly format?: string;
}): Promise<boolean> {
  if (options.format !== undefined) return ARRAYS_FORMATS.has(options.format);
  if (/\.(zarr|zip)$/.test(options.to)) return true;
  using source = await arraysPlace(options.from);
  return source?.format === "zarr" || source?.format === "zarr-zip";
}

async function sourceOf(from: string): Promise<ArraysPlace> {
  const source = await arraysPlace(from);
  if (source !== undefined) return source;
  if (!existsSync(from))
    throw new WindrowError("missing", `Cannot convert ${from}: there is no such file or folder`, {
      details: { path: resolve(from) },
    });
  throw new WindrowError(
    "unsupported",
    `Cannot convert ${from} to arrays: it must be a Zarr group, a zip of one, or tables that were made of one`,
  );
}
