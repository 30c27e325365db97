/** Sensors over tables of rows: a time column, and the other columns as fields. */

import { isNumeric, type NumberArray, type RowTable, type Schema, WindrowError } from "../core/index.ts";
import { seconds, type TimeUnit } from "./seconds.ts";
import type { Sensor, SensorMeta } from "./sensor.ts";
import { sensor } from "./sensor-spec.ts";

/** How a table becomes a sensor. */
export interface TableSensorOptions<T extends string, F extends string> {
  /** The column of times. */
  readonly time: T;
  /** What they are counted in; never guessed. */
  readonly unit: TimeUnit;
  /** The columns that become fields; all but the time where absent. */
  readonly fields?: readonly F[];
  readonly meta?: SensorMeta;
}

/**
 * A sensor of a table's rows. The time column is read once; other columns when samples of them are asked for, and no others.
 * @throws WindrowError `missing` for a column that is not there, `usage` for a time column that holds no number a row, `damaged` (when times are read) for a
 *   row without a time.
 *
 * @example
 * const imu = tableSensor(table, { time: "t_us", unit: "us", meta: { rateHz: 100 } });
 */
export function tableSensor<
  const S extends Schema,
  const T extends keyof S & string,
  const F extends Exclude<keyof S & string, T>,
>(table: RowTable<S>, options: TableSensorOptions<T, F>): Sensor<Pick<S, F>> {
  const { time, unit, meta = {} } = options;
  const schema = fieldsOf(table.schema, time, options.fields);
  const columns = Object.keys(schema);
  return sensor({
    schema,
    meta,
    length: async () => table.length,
    async times() {
      const { columns: read } = await table.read({ from: 0, to: table.length }, { columns: [time] });
      const { data, valid } = read[time]!;
      const row = valid?.indexOf(0) ?? -1;
      if (row >= 0)
        throw new WindrowError(
          "damaged",
          `Cannot read times: ${time} must have a value in each row, got none in ${row}`,
        );
      return seconds(data as NumberArray, unit); // its kind is one of numbers
    },
    read: (rows) => table.read(rows, { columns }),
  });
}

/** The columns that become fields, checked with that of times. */
function fieldsOf<S extends Schema, F extends keyof S & string>(
  all: S,
  time: keyof S & string,
  names: readonly F[] | undefined,
): Pick<S, F> {
  const wanted = names ?? Object.keys(all).filter((name) => name !== time);
  const stranger = [time, ...wanted].find((name) => !Object.hasOwn(all, name));
  if (stranger !== undefined)
    throw new WindrowError(
      "missing",
      `Cannot make a sensor of a table: there is no column ${stranger}, got ${Object.keys(all).join(", ")}`,
    );
  const { kind, shape } = all[time]!;
  if (!isNumeric(kind) || kind === "bool" || shape !== undefined)
    throw new WindrowError(
      "usage",
      `Cannot make a sensor of a table: ${time} must be one number a row, got ${kind}${shape ? ` of shape [${shape}]` : ""}`,
    );
  return Object.fromEntries(wanted.map((name) => [name, all[name]])) as Pick<S, F>; // those named, or all but the time
}
