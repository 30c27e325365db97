/** Cuts rows that come in batches of any length into groups: row groups of Parquet, record batches of Arrow. */

import { type Batch, rowBytes, type Schema, valuesPerRow } from "../core/index.ts";
import { growingBatch } from "./growing.ts";

/** Rows that are gathered until a group is full. */
export interface Grouped {
  /** Takes rows, and gives the groups that they fill. A group is good until the next one is asked for, or the next call. */
  push(batch: Batch): Iterable<Batch>;
  /** What is left, if anything. */
  rest(): Batch | undefined;
}

/** Raw bytes of a row of a batch: those of its fixed columns, and four and the length of each other value. Texts count in UTF-16 units. */
export function rowMeasure(schema: Schema): (batch: Batch, row: number) => number {
  const entries = Object.entries(schema);
  const fixed = entries.reduce((sum, [, type]) => sum + (rowBytes(type) ?? 4), 0);
  const varying = entries.filter(([, type]) => rowBytes(type) === undefined);
  if (varying.length === 0) return () => fixed;
  return (batch, row) =>
    varying.reduce((sum, [name, { kind }]) => {
      const value = batch.columns[name]?.data[row];
      if (kind === "json") return sum + (JSON.stringify(value) ?? "").length;
      // The column's kind leaves strings and byte arrays here; a row that is null may have neither.
      return sum + ((value as string | Uint8Array | undefined)?.length ?? 0);
    }, fixed);
}

/** Rows `from` to `to` of a batch, not copied where they lie in typed arrays. */
export function sliced(schema: Schema, batch: Batch, { from, to }: { from: number; to: number }): Batch {
  if (from === 0 && to === batch.length) return batch;
  const columns = Object.entries(schema).map(([name, type]) => {
    const { data, valid } = batch.columns[name]!;
    const values = valuesPerRow(type);
    const part =
      "subarray" in data ? data.subarray(from * values, to * values) : data.slice(from * values, to * values);
    return [name, { data: part, ...(valid && { valid: valid.subarray(from, to) }) }] as const;
  });
  return { length: to - from, columns: Object.fromEntries(columns) as Batch["columns"] }; // cut from columns of the schema
}

/**
 * Groups of up to `bytes` raw bytes, at least a row each. The groups depend on the rows, not on how they came; rows are copied only
 * where a group lies in several batches.
 */
export function grouped(schema: Schema, bytes: number): Grouped {
  const sizeOf = rowMeasure(schema);
  const pending = growingBatch(schema);
  let pendingBytes = 0;
  let pendingRows = 0;
  return {
    *push(batch) {
      let from = 0;
      for (let row = 0; row < batch.length; row++) {
        const size = sizeOf(batch, row);
        if (pendingRows + row - from > 0 && pendingBytes + size > bytes) {
          if (pendingRows === 0) yield sliced(schema, batch, { from, to: row });
          else {
            pending.append(batch, from, row);
            yield pending.batch();
            pending.clear();
          }
          from = row;
          pendingBytes = 0;
          pendingRows = 0;
        }
        pendingBytes += size;
      }
      if (from === batch.length) return;
      pending.append(batch, from, batch.length);
      pendingRows += batch.length - from;
    },
    rest() {
      if (pendingRows === 0) return undefined;
      const last = pending.batch();
      pendingRows = 0;
      pendingBytes = 0;
      return last;
    },
  };
}
