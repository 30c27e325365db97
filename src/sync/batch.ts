/** Batches of samples: checked against their schema, taken by row, and read one at a time. */

import {
  type Batch,
  type Column,
  type ColumnType,
  isNumeric,
  NUMERIC_ARRAYS,
  type RowChoice,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";
import { rowCount } from "./rows.ts";
import type { SampleOf, ValueOf } from "./sensor.ts";

/** Any column's values, as those read and write them who do not care for their kind. */
type Values = Column["data"];

/** What is wrong with a batch that should hold each field of the schema, in arrays of its kind and of the right length; `undefined` where nothing is. */
export function batchFault({ columns, length }: Batch, schema: Schema, wanted: number): string | undefined {
  if (length !== wanted) return `it must have ${wanted} rows, got ${length}`;
  for (const [name, type] of Object.entries(schema)) {
    const column = columns[name];
    if (column === undefined) return `it must have the field ${name}, got ${Object.keys(columns).join(", ") || "none"}`;
    const fault = columnFault(column, type, length);
    if (fault !== undefined) return `${name} must ${fault}`;
  }
  return undefined;
}

function columnFault({ data, valid }: Column, type: ColumnType, length: number): string | undefined {
  const array = isNumeric(type.kind) ? NUMERIC_ARRAYS[type.kind] : Array;
  if (!(data instanceof array)) return `be an array of ${type.kind}, got ${kindOf(data)}`;
  const values = length * valuesPerRow(type);
  if (data.length !== values) return `have ${values} values, got ${data.length}`;
  if (valid !== undefined && valid.length !== length)
    return `say of ${length} rows whether they have a value, got ${valid.length}`;
  return undefined;
}

function kindOf(data: unknown): string {
  return typeof data === "object" && data !== null ? data.constructor.name : typeof data;
}

/** What stands where there is no value. */
const NOTHING = { str: "", bytes: new Uint8Array(), json: null } as const;

/** An array for the values of so many rows; zeros, or nothing yet. */
function emptyValues(type: ColumnType, rows: number): Values {
  if (isNumeric(type.kind)) return new NUMERIC_ARRAYS[type.kind](rows * valuesPerRow(type));
  return new Array<never>(rows);
}

/** The values of some rows, in arrays of their own. A row −1 has no value; its place holds zeros, or an empty text. */
export function takeColumn(type: ColumnType, column: Column, rows: Int32Array | Uint32Array): Column {
  const width = valuesPerRow(type);
  const data = emptyValues(type, rows.length);
  const nothing: unknown = isNumeric(type.kind) ? undefined : NOTHING[type.kind];
  // Values move unseen, so the arrays of one kind stand for all.
  const [to, from] = [data as unknown[], column.data as readonly unknown[]];
  let missing = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0) {
      missing++;
      if (nothing !== undefined) to[i] = nothing;
    } else if (width < 16) for (let k = 0; k < width; k++) to[i * width + k] = from[row * width + k];
    // Only arrays of numbers have several values a row.
    else (data as Float64Array).set((column.data as Float64Array).subarray(row * width, (row + 1) * width), i * width);
  }
  if (missing === 0 && column.valid === undefined) return { data };
  const valid = Uint8Array.from(rows, (row) => (row < 0 ? 0 : (column.valid?.[row] ?? 1)));
  return { data, valid };
}

/** Rows of a batch, in the order asked for, in arrays of their own; −1 is a row without values. */
export function take<S extends Schema>(schema: S, batch: Batch, rows: Int32Array | Uint32Array): Batch<S> {
  const columns = Object.entries(schema).map(([name, type]) => [name, takeColumn(type, batch.columns[name]!, rows)]);
  // Made field by field from the schema.
  return { length: rows.length, columns: Object.fromEntries(columns) } as Batch<S>;
}

/** Rows of a batch that is in memory, in arrays of their own. */
export function takeRows<S extends Schema>(schema: S, batch: Batch, rows: RowChoice): Batch<S> {
  if (rows instanceof Uint32Array) return take(schema, batch, rows);
  const { from, to } = rows;
  const columns = Object.entries(schema).map(([name, type]) => {
    const { data, valid } = batch.columns[name]!;
    const width = valuesPerRow(type);
    const values = data.slice(from * width, to * width);
    return [name, valid === undefined ? { data: values } : { data: values, valid: valid.slice(from, to) }];
  });
  // Made field by field from the schema.
  return { length: rowCount(rows), columns: Object.fromEntries(columns) } as Batch<S>;
}

function valueAt(type: ColumnType, { data, valid }: Column, row: number): unknown {
  if (valid?.[row] === 0) return undefined;
  if (type.shape !== undefined) {
    const width = valuesPerRow(type);
    return data.slice(row * width, (row + 1) * width);
  }
  return type.kind === "bool" ? data[row] !== 0 : data[row];
}

/**
 * One row of a batch as a sample.
 * @param of whose sample it is, for the message
 * @throws WindrowError `usage` where a field that is not nullable has no value.
 */
export function sampleAt<S extends Schema>(schema: S, batch: Batch, row: number, of: string): SampleOf<S> {
  const values = Object.entries(schema).map(([name, type]) => {
    const value = valueAt(type, batch.columns[name]!, row) as ValueOf<typeof type> | undefined; // of its column's kind
    if (value === undefined && type.nullable !== true) throw missing(of, name);
    return [name, value];
  });
  // Made field by field from the schema.
  return Object.fromEntries(values) as SampleOf<S>;
}

function missing(of: string, field: string): WindrowError {
  return new WindrowError(
    "usage",
    `Cannot give ${of}: its field ${field} is not nullable, got no value; name the sensor as optional in the trace, or have such rows dropped`,
  );
}
