/** Opens a segment of comma2k19: `.npy` arrays without an ending, each beside an array of its times (the dataset's README, "Logs" and "Poses"). */

import { type Column, type ReadStore, type Schema, WindrowError } from "../../core/index.ts";
import { type Interpolation, type Sensor, type SensorMeta, sensor } from "../../sync/index.ts";
import { rowCount } from "../../sync/rows.ts";
import { BadRows } from "../bad-rows.ts";
import { type NpyArray, openNpy } from "../npy/index.ts";
import { fileName, type Recording, recording, type SensorMaker, type SourceFile } from "../recording.ts";

/** Arrays of one clock. */
interface ArraySet {
  readonly name: string;
  /** Key of the times. */
  readonly times: string;
  /** Keys of the fields' arrays, by name. */
  readonly fields: Readonly<Record<string, string>>;
}

const POSE = "global_pose/";
const POSE_TIMES = `${POSE}frame_times`;
const LOG = "processed_log/";

/** What the README says of the streams whose samples change steadily; what is not here holds its last sample. */
const STEADY: Readonly<Record<string, string | undefined>> = {
  "CAN/speed": "m/s",
  "CAN/steering_angle": "deg",
  "CAN/wheel_speed": "m/s",
  "IMU/accelerometer": "m/s^2",
  "IMU/gyro": "rad/s",
  "IMU/gyro_bias": "rad/s",
  "IMU/gyro_uncalibrated": "rad/s",
  "IMU/magnetometer": "uT",
  "IMU/magnetometer_uncalibrated": "uT",
};

const POSE_FIELDS: Readonly<Record<string, readonly [Interpolation, unit: string | undefined]>> = {
  positions: ["linear", "m"],
  velocities: ["linear", "m/s"],
  orientations: ["quaternion", undefined],
};

function unitOf(set: string, field: string): string | undefined {
  return set === "global_pose" ? POSE_FIELDS[field]?.[1] : STEADY[set];
}

function interpolationOf(set: string, field: string): Interpolation {
  if (set === "global_pose") return POSE_FIELDS[field]?.[0] ?? "hold";
  return Object.hasOwn(STEADY, set) ? "linear" : "hold";
}

/** The times of a set, as seconds of the device's clock. */
async function openTimes(file: SourceFile): Promise<NpyArray> {
  const array = await openNpy(file);
  if (array.type.kind === "f64" && array.type.shape === undefined) return array;
  const shape = array.type.shape === undefined ? "" : ` of shape ${array.type.shape.join("×")} a row`;
  throw new WindrowError(
    "damaged",
    `Cannot read ${fileName(file)}: times are one f64 each, got ${array.type.kind}${shape}`,
  );
}

async function openSet(store: ReadStore, set: ArraySet): Promise<SensorMaker> {
  const times = await openTimes({ store, key: set.times });
  const arrays = new Map<string, NpyArray>();
  for (const [field, key] of Object.entries(set.fields)) {
    const array = await openNpy({ store, key });
    if (array.length !== times.length)
      throw new WindrowError(
        "damaged",
        `Cannot read ${fileName({ store, key })}: ${times.length} times need as many rows, got ${array.length}`,
      );
    arrays.set(field, array);
  }
  return () => ({ [set.name]: arraySensor(set.name, times, arrays) });
}

function arraySensor(name: string, times: NpyArray, arrays: ReadonlyMap<string, NpyArray>): Sensor {
  const schema: Schema = Object.fromEntries(
    [...arrays].map(([field, { type }]) => {
      const unit = unitOf(name, field);
      return [field, unit === undefined ? type : { ...type, unit }];
    }),
  );
  const meta: SensorMeta = {
    interpolation: Object.fromEntries([...arrays.keys()].map((field) => [field, interpolationOf(name, field)])),
  };
  return sensor({
    schema,
    meta,
    length: async () => times.length,
    times: async () => (await times.read({ from: 0, to: times.length })) as Float64Array, // checked when it was opened
    async read(rows) {
      const columns: [string, Column][] = [];
      for (const [field, array] of arrays) columns.push([field, { data: await array.read(rows) }]);
      return { length: rowCount(rows), columns: Object.fromEntries(columns) };
    },
  });
}

/** The sets of arrays in a segment: `processed_log/…/{t,value}`, and the poses. */
async function sets(store: ReadStore): Promise<ArraySet[]> {
  const found: ArraySet[] = [];
  const log = new Set(await Array.fromAsync(store.list(LOG)));
  for (const key of log) {
    const folder = key.slice(0, -"/t".length);
    if (!key.endsWith("/t") || !log.has(`${folder}/value`)) continue;
    found.push({ name: folder.slice(LOG.length), times: key, fields: { value: `${folder}/value` } });
  }
  const pose = await Array.fromAsync(store.list(`${POSE}frame_`));
  if (!pose.includes(POSE_TIMES)) return found;
  const fields = pose
    .filter((key) => key !== POSE_TIMES && !key.slice(POSE.length).includes("/"))
    .map((key) => [key.slice(`${POSE}frame_`.length), key]);
  return [...found, { name: "global_pose", times: POSE_TIMES, fields: Object.fromEntries(fields) }];
}

/** Whether a folder is a segment of comma2k19. */
export async function isComma2k19(store: ReadStore): Promise<boolean> {
  return (await sets(store)).length > 0;
}

/**
 * Opens a segment: a sensor for each stream of `processed_log`, called as it lies there (`CAN/speed`), with the field `value`; and
 * `global_pose`, with what `frame_…` arrays there are. Times are seconds of the device's clock. Headers are read; values when they are asked for.
 * @throws WindrowError `missing` for a folder without streams; `damaged` for an array that is none, or has not a row for each time.
 */
export async function openComma2k19(store: ReadStore): Promise<Recording> {
  const makers: SensorMaker[] = [];
  for (const set of await sets(store)) makers.push(await openSet(store, set));
  if (makers.length > 0) return recording(makers, new BadRows());
  const wanted = "processed_log/…/t and value, or global_pose/frame_times";
  throw new WindrowError("missing", `Cannot read ${store.name}: ${wanted} are expected`);
}
