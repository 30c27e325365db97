/** Tables of any columns become traces: what is written comes back, in CSV as in Parquet; what is spoilt is told by its line. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import type { Batch, Schema } from "../src/core/index.ts";
import { parquetSink } from "../src/formats/parquet/index.ts";
import { folderStore, nodeCodecs } from "../src/node/index.ts";
import { nearest } from "../src/sync/index.ts";
import { datasetSuite, sensorSuite, traceSuite } from "../src/testkit/index.ts";
import { type OpenRecordingsOptions, openRecordings } from "../src/verbs/index.ts";
import { testFolder } from "./ais-dataset.ts";

async function parquet(folder: string, name: string, schema: Schema, batch: Batch): Promise<string> {
  await using draft = await folderStore(folder).draft(name);
  const sink = parquetSink(draft, schema, { codecs: nodeCodecs(), createdBy: "a test" });
  await sink.write(batch);
  await sink.close();
  await draft.publish();
  return join(folder, name);
}

function csv(t: TestContext, text: string | Uint8Array, name = "a.csv"): string {
  const file = join(testFolder(t), name);
  writeFileSync(file, text);
  return file;
}

/** All samples of the first trace's only sensor. */
async function whole(file: string, options: OpenRecordingsOptions = {}) {
  await using dataset = await openRecordings([file], options);
  const [sensor] = Object.values(dataset.trace(0).sensors);
  const length = await sensor!.length();
  const { columns } = await sensor!.read({ from: 0, to: length });
  const values = Object.entries(columns).map(([name, { data }]) => [name, Array.from<unknown>(data)]);
  const times = Array.from(await sensor!.times());
  return { schema: sensor!.schema, times, columns: Object.fromEntries(values), lost: dataset.lost() };
}

const anyRow = fc.record({
  // Whole numbers beyond 2^53 alone would be a column of int64.
  speed: fc.oneof(
    fc.double({ noDefaultInfinity: true }).filter((speed) => !Number.isInteger(speed) || Number.isSafeInteger(speed)),
    fc.constant(Number.NaN),
  ),
  note: fc.string({ unit: fc.constantFrom("a", "Ø", ",", '"', " ", "7", "🚢") }).map((text) => text.trim()),
});

test("rows come back from CSV, packed or not, and from Parquet", async (t) => {
  const folder = testFolder(t);
  let number = 0;
  const property = fc.asyncProperty(
    fc.array(anyRow, { minLength: 1, maxLength: 30 }),
    fc.constantFrom("csv", "csv.gz", "csv.zst", "parquet"),
    async (rows, ending) => {
      const name = `${++number}.${ending}`;
      const speed = rows.map(({ speed: each }) => each + 0);
      const notes = rows.map(({ note }) => note);
      if (ending === "parquet") {
        const schema = { t: { kind: "i64", unit: "us" }, "my speed": { kind: "f64" }, note: { kind: "str" } } as const;
        const columns = {
          t: { data: BigInt64Array.from(rows, (_, i) => 1_700_000_000_000_000n + BigInt(i)) },
          "my speed": { data: Float64Array.from(speed) },
          note: { data: notes },
        };
        await parquet(folder, name, schema, { length: rows.length, columns });
      } else {
        // A word in the first row says of the column that it holds words.
        const lines = rows.map((_, i) => `170000000000000${i},${speed[i]},"x${notes[i]!.replaceAll('"', '""')}"`);
        const text = `t,my speed,note\n${lines.join("\n")}\n`;
        const packed = { csv: text, "csv.gz": gzipSync(text), "csv.zst": zstdCompressSync(text) }[ending];
        writeFileSync(join(folder, name), packed!);
      }
      const found = await whole(join(folder, name), { unit: "us" });
      assert.equal(found.lost.rows, 0, JSON.stringify(found.lost));
      assert.equal(found.times.length, rows.length);
      assert.deepEqual(found.columns["my speed"], speed);
      assert.deepEqual(found.columns["note"], ending === "parquet" ? notes : notes.map((note) => `x${note}`));
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

for (const spoilt of [undefined, 70_000])
  test(`rows of a large text keep their order${spoilt === undefined ? "" : ", also where one is left out"}`, async (t) => {
    // Several of the pieces that DuckDB's threads read side by side.
    const rows = Array.from({ length: 400_000 }, (_, i) => `${i},${i === spoilt ? "high" : i % 7},word ${i}`);
    const { times } = await whole(csv(t, `t,x,name\n${rows.join("\n")}\n`), { unit: "s" });
    assert.equal(times.length, rows.length - (spoilt === undefined ? 0 : 1));
    assert.equal(
      times.findIndex((time, i) => i > 0 && time <= times[i - 1]!),
      -1,
    );
  });

test("a table keeps the promises of sensors, traces and datasets", async (t) => {
  const rows = Array.from({ length: 300 }, (_, i) => `${i / 10},${i % 3 === 0 ? "" : i},car${i % 2},n${i}`);
  const file = csv(t, `t,x,car,name\n${rows.join("\n")}\n`);
  await using dataset = await openRecordings([file], { unit: "s", traceColumn: "car" });
  for (const { run } of sensorSuite(async () => dataset.trace(1).sensors["table"]!)) await run();
  for (const { run } of traceSuite(async () => dataset.trace(0))) await run();
  for (const { run } of datasetSuite(async () => dataset)) await run();
});

test("a column parts a table into traces, whose entity is its value", async (t) => {
  const file = csv(t, "time,car,v\n1,red,1\n1,blue,2\n2,red,3\n3,,4\n4,red,nan\n");
  await using dataset = await openRecordings([file], { unit: "s", traceColumn: "car" });
  assert.equal(dataset.traces, 2);
  const [red, blue] = [dataset.trace(0), dataset.trace(1)];
  assert.deepEqual([red.name, red.entity, blue.name, blue.entity], ["a.csv/red", "red", "a.csv/blue", "blue"]);
  assert.deepEqual(Object.keys(red.sensors["table"]!.schema), ["v"]);
  assert.deepEqual(Array.from(await red.sensors["table"]!.times()), [1, 2, 4]);
  assert.deepEqual(await blue.sample(0), { table: { v: 2 } });
  assert.deepEqual(dataset.lost().examples, [{ file, line: 5, why: "car is empty" }]);
});

test("files of a folder are sensors of one trace; with a column of traces each has all of them", async (t) => {
  const folder = join(testFolder(t), "drive");
  mkdirSync(folder);
  writeFileSync(join(folder, "gps.csv"), "t,car,lat\n1,a,10\n2,b,11\n");
  const schema = { t: { kind: "f64" }, car: { kind: "str" }, g: { kind: "f32", nullable: true } } as const;
  const columns = {
    t: { data: Float64Array.of(1, 3) },
    car: { data: ["a", "a"] },
    g: { data: Float32Array.of(0.5, 0), valid: Uint8Array.of(1, 0) },
  };
  await parquet(folder, "imu.parquet", schema, { length: 2, columns });
  const synchronization = nearest({ reference: "gps" });
  await using dataset = await openRecordings([folder], { unit: "s", synchronization });
  assert.deepEqual(Object.keys(dataset.trace(0).sensors), ["gps", "imu"]);
  assert.equal(dataset.trace(0).name, "drive");
  assert.deepEqual(await dataset.sample(0), { gps: { car: "a", lat: 10 }, imu: { car: "a", g: 0.5 } });
  assert.deepEqual((await dataset.trace(0).sensors["imu"]!.read({ from: 1, to: 2 })).columns["g"], {
    data: Float32Array.of(Number.NaN),
  });
  await using parted = await openRecordings([folder], { unit: "s", synchronization, traceColumn: "car" });
  assert.equal(parted.traces, 2);
  assert.equal(await parted.trace(1).sensors["imu"]!.length(), 0, "b has no row in imu");
  assert.equal(await parted.trace(1).length(), 0);
  assert.equal(await parted.length(), 1);
});

test("encoded images of a Parquet file are bytes, as they are there", async (t) => {
  const images = [Uint8Array.of(0xff, 0xd8), new Uint8Array(), Uint8Array.of(1, 2, 3)];
  const schema = { t: { kind: "i64", unit: "ns" }, jpeg: { kind: "bytes" } } as const;
  const stamps = BigInt64Array.of(1_403_636_579_763_555_584n, 1_403_636_579_813_555_456n, 1_403_636_579_863_555_584n);
  const columns = { t: { data: stamps }, jpeg: { data: images } };
  const file = await parquet(testFolder(t), "cam.parquet", schema, { length: 3, columns });
  await using dataset = await openRecordings([file]);
  const { table: cam } = dataset.trace(0).sensors;
  assert.deepEqual(Array.from(await cam!.times()), [
    Number("1403636579.763555584"),
    Number("1403636579.813555456"),
    Number("1403636579.863555584"),
  ]);
  assert.deepEqual((await cam!.read(Uint32Array.of(2, 0, 2))).columns["jpeg"]!.data, [images[2], images[0], images[2]]);
});

test("nanoseconds in CSV are read as whole numbers, and every row that is spoilt is told by its line", async (t) => {
  const rows = Array.from({ length: 50 }, (_, i) => `14036365797635555${String(i).padStart(2, "0")},${i}`);
  rows[10] = "1403636579763555510.5,10";
  rows[20] = ",20";
  rows[30] = "1403636579763555530,high";
  rows[40] = "1403636579763555540,1,2";
  const file = csv(t, `stamp,x\n${rows.join("\n")}\n`);
  const { times, columns, lost } = await whole(file, { timeColumn: "stamp", unit: "ns" });
  const good = rows.filter((_, i) => i === 0 || i % 10 !== 0);
  assert.deepEqual(
    times,
    good.map((row) => Number(`${row.split(",")[0]}e-9`)),
  );
  assert.equal(columns["x"]!.length, 46);
  assert.equal(lost.rows, 4);
  assert.deepEqual(
    lost.examples.map(({ line, why }) => [line, why.replace(/:.*/, "")]),
    [
      [12, "stamp is no time"],
      [22, "stamp is no time"],
      [32, "x is no number"],
      [42, "Expected Number of Columns"],
    ],
  );
});

test("whole numbers that float64 does not hold are kept, and may be absent", async (t) => {
  const { schema, columns } = await whole(csv(t, "t,id\n1,9007199254740993\n2,\n3,-9007199254740993\n"), { unit: "s" });
  assert.deepEqual(schema, { id: { kind: "i64", nullable: true } });
  assert.deepEqual(columns["id"], [9_007_199_254_740_993n, 0n, -9_007_199_254_740_993n]);
});

test("times as ISO 8601 writes them carry their unit", async (t) => {
  const rows = ["2024-05-01T12:00:00Z", "2024-05-01 12:00:00.25", "2024-05-01T14:00:01+02:00", "2024-06-30T23:59:60Z"];
  const file = csv(t, `time,x\n${rows.map((row) => `${row},1`).join("\n")}\nyesterday,1\n2024-02-30T00:00:00Z,1\n`);
  const noon = Date.UTC(2024, 4, 1, 12) / 1000;
  const { times, lost } = await whole(file);
  assert.deepEqual(times, [noon, noon + 0.25, noon + 1, Date.UTC(2024, 6, 1) / 1000]);
  assert.equal(lost.rows, 2);
  await assert.rejects(whole(file, { unit: "s" }), /a.csv: the column of times holds texts, which have no unit, got s/);
});

test("a unit is never guessed, and one that a column carries is not overruled", async (t) => {
  const file = csv(t, "t,x\n1700000000,1\n");
  await assert.rejects(
    whole(file),
    /the column of times holds numbers; say what they count by its unit: s, ms, us or ns/,
  );
  assert.deepEqual((await whole(file, { unit: "ms" })).times, [1_700_000]);
  const schema = { t: { kind: "i64", unit: "ms" } } as const;
  const batch = { length: 1, columns: { t: { data: BigInt64Array.of(1500n) } } };
  const timed = await parquet(testFolder(t), "b.parquet", schema, batch);
  assert.deepEqual((await whole(timed)).times, [1.5]);
  await assert.rejects(whole(timed, { unit: "s" }), /the column of times counts ms, got s/);
});

test("columns that are not there, or not plain, are refused by name", async (t) => {
  const open = (text: string, options: OpenRecordingsOptions = {}) => openRecordings([csv(t, text)], options);
  await assert.rejects(open("a,b\n1,2\n"), /the column of times must be named, got a, b/);
  await assert.rejects(open("t,Time\n1,2\n", { unit: "s" }), /the column of times must be named, got t, Time/);
  await assert.rejects(open("t,b\n1,2\n", { timeColumn: "c" }), /there is no column c, got t, b/);
  await assert.rejects(open("t,b\n1,2\n", { unit: "s", traceColumn: "c" }), /there is no column c, got t, b/);
  await assert.rejects(
    open("t,b\n1,2\n", { unit: "s", interpolation: { c: "linear" } }),
    /Cannot interpolate c: no table/,
  );
  await assert.rejects(open("t,t\n1,2\n"), /two columns are named t/);
  await assert.rejects(open("1,2\n3,4\n"), /its first line names no columns/);
  await assert.rejects(open("t,,b\n1,2,3\n"), /a column has no name/);
  await assert.rejects(open("1,2\n", { columns: ["t"] }), /1 columns are named, got 2 in its first line/);
  await assert.rejects(open(""), /the file is empty/);
  const { times } = await whole(csv(t, "1,2\n3,4\n"), { columns: ["t", "x"], unit: "s" });
  assert.deepEqual(times, [1, 3]);
  const meta = await openRecordings([csv(t, "t,b\n1,2\n")], { unit: "s", interpolation: { b: "linear" } });
  assert.deepEqual(meta.trace(0).sensors["table"]!.meta.interpolation, { b: "linear" });
});

test("a table is read when its rows are asked for, and leaves no file behind", async (t) => {
  const temp = join(testFolder(t), "temp");
  mkdirSync(temp);
  const file = csv(t, "t,x\n1,2\n");
  const dataset = await openRecordings([file], { unit: "s", temp });
  assert.deepEqual(dataset.trace(0).sensors["table"]!.schema, { x: { kind: "f64" } });
  assert.deepEqual(readdirSync(temp), []);
  assert.equal(await dataset.length(), 1);
  assert.equal(readdirSync(temp).length, 1);
  await dataset[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(temp), []);
  const cut = csv(t, gzipSync(`t,x\n${"1,2\n".repeat(1e5)}`).subarray(0, -20), "a.csv.gz");
  await using broken = await openRecordings([cut], { unit: "s", temp });
  await assert.rejects(broken.length(), /a.csv.gz: the gz data is damaged or cut short/);
  await assert.rejects(openRecordings([file], { unit: "s", temp: join(temp, "none") }).then((each) => each.length()));
  assert.equal(existsSync(join(temp, "none")), false);
});

test("rows of a long text keep their order, and bad ones are told by their lines", async (t) => {
  const rows = 400_000;
  const bad = 300_001;
  const lines = Array.from({ length: rows }, (_, i) => (i + 2 === bad ? `${i},oops` : `${i},${i}`));
  const { times, columns, lost } = await whole(csv(t, `t,v\n${lines.join("\n")}\n`), { unit: "s" });
  const kept = Array.from({ length: rows }, (_, i) => i).filter((i) => i + 2 !== bad);
  assert.equal(
    times.findIndex((time, i) => time !== kept[i]),
    -1,
  );
  assert.deepEqual(columns["v"], kept);
  assert.deepEqual([lost.rows, lost.examples.map(({ line }) => line)], [1, [bad]]);
});

test("a text that is being read is left when the signal says so", async (t) => {
  const lines = Array.from({ length: 400_000 }, (_, i) => `${i},${i}`);
  const stop = new AbortController();
  const file = csv(t, `t,v\n${lines.join("\n")}\n`);
  await using dataset = await openRecordings([file], { unit: "s", signal: stop.signal });
  const [sensor] = Object.values(dataset.trace(0).sensors);
  const times = sensor!.times();
  setImmediate(() => stop.abort());
  await assert.rejects(times, { name: "AbortError" });
  await assert.rejects(sensor!.times(), { name: "AbortError" });
});
