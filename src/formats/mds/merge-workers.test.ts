/** Workers without a root index. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Schema, type Store, WindrowError } from "../../core/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { readMdsIndex } from "./index-json.ts";
import { mergeWorkers } from "./merge-workers.ts";
import { mdsSink } from "./sink.ts";

const packers = { codecs: new Map(), hashes: new Map() };

async function worker(store: Store, prefix: string, schema: Schema = { n: { kind: "i64" } }): Promise<void> {
  await using sink = await mdsSink(store, prefix, schema, { packers });
  const columns = Object.fromEntries(Object.keys(schema).map((name) => [name, { data: BigInt64Array.of(1n) }]));
  await sink.write({ length: 1, columns });
  await sink.close();
}

test("folders go by name, numbers by value; what lies deeper or beside is not taken", async () => {
  const store = memoryStore();
  for (const prefix of [
    "mds/worker_10",
    "mds/worker_2",
    "mds/a",
    "mds/worker_2/deeper",
    "other/worker_0",
    "mds/worker_02",
  ])
    await worker(store, prefix);
  await store.put("mds/index.json", new Uint8Array(1));
  const { shards } = readMdsIndex(await mergeWorkers(store, "mds"), "index.json");
  const names = ["a", "worker_02", "worker_2", "worker_10"].map((folder) => `${folder}/shard.00000.mds`);
  assert.deepEqual(
    shards.map(({ raw_data }) => raw_data.basename),
    names,
  );
});

test("folders of other columns are refused", async () => {
  const store = memoryStore();
  await worker(store, "a");
  await worker(store, "b", { m: { kind: "i64" } });
  await assert.rejects(
    mergeWorkers(store, ""),
    (error) =>
      error instanceof WindrowError &&
      error.code === "usage" &&
      /^Cannot merge b.index.json: .* as in a, n int64, got m int64$/.test(error.message),
  );
});

test("no folder with an index is said", async () => {
  await assert.rejects(
    mergeWorkers(memoryStore(), "x"),
    (error) => error instanceof WindrowError && error.code === "missing",
  );
});

test("an index that lies is named", async () => {
  const store = memoryStore();
  await worker(store, "a");
  await store.put("b/index.json", new TextEncoder().encode('{"version": 2, "shards": [{}]}'));
  await assert.rejects(mergeWorkers(store, ""), /Cannot read b\/index\.json/);
});
