/** Which fields of a trace's sensors become columns of the samples, and as what. */

import {
  type Arrays,
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  type Json,
  type NumericKind,
  WindrowError,
} from "../../core/index.ts";
import { type SampleColumn, windowColumn } from "../../materialize/index.ts";
import type { Match, Sensors, TraceBatch } from "../../sync/index.ts";

/** A field of a sensor, as a column. */
export interface TraceField {
  readonly sensor: string;
  readonly field: string;
  /** `sensor_field`, or `sensor` where it has no other field. */
  readonly name: string;
  /** Of its value in a row, as the sensor has it. */
  readonly type: ColumnType;
  /** Whether a row may lack a value: then `validColumn` says which rows have one. */
  readonly isOptional: boolean;
}

/** The column that says which rows of the window have a value of a field: 1, or 0 where 0 or nothing stands for it. */
function validColumn(name: string): string {
  return `${name}_valid`;
}

function unknown(wanted: string, sensors: Sensors): WindrowError {
  const known = Object.entries(sensors).map(([name, { schema }]) => `${name} (${Object.keys(schema).join(", ")})`);
  return new WindrowError(
    "usage",
    `Cannot choose sensors: each must be a sensor or sensor.field, got ${wanted}; there are ${known.join(", ")}`,
  );
}

/** The fields that a user names: a sensor, or `sensor.field`. Names of sensors may have dots themselves. */
function named(wanted: string, sensors: Sensors): readonly (readonly [sensor: string, field: string])[] {
  if (Object.hasOwn(sensors, wanted))
    return Object.keys(sensors[wanted]!.schema).map((field) => [wanted, field] as const);
  const found = Object.entries(sensors).flatMap(([sensor, { schema }]) =>
    Object.keys(schema)
      .filter((field) => `${sensor}.${field}` === wanted)
      .map((field) => [sensor, field] as const),
  );
  if (found.length !== 1) throw unknown(wanted, sensors);
  return found;
}

/**
 * The fields of a trace that are wanted, all where nothing is said. A sensor that the match lets be missing gives optional fields.
 * @throws WindrowError `usage` for a name that is not there, or fits two.
 */
export function traceFields(sensors: Sensors, match: Match, wanted: readonly string[] | undefined): TraceField[] {
  const chosen = (wanted ?? Object.keys(sensors)).flatMap((each) => named(each, sensors));
  return chosen.map(([sensor, field]) => {
    const { schema } = sensors[sensor]!;
    const { nullable = false, ...type } = schema[field]!;
    // An index map with room for −1 is one of a sensor that may be missing.
    const isOptional = nullable || match.index[sensor] instanceof Int32Array;
    return {
      sensor,
      field,
      name: Object.keys(schema).length === 1 ? sensor : `${sensor}_${field}`,
      type,
      isOptional,
    };
  });
}

/** The samples' columns of fields. */
export function fieldColumns(fields: readonly TraceField[], size: number): SampleColumn[] {
  return fields.flatMap(({ name, type, isOptional }) => {
    // JSON lands as its text.
    const own = windowColumn(name, type.kind === "json" ? { ...type, kind: "str" } : type, size);
    return isOptional ? [own, windowColumn(validColumn(name), { kind: "bool" }, size)] : [own];
  });
}

/** A copy of numbers with 0 in rows that have none. */
function zeroed<A extends Arrays[NumericKind]>(data: A, valid: Uint8Array): A {
  const copy = data.slice() as A; // a copy is of the same kind
  const bytes = bytesOf(copy);
  const width = bytes.length / valid.length;
  // The bytes of 0 are 0 in every kind.
  for (const [row, isThere] of valid.entries()) if (isThere === 0) bytes.fill(0, row * width, (row + 1) * width);
  return copy;
}

/** A column's values as the rows file takes them: 0 or nothing in rows that have none, JSON as text. */
function values({ data, valid }: Column, { kind }: ColumnType): Column["data"] {
  const gaps = valid?.includes(0) ? valid : undefined;
  if (ArrayBuffer.isView(data)) return gaps === undefined ? data : zeroed(data as Arrays[NumericKind], gaps); // views are of numbers
  if (kind === "bytes")
    return (data as Arrays["bytes"]).map((value, row) => (gaps?.[row] === 0 ? new Uint8Array(0) : value));
  return Array.from<Json, string>(data as readonly Json[], (value, row) => {
    if (gaps?.[row] === 0) return "";
    return kind === "json" ? JSON.stringify(value) : String(value);
  });
}

/** Rows of a trace as columns of the rows file. */
export function fieldBatch(read: TraceBatch<Sensors>, fields: readonly TraceField[], length: number): Batch {
  const entries = fields.flatMap((of): [string, Column][] => {
    const column = read[of.sensor]!.columns[of.field]!;
    const own: [string, Column] = [of.name, { data: values(column, of.type) }];
    if (of.isOptional) return [own, [validColumn(of.name), { data: column.valid ?? new Uint8Array(length).fill(1) }]];
    const gap = column.valid?.indexOf(0) ?? -1;
    if (gap < 0) return [own];
    throw new WindrowError(
      "damaged",
      `Cannot materialize ${of.name}: a sample without a value is of a field that must have one, got it ${gap} rows on`,
    );
  });
  return { length, columns: Object.fromEntries(entries) };
}

/** What must be the same in all traces. */
function shown({ type: { kind, shape, unit } }: TraceField): string {
  return [
    kind,
    ...(shape === undefined ? [] : [`[${shape.join(", ")}]`]),
    ...(unit === undefined ? [] : [`in ${unit}`]),
  ].join(" ");
}

/** Where the columns of two traces differ, as a sentence's end; `undefined` where they are the same, in whatever order. */
export function differingFields(a: readonly TraceField[], b: readonly TraceField[]): string | undefined {
  const [left, right] = [a, b].map((fields) => new Map(fields.map((field) => [field.name, shown(field)])));
  const name = [...left!.keys(), ...right!.keys()].find((each) => left!.get(each) !== right!.get(each));
  return name === undefined
    ? undefined
    : `${name} ${left!.get(name) ?? "not there"}, got ${right!.get(name) ?? "none"}`;
}

/** The fields of two traces that have the same, in the order of the first: what one may lack, both may. */
export function joinedFields(a: readonly TraceField[], b: readonly TraceField[]): readonly TraceField[] {
  const optional = new Set([...a, ...b].filter(({ isOptional }) => isOptional).map(({ name }) => name));
  return a.map((field) => ({ ...field, isOptional: optional.has(field.name) }));
}
