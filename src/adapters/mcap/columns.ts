/** Turns messages into columns: each leaf of the tree of fields is one. */

import {
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  type Json,
  NUMERIC_ARRAYS,
  type NumericKind,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import type { Interpolation } from "../../sync/index.ts";
import type { FieldShape, Fields } from "./fields.ts";

/** A column, and where its values lie in a message. */
export interface Leaf {
  readonly name: string;
  readonly path: readonly string[];
  readonly shape: Exclude<FieldShape, { readonly kind: "struct" }>;
  readonly type: ColumnType;
}

// A list of fixed length is set aside for each row before a message is looked at.
const MOST_VALUES = 1 << 20;

function columnType(shape: Leaf["shape"]): ColumnType {
  switch (shape.kind) {
    case "scalar":
      return { kind: shape.type };
    case "numbers":
      return shape.length === undefined ? { kind: "bytes" } : { kind: shape.type, shape: [shape.length] };
    case "bytes":
      return { kind: "bytes" };
    case "time":
      return { kind: "i64", unit: "ns" };
    case "quaternion":
      return { kind: shape.type, shape: [4] };
    case "json":
      return { kind: "json" };
  }
}

/** The fields that are no structs, however deep; what a struct lacks, its fields lack too. */
function* leavesOf(fields: Fields, above: readonly string[], canLack: boolean): Generator<Leaf> {
  for (const [name, { shape, nullable }] of fields) {
    const path = [...above, name];
    const isNullable = canLack || nullable === true;
    if (shape.kind === "struct") {
      yield* leavesOf(shape.fields, path, isNullable);
      continue;
    }
    const type = columnType(shape);
    yield { name: path.join("."), path, shape, type: isNullable ? { ...type, nullable: true } : type };
  }
}

/**
 * The columns of a message. A struct's fields are named behind its own: `pose.position.x`.
 * @throws WindrowError `unsupported` for lists too long, and for two fields that come to one name.
 */
export function leaves(fields: Fields): readonly Leaf[] {
  const found = new Map<string, Leaf>();
  for (const leaf of leavesOf(fields, [], false)) {
    const values = valuesPerRow(leaf.type);
    if (values > MOST_VALUES)
      throw new WindrowError("unsupported", `a list has at most ${MOST_VALUES} values, got ${values} of ${leaf.name}`);
    if (found.has(leaf.name)) throw new WindrowError("unsupported", `two fields come to the name ${leaf.name}`);
    if (values > 0) found.set(leaf.name, leaf);
  }
  return [...found.values()];
}

/** Types by column. */
export function schemaOf(columns: readonly Leaf[]): Schema {
  return Object.fromEntries(columns.map(({ name, type }) => [name, type]));
}

/** How values between two messages come about: real numbers linearly, rotations by slerp, all else holds. */
export function interpolationOf(columns: readonly Leaf[]): Readonly<Record<string, Interpolation>> {
  const how = ({ shape, type }: Leaf): Interpolation =>
    shape.kind === "quaternion" ? "quaternion" : type.kind === "f32" || type.kind === "f64" ? "linear" : "hold";
  return Object.fromEntries(columns.map((leaf) => [leaf.name, how(leaf)]).filter(([, rule]) => rule !== "hold"));
}

/** What lists of numbers of any length are made of, by column; their bytes are little endian. */
export function elementsOf(columns: readonly Leaf[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    columns.flatMap(({ name, shape, type }) =>
      shape.kind === "numbers" && type.kind === "bytes" ? [[name, shape.type] as const] : [],
    ),
  );
}

/** Columns while they are filled. */
export interface Filling {
  readonly batch: Batch;
  /** Writes a message's values to a row. Throws a WindrowError for one that a field does not hold. */
  put(row: number, message: unknown): void;
}

/**
 * Empty columns for so many rows, and what fills them.
 * @throws WindrowError `usage` for more than there is memory for.
 */
export function filling(columns: readonly Leaf[], length: number): Filling {
  const puts = columns.map((leaf) => {
    const column = roomFor(leaf, length);
    return { leaf, column, write: writer(leaf.shape, column.data) };
  });
  const batch = { length, columns: Object.fromEntries(puts.map(({ leaf, column }) => [leaf.name, column])) };
  return {
    batch,
    put(row, message) {
      for (const { leaf, column, write } of puts) {
        const value = valueAt(message, leaf.path);
        if (value === undefined || value === null) {
          if (column.valid === undefined) putDefault(leaf, column, row);
          continue;
        }
        if (column.valid !== undefined) column.valid[row] = 1;
        write(row, value, leaf.name);
      }
    },
  };
}

function roomFor(leaf: Leaf, length: number): Column {
  try {
    return emptyColumn(leaf, length);
  } catch (cause) {
    throw tooMany(leaf, length, cause);
  }
}

function tooMany({ name, type }: Leaf, length: number, cause: unknown): WindrowError {
  const values = valuesPerRow(type);
  const message = `Cannot read ${length} rows: the column ${name} of ${values} values each does not fit in memory; read fewer at a time`;
  return new WindrowError("usage", message, { cause });
}

function emptyColumn({ type }: Leaf, length: number): Column {
  const valid = type.nullable === true ? { valid: new Uint8Array(length) } : {};
  switch (type.kind) {
    case "str":
      return { data: new Array<string>(length).fill(""), ...valid };
    case "bytes":
      return { data: new Array<Uint8Array>(length).fill(new Uint8Array()), ...valid };
    case "json":
      return { data: new Array<Json>(length).fill(null), ...valid };
    default:
      return { data: new NUMERIC_ARRAYS[type.kind](length * valuesPerRow(type)), ...valid };
  }
}

/** Of a field that must be there, what a packer leaves out because it is nothing: zeros are there already. */
function putDefault({ name, shape, type }: Leaf, { data }: Column, row: number): void {
  if (shape.kind === "numbers" && type.kind !== "bytes")
    throw new WindrowError("damaged", `the field ${name} must have ${shape.length} values, got none`);
  if (type.kind === "json") (data as Json[])[row] = []; // repeated fields and maps alone lack without being null
}

function valueAt(message: unknown, path: readonly string[]): unknown {
  let value = message;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined; // an object
  }
  return value;
}

/** Writes a value to a row; `name` is the column's, for errors. */
type Write = (row: number, value: unknown, name: string) => void;

function wrong(name: string, wanted: string, value: unknown): never {
  throw new WindrowError("damaged", `the field ${name} must be ${wanted}, got ${typeof value}`);
}

// The casts below: a column's array is of its leaf's kind, by `emptyColumn`.
function writer(shape: Leaf["shape"], data: Column["data"]): Write {
  switch (shape.kind) {
    case "scalar":
      return shape.type === "str" ? textWriter(data as string[]) : numberWriter(shape.type, data);
    case "numbers":
      return shape.length === undefined
        ? listWriter(shape.type, data as Uint8Array[])
        : fixedWriter(shape.length, data as Float64Array);
    case "bytes":
      return bytesWriter(data as Uint8Array[]);
    case "time":
      return timeWriter(data as BigInt64Array);
    case "quaternion":
      return quaternionWriter(data as Float64Array);
    case "json":
      return (row, value) => {
        (data as Json[])[row] = asJson(value);
      };
  }
}

function textWriter(data: string[]): Write {
  return (row, value, name) => {
    if (typeof value !== "string") wrong(name, "text", value);
    data[row] = value;
  };
}

function numberWriter(kind: NumericKind, data: Column["data"]): Write {
  if (kind === "i64" || kind === "u64") {
    const wide = data as BigInt64Array;
    return (row, value, name) => {
      if (typeof value === "bigint") wide[row] = value;
      else if (Number.isSafeInteger(value)) wide[row] = BigInt(value as number);
      else wrong(name, "a whole number", value);
    };
  }
  const numbers = data as Float64Array;
  return (row, value, name) => {
    if (typeof value !== "number" && typeof value !== "boolean")
      wrong(name, kind === "bool" ? "true or false" : "a number", value);
    numbers[row] = Number(value);
  };
}

/** The values of a list of numbers, as an array of their kind. */
function numbersOf(value: unknown, name: string): ArrayLike<number> {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as Float64Array; // of whatever kind it is
  if (!Array.isArray(value)) return wrong(name, "a list of numbers", value);
  const stray = value.find((each) => !["number", "bigint", "boolean"].includes(typeof each));
  return stray === undefined ? (value as number[]) : wrong(name, "a list of numbers", stray); // all are
}

function fixedWriter(length: number, data: Float64Array): Write {
  return (row, value, name) => {
    const values = numbersOf(value, name);
    if (values.length !== length)
      throw new WindrowError("damaged", `the field ${name} must have ${length} values, got ${values.length}`);
    data.set(values, row * length);
  };
}

function listWriter(kind: NumericKind, data: Uint8Array[]): Write {
  const make = NUMERIC_ARRAYS[kind] as unknown as new (values: ArrayLike<number>) => ArrayBufferView; // one of them
  return (row, value, name) => {
    data[row] = bytesOf(new make(numbersOf(value, name)));
  };
}

function bytesWriter(data: Uint8Array[]): Write {
  return (row, value, name) => {
    if (value instanceof Uint8Array) data[row] = new Uint8Array(value);
    else if (typeof value === "string") data[row] = Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0));
    else wrong(name, "bytes", value);
  };
}

/** Seconds and the nanoseconds beyond them, by the names that ROS 1, ROS 2 and Protocol Buffers have for them. */
export function nanoseconds(value: unknown, name: string): bigint {
  if (typeof value !== "object" || value === null) return wrong(name, "a time", value);
  const parts = value as Record<string, unknown>; // an object
  const seconds = parts["sec"] ?? parts["seconds"] ?? 0;
  const rest = parts["nsec"] ?? parts["nanosec"] ?? parts["nanos"] ?? 0;
  if (typeof seconds !== "bigint" && !Number.isSafeInteger(seconds)) wrong(name, "a time", value);
  if (!Number.isSafeInteger(rest)) wrong(name, "a time", value);
  return BigInt(seconds as bigint) * 1_000_000_000n + BigInt(rest as number); // checked above
}

function timeWriter(data: BigInt64Array): Write {
  return (row, value, name) => {
    data[row] = nanoseconds(value, name);
  };
}

const AXES = ["x", "y", "z", "w"] as const;

function quaternionWriter(data: Float64Array): Write {
  return (row, value, name) => {
    for (const [i, axis] of AXES.entries()) {
      // What lacks is zero, as Protocol Buffers leave it out.
      const part = (value as Record<string, unknown>)[axis] ?? 0; // a value that is there has properties
      if (typeof part !== "number") wrong(`${name}.${axis}`, "a number", part);
      data[4 * row + i] = part;
    }
  };
}

/** A value as JSON can have it: bytes in base64, integers beyond 2⁵³ as text, what is not finite as null. */
function asJson(value: unknown): Json {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, asJson); // of whatever kind it is
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return (value ?? null) as Json; // a text, a boolean or null
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asJson(each)]));
}
