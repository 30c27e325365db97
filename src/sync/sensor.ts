/** Sensors: synchronous time series of samples, read when they are asked for. */

import {
  type Arrays,
  type Batch,
  type ColumnType,
  type Json,
  type NumericKind,
  type RowChoice,
  type Schema,
  WindrowError,
} from "../core/index.ts";
import { batchFault } from "./batch.ts";
import { interpolationFault } from "./interpolation.ts";
import { once } from "./once.ts";
import { checkRows, rowCount } from "./rows.ts";

/**
 * How a value between two samples comes about: `linear`; `angle` by the shorter arc, in degrees wrapped to (−180, 180]; `quaternion` by slerp,
 * four components in any order that all samples share; `hold` keeps the sample before. A sample that is hit exactly is given as it is.
 */
export type Interpolation = "linear" | "angle" | "quaternion" | "hold";

/** What is known of a sensor besides its samples. */
export interface SensorMeta {
  /** The rate it should have, in Hz; absent for one that reports when something happens. */
  readonly rateHz?: number;
  /** By field; `hold` where absent. */
  readonly interpolation?: Readonly<Record<string, Interpolation>>;
  /** What else the recording says: a topic, a frame of reference, a serial number. */
  readonly about?: Readonly<Record<string, Json>>;
}

/**
 * One modality of one recording: fields that are sampled together, each sample with a time. Nothing is read before it is asked for.
 * Samples are in the order of the recording, which need not be the order of time.
 */
export interface Sensor<S extends Schema = Schema> {
  /** The fields of a sample. A field of varying size, such as an encoded image, is of kind `bytes`. */
  readonly schema: S;
  readonly meta: SensorMeta;
  /** Number of samples. */
  length(): Promise<number>;
  /** Time of each sample, in epoch seconds (or seconds of the recording's own clock). Read once; not to be written to. */
  times(): Promise<Float64Array>;
  /**
   * Samples by their numbers, in the order asked for; a number may come twice.
   * @throws WindrowError `usage` for a number that is not there, `damaged` for a recording that cannot be read.
   */
  read(rows: RowChoice): Promise<Batch<S>>;
}

/** The sensors of a trace, by name. */
export type Sensors = Readonly<Record<string, Sensor>>;

/** The fields of a sensor. */
export type SchemaOf<X> = X extends Sensor<infer S> ? S : never;

type Scalar<C extends ColumnType> = C["kind"] extends "i64" | "u64"
  ? bigint
  : C["kind"] extends "bool"
    ? boolean
    : C["kind"] extends NumericKind
      ? number
      : Arrays[C["kind"]] extends readonly (infer V)[]
        ? V
        : never;

/** One value of a field: a number, a text, bytes; for a field with a shape its numbers, row-major. */
export type ValueOf<C extends ColumnType> =
  | (C extends { readonly shape: readonly number[] } ? Arrays[C["kind"]] : Scalar<C>)
  | (C extends { readonly nullable: true } ? undefined : never);

/** One sample of a sensor, for people. */
export type SampleOf<S extends Schema> = { readonly [N in keyof S]: ValueOf<S[N]> };

/** What a trace gives for one of its rows: a sample of each sensor. The type follows from the sensors. */
export type TraceSample<T extends Sensors> = { readonly [N in keyof T]: SampleOf<SchemaOf<T[N]>> };

/** The same for several rows, in columns. */
export type TraceBatch<T extends Sensors> = { readonly [N in keyof T]: Batch<SchemaOf<T[N]>> };

/** What a sensor is made from: where its samples lie, and how they are read. */
export interface SensorSpec<S extends Schema = Schema> {
  readonly schema: S;
  readonly meta?: SensorMeta;
  /** Number of samples, where that is known without reading their times. */
  readonly length?: () => Promise<number>;
  /** Time of each sample, in seconds. Called once, when it is first wanted. */
  readonly times: () => Promise<Float64Array>;
  /** Samples by their numbers, which are in range. The batch has arrays of its own: the caller may keep them and write to them. */
  readonly read: (rows: RowChoice) => Promise<Batch>;
}

/**
 * A sensor that keeps the promises of one: times are read once, lengths agree, and rows are checked before they are read.
 * @throws WindrowError `usage` for a rate that is none, and for an interpolation that does not fit its field. From its functions: `damaged` where there
 *   are more or fewer times than samples, `internal` for a batch that is not what was asked for.
 *
 * @example
 * const camera = sensor({
 *   schema: { image: { kind: "bytes" } },
 *   times: async () => stamps,
 *   read: async (rows) => jpegs(folder, rows),
 * });
 */
export function sensor<const S extends Schema>(spec: SensorSpec<S>): Sensor<S> {
  const { schema, meta = {} } = spec;
  const name = `a sensor of ${Object.keys(schema).join(", ")}`;
  checkMeta(name, schema, meta);
  const told = spec.length && once(spec.length);
  const times = once(async () => {
    const [read, length] = await Promise.all([spec.times(), told?.()]);
    if (length !== undefined && length !== read.length) throw unequal(name, length, read.length);
    return read;
  });
  const length = told ?? (async () => (await times()).length);
  return {
    schema,
    meta,
    length,
    times,
    async read(rows) {
      checkRows(rows, await length(), name);
      const batch = await spec.read(rows);
      const fault = batchFault(batch, schema, rowCount(rows));
      if (fault !== undefined) throw new WindrowError("internal", `Cannot use what was read of ${name}: ${fault}`);
      return batch as Batch<S>; // checked against the schema
    },
  };
}

function checkMeta(name: string, schema: Schema, { rateHz, interpolation = {} }: SensorMeta): void {
  if (rateHz !== undefined && !(rateHz > 0 && rateHz < Number.POSITIVE_INFINITY))
    throw new WindrowError("usage", `Cannot make ${name}: rateHz must be above 0, got ${rateHz}`);
  for (const [field, how] of Object.entries(interpolation)) {
    const fault = interpolationFault(Object.hasOwn(schema, field) ? schema[field] : undefined, how);
    if (fault !== undefined) throw new WindrowError("usage", `Cannot make ${name}: ${field} ${fault}`);
  }
}

function unequal(name: string, length: number, times: number): WindrowError {
  return new WindrowError("damaged", `Cannot read ${name}: ${length} samples need as many times, got ${times}`);
}
