/** How rows lie in the workspace before windows are cut from them: which files there are, and what a row of the rows file is. */

import { rowBytes } from "../core/index.ts";
import { type DatasetSpec, isVarying, type SampleColumn } from "./spec.ts";

/** Rows of all traces, all of one width: the values of the columns, one behind the other; of values that vary in size, their spans. */
export const ROWS_FILE = "rows.bin";
/** f64 epoch seconds of each row; two of them, begin and end, where rows reach over time. */
export const TIMES_FILE = "times.bin";
/** u32 number of each row's input. */
export const SOURCES_FILE = "sources.bin";
/** Values that vary in size, of all columns. A value that several rows have is there once. */
export const VALUES_FILE = "values.bin";

/** A span is two f64: where a value begins in the values file, and its bytes. */
const SPAN_BYTES = 16;

/** Where a column lies in a row. */
export interface RowColumn {
  readonly column: SampleColumn;
  readonly at: number;
  readonly bytes: number;
  readonly isVarying: boolean;
}

/** What a row of the rows file is. */
export interface RowLayout {
  readonly columns: readonly RowColumn[];
  readonly rowBytes: number;
  readonly windowBytes: number;
}

/** The layout of the rows of a dataset. */
export function rowLayout({ columns, window }: Pick<DatasetSpec, "columns" | "window">): RowLayout {
  let at = 0;
  const placed = columns.map((column): RowColumn => {
    const sample = rowBytes(column.type);
    const bytes = sample === undefined ? SPAN_BYTES : sample / window.size;
    at += bytes;
    return { column, at: at - bytes, bytes, isVarying: isVarying(column) };
  });
  return { columns: placed, rowBytes: at, windowBytes: at * window.size };
}
