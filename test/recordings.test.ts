/** Real recordings of each kind become traces that keep the promises of sensors, traces and datasets, and hold what their files say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Dataset, nearest, type Synchronization } from "../src/sync/index.ts";
import { datasetSuite, sensorSuite, traceSuite } from "../src/testkit/index.ts";
import { aisTrips, type OpenRecordingsOptions, openRecordings, type Recordings } from "../src/verbs/index.ts";
import { testFolder } from "./ais-dataset.ts";
import { needShared } from "./shared.ts";

const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));

/** Runs the suites on a dataset whose traces have rows. */
async function keepsPromises(
  open: (synchronization?: Synchronization) => Promise<Dataset & AsyncDisposable>,
  reference: string,
) {
  await using dataset = await open(nearest({ reference, toleranceSeconds: 10 }));
  const trace = async () => dataset.trace(0);
  for (const name of Object.keys(dataset.trace(0).sensors))
    for (const { run } of sensorSuite(async () => dataset.trace(0).sensors[name]!)) await run();
  for (const { run } of traceSuite(trace)) await run();
  for (const { run } of datasetSuite(async () => dataset)) await run();
}

async function lengths(dataset: Recordings): Promise<Record<string, number>> {
  const found = Object.entries(dataset.trace(0).sensors).map(async ([name, sensor]) => [name, await sensor.length()]);
  return Object.fromEntries(await Promise.all(found));
}

test("a TUM sequence is a trace of its images and its trajectory", async (t) => {
  const folder = needShared(t, "data", "sync", "tum_fr1_xyz");
  if (folder === undefined) return;
  await keepsPromises(
    (synchronization) => openRecordings([folder], { ...(synchronization && { synchronization }) }),
    "rgb",
  );
  await using dataset = await openRecordings([folder], {
    synchronization: nearest({ reference: "rgb", toleranceSeconds: 0.02 }),
  });
  assert.deepEqual(await lengths(dataset), { rgb: 792, depth: 792, groundtruth: 3000 });
  assert.equal(dataset.trace(0).name, "tum_fr1_xyz");
  const lines = readFileSync(join(folder, "associations.txt"), "utf8").trim().split("\n");
  const { rgb, depth } = (await dataset.sample(0)) as unknown as Record<"rgb" | "depth", { file: string }>;
  assert.ok(lines[0]!.includes(rgb.file) && lines[0]!.includes(depth.file));
  assert.equal(dataset.lost().rows, 0);
});

test("an EuRoC folder that a spreadsheet spoilt is read, and what is lost is told", async (t) => {
  const folder = needShared(t, "data", "sync", "euroc_mh01");
  if (folder === undefined) return;
  await keepsPromises(
    (synchronization) => openRecordings([folder], { ...(synchronization && { synchronization }) }),
    "leica0",
  );
  await using dataset = await openRecordings([folder]);
  assert.deepEqual(dataset.lost(), { rows: 0, examples: [], notes: [] });
  assert.deepEqual(await lengths(dataset), { imu0: 36_820, leica0: 3099 });
  const { rows, examples } = dataset.lost();
  assert.equal(rows, 7);
  assert.deepEqual(
    examples.map(({ line }) => line),
    [36_822, 36_823, 36_824, 36_825, 36_826],
  );
  const { imu0, leica0 } = dataset.trace(0).sensors;
  assert.equal(imu0!.meta.rateHz, 200);
  // Each stamp, as a decimal fraction of seconds, is next to its float64.
  const text = gunzipSync(readFileSync(join(folder, "leica0", "data.csv.gz")))
    .toString()
    .trim()
    .split("\n")
    .slice(1);
  const stamps = text.map((line) => line.split(",")[0]!);
  assert.deepEqual(
    Array.from(await leica0!.times()),
    stamps.map((stamp) => Number(`${stamp.slice(0, -9)}.${stamp.slice(-9)}`)),
  );
});

test("a segment of comma2k19 is a trace of all its streams", async (t) => {
  const folder = needShared(t, "data", "driving", "comma2k19_seg40");
  if (folder === undefined) return;
  await keepsPromises(
    (synchronization) => openRecordings([folder], { ...(synchronization && { synchronization }) }),
    "global_pose",
  );
  await using dataset = await openRecordings([folder]);
  const found = await lengths(dataset);
  assert.equal(Object.keys(found).length, 15);
  assert.deepEqual(
    [found["CAN/speed"], found["CAN/radar"], found["IMU/gyro"], found["global_pose"]],
    [4974, 10_100, 6256, 1200],
  );
  const radar = dataset.trace(0).sensors["CAN/radar"]!;
  const { columns } = await radar.read({ from: 0, to: 10_100 });
  assert.equal((columns["value"]!.data as Float64Array).filter(Number.isNaN).length, 20_200);
});

test("an Empatica E4 session is a trace at the rates of its files", async (t) => {
  const folder = needShared(t, "data", "wearable", "empatica_e4");
  if (folder === undefined) return;
  await keepsPromises(
    (synchronization) => openRecordings([folder], { ...(synchronization && { synchronization }) }),
    "HR",
  );
  await using dataset = await openRecordings([folder]);
  const { sensors } = dataset.trace(0);
  assert.deepEqual(Object.keys(sensors), ["ACC", "BVP", "EDA", "HR", "TEMP", "IBI"], "tags.csv holds none");
  assert.deepEqual(
    Object.values(sensors).map(({ meta }) => meta.rateHz),
    [32, 64, 4, 1, 4, undefined],
  );
  assert.equal((await sensors["HR"]!.times())[0], 1_560_279_835);
  assert.equal((await sensors["IBI"]!.times())[0], 1_560_279_825 + 83.503822);
});

test("an MCAP file is a trace of its topics", async (t) => {
  const file = needShared(t, "data", "sync", "nav2_turtlebot.mcap");
  if (file === undefined) return;
  const open = (synchronization?: Synchronization) =>
    openRecordings([file], { topics: ["/odom", "/amcl_pose"], ...(synchronization && { synchronization }) });
  await keepsPromises(open, "/amcl_pose");
  await using dataset = await open();
  assert.deepEqual(await lengths(dataset), { "/odom": 2639, "/amcl_pose": 135 });
  assert.deepEqual(dataset.lost().notes, []);
  const cut = join(testFolder(t), "cut.mcap");
  writeFileSync(cut, readFileSync(file).subarray(0, -100));
  await using rest = await openRecordings([cut], { topics: ["/odom"] });
  assert.match(rest.lost().notes?.[0] ?? "", /cut\.mcap: all of it was read to find its messages/);
});

test("the commands say what a recording that is cut short lost", (t) => {
  const file = needShared(t, "data", "sync", "nav2_turtlebot.mcap");
  if (file === undefined) return;
  const cwd = testFolder(t);
  writeFileSync(join(cwd, "cut.mcap"), readFileSync(file).subarray(0, 200_000));
  const windrow = (...args: readonly string[]) =>
    spawnSync(process.execPath, [BIN, ...args, "cut.mcap", "--only", "/odom"], { cwd, encoding: "utf8" });
  const said = /^warning: .*cut\.mcap: all of it was read to find its messages/m;
  const looked = windrow("sync");
  assert.equal(looked.status, 0, looked.stderr);
  assert.match(looked.stderr, said);
  const { notes } = JSON.parse(windrow("sync", "--json").stdout) as { notes: readonly string[] };
  assert.match(notes.join("\n"), /cut\.mcap/);
  const made = windrow("materialize", "traces", "--window", "8", "--out", "data");
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stderr, said);
});

test("an L5Kit scene is a trace under its own name, whose rows are its frames", async (t) => {
  const folder = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (folder === undefined) return;
  await using scenes = await openRecordings([folder]);
  assert.equal(scenes.traces, 1);
  assert.equal(scenes.trace(0).name, "host-a101-1571846863319362048");
  assert.equal(await scenes.length(), 248);
  await using ego = await openRecordings([folder], { synchronization: nearest({ grid: { rateHz: 1 } }) });
  assert.equal(await ego.length(), 25, "seconds of 24.7");
  const copy = join(testFolder(t), "copy.zarr");
  symlinkSync(folder, copy);
  await assert.rejects(openRecordings([folder, copy]), /its trace host-a101-1571846863319362048 is in .*single_scene/);
});

/** Trips of an hour with a position each minute. */
async function tripsOf(t: TestContext, vessels: number): Promise<string> {
  const lines = Array.from({ length: vessels * 60 }, (_, i) => {
    const [vessel, minute] = [i % vessels, Math.floor(i / vessels)];
    return `${367_000_001 + vessel},${1_700_000_000 + 60 * minute},${40 + minute / 600},${-70 - vessel},6.0,0`;
  });
  const file = join(testFolder(t), "ships.csv");
  writeFileSync(file, `mmsi,t,lat,lon,sog,cog\n${lines.join("\n")}\n1,2,3\n`);
  return file;
}

test("AIS trips are traces of their vessels", async (t) => {
  const file = await tripsOf(t, 3);
  const open = (synchronization?: Synchronization) => aisTrips([file], { ...(synchronization && { synchronization }) });
  await keepsPromises(open, "position");
  await using trips = await open();
  assert.equal(trips.traces, 3);
  assert.equal(await trips.length(), 180);
  assert.deepEqual(trips.trace(1).entity, "367000002");
  const { position } = await trips.sample(61);
  assert.deepEqual(position, { lat: Math.fround(40 + 1 / 600), lon: -71, sog: 6, cog: 0, dt_seconds: 60 });
  assert.deepEqual([trips.lost().rows, trips.dropped], [1, { parse_error: 1 }]);
});

test("of many sensors those that are named are matched, and no others", async (t) => {
  const folder = needShared(t, "data", "driving", "comma2k19_seg40");
  if (folder === undefined) return;
  const synchronization = nearest({ reference: "global_pose", toleranceSeconds: 0.05 });
  await using all = await openRecordings([folder], { synchronization });
  assert.equal(await all.length(), 0, "a receiver with a fix every two seconds is near no two frames");
  await using some = await openRecordings([folder], { synchronization, only: ["global_pose", "CAN/speed"] });
  assert.deepEqual(Object.keys(some.trace(0).sensors), ["global_pose", "CAN/speed"]);
  assert.ok((await some.length()) > 1190, `${await some.length()} rows`);
  await using none = await openRecordings([folder], { only: ["CAN/spede"] });
  assert.throws(() => none.trace(0), /Cannot open comma2k19_seg40: it has no sensor CAN\/spede, got CAN\/radar, /);
});

test("inputs of one name are called by the folders that tell them apart", async (t) => {
  const folder = testFolder(t);
  for (const name of ["a", "b"]) {
    mkdirSync(join(folder, name, "s"), { recursive: true });
    writeFileSync(join(folder, name, "s", "truth.txt"), "1 0 0 0 0 0 0 1\n");
  }
  const names = async (...inputs: string[]) => {
    await using dataset = await openRecordings(inputs.map((input) => join(folder, input)));
    return Array.from({ length: dataset.traces }, (_, i) => dataset.trace(i).name);
  };
  assert.deepEqual(await names("a/s/truth.txt", "b/s/truth.txt"), ["a/s/truth.txt", "b/s/truth.txt"]);
  assert.deepEqual(await names("*/s/truth.txt"), ["a/s/truth.txt", "b/s/truth.txt"]);
  assert.deepEqual(await names("a/s/truth.txt", "a/s/truth.txt"), ["truth.txt"], "an input counts once");
});

test("what is no recording is refused in words that say what to do", async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, "a.txt"), "some words\n");
  writeFileSync(join(folder, "poses.txt"), "1.5 1 2 3 0 0 0 1\n");
  mkdirSync(join(folder, "empty"));
  const open = (input: string, options: OpenRecordingsOptions = {}) => openRecordings([join(folder, input)], options);
  await assert.rejects(open("none"), /none: there is no such file or folder/);
  await assert.rejects(open("*.mcap"), /there is no such file or folder/);
  await assert.rejects(open("a.txt"), /a.txt: the file looks like no recording; say which it is: l5kit, euroc, /);
  await assert.rejects(open("empty"), /empty: the folder looks like no recording/);
  await assert.rejects(open("a.txt", { kind: "e4" }), /a recording of kind e4 is no file/);
  await assert.rejects(open("empty", { kind: "e4" }), /ACC.csv, .* is expected/);
  await assert.rejects(open("poses.txt", { unit: "ns" }), /unit has a meaning only for inputs of kind table, got tum/);
  await assert.rejects(open("poses.txt", { topics: ["/tf"] }), /topics has .* of kind mcap, got tum/);
  await assert.rejects(openRecordings([]), /at least one input is needed, got none/);
});

test("a trace of several sensors has no rows before it is said how they are matched", async (t) => {
  const folder = needShared(t, "data", "wearable", "empatica_e4");
  if (folder === undefined) return;
  await using dataset = await openRecordings([folder]);
  await assert.rejects(
    dataset.length(),
    /Cannot make rows of empatica_e4: say how its sensors are synchronized, ACC, BVP/,
  );
});
