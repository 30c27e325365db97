/** Puts the windows of a rows file into the columns of a batch. */

import { type Batch, bytesOf, type RandomReader, WindrowError } from "../core/index.ts";
import { type RowColumn, rowLayout } from "./row-layout.ts";
import { copyLane } from "./rows.kernel.ts";
import { type DatasetSpec, lengthsColumn } from "./spec.ts";

/** Fills row `row` of a batch with a window, which `read` brings. */
export type WindowPlacer = (row: number, read: (window: Uint8Array) => void) => void;

/** Fills one column's row from a window. */
type ColumnPlacer = (row: number, window: Uint8Array) => void;

const decoder = new TextDecoder();

/** The bytes of a batch's column of numbers. */
function numbers(batch: Batch, name: string): Uint8Array {
  const { data } = batch.columns[name]!;
  if (!ArrayBuffer.isView(data)) throw new WindrowError("internal", `Cannot gather: column ${name} is none of numbers`);
  return bytesOf(data);
}

function placeNumbers({ column, at, bytes: width }: RowColumn, shape: WindowShape, batch: Batch): ColumnPlacer {
  const out = numbers(batch, column.name);
  const { rows, rowBytes } = shape;
  return (row, window) => {
    const source = { bytes: window, from: at, step: rowBytes };
    copyLane(source, { bytes: out, from: row * rows * width, step: width }, rows, width);
  };
}

/** Rows of a window, and bytes of each. */
interface WindowShape {
  readonly rows: number;
  readonly rowBytes: number;
}

/** Reads the values of spans one behind the other: those that lie so in the file at once, and one that rows share once. */
function readValues(values: RandomReader, spans: Float64Array): Uint8Array {
  const rows = spans.length / 2;
  let total = 0;
  for (let row = 0; row < rows; row++) total += spans[2 * row + 1]!;
  const out = new Uint8Array(total);
  for (let row = 0, done = 0; row < rows; ) {
    const from = spans[2 * row]!;
    const length = spans[2 * row + 1]!;
    if (row > 0 && spans[2 * row - 2] === from && spans[2 * row - 1] === length) {
      out.copyWithin(done, done - length, done);
      done += length;
      row++;
      continue;
    }
    let to = from;
    while (row < rows && spans[2 * row] === to) to += spans[2 * row++ + 1]!;
    values.readInto(from, out.subarray(done, done + to - from));
    done += to - from;
  }
  return out;
}

function placeValues({ column, at, bytes: width }: RowColumn, shape: WindowShape, to: ValuesTarget): ColumnPlacer {
  const { batch, values } = to;
  const { rows, rowBytes } = shape;
  const { name, type } = column;
  const spans = new Float64Array(2 * rows);
  const spanLane = { bytes: bytesOf(spans), from: 0, step: width };
  // The batch is this task's own: its columns are there to be filled.
  const data = batch.columns[name]!.data as (string | Uint8Array)[];
  const lengths = rows === 1 ? undefined : (batch.columns[lengthsColumn(name)]!.data as Uint32Array); // as sampleSchema has it
  return (row, window) => {
    copyLane({ bytes: window, from: at, step: rowBytes }, spanLane, rows, width);
    const bytes = readValues(values, spans);
    data[row] = type.kind === "str" ? decoder.decode(bytes) : bytes;
    for (let i = 0; lengths !== undefined && i < rows; i++) lengths[row * rows + i] = spans[2 * i + 1]!;
  };
}

/** Where values of varying size go to, and where they are read. */
interface ValuesTarget {
  readonly batch: Batch;
  readonly values: RandomReader;
}

/** Fills the rows of a batch. A sample of one column of numbers is read to where it goes; of others the rows are parted first. */
export function windowPlacer(
  spec: Pick<DatasetSpec, "columns" | "window">,
  batch: Batch,
  values: RandomReader | undefined,
): WindowPlacer {
  const { columns, rowBytes, windowBytes } = rowLayout(spec);
  const [first, ...more] = columns;
  if (first !== undefined && more.length === 0 && !first.isVarying) {
    const out = numbers(batch, first.column.name);
    return (row, read) => read(out.subarray(row * windowBytes, (row + 1) * windowBytes));
  }
  const window = new Uint8Array(windowBytes);
  const shape = { rows: spec.window.size, rowBytes };
  const placers = columns.map((column) => {
    if (!column.isVarying) return placeNumbers(column, shape, batch);
    if (values === undefined) throw new WindrowError("internal", "Cannot gather: the values file is not open");
    return placeValues(column, shape, { batch, values });
  });
  return (row, read) => {
    read(window);
    for (const place of placers) place(row, window);
  };
}
