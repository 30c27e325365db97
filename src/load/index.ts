/** Ready batches for training: in the order of an epoch, for one rank of many, from any place on. */

export {
  type ColumnsSpec,
  type ColumnTypes,
  isNames,
  type LoadBatch,
  type LoadColumn,
  type SchemaOf,
} from "./columns.ts";
export type { LoadCursor } from "./cursor.ts";
export { joinedTable } from "./joined-table.ts";
export { type Loader, type LoaderOptions, type LoadInfo, type LoadSource, loader } from "./loader.ts";
