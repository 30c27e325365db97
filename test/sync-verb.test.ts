/** `windrow sync` and index maps in files: what is found, saved, loaded, refused, printed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { dataset, interpolate, memorySensor, nearest, type Timestamps, trace } from "../src/sync/index.ts";
import { loadMatch, saveMatch } from "../src/verbs/match-file.ts";
import { sync } from "../src/verbs/sync.ts";

const folder = mkdtempSync(join(tmpdir(), "windrow-sync-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

/** A sensor that has nothing but times. */
function ticks(times: Float64Array) {
  const { length } = times;
  return memorySensor({ n: { kind: "u32" } }, { length, columns: { n: { data: new Uint32Array(length) } } }, times);
}

const steady = (length: number, rate: number, from = 0) => Float64Array.from({ length }, (_, i) => from + i / rate);

function recording(name: string, times: Timestamps) {
  const sensors = Object.fromEntries(Object.entries(times).map(([own, each]) => [own, ticks(each)]));
  return trace({ name, sensors });
}

const TIMES = { lidar: steady(100, 10), camera: steady(300, 30, 0.01).filter((_, i) => i < 100 || i > 130) };

test("each trace has its report, by the sensor with the fewest samples if nothing is said", async () => {
  const data = dataset([recording("a", TIMES), recording("b", { lidar: steady(10, 10), camera: new Float64Array() })]);
  const { spec, traces } = await sync(data, { cells: 12 });
  assert.deepEqual(spec, { rule: "nearest", reference: "lidar" });
  assert.deepEqual(
    traces.map(({ trace: name, rows, empty_sensors: none }) => [name, rows, none]),
    [
      ["a", 92, []],
      ["b", 0, ["camera"]],
    ],
  );
  const [first] = traces;
  assert.deepEqual([first?.from_s, first?.to_s, first?.segments], [0, TIMES.camera.at(-1), 2]);
  assert.deepEqual(
    first?.sensors["camera"]?.dropouts.map(({ samples }) => samples),
    [31],
  );
  assert.equal(first?.timeline?.["camera"]?.length, 12);
  assert.ok(first?.timeline?.["camera"]?.some((share) => share !== null && share < 0.2));
  assert.deepEqual(traces[1]?.timeline?.["camera"], new Array(12).fill(null));
});

test("an event or two is no reference, unless there is nothing else", async () => {
  const once = { calibration: Float64Array.of(1), ...TIMES };
  assert.equal((await sync(dataset([recording("a", once)]))).spec.reference, "lidar");
  const [only] = (await sync(dataset([recording("a", { calibration: Float64Array.of(1) })]))).traces;
  assert.equal(only?.rows, 1);
});

test("what is wrong with a trace says in which", async () => {
  const back = recording("second", { lidar: TIMES.lidar, camera: Float64Array.of(0, 2, 1) });
  const data = dataset([recording("first", TIMES), back]);
  await assert.rejects(sync(data), {
    code: "usage",
    message: /camera go back at sample 2, got 1 after 2; they can be sorted: --sort \(trace second\)/,
  });
  await sync(data, { trace: "first" });
  await assert.rejects(sync(data, { trace: "third" }), { code: "missing", message: /got third/ });
  await assert.rejects(sync(data, { save: at("two.parquet") }), { code: "usage", message: /a single trace, got 2/ });
});

for (const suffix of ["parquet", "arrow"])
  test(`an index map in a .${suffix} file comes back, for the times it was made from`, async () => {
    const path = at(`map.${suffix}`);
    const times = { ...TIMES, gps: Float64Array.of(3, 4.5) };
    const made = interpolate({ reference: "lidar", optional: ["gps"], maxGapSeconds: 0.5, overlap: false });
    const match = made.match(times);
    await saveMatch(path, match, { timestamps: times, sync: made });
    assert.deepEqual(await loadMatch(path, times, made), match);
    const moved = { ...times, gps: Float64Array.of(3, 4.6) };
    await assert.rejects(loadMatch(path, moved), { code: "stale", message: /other times of gps/ });
    await assert.rejects(loadMatch(path, times, nearest({ reference: "lidar" })), { code: "stale" });
    truncateSync(path, readFileSync(path).length - 20);
    await assert.rejects(loadMatch(path, times), { code: "damaged" });
  });

test("an index map of no rows, and one of many, come back", async () => {
  for (const times of [
    { a: new Float64Array(), b: TIMES.lidar },
    { a: steady(1_500_000, 100), b: steady(1_000_000, 70) },
  ]) {
    const made = nearest({ reference: "a" });
    const match = made.match(times);
    await saveMatch(at("any.parquet"), match, { timestamps: times, sync: made });
    const loaded = await loadMatch(at("any.parquet"), times, made);
    assert.equal(loaded.length, match.length);
    assert.deepEqual(loaded.index.b, match.index.b);
    assert.deepEqual(loaded.dt.b, match.dt.b);
  }
});

test("a file of another kind, and one that is not there, are told apart", async () => {
  await assert.rejects(loadMatch(at("map.csv"), TIMES), { code: "usage", message: /must end in .parquet or .arrow/ });
  await assert.rejects(loadMatch(at("none.parquet"), TIMES), { code: "missing" });
});

const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));

function windrow(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", cwd: folder });
  return { code: status, out: stdout, err: stderr };
}

function table(name: string, times: Float64Array): void {
  writeFileSync(at(name), `t,value\n${Array.from(times, (time, i) => `${time},${i}`).join("\n")}\n`);
}

test("the command prints a table and a timeline, or JSON, and saves the map", async () => {
  mkdirSync(at("drive"));
  table("drive/lidar.csv", TIMES.lidar);
  table("drive/camera.csv", TIMES.camera);
  const options = ["--unit", "s", "--reference", "lidar", "--tolerance", "0.02,camera=0.01"];
  const { code, out, err } = windrow("sync", "drive", ...options);
  assert.equal(code, 0, err);
  assert.match(out, /^drive: 9\.97\d* s; \d+ rows at the times of lidar, \d+ dropped; 2 segments$/m);
  assert.match(out, /^camera +269 +30 +0 +1 +31 10\.3% /m);
  assert.match(out, /^camera +#+[^#\n]+#+$/m);
  const json = windrow("sync", "drive", ...options, "--json", "--save", "drive.parquet");
  const [found] = JSON.parse(json.out).traces;
  assert.equal(found.sensors.camera.lost, 31);
  const match = await loadMatch(at("drive.parquet"), TIMES);
  assert.equal(match.length, found.rows);
  const far = windrow(
    "sync",
    "drive",
    "--unit",
    "s",
    "--reference",
    "lidar",
    "--tolerance",
    "camera=0",
    "--clock",
    "camera=60",
  );
  assert.match(
    far.out,
    /^no row has a sample of camera; .*--optional camera keeps rows without, --only leaves sensors out$/m,
  );
  const wrong = windrow("sync", "drive", "--unit", "s", "--reference", "radar");
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /got radar; there are camera, lidar|got radar; there are lidar, camera/);
});
