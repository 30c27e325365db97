/** Writes batches of any length to a Parquet file, a row group at a time. */

import { type Batch, type Draft, type Schema, WindrowError } from "../../core/index.ts";
import { grouped } from "../grouped.ts";
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

/**
 * Begins a Parquet file in a draft. The file depends on the rows, not on how they came in batches; memory holds one row group.
 * @throws WindrowError `usage`, `unsupported` as `encodeRowGroup` does
 */
export function parquetSink(draft: Draft, schema: Schema, options: SinkOptions): ParquetSink {
  const { rowGroupBytes = ROW_GROUP_BYTES } = options;
  if (!(rowGroupBytes >= 1))
    throw new WindrowError("usage", `Cannot write Parquet: rowGroupBytes must be from 1 up, got ${rowGroupBytes}`);
  const assembly = parquetAssembly(draft, schema, options);
  const cutter = grouped(schema, rowGroupBytes);
  let memory: ArrayBuffer | undefined;
  const add = async (group: Batch): Promise<void> => {
    const { bytes, meta } = encodeRowGroup(schema, group, { ...options, memory });
    memory = bytes.buffer;
    await assembly.add(bytes, meta);
  };
  return {
    async write(batch) {
      checkBatch(schema, batch);
      for (const group of cutter.push(batch)) await add(group);
    },
    async close() {
      const last = cutter.rest();
      if (last !== undefined) await add(last);
      return assembly.close();
    },
  };
}
