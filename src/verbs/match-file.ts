/** Index maps in files: a match saved as Parquet or Arrow, and loaded where it still holds. */

import { basename, dirname, resolve } from "node:path";
import {
  type Column,
  type ColumnType,
  type Hash,
  type Hashes,
  NUMERIC_ARRAYS,
  type NumericKind,
  type Table,
  WindrowError,
} from "../core/index.ts";
import { nodeCodecs } from "../node/codecs.ts";
import { folderStore } from "../node/folder-store.ts";
import { type Match, restoredMatch, type Synchronization, storedMatch, type Timestamps } from "../sync/index.ts";
import { PACKAGE_VERSION } from "./version.ts";

const FORMATS = ["parquet", "arrow"] as const;
type MatchFormat = (typeof FORMATS)[number];

function formatOf(path: string): MatchFormat {
  const format = FORMATS.find((each) => path.endsWith(`.${each}`));
  if (format !== undefined) return format;
  throw new WindrowError("usage", `Cannot keep an index map: its file must end in .parquet or .arrow, got ${path}`);
}

async function tools(): Promise<{ readonly hashes: Hashes; readonly hash: Hash }> {
  const { nodeHashes } = await import("../node/hashes.ts");
  const hashes = await nodeHashes();
  return { hashes, hash: hashes.get("sha256")! };
}

/** What a match was made from. */
export interface MatchFileOrigin<N extends string = string> {
  readonly timestamps: Timestamps<N>;
  readonly sync: Pick<Synchronization, "spec">;
}

/**
 * Saves a match, by the path's suffix as Parquet or Arrow. The file is whole or not there; one that is there is replaced.
 * @throws WindrowError `usage` for another suffix, and for sensors whose columns would have one name.
 */
export async function saveMatch<N extends string>(
  path: string,
  match: Match<N>,
  origin: MatchFileOrigin<N>,
): Promise<void> {
  const format = formatOf(path);
  const { hashes, hash } = await tools();
  const { timestamps, sync } = origin;
  const stored = storedMatch(match, { timestamps, spec: sync.spec, hash }, PACKAGE_VERSION);
  const absolute = resolve(path);
  await using draft = await folderStore(dirname(absolute)).draft(basename(absolute));
  const options = { codecs: nodeCodecs(), hashes, compression: { codec: "zstd" }, metadata: stored.metadata };
  const sink =
    format === "parquet"
      ? (await import("../formats/parquet/index.ts")).parquetSink(draft, stored.schema, {
          ...options,
          createdBy: `windrow ${PACKAGE_VERSION}`,
        })
      : (await import("../formats/arrow/index.ts")).arrowSink(draft, stored.schema, options);
  await sink.write(stored.batch);
  await sink.close();
  await draft.publish();
}

/** Whether a match is restored from a column of this type: numbers of samples, times and weights, but not differences. */
function isNeeded(type: ColumnType): type is ColumnType<"u32" | "f64"> {
  return type.shape === undefined && (type.kind === "u32" || type.kind === "f64");
}

/** A column of a whole table, from its batches. */
function joined(
  type: ColumnType<NumericKind>,
  parts: readonly Column<ColumnType<NumericKind>>[],
  length: number,
): Column {
  const data = new NUMERIC_ARRAYS[type.kind](length);
  const valid = type.nullable === true ? new Uint8Array(length).fill(1) : undefined;
  let row = 0;
  for (const part of parts) {
    // Both are of the column's kind.
    (data as Float64Array).set(part.data as Float64Array, row);
    if (part.valid !== undefined) valid?.set(part.valid, row);
    row += part.data.length;
  }
  return valid === undefined ? { data } : { data, valid };
}

/** What a match is restored from. */
async function whole(table: Table & { readonly metadata: ReadonlyMap<string, string> }) {
  const { schema, length, metadata } = table;
  const needed = Object.entries(schema).filter((field): field is [string, ColumnType<"u32" | "f64">] =>
    isNeeded(field[1]),
  );
  const batches = await Array.fromAsync(table.batches({ columns: needed.map(([name]) => name) }));
  const columns = needed.map(([name, type]) => {
    // The schema says that they are of numbers.
    const parts = batches.map((batch) => batch.columns[name] as Column<ColumnType<NumericKind>>);
    return [name, joined(type, parts, length)] as const;
  });
  return { schema, batch: { length, columns: Object.fromEntries(columns) }, metadata };
}

/**
 * Loads a match for sensors that have these times.
 * @throws WindrowError `stale` where it was made from other times, or in another way than `sync`; `missing` where there is no file; `damaged`
 * for one that holds no match.
 */
export async function loadMatch<N extends string>(
  path: string,
  timestamps: Timestamps<N>,
  sync?: Pick<Synchronization, "spec">,
): Promise<Match<N>> {
  const format = formatOf(path);
  const { hashes, hash } = await tools();
  const absolute = resolve(path);
  const options = { store: folderStore(dirname(absolute)), codecs: nodeCodecs(), hashes };
  const open =
    format === "parquet"
      ? (await import("../formats/parquet/index.ts")).openParquet
      : (await import("../formats/arrow/index.ts")).openArrow;
  await using table = await open(basename(absolute), options);
  return restoredMatch(await whole(table), timestamps, { hash, ...(sync === undefined ? {} : { spec: sync.spec }) });
}
