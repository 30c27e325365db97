/** Sensors: synchronous time series of samples, read when they are asked for. */

import type { Arrays, Batch, ColumnType, Json, NumericKind, RowChoice, Schema } from "../core/index.ts";

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
