/** Choices of rows: counted, checked, and turned into numbers. */

import { type RowChoice, WindrowError } from "../core/index.ts";

/** How many rows a choice has. */
export function rowCount(rows: RowChoice): number {
  return rows instanceof Uint32Array ? rows.length : rows.to - rows.from;
}

/**
 * Checks that the rows are there.
 * @param of what has them, for the message
 * @throws WindrowError `usage` for a range that does not lie within 0 to `length`, and for a number from `length` up.
 */
export function checkRows(rows: RowChoice, length: number, of: string): void {
  if (rows instanceof Uint32Array) {
    const place = rows.findIndex((row) => row >= length);
    if (place < 0) return;
    throw new WindrowError("usage", `Cannot read ${of}: rows must be below ${length}, got ${rows[place]}`, {
      details: { row: rows[place], length },
    });
  }
  const { from, to } = rows;
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= length) return;
  throw new WindrowError(
    "usage",
    `Cannot read ${of}: from and to must be within 0 to ${length}, got ${from} to ${to}`,
    {
      details: { from, to, length },
    },
  );
}

/** The numbers of a choice, one by one. */
export function rowNumbers(rows: RowChoice): Uint32Array {
  return rows instanceof Uint32Array
    ? rows
    : Uint32Array.from({ length: rows.to - rows.from }, (_, i) => rows.from + i);
}

/** Numbers without doubles, ascending, and where each of those asked for is found among them. */
export interface Distinct {
  readonly numbers: RowChoice;
  /** Absent where each is found in its own place; −1 where none was asked for. */
  readonly places?: Int32Array;
}

/** Whether each number is above the one before. */
function isAscending(rows: Uint32Array | Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i]! <= rows[i - 1]!) return false;
  return true;
}

/** A range where the numbers, which ascend, are one. */
function asChoice(numbers: Uint32Array): RowChoice {
  const [from = 0, last = -1] = [numbers[0], numbers.at(-1)];
  return last - from + 1 === numbers.length ? { from, to: last + 1 } : numbers;
}

/** What to read so that each sample is read once and in order, whatever the rows; −1 stands for no sample. */
export function distinct(rows: Uint32Array | Int32Array): Distinct {
  if (isAscending(rows) && (rows.length === 0 || rows[0]! >= 0)) return { numbers: asChoice(Uint32Array.from(rows)) };
  const sorted = Uint32Array.from(rows.filter((row) => row >= 0)).sort();
  const numbers = sorted.filter((row, i) => i === 0 || row !== sorted[i - 1]);
  const places = Int32Array.from(rows, (row) => (row < 0 ? -1 : lowerBound(numbers, row)));
  return { numbers: asChoice(numbers), places };
}

/** The first place whose value is not below `value`; the length where all are. */
export function lowerBound(ascending: ArrayLike<number>, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
