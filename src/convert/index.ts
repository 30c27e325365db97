/** From one format to another: the plan of a conversion, and its tasks. */

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
