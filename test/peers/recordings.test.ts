/** Recordings and the tools that made them: numpy, pandas and pyarrow read the same values as we do, and we what they write. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openNpy } from "../../src/adapters/npy/index.ts";
import { bytesOf, NUMERIC_ARRAYS, type NumericKind } from "../../src/core/index.ts";
import { folderStore } from "../../src/node/index.ts";
import type { Sensor } from "../../src/sync/index.ts";
import { openRecordings } from "../../src/verbs/index.ts";
import { npyBytes } from "../npy-file.ts";
import { needShared } from "../shared.ts";
import { zarrPython } from "./python.ts";

const python = zarrPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("recordings.py", import.meta.url));
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "windrow-recordings-peer-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function run(what: string, place: string) {
  const { stdout } = await promisify(execFile)(python ?? "", [script, what, place], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

async function subfolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

const digest = (values: ArrayBufferView) => createHash("sha256").update(bytesOf(values)).digest("hex");

test("arrays that numpy saves come back, in every type, order and version", { skip }, async () => {
  const place = await subfolder("theirs");
  const written: Record<string, { shape: number[]; values: string; turned: string }> = await run("write", place);
  assert.equal(Object.keys(written).length, 48);
  for (const [key, { shape, values, turned }] of Object.entries(written)) {
    const array = await openNpy({ store: folderStore(place), key });
    assert.equal(array.length, shape[0], key);
    const rows = array.length;
    assert.equal(digest(await array.read({ from: 0, to: rows })), values, key);
    const backwards = Uint32Array.from({ length: rows }, (_, i) => rows - 1 - i);
    assert.equal(digest(await array.read(backwards)), turned, key);
  }
});

test("the arrays that our tests write are numpy's", { skip }, async () => {
  const place = await subfolder("ours");
  const expected: Record<string, unknown> = {};
  const names: Partial<Record<NumericKind, string>> = { bool: "bool", f16: "float16", f32: "float32", f64: "float64" };
  for (const [i, kind] of (Object.keys(NUMERIC_ARRAYS) as NumericKind[]).entries()) {
    const values = new NUMERIC_ARRAYS[kind](24);
    bytesOf(values).forEach((_, at, bytes) => {
      bytes[at] = kind === "bool" ? at & 1 : at * 7;
    });
    for (const isFortran of [false, true]) {
      const name = `${kind}${isFortran}.npy`;
      const version = ([1, 2, 3] as const)[i % 3]!;
      const file = { kind, shape: [2, 3, 4], values, isFortran, isLittle: i % 2 === 0, version };
      await writeFile(join(place, name), npyBytes(file));
      const type = names[kind] ?? kind.replace("u", "uint").replace(/^i/, "int");
      expected[name] = { type, shape: [2, 3, 4], fortran: isFortran, values: digest(values) };
    }
  }
  assert.deepEqual(await run("read", place), expected);
});

async function sensorDigests(sensor: Sensor): Promise<string[]> {
  const { columns } = await sensor.read({ from: 0, to: await sensor.length() });
  return [await sensor.times(), ...Object.values(columns).map(({ data }) => data as Float64Array)].map(digest);
}

test("real recordings hold what numpy and pandas read of them", { skip }, async (t) => {
  const data = needShared(t, "data");
  if (data === undefined) return;
  const found: Record<string, string[]> = await run("real", data);
  const { tum, euroc, e4, ...segment } = found;
  const sensorsOf = async (...path: readonly string[]) =>
    (await openRecordings([join(data, ...path)])).trace(0).sensors;
  assert.deepEqual(await sensorDigests((await sensorsOf("sync", "tum_fr1_xyz"))["groundtruth"]!), tum);
  assert.deepEqual((await sensorDigests((await sensorsOf("sync", "euroc_mh01"))["leica0"]!)).slice(1), euroc);
  assert.deepEqual(await sensorDigests((await sensorsOf("wearable", "empatica_e4"))["ACC"]!), e4);
  const streams = await sensorsOf("driving", "comma2k19_seg40");
  assert.deepEqual(
    Object.keys(segment),
    Object.keys(streams)
      .filter((name) => name !== "global_pose")
      .sort(),
  );
  for (const [name, digests] of Object.entries(segment))
    assert.deepEqual(await sensorDigests(streams[name]!), digests, name);
});

/** The float64 next to a stamp, cut to a unit as a coarser column cuts it. */
function secondsOf(stamps: readonly string[], digits: number): Float64Array {
  return Float64Array.from(stamps, (stamp) => Number(`${stamp.slice(0, stamp.length - 9 + digits)}e-${digits}`));
}

test("tables that pandas writes are sensors, with its times and gaps", { skip }, async () => {
  const place = await subfolder("tables");
  const { stamps, speed }: { stamps: string[]; speed: string } = await run("tables", place);
  const exact = { ms: 3, us: 6, ns: 9, zoned: 9, ints: 9 };
  for (const [name, digits] of Object.entries(exact)) {
    await using dataset = await openRecordings([join(place, `${name}.parquet`)], name === "ints" ? { unit: "ns" } : {});
    const sensor = dataset.trace(0).sensors["table"]!;
    assert.deepEqual(await sensor.times(), secondsOf(stamps, digits), name);
    const { columns } = await sensor.read({ from: 0, to: 1000 });
    assert.equal(digest(columns["speed"]!.data as Float64Array), speed, name);
    assert.deepEqual(columns["word"]!.data.slice(0, 2), ["w 0, æ", "w 1, æ"]);
    const gaps = Uint8Array.from({ length: 1000 }, (_, i) => (i % 7 === 0 ? 0 : 1));
    assert.deepEqual(columns["count"]!.valid, gaps, name);
  }
  for (const [name, options] of [
    ["ints", { unit: "ns" }],
    ["iso", {}],
  ] as const) {
    await using dataset = await openRecordings([join(place, `${name}.csv`)], options);
    const sensor = dataset.trace(0).sensors["table"]!;
    assert.deepEqual(await sensor.times(), secondsOf(stamps, 9), name);
    const { columns } = await sensor.read({ from: 0, to: 1000 });
    assert.equal(digest(columns["speed"]!.data as Float64Array), speed, name);
    assert.deepEqual(columns["word"]!.data.slice(0, 2), ["w 0, æ", "w 1, æ"]);
    assert.equal(dataset.lost().rows, 0);
  }
});
