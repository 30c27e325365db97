/** Writes batches of any length to a Parquet file, a row group at a time. */

import { type Batch, type Draft, rowBytes, type Schema, WindrowError } from "../../core/index.ts";
import { growingBatch } from "../growing.ts";
import { type AssemblyOptions, parquetAssembly } from "./assembly.ts";
import { checkBatch } from "./batch.ts";
import { encodeRowGroup, type RowGroupOptions } from "./row-group.ts";

/** How a file is written. */
export interface SinkOptions extends Omit<RowGroupOptions, "memory">, AssemblyOptions {
  /** Raw bytes of a row group; 32 MiB where absent. A group holds at least a row. */
  readonly rowGroupBytes?: number | undefined;
}

/** A Parquet file that takes rows. */
export interface ParquetSink {
  /** Appends rows; the caller may reuse the batch once the promise is settled. Calls must not overlap. */
  write(batch: Batch): Promise<void>;
  /** Writes what is left and the footer. The draft is the caller's to publish. */
  close(): Promise<{ readonly rows: number; readonly bytes: number }>;
}

const ROW_GROUP_BYTES = 32 << 20;

/** Raw bytes of a row: those of its fixed columns, and four and the length of each other value. Texts count in UTF-16 units. */
function measure(schema: Schema): (batch: Batch, row: number) => number {
  const entries = Object.entries(schema);
  const fixed = entries.reduce((sum, [, type]) => sum + (rowBytes(type) ?? 4), 0);
  const varying = entries.filter(([, type]) => rowBytes(type) === undefined).map(([name, type]) => [name, type.kind]);
  return (batch, row) =>
    varying.reduce((sum, [name, kind]) => {
      const value = batch.columns[name!]!.data[row];
      if (kind === "json") return sum + (JSON.stringify(value) ?? "").length;
      // The check of the batch leaves strings and byte arrays here; a row that is null may have neither.
      return sum + ((value as string | Uint8Array | undefined)?.length ?? 0);
    }, fixed);
}

/**
 * Begins a Parquet file in a draft. The file depends on the rows, not on how they came in batches; memory holds one row group.
 * @throws WindrowError `usage`, `unsupported` as `encodeRowGroup` does
 */
export function parquetSink(draft: Draft, schema: Schema, options: SinkOptions): ParquetSink {
  const { rowGroupBytes = ROW_GROUP_BYTES } = options;
  if (!(rowGroupBytes >= 1))
    throw new WindrowError("usage", `Cannot write Parquet: rowGroupBytes must be from 1 up, got ${rowGroupBytes}`);
  const assembly = parquetAssembly(draft, schema, options);
  const sizeOf = measure(schema);
  const pending = growingBatch(schema);
  let memory: ArrayBuffer | undefined;
  let pendingBytes = 0;
  let pendingRows = 0;
  const flush = async (): Promise<void> => {
    const { bytes, meta } = encodeRowGroup(schema, pending.batch(), { ...options, memory });
    memory = bytes.buffer;
    pending.clear();
    pendingBytes = 0;
    pendingRows = 0;
    await assembly.add(bytes, meta);
  };
  return {
    async write(batch) {
      checkBatch(schema, batch);
      let from = 0;
      for (let row = 0; row < batch.length; row++) {
        const size = sizeOf(batch, row);
        if (pendingRows > 0 && pendingBytes + size > rowGroupBytes) {
          pending.append(batch, from, row);
          from = row;
          await flush();
        }
        pendingBytes += size;
        pendingRows++;
      }
      pending.append(batch, from, batch.length);
    },
    async close() {
      if (pendingRows > 0) await flush();
      return assembly.close();
    },
  };
}
