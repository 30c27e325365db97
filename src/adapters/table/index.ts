/** Tables with a column of times: any CSV or Parquet file. */

export { openTable, openTableTraces, type TableOptions, type TableSource } from "./open.ts";
