/** The index of a dataset, opened and checked for its columns. */

import { type Batch, type Schema, WindrowError } from "../core/index.ts";
import { INDEX_FILE, INDEX_SCHEMA } from "../formats/dataset/index.ts";
import { openParquet, type ParquetTable } from "../formats/parquet/index.ts";
import type { InspectPlace } from "./source.ts";

/** Columns of the index by name. */
export type IndexColumn = keyof typeof INDEX_SCHEMA;

/** A batch that has these columns. */
export type IndexBatch<N extends IndexColumn> = Batch<Pick<typeof INDEX_SCHEMA, N> & Schema>;

/**
 * Opens columns of an index.
 * @throws WindrowError `missing` where the file or a column is not there; `damaged` for a column of another kind; as `openParquet`.
 */
export async function openIndex<N extends IndexColumn>(
  place: InspectPlace,
  columns: readonly N[],
  key: string = INDEX_FILE,
): Promise<{ readonly table: ParquetTable; batches(): AsyncIterable<IndexBatch<N>> }> {
  const table = await openParquet(key, { ...place, columns });
  for (const name of columns) {
    const { kind } = table.schema[name]!;
    if (kind === INDEX_SCHEMA[name].kind && table.schema[name]!.shape === undefined) continue;
    throw new WindrowError(
      "damaged",
      `Cannot read ${key}: column ${name} must hold ${INDEX_SCHEMA[name].kind}, got ${kind}`,
      { details: { key } },
    );
  }
  return {
    table,
    // The schema was compared with the columns' types above.
    batches: () => table.batches({ columns }) as AsyncIterable<IndexBatch<N>>,
  };
}
