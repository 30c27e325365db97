/** Drives of several sensors become samples: each is what its rows are, however it was made, in both formats and through the loader. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { type Batch, isNumeric, type Schema } from "../src/core/index.ts";
import {
  type Dataset,
  dataset,
  memorySensor,
  nearest,
  type Sensors,
  synchronization,
  trace,
} from "../src/sync/index.ts";
import {
  diff,
  head,
  info,
  leak,
  load,
  type MaterializeOptions,
  materialize,
  stats,
  verify,
} from "../src/verbs/index.ts";
import { fileHashes, indexRows, mdsSamples, type ReadSample, testFolder } from "./ais-dataset.ts";
import { type Drive, dataOf, drives, type Expected, expectedSamples } from "./traces-dataset.ts";

const SECONDS = [9, 6, 12, 0, 7, 15, 4, 8];
const SMALL = { shardBytes: 12_000, val: 0.4, workers: 1, with: ["trace_id", "start", "t_start", "t_end"] };
const SPLITS = ["train", "validation", "test"] as const;

/** A value as the expected samples have it. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.toHex();
  if (typeof value === "string") return new TextEncoder().encode(value).toHex();
  return value;
}

/** Samples of a batch of the loader. */
function* samplesOf({ length, columns }: Batch, schema: Schema): Generator<Expected> {
  for (let row = 0; row < length; row++) {
    const values = Object.entries(columns).map(([name, { data }]) => {
      const { kind } = schema[name]!;
      if (!isNumeric(kind)) return [name, name === "trace_id" ? data[row] : plain(data[row])];
      const width = data.length / length;
      const own = Array.from({ length: width }, (_, i) => data[row * width + i]);
      if (["start", "t_start", "t_end"].includes(name)) return [name, own[0]];
      return [name, own.map((value) => (typeof value === "bigint" ? String(value) : value))];
    });
    yield Object.fromEntries(values);
  }
}

/** Compares every sample of every split with what it must be; each is there once. */
async function checkSamples(out: string, format: "mds" | "parquet", expected: Map<string, Expected>): Promise<void> {
  const left = new Map(expected);
  for (const split of SPLITS) {
    await using batches = await load(out, { columns: "all", batchSize: 7, split, format });
    const { schema } = await batches.info();
    for await (const batch of batches) {
      for (const { trace_id, start, ...values } of samplesOf(batch, schema)) {
        const name = `${trace_id} ${start}`;
        assert.deepEqual(values, left.get(name), `${name} of ${split} in ${format}`);
        left.delete(name);
      }
    }
  }
  assert.deepEqual([...left.keys()], []);
}

test("every sample is what its rows are, of any window, in MDS and Parquet", async (t) => {
  const folder = testFolder(t);
  const shape = fc.record({
    size: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 })),
    stride: fc.integer({ min: 1, max: 6 }),
    mdsEncoding: fc.constantFrom("ndarray", "bytes"),
    seed: fc.nat(1000),
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(shape, async ({ size, stride, mdsEncoding, seed }) => {
      const all = drives(String(seed), SECONDS);
      const out = join(folder, String(number++));
      const { manifest } = await materialize(dataOf(all), { ...SMALL, out, window: size, stride, mdsEncoding, seed });
      const expected = expectedSamples(all, { size, stride });
      await checkSamples(out, "mds", expected);
      await checkSamples(out, "parquet", expected);
      assert.deepEqual((await verify(out)).problems, []);
      const { windows, sensors = {} } = manifest.ledger;
      assert.equal(windows.train + windows.validation + windows.test, expected.size);
      const samples = all.reduce((sum, { imu }) => sum + imu.times.length, 0);
      assert.equal(sensors["imu"]?.samples, samples);
    }),
    { numRuns: 8 },
  );
});

function ground(t: TestContext, change: Partial<MaterializeOptions> = {}) {
  const folder = testFolder(t);
  const options = { ...SMALL, window: 4, stride: 2, parts: 2, ...change };
  const all = drives("ground", SECONDS);
  return { folder, all, data: dataOf(all), at: (name: string) => ({ ...options, out: join(folder, name) }) };
}

test("traces are appended as a generation, and those that are there are skipped", async (t) => {
  const { folder, all, at } = ground(t);
  const out = join(folder, "out");
  await materialize(dataOf(all.slice(0, 5)), at("out"));
  const before = fileHashes(out);
  const { manifest } = await materialize(dataOf(all), { ...at("out"), existing: "append" });
  assert.equal(manifest.generations.length, 2);
  assert.ok((await materialize(dataOf(all), { ...at("out"), existing: "append" })).wasThere);
  const expected = expectedSamples(all, { size: 4, stride: 2 });
  await checkSamples(out, "mds", expected);
  await checkSamples(out, "parquet", expected);
  assert.deepEqual((await verify(out)).problems, []);
  assert.ok((await leak(out)).holds);
  const after = fileHashes(out);
  for (const [name, hash] of Object.entries(before))
    if (name.endsWith(".zstd") || name.startsWith("parquet")) assert.equal(after[name], hash, name);
  const [first] = all as [Drive];
  const longer = dataOf([{ ...drives("other", [20])[0]!, name: first.name }]);
  await assert.rejects(materialize(longer, { ...at("out"), existing: "append" }), {
    code: "exists",
    message: /drive 0 .*other rows/,
  });
  await assert.rejects(materialize(dataOf(all), { ...at("out"), existing: "append", sensors: ["imu"] }), {
    code: "exists",
    message: /another sensors/,
  });
});

test("no entity is in two splits, and splits by time follow each other", async (t) => {
  const { data, at } = ground(t, { test: 0.2 });
  for (const splitBy of ["entity", "time", "entity+time"] as const) {
    const { out, manifest } = await materialize(data, { ...at(splitBy.replace("+", "-")), splitBy });
    const report = await leak(out);
    assert.deepEqual([report.split_by, report.holds, report.leaks], [splitBy, true, []]);
    assert.ok(manifest.ledger.windows.train > 0 && manifest.ledger.windows.validation > 0, splitBy);
  }
  const { out } = at("time");
  await assert.rejects(
    materialize(dataOf(drives("more", [9])), { ...at("time"), splitBy: "time", existing: "append" }),
    {
      code: "usage",
      message: new RegExp(`${out}: it is split by time`),
    },
  );
});

test("what looks at datasets takes samples of several columns", async (t) => {
  const { data, at } = ground(t);
  const { out } = await materialize(data, at("a"));
  const other = await materialize(data, { ...at("b"), format: ["parquet"] });
  const report = await info(out);
  assert.equal(report.kind, "dataset");
  const shown = await head(out, { rows: 2 });
  assert.equal(shown.samples.length, 2);
  assert.deepEqual(Object.keys(shown.schema).slice(0, 4), ["camera", "camera_lengths", "gps_fix", "gps_fix_valid"]);
  const found = await stats(out);
  const names = found.features.map(({ name }) => name);
  assert.ok(names.includes("imu_pose[2]") && names.includes("gps_fix"), names.join());
  assert.deepEqual(found.skipped, { camera: "bytes", gps_note: "bytes", trace_id: "str" });
  const { same_samples, same_order, same_values } = await diff(out, other.out);
  assert.deepEqual(
    { same_samples, same_order, same_values },
    { same_samples: true, same_order: true, same_values: true },
  );
});

test("sensors are chosen by name, and fields of them; what is not chosen is not read", async (t) => {
  const { all, at } = ground(t);
  const poisoned = dataset(
    all.map(({ name, entity, camera, imu }) => {
      const broken = {
        ...memorySensor(
          { image: { kind: "bytes" } },
          { length: camera.times.length, columns: { image: { data: camera.image } } },
          camera.times,
        ),
      };
      return trace({
        name,
        entity,
        synchronization: nearest({ reference: "imu.front" }),
        sensors: {
          camera: { ...broken, read: () => assert.fail("the camera was read") },
          "imu.front": memorySensor(
            { pose: { kind: "f32", shape: [2, 3] }, count: { kind: "i64" } },
            { length: imu.times.length, columns: { pose: { data: imu.pose }, count: { data: imu.count } } },
            imu.times,
          ),
        },
      });
    }),
  );
  const { out, manifest } = await materialize(poisoned, {
    ...at("a"),
    sensors: ["imu.front.pose"],
    with: [],
    window: 1,
  });
  assert.deepEqual(manifest.schema, { "imu.front_pose": { kind: "f32", shape: [2, 3] } });
  assert.ok((await mdsSamples(out)).length > 0);
  for (const [sensors, message] of [
    [["lidar"], /got lidar; there are camera \(image\), imu\.front \(pose, count\)/],
    [["imu.front.speed"], /got imu\.front\.speed/],
    [["camera", "camera"], /two columns have the same name/],
    [[], /--sensors/],
  ] as const)
    await assert.rejects(materialize(poisoned, { ...at("b"), sensors }), { code: "usage", message });
});

/** A trace of one sensor of these values at 1 Hz. */
function plainTrace(name: string, values: readonly string[], kind: "str" | "json" = "str") {
  const times = Float64Array.from(values, (_, i) => i);
  const sensor = memorySensor(
    { note: { kind } },
    { length: values.length, columns: { note: { data: values } } },
    times,
  );
  return trace({ name, sensors: { log: sensor }, synchronization: nearest({ reference: "log" }) });
}

test("values of no byte, of many, and traces without a row", async (t) => {
  const out = join(testFolder(t), "out");
  const long = "ab".repeat(40_000);
  const data = dataset([plainTrace("a", ["", "x", long, ""]), plainTrace("none", []), plainTrace("b", ["y"])]);
  const { manifest } = await materialize(data, { out, shardBytes: 10_000, val: 0, workers: 1, with: ["trace_id"] });
  const samples = (await mdsSamples(out)).map(({ log, trace_id }: ReadSample) => `${trace_id}:${String(log).length}`);
  assert.deepEqual(samples.sort(), ["a:0", "a:0", "a:1", "a:80000", "b:1"]);
  assert.deepEqual((await verify(out)).problems, []);
  assert.deepEqual([manifest.ledger.input, manifest.ledger.traces], [5, { all: 2, short: 0 }]);
  assert.equal((await indexRows(out)).length, 5);
});

test("JSON lands as its text", async (t) => {
  const out = join(testFolder(t), "out");
  await materialize(dataset([plainTrace("a", ["x"], "json")]), { out, val: 0, workers: 1 });
  assert.deepEqual(
    (await mdsSamples(out)).map(({ log }) => log),
    ['"x"'],
  );
});

test("traces may name their sensors in any order, and what one may lack, all may", async (t) => {
  const folder = testFolder(t);
  const values = (kind: "f32" | "u8", unit: string, nullable: boolean) =>
    memorySensor(
      { v: { kind, unit, ...(nullable && { nullable }) } },
      { length: 2, columns: { v: { data: kind === "f32" ? Float32Array.of(1, 2) : Uint8Array.of(3, 4) } } },
      Float64Array.of(0, 1),
    );
  const synchronization = nearest({ reference: "a" });
  const one = trace({
    name: "one",
    synchronization,
    sensors: { b: values("f32", "m", false), a: values("u8", "s", false) },
  });
  const two = trace({
    name: "two",
    synchronization,
    sensors: { a: values("u8", "s", true), b: values("f32", "m", false) },
  });
  const options = { val: 0, workers: 1 };
  const { manifest } = await materialize(dataset([one, two]) as Dataset, { ...options, out: join(folder, "1") });
  assert.deepEqual(Object.keys(manifest.schema), ["b", "a", "a_valid"]);
  await materialize(dataset([two, one]) as Dataset, { ...options, out: join(folder, "2") });
  assert.deepEqual(fileHashes(join(folder, "2")), fileHashes(join(folder, "1")));
  const feet = trace({
    name: "feet",
    synchronization,
    sensors: { a: values("u8", "s", false), b: values("f32", "ft", false) },
  });
  const more = trace({ name: "more", synchronization, sensors: { ...one.sensors, c: values("u8", "s", false) } });
  for (const [odd, message] of [
    [feet, /trace feet: .*columns of one, b f32 in m, got f32 in ft/],
    [more, /trace more: .*columns of one, c not there, got u8 in s/],
  ] as const)
    await assert.rejects(materialize(dataset<Sensors>([one, odd]), { ...options, out: join(folder, "3") }), {
      code: "usage",
      message,
    });
  await assert.rejects(materialize(dataset<Sensors>([more, one]), { ...options, out: join(folder, "3") }), {
    code: "usage",
    message: /columns of more, c u8 in s, got none; --sensors chooses/,
  });
  await materialize(dataset<Sensors>([one, more]), { ...options, out: join(folder, "3"), sensors: ["a", "b"] });
});

/** A trace of sensors of numbers, by their times; rows are at those of the first. */
function timedTrace(all: Readonly<Record<string, readonly number[]>>, rule: "nearest" | "previous" = "nearest") {
  const sensors = Object.entries(all).map(([name, stamps]) => {
    const times = Float64Array.from(stamps);
    const columns = { value: { data: times } };
    return [name, memorySensor({ value: { kind: "f64" } }, { length: times.length, columns }, times)] as const;
  });
  const reference = Object.keys(all)[0]!;
  return trace({
    name: "a",
    sensors: Object.fromEntries(sensors),
    synchronization: synchronization({ rule, reference }),
  });
}

test("the account and the errors name the sensors that rows are dropped for, also those that no column is of", async (t) => {
  const folder = testFolder(t);
  const lacking = dataset([timedTrace({ camera: [1, 2, 3], gps: [1, 9], imu: [1, 2] })]);
  const options = { sensors: ["camera"], val: 0, workers: 1 };
  const { manifest } = await materialize(lacking, { out: join(folder, "a"), ...options });
  const { dropped, sensors = {} } = manifest.ledger;
  assert.deepEqual(dropped, { unmatched: 2 });
  assert.deepEqual(
    Object.entries(sensors).map(([name, { missing, used }]) => [name, missing, used]),
    [
      ["camera", 0, 1],
      ["gps", 2, 1],
      ["imu", 1, 1],
    ],
  );
  for (const [data, message] of [
    [timedTrace({ camera: [1, 2], gps: [8, 9], imu: [1] }), /none of gps for 2, imu for 1; .*--tolerance.*--only/],
    [timedTrace({ camera: [1, 2], gps: [] }), /no row, as there is no sample of gps; .*--only/],
    [timedTrace({ camera: [1, 2], gps: [8, 9] }, "previous"), /no row, as their sensors never run all at one time/],
  ] as const)
    await assert.rejects(materialize(dataset([data]), { out: join(folder, "b"), ...options }), {
      code: "empty",
      message,
    });
  // Rows are left, but what was dropped is why they are too few.
  await assert.rejects(materialize(lacking, { out: join(folder, "b"), ...options, window: 2 }), {
    code: "empty",
    message:
      /1 stretch of 1 row for a window of 2; see --window\. 2 of 3 rows lack a sample: there is none of gps for 2, imu for 1; /,
  });
});

test("what cannot be materialized says why, and leaves nothing", async (t) => {
  const folder = testFolder(t);
  const out = join(folder, "out");
  const refused = async (data: Dataset, options: Partial<MaterializeOptions>, expected: object) =>
    assert.rejects(materialize(data, { out, workers: 1, ...options }), expected);
  const one = dataset([plainTrace("a", ["x", "y"])]);
  await refused(dataset([]), {}, { code: "empty", message: /no trace/ });
  await refused(dataset([plainTrace("a", [])]), {}, { code: "empty", message: /no row/ });
  await refused(one, { window: 3 }, { code: "empty", message: /1 stretch of 2 rows for a window of 3; see --window$/ });
  await refused(
    dataset([plainTrace("a", ["x"]), plainTrace("a", ["y"])]),
    {},
    { code: "usage", message: /two traces/ },
  );
  await refused(
    dataset([plainTrace("a", ["x"]), plainTrace("b", ["y"], "json")]),
    {},
    { code: "usage", message: /trace b: .*columns of a, log str, got json/ },
  );
  await refused(one, { window: 0 }, { code: "usage" });
  await refused(one, { window: 1.5 }, { code: "usage" });
  await refused(one, { splitBy: "car" as "entity" }, { code: "usage", message: /--split-by/ });
  await refused(one, { with: ["mmsi"] }, { code: "usage", message: /--with takes entity/ });
  assert.deepEqual(fileHashes(folder), {});
});
