/** A small world of drives for tests: what its sensors saw, as a dataset, and what every sample must then be, found the plain way. */

import { rng } from "../src/core/index.ts";
import { type Dataset, dataset, memorySensor, nearest, type Synchronization, trace } from "../src/sync/index.ts";

/** What one drive's sensors saw. */
export interface Drive {
  readonly name: string;
  readonly entity: string;
  readonly camera: { readonly times: Float64Array; readonly image: readonly Uint8Array[] };
  readonly imu: { readonly times: Float64Array; readonly pose: Float32Array; readonly count: BigInt64Array };
  readonly gps: {
    readonly times: Float64Array;
    readonly fix: Float64Array;
    readonly hasFix: Uint8Array;
    readonly note: readonly string[];
  };
}

/** Seconds that samples may be apart: of the IMU, which each row has, and of the GPS, which it may lack. */
const TOLERANCE = { imu: 0.03, gps: 0.04 };
const BREAK_SECONDS = 0.5;
/** Values of a pose: 2 × 3. */
export const POSE = 6;

/** Times at some rate with a jitter, drop-outs, and gaps. All are multiples of 2⁻¹⁰, so that sums are exact. */
function times(draw: ReturnType<typeof rng>, start: number, hz: number, seconds: number): Float64Array {
  const found: number[] = [];
  for (let t = 0; t < seconds; t += 1 / hz) {
    if (draw.uniform() < 0.05) t += draw.uniform() < 0.2 ? 1.5 : 2 / hz;
    found.push(start + Math.round((t + (draw.uniform() * 0.2) / hz) * 1024) / 1024);
  }
  return Float64Array.from(new Set(found)).sort();
}

/** Drives of these seconds, seeded. Every third is of the same entity; a drive of 0 seconds has no sample. */
export function drives(seed: string, seconds: readonly number[]): Drive[] {
  return seconds.map((long, i) => {
    const draw = rng(seed, String(i));
    const start = 1_700_000_000 + 500 * i;
    const [camera, imu, gps] = [
      times(draw, start, 10, long),
      times(draw, start, 40, long),
      times(draw, start, 4, long),
    ];
    return {
      name: `drive ${i}`,
      entity: `car ${i % 3}`,
      camera: {
        times: camera,
        image: Array.from(camera, () => new Uint8Array(draw.int(60)).map(() => draw.int(256))),
      },
      imu: {
        times: imu,
        pose: Float32Array.from({ length: imu.length * POSE }, () => draw.normal()),
        count: BigInt64Array.from({ length: imu.length }, (_, k) => BigInt(k) - 2n ** 62n),
      },
      gps: {
        times: gps,
        fix: Float64Array.from(gps, () => draw.normal()),
        hasFix: Uint8Array.from(gps, () => (draw.uniform() < 0.8 ? 1 : 0)),
        note: Array.from(gps, (_, k) => "é✓x".repeat(draw.int(4)) + k),
      },
    };
  });
}

/** Rows at the camera's times; the GPS may be missing. */
export function bySight(): Synchronization {
  return nearest({
    reference: "camera",
    toleranceSeconds: TOLERANCE.imu,
    toleranceSecondsOf: { gps: TOLERANCE.gps },
    optional: ["gps"],
    breakSeconds: BREAK_SECONDS,
  });
}

/** The drives as a dataset. */
export function dataOf(all: readonly Drive[]): Dataset {
  const traces = all.map(({ name, entity, camera, imu, gps }) =>
    trace({
      name,
      entity,
      synchronization: bySight(),
      optional: ["gps"],
      sensors: {
        camera: memorySensor(
          { image: { kind: "bytes" } },
          { length: camera.times.length, columns: { image: { data: camera.image } } },
          camera.times,
        ),
        imu: memorySensor(
          { pose: { kind: "f32", shape: [2, 3], unit: "m" }, count: { kind: "i64" } },
          { length: imu.times.length, columns: { pose: { data: imu.pose }, count: { data: imu.count } } },
          imu.times,
        ),
        gps: memorySensor(
          { fix: { kind: "f64", nullable: true }, note: { kind: "str" } },
          {
            length: gps.times.length,
            columns: { fix: { data: gps.fix, valid: gps.hasFix }, note: { data: gps.note } },
          },
          gps.times,
        ),
      },
    }),
  );
  // The types of these sensors do not matter to who materializes them.
  return dataset(traces) as unknown as Dataset;
}

/** How drives are materialized that are killed on the way. */
export const KILLED = { window: 3, stride: 2, shardBytes: 12_000, val: 0.4, workers: 2, parts: 2 } as const;

/** The drives that they are. */
export function killedDrives(): Dataset {
  return dataOf(drives("kills", [9, 6, 12, 7]));
}

/** The nearest of some times, −1 where none is near enough; the earlier of two. */
function nearestOf(all: Float64Array, time: number, tolerance: number): number {
  let best = -1;
  for (const [i, other] of all.entries())
    if (best < 0 || Math.abs(other - time) < Math.abs(all[best]! - time)) best = i;
  return best >= 0 && Math.abs(all[best]! - time) <= tolerance + 1e-9 ? best : -1;
}

/** One row: which sample of each sensor it has. */
interface Row {
  readonly camera: number;
  readonly imu: number;
  readonly gps: number;
}

/** A sample as it must be, as JSON can hold it. */
export type Expected = Readonly<Record<string, unknown>>;

const hex = (bytes: Uint8Array) => bytes.toHex();
const encoder = new TextEncoder();

/** Values of varying size of a window: as they are in windows of one row, else joined, with their sizes. */
function varying(name: string, values: readonly Uint8Array[]): [string, unknown][] {
  const joined = values.map(hex).join("");
  return values.length === 1
    ? [[name, joined]]
    : [
        [name, joined],
        [`${name}_lengths`, values.map(({ length }) => length)],
      ];
}

function sample({ camera, imu, gps }: Drive, rows: readonly Row[]): Expected {
  const has = rows.map((row) => row.gps >= 0);
  return Object.fromEntries([
    ...varying(
      "camera",
      rows.map((row) => camera.image[row.camera]!),
    ),
    ["imu_pose", rows.flatMap((row) => [...imu.pose.subarray(row.imu * POSE, (row.imu + 1) * POSE)])],
    ["imu_count", rows.map((row) => String(imu.count[row.imu]))],
    ["gps_fix", rows.map((row, i) => (has[i] && gps.hasFix[row.gps] ? gps.fix[row.gps] : 0))],
    ["gps_fix_valid", rows.map((row, i) => (has[i] ? gps.hasFix[row.gps] : 0))],
    ...varying(
      "gps_note",
      rows.map((row, i) => encoder.encode(has[i] ? gps.note[row.gps] : "")),
    ),
    ["gps_note_valid", has.map(Number)],
  ]);
}

/** Every sample of the drives, by trace and start: found without the code that is tested. */
export function expectedSamples(
  all: readonly Drive[],
  window: { readonly size: number; readonly stride: number },
): Map<string, Expected & { readonly t_start: number; readonly t_end: number }> {
  const found = new Map<string, Expected & { readonly t_start: number; readonly t_end: number }>();
  for (const drive of all) {
    const rows = Array.from(drive.camera.times, (time, camera) => ({
      camera,
      imu: nearestOf(drive.imu.times, time, TOLERANCE.imu),
      gps: nearestOf(drive.gps.times, time, TOLERANCE.gps),
    })).filter(({ imu }) => imu >= 0);
    const timeOf = (row: number) => drive.camera.times[rows[row]!.camera]!;
    let begin = 0;
    for (let row = 1; row <= rows.length; row++) {
      if (row < rows.length && timeOf(row) - timeOf(row - 1) <= BREAK_SECONDS) continue;
      for (let start = begin; start + window.size <= row; start += window.stride) {
        const own = sample(drive, rows.slice(start, start + window.size));
        const [t_start, t_end] = [timeOf(start), timeOf(start + window.size - 1)];
        found.set(`${drive.name} ${start}`, { ...own, t_start, t_end });
      }
      begin = row;
    }
  }
  return found;
}
