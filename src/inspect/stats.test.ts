/** Statistics of small tables; what is shown of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryPlace, putMds, putParquet } from "../../test/inspect-places.ts";
import type { Schema } from "../core/index.ts";
import { head } from "./head.ts";
import { info } from "./info.ts";
import { stats } from "./stats.ts";

const SCHEMA = {
  x: { kind: "f32", shape: [2, 3] },
  n: { kind: "u64" },
  name: { kind: "str" },
} as const satisfies Schema;
const BATCH = {
  length: 2,
  columns: {
    x: { data: Float32Array.of(1, 10, 100, 2, 20, Number.NaN, 3, 30, 300, 4, 40, 400) },
    n: { data: BigUint64Array.of(2n ** 63n, 1n) },
    name: { data: ["a", "b"] },
  },
};

async function place() {
  const made = memoryPlace();
  await putParquet(made.store, "a.parquet", SCHEMA, BATCH);
  return made;
}

test("features lie along the last axis; their gaps are counted", async () => {
  const { samples, features, skipped, index } = await stats(await place());
  assert.equal(samples, 2);
  assert.deepEqual(
    features.map(({ name, count, missing, min, max, p50 }) => [name, count, missing, min, max, p50]),
    [
      ["x[0]", 4, 0, 1, 4, 2],
      ["x[1]", 4, 0, 10, 40, 20],
      ["x[2]", 3, 1, 100, 400, 300],
      ["n", 2, 0, 1, 2 ** 63, 1],
    ],
  );
  assert.deepEqual([skipped, index], [{ name: "str" }, null]);
});

test("names that are given are used, if so many divide a sample", async () => {
  const { features } = await stats(await place(), { features: ["lat", "lon"] });
  assert.deepEqual(
    features.map(({ name, min, max }) => [name, min, max]),
    [
      ["lat", 1, 300],
      ["lon", 2, 400],
      ["n", 1, 2 ** 63],
    ],
  );
  await assert.rejects(stats(await place(), { features: ["a", "b", "c", "d"] }), {
    code: "usage",
    message: /6 values do not divide among 4 names/,
  });
});

test("rows without a value are missing values, and their zeros are not counted", async () => {
  const made = memoryPlace();
  const columns = { v: { data: Float64Array.of(5, 0, 7), valid: Uint8Array.of(1, 0, 1) } };
  await putParquet(made.store, "a.parquet", { v: { kind: "f64", nullable: true } }, { length: 3, columns });
  const [v] = (await stats(made)).features;
  assert.deepEqual([v!.count, v!.missing, v!.min, v!.mean], [2, 1, 5, 6]);
});

test("numbers of nothing are null", async () => {
  const made = memoryPlace();
  await putParquet(
    made.store,
    "a.parquet",
    { v: { kind: "f32" } },
    { length: 0, columns: { v: { data: new Float32Array(0) } } },
  );
  const [v] = (await stats(made)).features;
  assert.deepEqual([v!.count, v!.min, v!.mean, v!.p50], [0, null, null, null]);
});

test("the first samples come as plain values that JSON can hold", async () => {
  const report = await head(await place(), { rows: 1 });
  assert.deepEqual(report.samples, [
    { row: 0, index: null, columns: { x: [1, 10, 100, 2, 20, null], n: "9223372036854775808", name: "a" } },
  ]);
  await assert.rejects(head(await place(), { rows: 0 }), { code: "usage" });
});

test("of arrays it is said that they are no samples, and what to do", async () => {
  for (const name of [".zgroup", ".zarray", "zarr.json"]) {
    const made = memoryPlace();
    await made.store.put(name, new TextEncoder().encode("{}"));
    await assert.rejects(head(made), { code: "unsupported", message: /Zarr has arrays, not samples; "windrow info" / });
  }
  const made = memoryPlace();
  await made.store.put("scenes.zarr.zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0));
  await assert.rejects(stats({ ...made, key: "scenes.zarr.zip" }), { code: "unsupported", message: /Zarr has arrays/ });
});

test("info tells a file, a folder of shards, workers without a root, and nothing apart", async () => {
  assert.deepEqual([(await info(await place())).kind, (await info(await place())).samples], ["parquet", 2]);
  const made = memoryPlace();
  await assert.rejects(info(made), { code: "missing", message: /Cannot look at memory: expected .*, got nothing/ });
  for (const folder of ["worker_0", "worker_1"]) await putMds(made.store, folder, { schema: SCHEMA, batch: BATCH });
  const workers = await info(made);
  assert.deepEqual([workers.kind, workers.whole, workers.samples], ["workers", false, 4]);
  await assert.rejects(stats(made), { code: "missing", message: /windrow merge makes one/ });
  await putMds(made.store, "", { schema: SCHEMA, batch: BATCH, hashes: ["sha1"] });
  const mds = await info(made);
  assert.deepEqual([mds.kind, mds.whole, mds.samples], ["mds", true, 2]);
  assert.deepEqual(mds.pieces[0]!.hashes, ["sha1"]);
  await made.store.put(".windrow/plan.json", new Uint8Array(1));
  await made.store.delete("index.json");
  const unfinished = await info(made);
  assert.deepEqual([unfinished.kind, unfinished.whole], ["unfinished", false]);
});
