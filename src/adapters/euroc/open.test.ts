/** EuRoC folders: headers become fields, descriptions become metadata, nanoseconds become seconds. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { countingStore } from "../../../test/counting-store.ts";
import { isEuroc, openEuroc } from "./index.ts";

const IMU = "#timestamp [ns],w_x [rad s^-1],w_y [rad s^-1],w_z [rad s^-1],temperature [C]\n";
const TRUTH = "#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z []\n";

test("columns of one vector or quaternion are one field", async () => {
  const { store } = await countingStore({
    "mav0/imu0/data.csv": `${IMU}1403636579763555584,1,2,3,21\n1403636579768555584,4,5,6,22\n`,
    "mav0/imu0/sensor.yaml": "sensor_type: imu\nrate_hz: 200\nT_BS:\n  data: [1.0, 0]\n",
    "mav0/truth/data.csv": `${TRUTH}1403636579763555584, 1, 2, 3, 1, 0, 0, 0\r\n`,
  });
  assert.equal(await isEuroc(store), true);
  const { imu0, truth } = (await openEuroc(store)).sensors();
  assert.deepEqual(imu0!.schema, {
    w: { kind: "f64", shape: [3], unit: "rad s^-1" },
    temperature: { kind: "f64", unit: "C" },
  });
  assert.equal(imu0!.meta.rateHz, 200);
  assert.deepEqual(imu0!.meta.about, { sensor_type: "imu", rate_hz: 200, T_BS: { data: [1, 0] } });
  assert.deepEqual(Array.from(await imu0!.times()), [Number("1403636579.763555584"), Number("1403636579.768555584")]);
  const { columns } = await imu0!.read(Uint32Array.of(1));
  assert.deepEqual(columns, { w: { data: Float64Array.of(4, 5, 6) }, temperature: { data: Float64Array.of(22) } });
  assert.deepEqual(truth!.schema, {
    p_RS_R: { kind: "f64", shape: [3], unit: "m" },
    q_RS: { kind: "f64", shape: [4] },
  });
  assert.deepEqual(truth!.meta.interpolation, { p_RS_R: "linear", q_RS: "quaternion" });
});

test("a camera's images are read as its samples are", async () => {
  const counted = await countingStore({
    "cam0/data.csv": "#timestamp [ns],filename\n1000000000,1.png\n2000000000,2.png\n",
    "cam0/data/1.png": Uint8Array.of(1),
    "cam0/data/2.png": Uint8Array.of(2),
  });
  const { cam0 } = (await openEuroc(counted.store)).sensors();
  assert.deepEqual(Array.from(await cam0!.times()), [1, 2]);
  const { columns } = await cam0!.read({ from: 1, to: 2 });
  assert.deepEqual(columns["image"]!.data, [Uint8Array.of(2)]);
  assert.equal(counted.keys.has("cam0/data/1.png"), false);
});

test("a bare list of stamps is a sensor without a field", async () => {
  const { store } = await countingStore({ "cam0/data.csv": "#timestamp [ns]\n1000000000\n2000000000\n" });
  const { cam0 } = (await openEuroc(store)).sensors();
  assert.deepEqual([cam0!.schema, Array.from(await cam0!.times())], [{}, [1, 2]]);
});

test("headers alone are read until samples are asked for", async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => `${i}000000,1,2,3,4`).join("\n");
  const counted = await countingStore({ "imu0/data.csv": IMU + rows });
  const { sensors } = await openEuroc(counted.store);
  const { imu0 } = sensors();
  assert.ok(counted.bytes < rows.length, `${counted.bytes} bytes of ${rows.length}`);
  assert.equal(await imu0!.length(), 200_000);
});

test("a broken header or description names its file", async () => {
  const open = async (files: Record<string, string>) => openEuroc((await countingStore(files)).store);
  await assert.rejects(open({ "imu0/data.csv": "" }), /recording\/imu0\/data.csv: a header .* got "nothing"/);
  await assert.rejects(open({ "imu0/data.csv": "1,2,3\n" }), /begins with #timestamp \[ns\] is expected/);
  await assert.rejects(open({ "x.csv": IMU }), /a folder with data.csv for each sensor is expected/);
  const yaml = (text: string) => open({ "imu0/data.csv": IMU, "imu0/sensor.yaml": text });
  await assert.rejects(yaml("a: ["), /sensor.yaml: it is no YAML/);
  await assert.rejects(yaml("just a text"), /names and values are expected/);
  await assert.rejects(yaml(`a: ${"x".repeat(70_000)}`), /up to 65536 bytes of YAML/);
  const bomb = `a: &a [1]\nb: &b [*a, *a, *a]\nc: [*b, *b]`;
  await assert.rejects(yaml(bomb), /it is no YAML/);
  const { sensors } = await yaml("rate_hz: -5\n");
  assert.equal(sensors()["imu0"]!.meta.rateHz, undefined);
});

test("a folder of other tables is not taken for one", async () => {
  const { store } = await countingStore({ "a/data.csv": "x,y\n1,2\n", "b.csv": IMU });
  assert.equal(await isEuroc(store), false);
});
