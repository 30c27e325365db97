/** Arrow IPC: our own writer and reader of files (Feather V2), and a reader of streams that lie in files. */

export { type ArrowAssembly, type ArrowAssemblyOptions, arrowAssembly } from "./assembly.ts";
export { type ArrowOpenOptions, type ArrowTable, openArrow, type RecordBatchPlace } from "./open.ts";
export {
  type EncodedRecordBatch,
  encodeRecordBatch,
  type RecordBatchMeta,
  type RecordBatchOptions,
} from "./record-batch.ts";
export { type ArrowSink, type ArrowSinkOptions, arrowSink } from "./sink.ts";
