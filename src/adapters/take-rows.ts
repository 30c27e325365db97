/** Rows of a batch in memory, by number. */

import {
  type Arrays,
  type Batch,
  type Column,
  type ColumnType,
  type RowChoice,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";

/**
 * The chosen rows of a batch, in the order asked for.
 * @throws WindrowError `usage` for a row that is not there.
 */
export function takeRows(schema: Schema, batch: Batch, rows: RowChoice): Batch {
  checkRows(rows, batch.length);
  const columns = Object.entries(schema).map(([name, type]) => [name, takeColumn(batch.columns[name]!, type, rows)]);
  return { length: choiceLength(rows), columns: Object.fromEntries(columns) };
}

/** How many rows are chosen. */
export function choiceLength(rows: RowChoice): number {
  return rows instanceof Uint32Array ? rows.length : rows.to - rows.from;
}

/** Refuses rows that are not there. */
export function checkRows(rows: RowChoice, length: number): void {
  if (rows instanceof Uint32Array) {
    const stray = rows.find((row) => row >= length);
    if (stray !== undefined)
      throw new WindrowError("usage", `Cannot read row ${stray}: rows are from 0 up to ${length}`);
    return;
  }
  const { from, to } = rows;
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= length))
    throw new WindrowError("usage", `Cannot read rows ${from} to ${to}: rows are from 0 up to ${length}`);
}

function takeColumn({ data, valid }: Column, type: ColumnType, rows: RowChoice): Column {
  const taken = takeValues(data, valuesPerRow(type), rows);
  return valid === undefined ? { data: taken } : { data: taken, valid: takeValues(valid, 1, rows) as Uint8Array };
}

type Values = Arrays[ColumnType["kind"]];

function takeValues(data: Values, width: number, rows: RowChoice): Values {
  if (!(rows instanceof Uint32Array)) return data.slice(rows.from * width, rows.to * width) as Values; // slice keeps the kind
  if (Array.isArray(data)) return Array.from(rows, (row) => data[row]);
  // The casts: an array's constructor makes its own kind, and parts of it fit in another of them.
  const from = data as Float64Array;
  const into = new (from.constructor as typeof Float64Array)(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (width === 1) into[i] = from[row]!;
    else into.set(from.subarray(row * width, (row + 1) * width), i * width);
  }
  return into as Values;
}
