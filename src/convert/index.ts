/** From one format to another: the plan of a conversion, and its tasks. */

export { type FoundArray, foundGroup, namesBelow } from "./array-group.ts";
export { ARRAY_KEY, type Attributes } from "./array-head.ts";
export { KEPT_FOLDER, openTables, writeTable } from "./array-tables.ts";
export { below, copyFiles } from "./copy-files.ts";
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
export { waitingStore } from "./waiting-store.ts";
export { partedGroup } from "./zarr-tables.ts";
export { writeZarr } from "./zarr-writer.ts";
