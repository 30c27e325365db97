/** What a conversion is: plain data, so that a plan can carry it. */

import { type ColumnType, type Compression, isNumeric, rowBytes, type Schema, WindrowError } from "../core/index.ts";
import { type MdsLayout, samplesPerShard } from "../formats/mds/index.ts";

/** The formats that a conversion writes. */
export type ConvertFormat = "mds" | "parquet" | "arrow";

/** A conversion. */
export interface ConvertSpec {
  readonly format: ConvertFormat;
  /** Of what is written. */
  readonly schema: Schema;
  /** Columns that may lack a value in the source, but not in the target. */
  readonly mustHave: readonly string[];
  /** Rows of each part, in order; at least one part, and no empty one unless there is no row at all. */
  readonly parts: readonly number[];
  /** The one file that is written, instead of a folder of parts. */
  readonly file?: string;
  /** Of MDS. */
  readonly mds?: MdsLayout;
  /** Of Parquet and Arrow. */
  readonly compression?: Compression;
  /** Raw bytes of a row group or record batch. */
  readonly groupBytes: number;
  /** Rows of a task, at most; a task's rows are written together. */
  readonly taskRows: number;
  /** Rows of a part, at most, whose file is written by one task, without groups that wait. */
  readonly directRows: number;
  /** Rows that are read at a time, where they do not come a group at a time. */
  readonly batchRows: number;
  readonly createdBy: string;
}

/** What is asked for. */
export interface ConvertRequest {
  readonly format: ConvertFormat;
  /** Of the source, the columns that are wanted. */
  readonly schema: Schema;
  readonly rows: number;
  /** Raw bytes of a row, on average. */
  readonly rowBytes: number;
  /** `undefined` for one for each 4 GiB of raw rows. */
  readonly parts: number | undefined;
  readonly file: string | undefined;
  readonly mds: MdsLayout | undefined;
  readonly compression: Compression | undefined;
  /** Raw bytes of a task, at most. */
  readonly taskBytes: number;
  readonly createdBy: string;
}

const MIB = 2 ** 20;
const PART_BYTES = 4 * 2 ** 30;
/** Raw bytes of a row group or record batch, as the formats' own writers have it. */
const GROUP_BYTES = 32 * MIB;
/** Tasks' worth of a part that is written at once, where there are so many parts that all threads have some: a kill costs no more. */
const DIRECT_TASKS = 4;
const MANY_PARTS = 8;
const BATCH_BYTES = 8 * MIB;
const BATCH_ROWS = 1 << 16;
const MOST_PARTS = 100_000;

/** Cuts rows into parts as equal as can be; a part has at least a row, unless there is none. */
function cutParts(rows: number, parts: number): readonly number[] {
  const count = Math.max(1, Math.min(parts, rows));
  const bound = (part: number) => Math.floor((part * rows) / count);
  return Array.from({ length: count }, (_, part) => bound(part + 1) - bound(part));
}

/** Whether the format has a way to say that a row has no value in this column. */
function holdsGaps(format: ConvertFormat, type: ColumnType): boolean {
  return format === "arrow" || (format === "parquet" && type.shape === undefined);
}

/**
 * The schema that the target has: nullable only where its format can say so. A column that loses that must have a value in each row,
 * which is seen when its rows are read: most writers call every column nullable, gaps or not.
 */
export function targetSchema(schema: Schema, format: ConvertFormat): Pick<ConvertSpec, "schema" | "mustHave"> {
  const losing = Object.entries(schema).filter(([, type]) => type.nullable === true && !holdsGaps(format, type));
  const names = losing.map(([name]) => name);
  const columns = Object.entries(schema).map(([name, type]): [string, ColumnType] => {
    const { nullable: _, ...rest } = type;
    return [name, names.includes(name) ? rest : type];
  });
  return { schema: Object.fromEntries(columns), mustHave: names };
}

/** Raw bytes of a row: exactly, where all columns have a width. */
export function fixedRowBytes(schema: Schema): number | undefined {
  const widths = Object.values(schema).map(rowBytes);
  return widths.includes(undefined) ? undefined : widths.reduce<number>((sum, width) => sum + (width ?? 0), 0);
}

function checkShapes(schema: Schema): void {
  for (const [name, { kind, shape }] of Object.entries(schema)) {
    if (shape !== undefined && !isNumeric(kind))
      throw new WindrowError(
        "unsupported",
        `Cannot convert column ${name}: only numbers can have a shape, got ${kind}`,
      );
  }
}

/** Raw bytes of a group, which is no larger than a task. */
function groupSize({ taskBytes }: ConvertRequest): number {
  return Math.min(GROUP_BYTES, taskBytes);
}

/** Rows of a task: whole shards where all have the same size, and a whole part where shards cut as the rows come. */
function taskRows(request: ConvertRequest, most: number): number {
  const { mds, rowBytes: bytes, taskBytes } = request;
  const rows = Math.max(1, Math.floor(taskBytes / bytes));
  if (mds === undefined) {
    // Whole groups, so that no task ends with a small one.
    const group = Math.max(1, Math.floor(groupSize(request) / bytes));
    return group * Math.max(1, Math.floor(rows / group));
  }
  const shard = samplesPerShard(mds);
  return shard === undefined ? Math.max(1, most) : shard * Math.max(1, Math.floor(rows / shard));
}

/**
 * The whole of what is to be done. It depends on the source and what was asked for, never on the machine.
 * @throws WindrowError `usage` for a number of parts that cannot be, `empty` for no rows or columns where the format cannot say so.
 */
export function convertSpec(request: ConvertRequest): ConvertSpec {
  const { format, rows, rowBytes: bytes, file, mds, compression, taskBytes, createdBy } = request;
  const { parts = file === undefined ? Math.max(1, Math.ceil((rows * bytes) / PART_BYTES)) : 1 } = request;
  if (!Number.isSafeInteger(parts) || parts < 1 || parts > MOST_PARTS)
    throw new WindrowError(
      "usage",
      `Cannot convert: parts must be a whole number from 1 to ${MOST_PARTS}, got ${parts}`,
    );
  checkShapes(request.schema);
  const cut = cutParts(rows, parts);
  return {
    format,
    ...targetSchema(request.schema, format),
    parts: cut,
    ...(file === undefined ? {} : { file }),
    ...(mds === undefined ? {} : { mds }),
    ...(compression === undefined ? {} : { compression }),
    groupBytes: groupSize(request),
    taskRows: taskRows(request, Math.max(...cut)),
    directRows: Math.max(1, Math.floor(((cut.length < MANY_PARTS ? 1 : DIRECT_TASKS) * taskBytes) / bytes)),
    batchRows: Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / bytes))),
    createdBy,
  };
}
