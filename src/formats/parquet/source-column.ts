/** The columns that a file's schema tree holds, as ours: kinds, gaps, lists. */

import { type ColumnType, isNumeric, type Kind, kindBytes } from "../../core/index.ts";
import type { ArrowHint } from "./arrow-schema.ts";
import { CONVERTED, LOGICAL, PHYSICAL, REPETITION } from "./codes.ts";
import { unsupported } from "./fault.ts";
import { countLeaves, type FileInfo, type SchemaNode } from "./file.ts";
import { structField, type ThriftStruct, whole } from "./thrift-read.ts";

/** A column to read. */
export interface SourceColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Which of a row group's chunks it is. */
  readonly chunk: number;
  /** Code of `PHYSICAL`. */
  readonly physical: number;
  /** Bytes of a value, for `fixedByteArray`. */
  readonly width: number;
  readonly isList: boolean;
  /** Values in each row. */
  readonly values: number;
  /** Definition level of a value that is there. */
  readonly maxDefinition: number;
  /** Whether definition level 0 is a row without a value. */
  readonly isOptional: boolean;
  /** Whether the length of the lists is written in the file, so that another one is damage. */
  readonly isLengthKnown: boolean;
}

/** What a value of varying length is taken for. */
const VARYING_BYTES = 64;

/** About how many bytes a row of a column takes in memory. */
export function bytesPerRow({ type: { kind }, values }: SourceColumn): number {
  return isNumeric(kind) ? kindBytes(kind) * values : VARYING_BYTES;
}

/** Bytes of one row at most: a file that promises more is refused before anything is set aside for it. */
const MAX_ROW_BYTES = 1 << 28;

interface Meaning {
  readonly kind: Kind;
  readonly unit?: string;
}

const INTEGERS: ReadonlyMap<number, Kind> = new Map([
  [CONVERTED.int8, "i8"],
  [CONVERTED.uint8, "u8"],
  [CONVERTED.int16, "i16"],
  [CONVERTED.uint16, "u16"],
  [CONVERTED.int32, "i32"],
  [CONVERTED.uint32, "u32"],
  [CONVERTED.int64, "i64"],
  [CONVERTED.uint64, "u64"],
]);

const TIMES: ReadonlyMap<number, string> = new Map([
  [CONVERTED.date, "d"],
  [CONVERTED.timeMillis, "ms"],
  [CONVERTED.timeMicros, "us"],
  [CONVERTED.timestampMillis, "ms"],
  [CONVERTED.timestampMicros, "us"],
]);

/** Unit of a logical date, time or timestamp. */
function timeUnit(logical: ThriftStruct): string | undefined {
  if (logical.has(LOGICAL.date)) return "d";
  const time = structField(logical, LOGICAL.time) ?? structField(logical, LOGICAL.timestamp);
  const unit = time && structField(time, 2);
  return unit && (unit.has(1) ? "ms" : unit.has(2) ? "us" : unit.has(3) ? "ns" : undefined);
}

/** The kind that a logical integer type has. */
function logicalInteger(logical: ThriftStruct | undefined): Kind | undefined {
  const integer = logical && structField(logical, LOGICAL.integer);
  if (integer === undefined) return undefined;
  const name = `${integer.get(2) === true ? "i" : "u"}${whole(integer, 1)}`;
  return INTEGERS.values().find((kind) => kind === name);
}

function integerKind({ converted, logical }: SchemaNode, plain: "i32" | "i64"): Meaning {
  const kind = logicalInteger(logical) ?? INTEGERS.get(converted ?? -1);
  if (kind !== undefined && kind.endsWith("64") === (plain === "i64")) return { kind };
  const unit = (logical && timeUnit(logical)) ?? TIMES.get(converted ?? -1);
  return unit === undefined ? { kind: plain } : { kind: plain, unit };
}

/** What stored values mean. Dates and times stay the numbers that they are stored as, with their unit. */
function meaning(of: SchemaNode): Meaning {
  const { name, physical, converted, logical, width } = of;
  if (converted === CONVERTED.decimal || logical?.has(LOGICAL.decimal))
    unsupported(`column ${name} holds decimals, which are not read`);
  switch (physical) {
    case PHYSICAL.boolean:
      return { kind: "bool" };
    case PHYSICAL.int32:
      return integerKind(of, "i32");
    case PHYSICAL.int64:
      return integerKind(of, "i64");
    case PHYSICAL.float:
      return { kind: "f32" };
    case PHYSICAL.double:
      return { kind: "f64" };
    case PHYSICAL.byteArray:
      if (converted === CONVERTED.json || logical?.has(LOGICAL.json)) return { kind: "json" };
      if (converted === CONVERTED.utf8 || converted === CONVERTED.enum) return { kind: "str" };
      return { kind: logical?.has(LOGICAL.string) || logical?.has(LOGICAL.enum) ? "str" : "bytes" };
    case PHYSICAL.fixedByteArray:
      return { kind: logical?.has(LOGICAL.float16) && width === 2 ? "f16" : "bytes" };
    default:
      return unsupported(`column ${name} is stored as type ${physical}, which is not read`);
  }
}

/** The element that holds a list's values, and the levels above it. */
interface ListParts {
  readonly element: SchemaNode;
  readonly maxDefinition: number;
}

/** A list of three levels, of two (older writers), or of one (LogicalTypes.md, "Lists" and its backward-compatibility rules). */
function listParts(field: SchemaNode): ListParts {
  const refuse = (): never =>
    unsupported(`column ${field.name} is a struct, a map or a list of such, which are not read`);
  if (field.repetition === REPETITION.repeated && field.physical !== undefined)
    return { element: field, maxDefinition: 1 };
  const isList = field.converted === CONVERTED.list || field.logical?.has(LOGICAL.list);
  const repeated = field.children[0];
  if (!isList || field.children.length !== 1 || repeated?.repetition !== REPETITION.repeated) return refuse();
  const above = (field.repetition === REPETITION.optional ? 1 : 0) + 1;
  if (repeated.physical !== undefined) return { element: repeated, maxDefinition: above };
  const element = repeated.children[0];
  if (repeated.children.length !== 1 || element?.physical === undefined) return refuse();
  if (element.repetition === REPETITION.repeated) return refuse();
  return { element, maxDefinition: above + (element.repetition === REPETITION.optional ? 1 : 0) };
}

/** How long all lists of a column must be if they are equally long, by the counts of its chunks. */
function lengthByCounts(info: FileInfo, chunk: number, name: string): number {
  const values = info.groups.reduce((sum, group) => sum + group.chunks[chunk]!.values, 0);
  const length = values / info.rows;
  if (!Number.isInteger(length) || length < 1)
    unsupported(`column ${name} holds lists of different or unknown length, which are not read`);
  return length;
}

function listColumn(field: SchemaNode, chunk: number, info: FileInfo, hint: ArrowHint | undefined): SourceColumn {
  const { element, maxDefinition } = listParts(field);
  const { kind, unit = hint?.unit } = meaning(element);
  if (kind === "str" || kind === "bytes" || kind === "json")
    return unsupported(`column ${field.name} holds lists of ${kind}, which are not read`);
  const values = hint?.listSize ?? lengthByCounts(info, chunk, field.name);
  if (values < 1 || values * kindBytes(kind) > MAX_ROW_BYTES)
    unsupported(`column ${field.name} holds lists of ${values} values; up to ${MAX_ROW_BYTES} bytes a row are read`);
  const isOptional = field.repetition === REPETITION.optional;
  return {
    name: field.name,
    type: columnType({ kind, isOptional, unit, shape: hint?.shape ?? [values] }),
    chunk,
    physical: element.physical!,
    width: element.width ?? 0,
    isList: true,
    values,
    maxDefinition,
    isOptional,
    isLengthKnown: hint?.listSize !== undefined,
  };
}

function columnType(parts: {
  readonly kind: Kind;
  readonly isOptional: boolean;
  readonly unit: string | undefined;
  readonly shape?: readonly number[];
}): ColumnType {
  const { kind, isOptional, unit, shape } = parts;
  return {
    kind,
    ...(shape === undefined ? {} : { shape }),
    ...(unit === undefined ? {} : { unit }),
    ...(isOptional ? { nullable: true } : {}),
  };
}

function sourceColumn(field: SchemaNode, chunk: number, info: FileInfo, hint: ArrowHint | undefined): SourceColumn {
  const isOptional = field.repetition === REPETITION.optional;
  if (field.physical === undefined || field.repetition === REPETITION.repeated)
    return listColumn(field, chunk, info, hint);
  const { kind, unit = hint?.unit } = meaning(field);
  return {
    name: field.name,
    type: columnType({ kind, isOptional, unit }),
    chunk,
    physical: field.physical,
    width: field.width ?? 0,
    isList: false,
    values: 1,
    maxDefinition: isOptional ? 1 : 0,
    isOptional,
    isLengthKnown: true,
  };
}

/**
 * The columns of a file, all or those named.
 * @throws WindrowError `unsupported` for one of a type that is not read, `missing` for a name that is not there
 */
export function sourceColumns(
  info: FileInfo,
  hints: ReadonlyMap<string, ArrowHint>,
  names: readonly string[] | undefined,
): readonly SourceColumn[] {
  const columns: SourceColumn[] = [];
  const seen = new Set<string>();
  let chunk = 0;
  for (const field of info.fields) {
    if (seen.has(field.name)) unsupported(`two columns are named ${field.name}`);
    seen.add(field.name);
    if (names?.includes(field.name) ?? true) columns.push(sourceColumn(field, chunk, info, hints.get(field.name)));
    chunk += countLeaves(field);
  }
  return columns;
}
