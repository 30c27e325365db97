/** Damage in small tables that anyone could have made. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryPlace, putMds, putParquet } from "../../test/inspect-places.ts";
import type { Schema, Store } from "../core/index.ts";
import { verify } from "./verify.ts";

const SCHEMA = { n: { kind: "i64" }, x: { kind: "f32", shape: [16] } } as const satisfies Schema;
const ROWS = 120;
const BATCH = {
  length: ROWS,
  columns: {
    n: { data: BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i)) },
    x: { data: Float32Array.from({ length: ROWS * 16 }, (_, i) => Math.sin(i)) },
  },
};

async function mdsPlace() {
  const place = memoryPlace();
  await putMds(place.store, "", { schema: SCHEMA, batch: BATCH, compression: { codec: "zstd" }, hashes: ["sha1"] });
  return place;
}

async function flip(store: Store, key: string, at: number): Promise<void> {
  const bytes = (await store.get(key))!;
  bytes[at % bytes.length]! ^= 1;
  await store.put(key, bytes);
}

test("whole shards and files are whole, and every sample was read", async () => {
  const shards = await verify(await mdsPlace());
  assert.ok(shards.holds);
  assert.equal(shards.checked.mds_samples, ROWS);
  const place = memoryPlace();
  await putParquet(place.store, "a.parquet", SCHEMA, BATCH);
  const file = await verify(place);
  assert.ok(file.holds);
  assert.equal(file.checked.parquet_samples, ROWS);
});

test("any changed byte of any shard is found, in the file that it is in", async () => {
  const place = await mdsPlace();
  const keys = (await Array.fromAsync(place.store.list(""))).filter((key) => key !== "index.json");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), fc.nat(), async (key, at) => {
      await flip(place.store, key, at);
      const report = await verify(place);
      await flip(place.store, key, at);
      assert.deepEqual([report.holds, report.problems.map(({ file }) => file)], [false, [key]]);
    }),
    { numRuns: 40 },
  );
});

test("all damaged shards are named, not just the first, and the others are read", async () => {
  const place = await mdsPlace();
  await flip(place.store, "shard.00001.mds.zstd", 30);
  await place.store.delete("shard.00003.mds.zstd");
  const { problems, problems_found: found } = await verify(place);
  assert.equal(found, 2);
  assert.deepEqual(
    problems.map(({ file }) => file),
    ["shard.00001.mds.zstd", "shard.00003.mds.zstd"],
  );
  assert.match(problems[0]!.what, /sha1 of shard\.00001\.mds\.zstd must be/);
  assert.equal(problems[1]!.what, "there is no such file");
});

test("a changed byte in the pages of a Parquet file is found with its place", async () => {
  const place = memoryPlace();
  await putParquet(place.store, "a.parquet", SCHEMA, BATCH);
  await flip(place.store, "a.parquet", 1000);
  const { problems } = await verify(place);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.place!, /^byte \d+$/);
  assert.match(problems[0]!.what, /checksum/);
});

test("an index that cannot be read is told apart from damage", async () => {
  const place = await mdsPlace();
  await place.store.put("index.json", new TextEncoder().encode('{"version": 2, "shards": [{}]}'));
  const report = await verify(place);
  assert.equal(report.unreadable_indexes, 1);
  assert.deepEqual(report.problems[0], {
    file: "index.json",
    place: "shards[0].version",
    what: "shards[0].version must be 2, got nothing",
    unreadable_index: true,
  });
  const file = memoryPlace();
  await putParquet(file.store, "a.parquet", SCHEMA, BATCH);
  await file.store.put("a.parquet", (await file.store.get("a.parquet"))!.subarray(0, 4000));
  assert.equal((await verify(file)).unreadable_indexes, 1);
});

test("where a shard lies there packed and raw, both are read and must hold the same", async () => {
  const place = memoryPlace();
  await putMds(place.store, "", { schema: SCHEMA, batch: BATCH, compression: { codec: "zstd" } });
  const [packed] = await Array.fromAsync(place.store.list("shard"));
  const raw = place.codecs
    .get("zstd")!
    .unpack((await place.store.get(packed!))!, rawBytes(await place.store.get("index.json")));
  await place.store.put("shard.00000.mds", raw);
  assert.ok((await verify(place)).holds);
  raw[raw.length - 1]! ^= 1;
  await place.store.put("shard.00000.mds", raw);
  const { problems } = await verify(place);
  assert.deepEqual(
    problems.map(({ place: at, what }) => `${at}: ${what}`),
    ["column x: raw and packed shards must hold the same, got others"],
  );
});

function rawBytes(index: Uint8Array | undefined): number {
  const { shards } = JSON.parse(new TextDecoder().decode(index)) as { shards: { raw_data: { bytes: number } }[] };
  return shards[0]!.raw_data.bytes;
}

test("bytes of any kind under the names that are looked for give problems or a WindrowError, nothing else", async () => {
  const name = fc.constantFrom("index.json", "manifest.json", "a.parquet", "index.parquet", "mds/index.json");
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, fc.uint8Array({ maxLength: 200 }), { minKeys: 1 }), async (files) => {
      const place = memoryPlace();
      for (const [key, bytes] of Object.entries(files)) await place.store.put(key, bytes);
      const outcome = await verify(place).then(
        ({ holds }) => holds,
        (error: Error) => error.name,
      );
      assert.ok(outcome === false || outcome === "WindrowError", String(outcome));
    }),
  );
});
