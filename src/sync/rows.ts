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
  if (rows instanceof Uint32Array) return rows;
  const numbers = new Uint32Array(rows.to - rows.from);
  for (let i = 0; i < numbers.length; i++) numbers[i] = rows.from + i;
  return numbers;
}

/** Numbers without doubles, ascending, and where each of those asked for is found among them. */
export interface Distinct {
  readonly numbers: RowChoice;
  /** Absent where each is found in its own place; −1 where none was asked for. */
  readonly places?: Int32Array;
}

/** The least and the greatest of the numbers that are not −1 (where there are none, a stretch without one), and whether each is above the one before. */
function extent(rows: Int32Array): { least: number; most: number; isAscending: boolean } {
  let [least, most, isAscending] = [Number.POSITIVE_INFINITY, -1, true];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row <= most) isAscending = false;
    if (row < 0) continue;
    if (row > most) most = row;
    if (row < least) least = row;
  }
  return { least: Math.min(least, most + 1), most, isAscending };
}

/** A range where the numbers, which ascend, are one. */
function asChoice(numbers: Uint32Array): RowChoice {
  const [from = 0, last = -1] = [numbers[0], numbers.at(-1)];
  return last - from + 1 === numbers.length ? { from, to: last + 1 } : numbers;
}

/** For numbers that lie close together: each marks its place between the least and the greatest. */
function distinctByMarks(rows: Int32Array, least: number, most: number): Distinct {
  const marks = new Int32Array(most - least + 1);
  for (const row of rows) if (row >= 0) marks[row - least] = 1;
  let count = 0;
  for (let i = 0; i < marks.length; i++) if (marks[i] === 1) marks[i] = ++count;
  const numbers = new Uint32Array(count);
  for (let i = 0; i < marks.length; i++) if (marks[i] !== 0) numbers[marks[i]! - 1] = least + i;
  const places = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) places[i] = rows[i]! < 0 ? -1 : marks[rows[i]! - least]! - 1;
  return { numbers: asChoice(numbers), places };
}

function distinctBySort(rows: Int32Array): Distinct {
  const sorted = Uint32Array.from(rows.filter((row) => row >= 0)).sort();
  const numbers = sorted.filter((row, i) => i === 0 || row !== sorted[i - 1]);
  return { numbers: asChoice(numbers), places: rows.map((row) => (row < 0 ? -1 : lowerBound(numbers, row))) };
}

/** What to read so that each sample is read once and in order, whatever the rows; −1 stands for no sample. */
export function distinct(rows: Int32Array): Distinct {
  const { least, most, isAscending } = extent(rows);
  if (isAscending) return { numbers: asChoice(Uint32Array.from(rows)) };
  // Rows of a stretch of the recording lie close together; where they do not, marks would take more room than the rows.
  const isClose = most - least < 8 * rows.length;
  return isClose ? distinctByMarks(rows, least, most) : distinctBySort(rows);
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
