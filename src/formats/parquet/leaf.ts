/** How a column of ours lies in a Parquet file: the stored type of its values, and its elements of the schema tree. */

import { type ColumnType, isNumeric, type Kind, type Schema, valuesPerRow, WindrowError } from "../../core/index.ts";
import { CONVERTED, LOGICAL, PHYSICAL, REPETITION } from "./codes.ts";
import { bool, i8, i32, struct, type Thrift, text } from "./thrift.ts";

/** A column as it is stored: the leaf of the schema tree. */
export interface Leaf {
  readonly name: string;
  readonly type: ColumnType;
  /** Code of `PHYSICAL`. */
  readonly physical: number;
  /** Bytes of a stored value; `undefined` where it varies. For booleans 1, though eight share a byte. */
  readonly width: number | undefined;
  /** Whether each row is a list, of `values` values. */
  readonly isList: boolean;
  readonly values: number;
  readonly isOptional: boolean;
  /** Names from the root down. */
  readonly path: readonly string[];
}

interface Stored {
  readonly physical: number;
  readonly width?: number;
  readonly converted?: number;
  readonly logical?: Thrift;
}

function integer(bits: number, sign: "signed" | "unsigned"): Thrift {
  return struct({ [LOGICAL.integer]: struct({ 1: i8(bits), 2: bool(sign === "signed") }) });
}

function annotated(logical: number): Thrift {
  return struct({ [logical]: struct({}) });
}

/** Each kind's stored type. Annotations come in both forms, for old readers; plain 32 and 64 bits need none. */
const STORED: Readonly<Record<Kind, Stored>> = {
  bool: { physical: PHYSICAL.boolean, width: 1 },
  i8: { physical: PHYSICAL.int32, width: 4, converted: CONVERTED.int8, logical: integer(8, "signed") },
  u8: { physical: PHYSICAL.int32, width: 4, converted: CONVERTED.uint8, logical: integer(8, "unsigned") },
  i16: { physical: PHYSICAL.int32, width: 4, converted: CONVERTED.int16, logical: integer(16, "signed") },
  u16: { physical: PHYSICAL.int32, width: 4, converted: CONVERTED.uint16, logical: integer(16, "unsigned") },
  i32: { physical: PHYSICAL.int32, width: 4 },
  u32: { physical: PHYSICAL.int32, width: 4, converted: CONVERTED.uint32, logical: integer(32, "unsigned") },
  i64: { physical: PHYSICAL.int64, width: 8 },
  u64: { physical: PHYSICAL.int64, width: 8, converted: CONVERTED.uint64, logical: integer(64, "unsigned") },
  f16: { physical: PHYSICAL.fixedByteArray, width: 2, logical: annotated(LOGICAL.float16) },
  f32: { physical: PHYSICAL.float, width: 4 },
  f64: { physical: PHYSICAL.double, width: 8 },
  str: { physical: PHYSICAL.byteArray, converted: CONVERTED.utf8, logical: annotated(LOGICAL.string) },
  bytes: { physical: PHYSICAL.byteArray },
  json: { physical: PHYSICAL.byteArray, converted: CONVERTED.json, logical: annotated(LOGICAL.json) },
};

function checked(name: string, type: ColumnType): void {
  const refuse = (what: string): never => {
    throw new WindrowError("usage", `Cannot write column ${name} to Parquet: ${what}`);
  };
  if (type.shape === undefined) return;
  if (!isNumeric(type.kind)) refuse(`only numbers can have a shape, got ${type.kind}`);
  if (type.nullable) refuse("a column with a shape cannot be nullable");
  const values = valuesPerRow(type);
  if (!type.shape.every((size) => Number.isSafeInteger(size) && size > 0) || values > 0x7fffffff)
    refuse(`sizes must be whole numbers from 1 up with a product below 2^31, got [${type.shape}]`);
}

/** The columns of a schema as they are stored. @throws WindrowError `usage` for a schema that Parquet cannot hold */
export function leaves(schema: Schema): readonly Leaf[] {
  return Object.entries(schema).map(([name, type]) => {
    checked(name, type);
    const { physical, width } = STORED[type.kind];
    const isList = type.shape !== undefined;
    const path = isList ? [name, "list", "element"] : [name];
    return {
      name,
      type,
      physical,
      width,
      isList,
      values: valuesPerRow(type),
      isOptional: type.nullable === true,
      path,
    };
  });
}

function primitive(name: string, kind: Kind, repetition: number): Thrift {
  const { physical, width, converted, logical } = STORED[kind];
  return struct({
    1: i32(physical),
    2: physical === PHYSICAL.fixedByteArray ? i32(width ?? 0) : undefined,
    3: i32(repetition),
    4: text(name),
    6: converted === undefined ? undefined : i32(converted),
    10: logical,
  });
}

/** `SchemaElement`s of the whole tree, depth first. A list takes three levels (LogicalTypes.md, "Lists"). */
export function schemaElements(all: readonly Leaf[]): readonly Thrift[] {
  const root = struct({ 4: text("schema"), 5: i32(all.length) });
  const elements = all.flatMap(({ name, type, isList, isOptional }) => {
    const { required, optional, repeated } = REPETITION;
    if (!isList) return [primitive(name, type.kind, isOptional ? optional : required)];
    return [
      struct({
        3: i32(required),
        4: text(name),
        5: i32(1),
        6: i32(CONVERTED.list),
        10: annotated(LOGICAL.list),
      }),
      struct({ 3: i32(repeated), 4: text("list"), 5: i32(1) }),
      primitive("element", type.kind, required),
    ];
  });
  return [root, ...elements];
}
