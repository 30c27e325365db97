/** The end of a Parquet file as it is written: page index and footer. */

import { fromBase64 } from "./arrow-schema.ts";
import type { Leaf } from "./leaf.ts";
import { schemaElements } from "./leaf.ts";
import type { BoundsMeta, ChunkMeta, PageIndexMeta, RowGroupMeta } from "./row-group.ts";
import { binary, bool, i16, i32, i64, list, struct, type Thrift, text, thriftBytes } from "./thrift.ts";

/** A stretch of the file. */
export interface Stretch {
  readonly offset: number;
  readonly bytes: number;
}

/** A row group's place in the file, and those of its columns' indexes. */
export interface PlacedGroup {
  readonly meta: RowGroupMeta;
  readonly offset: number;
  readonly columnIndexes: readonly (Stretch | undefined)[];
  readonly offsetIndexes: readonly Stretch[];
}

/** `ColumnIndex` of one column of a row group. */
export function columnIndex({ mins, maxs, nulls, isNull, order }: PageIndexMeta): Uint8Array {
  return thriftBytes(
    struct({
      1: list(isNull.map(bool)),
      2: list(mins.map((value) => binary(fromBase64(value)))),
      3: list(maxs.map((value) => binary(fromBase64(value)))),
      4: i32(order),
      5: list(nulls.map(i64)),
    }),
  );
}

/** `OffsetIndex` of one column of a row group that begins at `start`. */
export function offsetIndex({ pages }: ChunkMeta, start: number): Uint8Array {
  const locations = pages.map((page) =>
    struct({ 1: i64(start + page.offset), 2: i32(page.bytes), 3: i64(page.firstRow) }),
  );
  return thriftBytes(struct({ 1: list(locations) }));
}

function statistics(nulls: number | undefined, bounds: BoundsMeta | undefined): Thrift | undefined {
  if (nulls === undefined) return undefined;
  return struct({
    3: i64(nulls),
    5: bounds && binary(fromBase64(bounds.max)),
    6: bounds && binary(fromBase64(bounds.min)),
    7: bounds && bool(bounds.isMaxExact),
    8: bounds && bool(bounds.isMinExact),
  });
}

function columnChunk(leaf: Leaf, i: number, group: PlacedGroup): Thrift {
  const chunk = group.meta.columns[i]!;
  const start = group.offset + chunk.offset;
  const columns = group.columnIndexes[i];
  const offsets = group.offsetIndexes[i]!;
  const metadata = struct({
    1: i32(leaf.physical),
    2: list(chunk.encodings.map(i32)),
    3: list(leaf.path.map(text)),
    4: i32(chunk.codec),
    5: i64(chunk.values),
    6: i64(chunk.rawBytes),
    7: i64(chunk.bytes),
    9: i64(start + chunk.dictionaryBytes),
    11: chunk.dictionaryBytes > 0 ? i64(start) : undefined,
    12: statistics(chunk.nulls, chunk.bounds),
  });
  return struct({
    2: i64(0),
    3: metadata,
    4: i64(offsets.offset),
    5: i32(offsets.bytes),
    6: columns && i64(columns.offset),
    7: columns && i32(columns.bytes),
  });
}

function rowGroup(all: readonly Leaf[], group: PlacedGroup, ordinal: number): Thrift {
  const { rows, bytes, columns } = group.meta;
  return struct({
    1: list(all.map((leaf, i) => columnChunk(leaf, i, group))),
    2: i64(columns.reduce((sum, chunk) => sum + chunk.rawBytes, 0)),
    3: i64(rows),
    5: i64(group.offset),
    6: i64(bytes),
    // The field has 16 bits; more groups than that do without (parquet.thrift, "RowGroup").
    7: ordinal < 0x8000 ? i16(ordinal) : undefined,
  });
}

/** What the footer is made from. */
export interface FooterParts {
  readonly leaves: readonly Leaf[];
  readonly groups: readonly PlacedGroup[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly createdBy: string;
}

/** `FileMetaData`. */
export function footer({ leaves, groups, metadata, createdBy }: FooterParts): Uint8Array {
  // `TYPE_ORDER`: without it readers must not trust the bounds.
  const typeOrder = struct({ 1: struct({}) });
  return thriftBytes(
    struct({
      1: i32(2),
      2: list(schemaElements(leaves)),
      3: i64(groups.reduce((sum, { meta }) => sum + meta.rows, 0)),
      4: list(groups.map((group, ordinal) => rowGroup(leaves, group, ordinal))),
      5: list(Array.from(metadata, ([key, value]) => struct({ 1: text(key), 2: text(value) }))),
      6: text(createdBy),
      7: list(leaves.map(() => typeOrder)),
    }),
  );
}
