/** Which columns are loaded, as what, and the arrays of a batch. */

import {
  type Arrays,
  type Batch,
  type Column,
  type ColumnType,
  isNumeric,
  type Kind,
  NUMERIC_ARRAYS,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";

/** Columns, and what each is taken for: a kind, or a type with its shape. */
export type ColumnTypes = Readonly<Record<string, Kind | ColumnType>>;

/**
 * The columns that are wanted: their names, or with what each is taken for. The compiler believes it, so it is checked against the
 * files before the first batch.
 */
export type ColumnsSpec = ColumnTypes | readonly string[];

/** The schema that a spec promises; of names it promises no more than that they are there. */
export type SchemaOf<C extends ColumnsSpec> = C extends readonly string[]
  ? { readonly [N in C[number]]: ColumnType }
  : { readonly [N in keyof C]: C[N] extends Kind ? { readonly kind: C[N] } : C[N] extends ColumnType ? C[N] : never };

/** One column of a batch. */
export interface LoadColumn<C extends ColumnType = ColumnType> {
  /** Row-major; `length × product(shape[1…])` values. */
  readonly data: Arrays[C["kind"]];
  /** The batch's length, then the shape of a row: `[64, 928, 5]`. */
  readonly shape: readonly number[];
  /** One byte a row, 1 where there is a value; absent where the column always has one. */
  readonly valid?: Uint8Array;
}

/** A batch of samples. Its arrays are its own: nothing writes to them later. */
export interface LoadBatch<S extends Schema = Schema> {
  readonly length: number;
  readonly columns: { readonly [N in keyof S]: LoadColumn<S[N]> };
}

/**
 * The part of a table's schema that is loaded: what `spec` names, in its order, or all.
 * @throws WindrowError `missing` for a column that is not there; `usage` for one that holds something else.
 */
export function loadedSchema(schema: Schema, spec: ColumnsSpec | "all"): Schema {
  if (spec === "all") return schema;
  // Programs without types write one name as it is.
  if (typeof spec !== "object")
    throw new WindrowError("usage", `Cannot load: columns must be a list of names, their types, or "all", got ${spec}`);
  const asked = isNames(spec) ? spec.map((name) => [name, undefined] as const) : Object.entries(spec);
  const found = asked.map(([name, wanted]) => {
    const type = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (type === undefined) {
      const names = Object.keys(schema).join(", ") || "none";
      throw new WindrowError(
        "missing",
        `Cannot load column ${name}: there is no such column, got ${names}; columns chooses, "all" takes each of them`,
      );
    }
    if (wanted !== undefined) checkType(name, type, typeof wanted === "string" ? { kind: wanted } : wanted);
    return [name, type] as const;
  });
  if (found.length === 0) throw new WindrowError("usage", "Cannot load: columns must name at least one, got none");
  return Object.fromEntries(found);
}

/** Whether a spec is names alone. */
export function isNames(spec: ColumnsSpec): spec is readonly string[] {
  return Array.isArray(spec);
}

function checkType(name: string, type: ColumnType, wanted: ColumnType): void {
  const isKind = type.kind === wanted.kind;
  if (isKind && (wanted.shape === undefined || wanted.shape.join() === (type.shape ?? []).join())) return;
  const hint =
    type.kind === "bytes" && isNumeric(wanted.kind) && wanted.shape === undefined
      ? `; of bytes that hold arrays, say what they hold: { kind: "${wanted.kind}", shape: […] }`
      : "";
  throw new WindrowError("usage", `Cannot load column ${name}: must hold ${shown(wanted)}, got ${shown(type)}${hint}`);
}

function shown({ kind, shape }: ColumnType): string {
  return shape === undefined ? kind : `${kind} [${shape.join(", ")}]`;
}

/** A batch with room for so many rows of a schema. */
export function roomFor(schema: Schema, length: number): LoadBatch {
  const columns = Object.entries(schema).map(([name, type]) => {
    const { kind } = type;
    const data = isNumeric(kind) ? new NUMERIC_ARRAYS[kind](length * valuesPerRow(type)) : new Array<never>(length);
    const column: LoadColumn = { data, shape: [length, ...(type.shape ?? [])] };
    return [name, type.nullable === true ? { ...column, valid: new Uint8Array(length) } : column] as const;
  });
  return { length, columns: Object.fromEntries(columns) satisfies Batch["columns"] & Record<string, Column> };
}
