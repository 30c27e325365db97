/** Segments of comma2k19: an array and its times are a sensor. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { countingStore } from "../../../test/counting-store.ts";
import { npyBytes } from "../../../test/npy-file.ts";
import { isComma2k19, openComma2k19 } from "./index.ts";

const f64 = (shape: readonly number[], ...values: readonly number[]) =>
  npyBytes({ kind: "f64", shape, values: Float64Array.from(values), isFortran: shape.length > 1 });

const SEGMENT = {
  "processed_log/CAN/speed/t": f64([2], 1, 1.5),
  "processed_log/CAN/speed/value": f64([2, 1], 20, 21),
  "processed_log/IMU/gyro/t": f64([2], 1, 2),
  "processed_log/IMU/gyro/value": f64([2, 3], 1, 2, 3, 4, 5, 6),
  "global_pose/frame_times": f64([1], 1),
  "global_pose/frame_orientations": f64([1, 4], 1, 0, 0, 0),
  "global_pose/frame_gps_times": f64([1, 2], 2012, Number.NaN),
  "video.hevc": Uint8Array.of(1),
};

test("streams are sensors, called as they lie there", async () => {
  const counted = await countingStore(SEGMENT);
  assert.equal(await isComma2k19(counted.store), true);
  const sensors = (await openComma2k19(counted.store)).sensors();
  assert.ok(counted.bytes < 1000, "headers alone");
  assert.deepEqual(Object.keys(sensors), ["CAN/speed", "IMU/gyro", "global_pose"]);
  const [speed, gyro, pose] = Object.values(sensors);
  assert.deepEqual(speed!.schema, { value: { kind: "f64", unit: "m/s" } });
  assert.deepEqual(gyro!.schema, { value: { kind: "f64", shape: [3], unit: "rad/s" } });
  assert.deepEqual((await gyro!.read(Uint32Array.of(1))).columns, { value: { data: Float64Array.of(4, 5, 6) } });
  assert.deepEqual(Array.from(await speed!.times()), [1, 1.5]);
  assert.deepEqual(pose!.meta.interpolation, { gps_times: "hold", orientations: "quaternion" });
  assert.deepEqual(
    (await pose!.read({ from: 0, to: 1 })).columns["gps_times"]!.data,
    Float64Array.of(2012, Number.NaN),
  );
});

test("arrays that do not go together are refused by name", async () => {
  const open = async (files: Record<string, Uint8Array>) => openComma2k19((await countingStore(files)).store);
  const [t, value] = ["processed_log/CAN/speed/t", "processed_log/CAN/speed/value"];
  await assert.rejects(
    open({ [t]: f64([2], 1, 2), [value]: f64([3], 1, 2, 3) }),
    /speed\/value: 2 times need as many rows, got 3/,
  );
  await assert.rejects(
    open({ [t]: f64([1, 2], 1, 2), [value]: f64([1], 1) }),
    /speed\/t: times are one f64 each, got f64 of shape 2/,
  );
  await assert.rejects(open({ [t]: Uint8Array.of(1), [value]: f64([1], 1) }), /speed\/t: an .npy file begins with/);
  await assert.rejects(
    open({ [t]: f64([1], 1) }),
    /processed_log\/…\/t and value, or global_pose\/frame_times are expected/,
  );
});
