/** Traces: sensors recorded together, and the synchronization that makes rows of them. */

import { type RowChoice, type Schema, WindrowError } from "../core/index.ts";
import { sampleAt } from "./batch.ts";
import { readMatched } from "./matched.ts";
import { once } from "./once.ts";
import { checkRows, rowNumbers } from "./rows.ts";
import type { SchemaOf, Sensor, Sensors, TraceBatch, TraceSample } from "./sensor.ts";
import type { Match, Synchronization, Timestamps } from "./synchronization.ts";

/** One recording: a drive, a trip, a session. Nothing is read before it is asked for. */
export interface Trace<T extends Sensors = Sensors> {
  /** Names it; unique in its dataset. */
  readonly name: string;
  /** What splits are made by: a vessel, a driver, a patient; the name where nothing else is known. */
  readonly entity: string;
  readonly sensors: T;
  /** Which samples belong together. Found once, from the sensors' times. */
  match(): Promise<Match<keyof T & string>>;
  /** Number of synchronized rows. */
  length(): Promise<number>;
  /**
   * Rows of all sensors, in the order asked for; a number may come twice. Where a row has no sample of a sensor, its fields have no value (`valid` is 0).
   * @throws WindrowError `usage` for a row that is not there.
   */
  read(rows: RowChoice): Promise<TraceBatch<T>>;
  /**
   * One row, for people.
   * @throws WindrowError `usage` for a row that is not there, and for one that lacks a sample of a sensor that is not optional.
   */
  sample(row: number): Promise<TraceSample<T>>;
}

/** The same fields, each of which may be without a value. */
type Nullable<S extends Schema> = { readonly [N in keyof S]: S[N] & { readonly nullable: true } };

/** Sensors of which those named `O` may be missing in a row. */
export type WithOptional<T extends Sensors, O extends keyof T> = {
  readonly [N in keyof T]: N extends O ? Sensor<Nullable<SchemaOf<T[N]>>> : T[N];
};

/** What a trace is made from. */
export interface TraceSpec<T extends Sensors, O extends keyof T & string = never> {
  /** Names it; unique in its dataset. */
  readonly name: string;
  /** What splits are made by; the name where absent. */
  readonly entity?: string;
  readonly sensors: T;
  /** Absent where no rows are wanted: the sensors of such a trace can be read, but it cannot be matched. */
  readonly synchronization?: Synchronization;
  /** Sensors that a row may be without, as the synchronization keeps such rows: their fields become nullable. */
  readonly optional?: readonly O[];
}

/**
 * Sensors recorded together as one trace. Nothing is read before it is asked for; the sensors' times are read and matched once.
 * @throws WindrowError `usage` without a name or a sensor, and for an optional sensor that is not there.
 *
 * @example
 * const drive = trace({ name: "2024-05-01-a", sensors: { camera, imu }, synchronization: nearest({ reference: "camera" }) });
 * const { camera, imu } = await drive.sample(0);
 */
export function trace<T extends Sensors, const O extends keyof T & string = never>(
  spec: TraceSpec<T, O>,
): Trace<WithOptional<T, O>> {
  const { name, entity = name, synchronization } = spec;
  const sensors = optionalSensors(spec);
  const match = once(async () => {
    if (synchronization === undefined)
      throw new WindrowError(
        "usage",
        `Cannot match trace ${name}: it must have a synchronization to have rows, got none`,
      );
    const times = await Promise.all(
      Object.entries(sensors).map(async ([own, one]) => [own, await one.times()] as const),
    );
    // One entry for each sensor.
    const found = synchronization.match(Object.fromEntries(times) as Timestamps<keyof T & string>);
    checkMatch(name, found, Object.keys(sensors));
    return found;
  });
  return matchedTrace<WithOptional<T, O>>({ name, entity, sensors, match, length: async () => (await match()).length });
}

/** A trace of what is known of it but its rows, which follow from the match and the sensors. */
export function matchedTrace<T extends Sensors>(trace: Omit<Trace<T>, "read" | "sample">): Trace<T> {
  const { name, sensors, match } = trace;
  const read = async (rows: RowChoice): Promise<TraceBatch<T>> => {
    const found = await match();
    checkRows(rows, found.length, `trace ${name}`);
    const numbers = rowNumbers(rows);
    const batches = Object.entries(sensors).map(async ([own, one]) => [
      own,
      await readMatched(one, found, own, numbers),
    ]);
    return Object.fromEntries(await Promise.all(batches)) as TraceBatch<T>; // one batch for each sensor, of its schema
  };
  return {
    ...trace,
    read,
    sample: async (row) => rowSample(trace, await read({ from: row, to: row + 1 }), 0, row),
  };
}

/** A sensor whose fields are nullable. */
function nullable(one: Sensor): Sensor {
  const fields = Object.entries(one.schema).map(([field, type]) => [field, { ...type, nullable: true }]);
  const { meta } = one;
  return {
    schema: Object.fromEntries(fields),
    meta,
    length: () => one.length(),
    times: () => one.times(),
    read: (rows) => one.read(rows),
  };
}

function optionalSensors<T extends Sensors, O extends keyof T & string>(spec: TraceSpec<T, O>): WithOptional<T, O> {
  const { name, sensors, optional = [] } = spec;
  const fail = (fault: string) => new WindrowError("usage", `Cannot make a trace: ${fault}`);
  if (name === "") throw fail("it must have a name, got an empty one");
  const names = Object.keys(sensors);
  if (names.length === 0) throw fail(`${name} must have a sensor, got none`);
  const stranger = optional.find((sensor) => !names.includes(sensor));
  if (stranger !== undefined) throw fail(`${name} has no sensor ${stranger} to be optional, got ${names.join(", ")}`);
  const isOptional = (sensor: string) => optional.some((other) => other === sensor);
  const entries = Object.entries(sensors).map(([sensor, one]) => [sensor, isOptional(sensor) ? nullable(one) : one]);
  return Object.fromEntries(entries) as WithOptional<T, O>; // those named are made nullable, the rest is as it was
}

/** The first list of a match that is not there for each sensor, or not of the match's length, is an error. */
function checkMatch(name: string, match: Match, sensors: readonly string[]): void {
  const { length, times, refRows, segments, index, dt, valid, between } = match;
  const lists = sensors.flatMap((sensor) => {
    const pair = between[sensor];
    return Object.entries({
      [`index of ${sensor}`]: index[sensor],
      [`dt of ${sensor}`]: dt[sensor],
      [`valid of ${sensor}`]: valid[sensor],
      ...(pair && {
        [`before ${sensor}`]: pair.before,
        [`after ${sensor}`]: pair.after,
        [`weight of ${sensor}`]: pair.weight,
      }),
    });
  });
  for (const [list, values] of [...Object.entries({ times, refRows, segments }), ...lists]) {
    if (values?.length === length) continue;
    const got = values === undefined ? "none" : `${values.length} values`;
    throw new WindrowError("internal", `Cannot match trace ${name}: ${list} must have ${length} values, got ${got}`);
  }
}

/** One row of what was read of a trace, for people. `row` is its number in the trace, for messages. */
export function rowSample<T extends Sensors>(
  { name, sensors }: Pick<Trace<T>, "name" | "sensors">,
  batch: TraceBatch<T>,
  at: number,
  row: number,
): TraceSample<T> {
  const samples = Object.entries(sensors).map(([sensor, { schema }]) => [
    sensor,
    sampleAt(schema, batch[sensor]!, at, `${sensor} in row ${row} of trace ${name}`),
  ]);
  return Object.fromEntries(samples) as TraceSample<T>; // one sample for each sensor, of its schema
}
