/** Which rows of a table are of which trace. */

import { isNumeric, type RowTable, WindrowError } from "../../core/index.ts";

/** The rows of each value of a column. */
export interface TraceRows {
  /** In the order in which they first come. */
  readonly values: readonly string[];
  /** Numbers of a value's rows, ascending; none for a value that does not come. */
  of(value: string): Uint32Array;
}

/** Rows read at once. */
const STRETCH = 1 << 16;

/** Of a row without a value. */
const NONE = 0xffff_ffff;

/** Numbers for values, in the order in which they first come. */
class Values {
  readonly numbers = new Map<string, number>();

  /** The number of a value; `NONE` for a value that names nothing. */
  numberOf(value: unknown): number {
    const name = valueName(value);
    if (name === "") return NONE;
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.numbers.size);
    return this.numbers.size - 1;
  }
}

/** What a trace is called by a value; empty where it is called nothing. */
function valueName(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : "";
  return String(value ?? "").trim();
}

/**
 * Reads a column, and gives the rows of each of its values: texts, or whole numbers as they are written in decimals. Rows without a value are noted.
 * @throws WindrowError `usage` for a column of another kind.
 */
export async function traceRows(
  table: RowTable,
  column: string,
  note: (row: number, why: string) => void,
): Promise<TraceRows> {
  const { kind, shape } = table.schema[column]!;
  if (shape !== undefined || (kind !== "str" && (!isNumeric(kind) || kind === "bool")))
    throw new WindrowError(
      "usage",
      `Cannot part a table by ${column}: it must hold texts or whole numbers, got ${kind}`,
    );
  const values = new Values();
  const ofRow = new Uint32Array(table.length);
  for (let from = 0; from < table.length; from += STRETCH) {
    const to = Math.min(table.length, from + STRETCH);
    const { data, valid } = (await table.read({ from, to }, { columns: [column] })).columns[column]!;
    for (let row = from; row < to; row++) {
      ofRow[row] = values.numberOf(valid?.[row - from] === 0 ? undefined : data[row - from]);
      if (ofRow[row] === NONE) note(row + 1, `${column} names no trace`);
    }
  }
  return byValue(values.numbers, ofRow);
}

/** A counting sort: rows by the number of their value, each value's one behind the other. */
function byValue(numbers: ReadonlyMap<string, number>, ofRow: Uint32Array): TraceRows {
  const starts = new Uint32Array(numbers.size + 1);
  for (const number of ofRow) if (number !== NONE) starts[number + 1]! += 1;
  for (let i = 0; i < numbers.size; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice();
  const rows = new Uint32Array(starts[numbers.size]!);
  for (let row = 0; row < ofRow.length; row++) {
    const number = ofRow[row]!;
    if (number !== NONE) rows[next[number]!++] = row;
  }
  return {
    values: [...numbers.keys()],
    of(value) {
      const number = numbers.get(value);
      return number === undefined ? new Uint32Array(0) : rows.subarray(starts[number], starts[number + 1]);
    },
  };
}
