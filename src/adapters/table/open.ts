/** Tables as sensors: a column tells the time, and one may tell which trace a row is of. */

import {
  type Batch,
  type ColumnType,
  isNumeric,
  type NumberArray,
  type RowChoice,
  type RowTable,
  type Schema,
  WindrowError,
} from "../../core/index.ts";
import { type Interpolation, type Sensor, seconds, sensor, type TimeUnit } from "../../sync/index.ts";
import { once } from "../../sync/once.ts";
import type { BadRows } from "../bad-rows.ts";
import { joined, type Recording, recording, type SensorMaker } from "../recording.ts";
import { isoSeconds } from "./iso-time.ts";
import { type TraceRows, traceRows } from "./trace-rows.ts";

/** A table, whose columns are known before its rows are read. */
export interface TableSource {
  /** Name of its sensor. */
  readonly name: string;
  /** What messages call it. */
  readonly file: string;
  readonly schema: Schema;
  /**
   * Its rows. A source that knows the place of a row without a value of the columns `time` and `trace` leaves it out itself. A gap in a
   * column of floats is NaN, and not a row without a value.
   */
  open(time: string, trace?: string): Promise<RowTable>;
}

/** How tables become sensors. */
export interface TableOptions {
  /** The column of times; where absent, the only one called `t`, `time` or `timestamp`, in letters of any case. */
  readonly timeColumn?: string;
  /** What its numbers count. Must be told, unless the column itself does: a timestamp of Parquet, a time as ISO 8601 writes it. */
  readonly unit?: TimeUnit;
  /** The column that says which trace a row is of. */
  readonly traceColumn?: string;
  /** By column, in any of the tables; `hold` where absent. */
  readonly interpolation?: Readonly<Record<string, Interpolation>>;
}

/** A column of times. */
interface TimeColumn {
  readonly name: string;
  /** `iso` for texts. */
  readonly unit: TimeUnit | "iso";
}

const TIME_NAMES = ["t", "time", "timestamp"];
const UNITS: readonly string[] = ["s", "ms", "us", "ns"] satisfies readonly TimeUnit[];

function timeName({ file, schema }: TableSource, told: string | undefined): string {
  const names = Object.keys(schema);
  const found =
    told === undefined
      ? names.filter((name) => TIME_NAMES.includes(name.toLowerCase()))
      : names.filter((name) => name === told);
  if (found.length === 1) return found[0]!;
  const [code, wanted] =
    told === undefined
      ? (["usage", "the column of times must be named"] as const)
      : (["missing", `there is no column ${told}`] as const);
  throw new WindrowError(code, `Cannot read ${file}: ${wanted}, got ${names.join(", ")}`);
}

function timeUnit(file: string, { kind, unit, shape }: ColumnType, told: TimeUnit | undefined): TimeColumn["unit"] {
  const refuse = (why: string) => new WindrowError("usage", `Cannot read ${file}: the column of times ${why}`);
  if (kind === "str") {
    if (told === undefined) return "iso";
    throw refuse(`holds texts, which have no unit, got ${told}`);
  }
  if (!isNumeric(kind) || kind === "bool" || shape !== undefined)
    throw refuse(`must hold a number or a text a row, got ${kind}`);
  if (unit === undefined || !UNITS.includes(unit)) {
    if (told === undefined) throw refuse("holds numbers; say what they count by its unit: s, ms, us or ns");
    return told;
  }
  if (told !== undefined && told !== unit) throw refuse(`counts ${unit}, got ${told}`);
  return unit as TimeUnit; // one of UNITS
}

function timeColumn(source: TableSource, { timeColumn: told, unit }: TableOptions): TimeColumn {
  const name = timeName(source, told);
  return { name, unit: timeUnit(source.file, source.schema[name]!, unit) };
}

/** A table, its times, and which of its rows have one. */
interface TimedTable {
  readonly table: RowTable;
  /** Of each row; NaN where there is none. */
  readonly times: Float64Array;
}

/** A table in use: what has been read of it is kept for as long as it is. */
interface TableInUse {
  readonly source: TableSource;
  readonly open: () => Promise<RowTable>;
  readonly fields: Schema;
  readonly timed: () => Promise<TimedTable>;
}

async function timesOf(table: RowTable, { name, unit }: TimeColumn): Promise<Float64Array> {
  const { columns } = await table.read({ from: 0, to: table.length }, { columns: [name] });
  const { data, valid } = columns[name]!;
  // The casts: texts are what `iso` stands for, and numbers all else, as was checked.
  const times =
    unit === "iso" ? Float64Array.from(data as readonly string[], isoSeconds) : seconds(data as NumberArray, unit);
  if (valid !== undefined) for (let row = 0; row < times.length; row++) if (valid[row] === 0) times[row] = Number.NaN;
  return times;
}

/** Notes rows without a time. */
function noteUntimed(times: Float64Array, note: (row: number, why: string) => void, name: string): void {
  for (let row = 0; row < times.length; row++) if (!Number.isFinite(times[row])) note(row + 1, `${name} is no time`);
}

function inUse(source: TableSource, options: TableOptions, bad: BadRows): TableInUse {
  const time = timeColumn(source, options);
  const { traceColumn } = options;
  if (traceColumn !== undefined && !Object.hasOwn(source.schema, traceColumn))
    throw new WindrowError(
      "missing",
      `Cannot read ${source.file}: there is no column ${traceColumn}, got ${Object.keys(source.schema).join(", ")}`,
    );
  const fields = Object.entries(source.schema).filter(([name]) => name !== time.name && name !== traceColumn);
  return {
    source,
    open: () => source.open(time.name, traceColumn),
    fields: Object.fromEntries(fields),
    timed: async () => {
      const table = await source.open(time.name, traceColumn);
      const times = await timesOf(table, time);
      noteUntimed(times, bad.begin(source.file, "rows"), time.name);
      return { table, times };
    },
  };
}

/** Rows of a table that make up a sensor, and their times. */
interface OwnRows {
  readonly table: RowTable;
  readonly times: Float64Array;
  /** Absent where they are all. */
  readonly rows?: Uint32Array;
}

/** Those of some rows that have a time; of all rows where none are given. */
function timedRows({ table, times }: TimedTable, rows?: Uint32Array): OwnRows {
  if (rows === undefined && times.every(Number.isFinite)) return { table, times };
  const all = rows ?? Uint32Array.from({ length: times.length }, (_, row) => row);
  const own = all.filter((row) => Number.isFinite(times[row]));
  return { table, times: Float64Array.from(own, (row) => times[row]!), rows: own };
}

function ownNumbers(own: Uint32Array, rows: RowChoice): Uint32Array {
  return rows instanceof Uint32Array ? rows.map((row) => own[row]!) : own.subarray(rows.from, rows.to);
}

function tableSensor(
  { fields }: Pick<TableInUse, "fields">,
  load: () => Promise<OwnRows>,
  options: TableOptions,
): Sensor {
  const own = once(load);
  const columns = Object.keys(fields);
  const interpolation = Object.entries(options.interpolation ?? {}).filter(([name]) => Object.hasOwn(fields, name));
  return sensor({
    schema: fields,
    meta: interpolation.length === 0 ? {} : { interpolation: Object.fromEntries(interpolation) },
    times: async () => (await own()).times,
    async read(choice): Promise<Batch> {
      const { table, rows } = await own();
      return table.read(rows === undefined ? choice : ownNumbers(rows, choice), { columns });
    },
  });
}

function checkInterpolation(tables: readonly TableInUse[], { interpolation = {} }: TableOptions): void {
  const stray = Object.keys(interpolation).find((name) => !tables.some(({ fields }) => Object.hasOwn(fields, name)));
  if (stray !== undefined) throw new WindrowError("missing", `Cannot interpolate ${stray}: no table has such a column`);
}

/**
 * Tables as one recording: a sensor each, whose fields are all columns but that of times. Rows without a time are counted and left out.
 * @throws WindrowError `usage` where the column of times or its unit is not plain, `missing` for a column that is not there.
 */
export function openTable(sources: readonly TableSource[], options: TableOptions, bad: BadRows): Recording {
  const tables = sources.map((source) => inUse(source, options, bad));
  checkInterpolation(tables, options);
  const makers = tables.map((table): SensorMaker => {
    const load = async () => timedRows(await table.timed());
    return () => ({ [table.source.name]: tableSensor(table, load, options) });
  });
  return recording(makers, bad);
}

/**
 * The sensors of many recordings, by the values of a column of theirs, which is read at once. Each has a sensor of each table; without a sample where
 * the table has no row of it.
 * @throws WindrowError as `openTable` does.
 */
export async function openTableTraces(
  sources: readonly TableSource[],
  options: TableOptions & { readonly traceColumn: string },
  bad: BadRows,
): Promise<ReadonlyMap<string, SensorMaker>> {
  const tables = sources.map((source) => inUse(source, options, bad));
  checkInterpolation(tables, options);
  const parts: { readonly table: TableInUse; readonly timed: () => Promise<TimedTable>; readonly rows: TraceRows }[] =
    [];
  for (const table of tables) {
    const rows = await traceRows(await table.open(), options.traceColumn, bad.begin(table.source.file, "traces"));
    parts.push({ table, rows, timed: once(table.timed) });
  }
  const values = [...new Set(parts.flatMap(({ rows }) => rows.values))];
  return new Map(
    values.map((value) => {
      const makers = parts.map(({ table, timed, rows }): SensorMaker => {
        const load = async () => timedRows(await timed(), rows.of(value));
        return () => ({ [table.source.name]: tableSensor(table, load, options) });
      });
      return [value, joined(makers)] as const;
    }),
  );
}
