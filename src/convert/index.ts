/** From one format to another: the plan of a conversion, and its tasks. */

export { type FoundArray, type FoundGroup, foundGroup, namesBelow } from "./array-group.ts";
export { ARRAY_KEY, type ArrayHead, type Attributes } from "./array-head.ts";
export {
  type ArraySource,
  KEPT_FOLDER,
  type OpenTable,
  openTables,
  type TableOptions,
  tableArray,
  writeTable,
} from "./array-tables.ts";
export { below, type CopySpec, copyFiles } from "./copy-files.ts";
export { fragmentFile, Memory } from "./rows.ts";
export { type ConvertContext, runConvertTask } from "./run.ts";
export { commonSchema, type JoinedTable, joinedTables, type SourcePart } from "./source.ts";
export {
  type ConvertFormat,
  type ConvertSpec,
  convertSpec,
  fixedRowBytes,
  targetSchema,
} from "./spec.ts";
export { convertTasks, FINISH, rowsOfTask } from "./tasks.ts";
export { type WaitingStore, waitingStore } from "./waiting-store.ts";
export { type PartedGroup, partedGroup } from "./zarr-tables.ts";
export { writeZarr, type ZarrTarget } from "./zarr-writer.ts";
