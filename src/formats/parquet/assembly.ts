/** Puts encoded row groups together to a Parquet file, wherever they were encoded. */

import { type Draft, type Schema, WindrowError } from "../../core/index.ts";
import { ByteWriter } from "../byte-writer.ts";
import { ARROW_KEY, arrowSchema } from "./arrow-schema.ts";
import { MAGIC } from "./codes.ts";
import { columnIndex, footer, offsetIndex, type PlacedGroup, type Stretch } from "./footer.ts";
import { leaves } from "./leaf.ts";
import type { RowGroupMeta } from "./row-group.ts";

/** What a file says of itself besides its rows. */
export interface AssemblyOptions {
  /** Further key-value metadata of the file. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Who wrote the file, e.g. `windrow version 0.1.0`. */
  readonly createdBy: string;
}

/** A Parquet file being put together. */
export interface ParquetAssembly {
  /** Appends a row group. Calls must not overlap. */
  add(bytes: Uint8Array, meta: RowGroupMeta): Promise<void>;
  /** Writes the page index and the footer. The draft is the caller's to publish. */
  close(): Promise<{ readonly rows: number; readonly bytes: number }>;
}

/**
 * Begins a Parquet file in a draft.
 * @throws WindrowError `usage` for a schema that Parquet cannot hold, or a row group of another one
 */
export function parquetAssembly(draft: Draft, schema: Schema, options: AssemblyOptions): ParquetAssembly {
  const all = leaves(schema);
  const groups: { readonly meta: RowGroupMeta; readonly offset: number }[] = [];
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    offset += bytes.length;
    await draft.write(bytes);
  };
  const begin = async (): Promise<void> => {
    if (offset === 0) await write(MAGIC);
  };
  const end = (placed: readonly PlacedGroup[]): Uint8Array =>
    footer({
      leaves: all,
      groups: placed,
      metadata: new Map([...Object.entries(options.metadata ?? {}), [ARROW_KEY, arrowSchema(schema)]]),
      createdBy: options.createdBy,
    });
  return {
    async add(bytes, meta) {
      if (meta.columns.length !== all.length || bytes.length !== meta.bytes)
        throw new WindrowError(
          "usage",
          `Cannot add a row group: ${all.length} columns in ${bytes.length} bytes expected, got ${meta.columns.length} in ${meta.bytes}`,
        );
      await begin();
      groups.push({ meta, offset });
      await write(bytes);
    },
    async close() {
      await begin();
      const { bytes, placed } = indexes(groups, offset);
      await write(bytes);
      const last = end(placed);
      const tail = new ByteWriter(last.length + 8);
      tail.bytes(last);
      tail.u32(last.length);
      tail.bytes(MAGIC);
      await write(tail.done());
      return { rows: groups.reduce((sum, { meta }) => sum + meta.rows, 0), bytes: offset };
    },
  };
}

/** All column indexes, then all offset indexes, as PageIndex.md lays them out; `start` is where they begin in the file. */
function indexes(
  groups: readonly { readonly meta: RowGroupMeta; readonly offset: number }[],
  start: number,
): { readonly bytes: Uint8Array; readonly placed: readonly PlacedGroup[] } {
  const out = new ByteWriter();
  const place = (bytes: Uint8Array): Stretch => {
    const stretch = { offset: start + out.length, bytes: bytes.length };
    out.bytes(bytes);
    return stretch;
  };
  const columnIndexes = groups.map(({ meta }) =>
    meta.columns.map((chunk) => (chunk.index === undefined ? undefined : place(columnIndex(chunk.index)))),
  );
  const placed = groups.map((group, i) => ({
    ...group,
    columnIndexes: columnIndexes[i]!,
    offsetIndexes: group.meta.columns.map((chunk) => place(offsetIndex(chunk, group.offset))),
  }));
  return { bytes: out.done(), placed };
}
