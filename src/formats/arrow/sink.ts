/** Writes batches of any length to an Arrow IPC file, a record batch at a time. */

import { type Batch, type Draft, type Schema, WindrowError } from "../../core/index.ts";
import { grouped } from "../grouped.ts";
import { type ArrowAssemblyOptions, arrowAssembly } from "./assembly.ts";
import { checkArrowBatch, encodeRecordBatch, type RecordBatchOptions } from "./record-batch.ts";

/** How a file is written. */
export interface ArrowSinkOptions extends RecordBatchOptions, ArrowAssemblyOptions {
  /** Raw bytes of a record batch; 32 MiB where absent. One holds at least a row. */
  readonly recordBatchBytes?: number | undefined;
}

/** An Arrow file that takes rows. */
export interface ArrowSink {
  /** Appends rows; the caller may reuse the batch once the promise is settled. Calls must not overlap. */
  write(batch: Batch): Promise<void>;
  /** Writes what is left and the footer. The draft is the caller's to publish. */
  close(): Promise<{ readonly rows: number; readonly bytes: number }>;
}

const RECORD_BATCH_BYTES = 32 << 20;

/**
 * Begins an Arrow file in a draft. The file depends on the rows, not on how they came in batches; memory holds one record batch.
 * @throws WindrowError `usage`, `unsupported` as `encodeRecordBatch` does
 */
export function arrowSink(draft: Draft, schema: Schema, options: ArrowSinkOptions): ArrowSink {
  const { recordBatchBytes = RECORD_BATCH_BYTES } = options;
  if (!(recordBatchBytes >= 1))
    throw new WindrowError("usage", `Cannot write Arrow: recordBatchBytes must be from 1 up, got ${recordBatchBytes}`);
  const assembly = arrowAssembly(draft, schema, options);
  const groups = grouped(schema, recordBatchBytes);
  const flush = async (batch: Batch): Promise<void> => {
    const { bytes, meta } = encodeRecordBatch(schema, batch, options);
    await assembly.add(bytes, meta);
  };
  return {
    async write(batch) {
      checkArrowBatch(schema, batch);
      for (const group of groups.push(batch)) await flush(group);
    },
    async close() {
      const last = groups.rest();
      if (last !== undefined) await flush(last);
      return assembly.close();
    },
  };
}
