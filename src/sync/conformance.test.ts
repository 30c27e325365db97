/** The suites on what this room makes: every rule of matching, and traces and datasets that are matched by them. */

import { test } from "node:test";
import { rng } from "../core/index.ts";
import { datasetSuite, sensorSuite, synchronizationSuite, traceSuite } from "../testkit/index.ts";
import { slice } from "./choose.ts";
import { dataset } from "./dataset.ts";
import { memorySensor } from "./memory-sensor.ts";
import { pick } from "./pick.ts";
import type { Synchronization } from "./synchronization.ts";
import { empty, interpolate, nearest, next, previous } from "./synchronize.ts";
import { trace } from "./trace.ts";

const RULES: Readonly<Record<string, Synchronization>> = {
  nearest: nearest({ reference: "camera" }),
  "nearest, each sample once": nearest({ reference: "camera", toleranceSeconds: 0.2, unique: "perSensor" }),
  previous: previous({ reference: "camera", toleranceSecondsOf: { imu: 1 } }),
  next: next({ reference: "imu" }),
  interpolate: interpolate({ reference: "camera" }),
  "nearest, rows kept": nearest({ reference: "camera", toleranceSeconds: 0.01, missing: "keep" }),
  "nearest, gps optional": nearest({ reference: "camera", toleranceSeconds: 0.05, optional: ["gps"] }),
  "interpolate, rows kept": interpolate({ reference: "camera", maxGapSeconds: 0.05, missing: "keep", overlap: false }),
  union: previous({ union: ["camera", "gps"], mergeSeconds: 0.01 }),
  grid: interpolate({ grid: { rateHz: 20, phaseSeconds: 0 } }),
  empty: empty(),
};

for (const [rule, one] of Object.entries(RULES)) {
  for (const { name, run } of synchronizationSuite(one, ["camera", "imu", "gps"])) test(`${rule}: ${name}`, run);
}

/** Times at a rate, with jitter, from 1000 s on. */
function stamps(length: number, rateHz: number, seed: number): Float64Array {
  const random = rng(seed);
  return Float64Array.from({ length }, (_, i) => 1000 + (i + random.uniform() / 2) / rateHz);
}

function camera() {
  const data = Array.from({ length: 30 }, (_, i) => Uint8Array.of(255, 216, i));
  return memorySensor({ jpeg: { kind: "bytes" } }, { length: 30, columns: { jpeg: { data } } }, stamps(30, 10, 1));
}

function imu() {
  const gyro = Float32Array.from({ length: 900 }, (_, i) => Math.sin(i / 50));
  const rotation = Float64Array.from({ length: 1200 }, (_, i) => [1, 0, 0, 0][i % 4]! + 0.001 * i);
  return memorySensor(
    { gyro: { kind: "f32", shape: [3] }, rotation: { kind: "f64", shape: [4] } },
    { length: 300, columns: { gyro: { data: gyro }, rotation: { data: rotation } } },
    stamps(300, 100, 2),
    { rateHz: 100, interpolation: { gyro: "linear", rotation: "quaternion" } },
  );
}

function gps() {
  const course = Int16Array.of(170, 175, -175, -160);
  const valid = Uint8Array.of(1, 1, 0, 1);
  return memorySensor(
    { course: { kind: "i16", unit: "deg" }, fix: { kind: "str", nullable: true } },
    { length: 4, columns: { course: { data: course }, fix: { data: ["3d", "3d", "", "2d"], valid } } },
    stamps(4, 1, 3),
    { interpolation: { course: "angle" } },
  );
}

const drive = (synchronization: Synchronization, name = "drive") =>
  trace({ name, sensors: { camera: camera(), imu: imu(), gps: gps() }, synchronization, optional: ["gps"] });

for (const [sensor, make] of Object.entries({ camera, imu, gps })) {
  for (const { name, run } of sensorSuite(async () => make())) test(`${sensor}: ${name}`, run);
}

for (const [rule, one] of Object.entries(RULES)) {
  for (const { name, run } of traceSuite(async () => drive(one))) test(`a trace by ${rule}: ${name}`, run);
}

for (const { name, run } of datasetSuite(async () => {
  const drives = [drive(RULES["nearest"]!, "a"), drive(RULES["empty"]!, "b"), drive(RULES["interpolate"]!, "c")];
  return slice(dataset(drives.map((one) => pick(one, { front: "camera", imu: "imu" }))), { from: 5, step: 3 });
}))
  test(`a slice of matched traces: ${name}`, run);
