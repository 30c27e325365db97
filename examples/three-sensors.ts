/** Three sensors, each with a clock of its own, become one dataset: `node examples/three-sensors.ts` */

import { dataset, interpolate, memorySensor, samples, slice, trace } from "windrow/sync";

/** Times of `length` samples at a rate, from some second on. */
const times = (length: number, hertz: number) => Float64Array.from({ length }, (_, i) => 1_700_000_000 + i / hertz);
const jpeg = { data: Array.from({ length: 31 }, (_, i) => Uint8Array.of(0xff, 0xd8, i)) };
const gyro = { data: Float32Array.from({ length: 3 * 301 }, (_, i) => Math.sin(i / 100)) };
const course = { data: Float64Array.of(350, 355, 2, 8) };

const camera = memorySensor({ jpeg: { kind: "bytes" } }, { length: 31, columns: { jpeg } }, times(31, 10));
const imu = memorySensor(
  { gyro: { kind: "f32", shape: [3], unit: "rad/s" } },
  { length: 301, columns: { gyro } },
  times(301, 100),
  { interpolation: { gyro: "linear" } },
);
const gps = memorySensor({ course: { kind: "f64", unit: "deg" } }, { length: 4, columns: { course } }, times(4, 1), {
  interpolation: { course: "angle" },
});

const synchronization = interpolate({ reference: "camera" });
const drives = dataset([trace({ name: "drive", sensors: { camera, imu, gps }, synchronization })]);

console.log(`${await drives.length()} rows of camera, IMU and GPS`);
for await (const row of samples(slice(drives, { from: 5, to: 26, step: 10 }))) {
  console.log(
    `image ${row.camera.jpeg[2]}: course ${row.gps.course.toFixed(1)}°, gyro ${row.imu.gyro[0]?.toFixed(3)} rad/s`,
  );
}
