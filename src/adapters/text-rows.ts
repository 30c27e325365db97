/** Rows of numbers, stamps and words in a text file, such as most recordings of research are. */

import type { Batch, ColumnType, Schema } from "../core/index.ts";
import type { TimeUnit } from "../sync/index.ts";
import type { BadRows } from "./bad-rows.ts";
import { fileName, type SourceFile } from "./recording.ts";
import { cellNumber, stampSeconds } from "./stamp.ts";
import { lineBlocks } from "./text-lines.ts";

/** What a cell of a row is. */
export type CellKind = "stamp" | "number" | "text";

/** How a file's rows are written. Lines that are empty, or begin with `#`, are none. */
export interface TextRowsSpec {
  readonly cells: readonly CellKind[];
  readonly delimiter: "comma" | "space";
  /** Of the stamps. */
  readonly unit: TimeUnit;
  /** Lines before the first row. */
  readonly headLines?: number;
}

/** The rows of a file, by what their cells are. */
export interface TextRows {
  readonly length: number;
  /** Line of each row, from 1. */
  readonly lines: Float64Array;
  /** For each stamp cell, in order: seconds. */
  readonly stamps: readonly Float64Array[];
  /** For each number cell, in order. */
  readonly numbers: readonly Float64Array[];
  /** For each text cell, in order. */
  readonly texts: readonly (readonly string[])[];
}

const SPLIT = { comma: ",", space: /[ \t]+/ } as const;

/** The cells of a line. */
export function cellsOf(line: string, delimiter: TextRowsSpec["delimiter"]): string[] {
  return line
    .trim()
    .split(SPLIT[delimiter])
    .map((cell) => cell.trim());
}

/** Float64 values that are appended to. */
class Growing {
  #values = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** The values, in an array of their own length. */
  get values(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}

/** Takes row after row; a row is taken whole or not at all. */
class RowTaker {
  readonly #spec: TextRowsSpec;
  readonly #lines = new Growing();
  readonly #columns: readonly (Growing | string[])[];
  readonly #row: (number | string)[] = [];

  constructor(spec: TextRowsSpec) {
    this.#spec = spec;
    this.#columns = spec.cells.map((kind) => (kind === "text" ? [] : new Growing()));
  }

  /** Why the line is no row; `undefined` for one that is. */
  take(text: string, line: number): string | undefined {
    const { cells: kinds, delimiter } = this.#spec;
    const cells = cellsOf(text, delimiter);
    if (cells.length !== kinds.length) return `${kinds.length} cells are expected, got ${cells.length}`;
    for (const [i, kind] of kinds.entries()) {
      const value = this.#value(kind, cells[i]!);
      if (value === undefined) return `cell ${i + 1} is no ${kind === "stamp" ? "time" : kind}: ${shown(cells[i]!)}`;
      this.#row[i] = value;
    }
    this.#lines.push(line);
    // Each column takes what its kind made.
    for (const [i, column] of this.#columns.entries())
      (column as { push(value: number | string): void }).push(this.#row[i]!);
    return undefined;
  }

  #value(kind: CellKind, cell: string): number | string | undefined {
    if (kind === "text") return cell === "" ? undefined : cell;
    if (kind === "number") return cellNumber(cell);
    const seconds = stampSeconds(cell, this.#spec.unit);
    return Number.isFinite(seconds) ? seconds : undefined;
  }

  get rows(): TextRows {
    const { cells } = this.#spec;
    const growing = (kind: CellKind) =>
      this.#columns.flatMap((column, i) => (cells[i] === kind && column instanceof Growing ? [column.values] : []));
    const lines = this.#lines.values;
    return {
      length: lines.length,
      lines,
      stamps: growing("stamp"),
      numbers: growing("number"),
      texts: this.#columns.filter((column) => Array.isArray(column)),
    };
  }
}

/** A cell in a message: recordings hold cells of any length. */
function shown(cell: string): string {
  return JSON.stringify(cell.length <= 40 ? cell : `${cell.slice(0, 40)}…`);
}

/** Reads a whole file. A line that is no row is noted with its place and left out. */
export async function readTextRows(file: SourceFile, spec: TextRowsSpec, bad: BadRows): Promise<TextRows> {
  const note = bad.begin(fileName(file));
  const taker = new RowTaker(spec);
  for await (const { first, lines } of lineBlocks(file)) {
    for (const [i, text] of lines.entries()) {
      const line = first + i;
      if (line <= (spec.headLines ?? 0) || text === "" || text.startsWith("#") || text.trim() === "") continue;
      const why = taker.take(text, line);
      if (why !== undefined) note(line, why);
    }
  }
  return taker.rows;
}

/** A field made of neighbouring number cells. */
export interface NumberField {
  readonly name: string;
  readonly type: ColumnType<"f64">;
  /** Places of its cells among the number cells, in the order of its values. */
  readonly cells: readonly number[];
}

/** Columns of fields, from the number cells of rows. */
export function numberColumns(rows: TextRows, fields: readonly NumberField[]): Batch["columns"] {
  return Object.fromEntries(fields.map(({ name, cells }) => [name, { data: interleaved(rows, cells) }]));
}

function interleaved({ numbers, length }: TextRows, cells: readonly number[]): Float64Array {
  const width = cells.length;
  if (width === 1) return numbers[cells[0]!]!;
  const data = new Float64Array(length * width);
  for (const [at, cell] of cells.entries()) {
    const values = numbers[cell]!;
    for (let row = 0; row < length; row++) data[row * width + at] = values[row]!;
  }
  return data;
}

/** The schema of fields. */
export function numberSchema(fields: readonly NumberField[]): Schema {
  return Object.fromEntries(fields.map(({ name, type }) => [name, type]));
}
