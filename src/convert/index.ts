/** From one format to another: the plan of a conversion, and its tasks. */

export { type ConvertPlaces, fragmentFile, Memory } from "./rows.ts";
export { type ConvertContext, runConvertTask } from "./run.ts";
export { commonSchema, joinedTables, type SourcePart } from "./source.ts";
export {
  CONVERT_FORMATS,
  type ConvertFormat,
  type ConvertSpec,
  convertSpec,
  fixedRowBytes,
  targetSchema,
} from "./spec.ts";
export { convertTasks, FINISH, type RowsArgs } from "./tasks.ts";
