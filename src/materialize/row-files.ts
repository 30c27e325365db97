/** Takes the rows of an ingest into the workspace, as the tasks read them. */

import { type Batch, bytesOf, type SequentialWriter, WindrowError, type Workspace } from "../core/index.ts";
import {
  ROWS_FILE,
  type RowColumn,
  type RowLayout,
  rowLayout,
  SOURCES_FILE,
  TIMES_FILE,
  VALUES_FILE,
} from "./row-layout.ts";
import { copyLane } from "./rows.kernel.ts";
import type { DatasetSpec, ValueSizes } from "./spec.ts";

/** Rows as an ingest brings them. */
export interface IngestedRows {
  /** Every column's value of each row, without the axis of the window. Others are not looked at. */
  readonly batch: Batch;
  /** Epoch seconds: one a row, or begin and end of each where the dataset's rows are spans. */
  readonly times: Float64Array;
  /** Number of the input that the rows are of, or of each of them. */
  readonly source: number | Uint32Array;
}

/** Rows of all traces, appended one batch after the other; a trace's rows are numbered by what `rows` was before. */
export interface RowFiles extends Disposable {
  /** Rows so far. */
  readonly rows: number;
  /** Appends rows; the arrays may be reused at once. A value that is the very one of the row before is stored once. */
  append(rows: IngestedRows): void;
  /** Ends the files and tells how large values of varying size are, by column. */
  close(): Readonly<Record<string, ValueSizes>>;
}

const encoder = new TextEncoder();

/** The values of one column of varying size. */
class Values {
  #last: string | Uint8Array | undefined;
  #span: readonly [at: number, bytes: number] = [0, 0];
  total = 0;
  largest = 0;

  /** Writes the values, and answers where each is: two numbers a row. */
  spans(values: readonly (string | Uint8Array)[], write: (bytes: Uint8Array) => number): Float64Array {
    const spans = new Float64Array(2 * values.length);
    for (const [row, value] of values.entries()) {
      if (value !== this.#last) {
        const bytes = typeof value === "string" ? encoder.encode(value) : value;
        this.#span = [write(bytes), bytes.length];
        this.#last = value;
      }
      spans.set(this.#span, 2 * row);
      this.total += this.#span[1];
      this.largest = Math.max(this.largest, this.#span[1]);
    }
    return spans;
  }
}

class Files implements RowFiles {
  rows = 0;
  readonly #layout: RowLayout;
  readonly #timesOfRow: number;
  readonly #writers: Readonly<Record<"rows" | "times" | "sources" | "values", SequentialWriter>>;
  readonly #values: ReadonlyMap<string, Values>;
  #valuesEnd = 0;

  constructor(workspace: Workspace, spec: Pick<DatasetSpec, "columns" | "window" | "times">) {
    this.#layout = rowLayout(spec);
    this.#timesOfRow = spec.times === "spans" ? 2 : 1;
    this.#writers = {
      rows: workspace.writer(ROWS_FILE),
      times: workspace.writer(TIMES_FILE),
      sources: workspace.writer(SOURCES_FILE),
      values: workspace.writer(VALUES_FILE),
    };
    const varying = this.#layout.columns.filter((each) => each.isVarying);
    this.#values = new Map(varying.map(({ column }) => [column.name, new Values()]));
  }

  append({ batch, times, source }: IngestedRows): void {
    const { length } = batch;
    const { rowBytes } = this.#layout;
    const out = new Uint8Array(length * rowBytes);
    for (const column of this.#layout.columns) {
      const bytes = this.#columnBytes(batch, column);
      const width = column.bytes;
      copyLane({ bytes, from: 0, step: width }, { bytes: out, from: column.at, step: rowBytes }, length, width);
    }
    const sources = typeof source === "number" ? new Uint32Array(length).fill(source) : source;
    if (times.length !== length * this.#timesOfRow || sources.length !== length)
      throw new WindrowError("internal", `Cannot take rows: ${length} of them have ${times.length} times`);
    this.#writers.rows.write(out);
    this.#writers.times.write(bytesOf(times));
    this.#writers.sources.write(bytesOf(sources));
    this.rows += length;
  }

  #columnBytes(batch: Batch, { column: { name }, bytes: width }: RowColumn): Uint8Array {
    const data = Object.hasOwn(batch.columns, name) ? batch.columns[name]!.data : [];
    const values = this.#values.get(name);
    const isText = values !== undefined && !ArrayBuffer.isView(data);
    // A column of varying size has texts or bytes: `windowColumn` and those who call it know no other.
    const texts = data as readonly (string | Uint8Array)[];
    const own = isText ? values.spans(texts, (bytes) => this.#writeValue(bytes)) : data;
    if (ArrayBuffer.isView(own) && own.byteLength === batch.length * width) return bytesOf(own);
    throw new WindrowError(
      "internal",
      `Cannot take rows: column ${name} must have a value of each of ${batch.length} rows, got ${data.length}`,
    );
  }

  #writeValue(bytes: Uint8Array): number {
    const at = this.#valuesEnd;
    this.#writers.values.write(bytes);
    this.#valuesEnd += bytes.length;
    return at;
  }

  close(): Readonly<Record<string, ValueSizes>> {
    for (const writer of Object.values(this.#writers)) writer.close();
    const sizes = [...this.#values].map(([name, { total, largest }]) => {
      return [name, { mean: total / Math.max(1, this.rows), largest }] as const;
    });
    return Object.fromEntries(sizes);
  }

  [Symbol.dispose](): void {
    for (const writer of Object.values(this.#writers)) writer[Symbol.dispose]();
  }
}

/** Begins the files of a dataset's rows. */
export function rowFiles(workspace: Workspace, spec: Pick<DatasetSpec, "columns" | "window" | "times">): RowFiles {
  return new Files(workspace, spec);
}
