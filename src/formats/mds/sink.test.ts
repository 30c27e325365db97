/** The sink: whole or not there, and its bytes do not depend on the batches. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Batch, type Store, WindrowError } from "../../core/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { memoryStore } from "../../stores/index.ts";
import { mdsSink } from "./sink.ts";

const packers = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const SCHEMA = { x: { kind: "f32", shape: [3] }, s: { kind: "str" } } as const;

function batch(from: number, to: number): Batch {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    length: rows.length,
    columns: { x: { data: Float32Array.from(rows.flatMap((i) => [i, -i, i / 3])) }, s: { data: rows.map(String) } },
  };
}

async function contents(store: Store): Promise<Record<string, string>> {
  const keys = await Array.fromAsync(store.list(""));
  return Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key, (await store.get(key))!.toHex()] as const)),
  );
}

async function written(cuts: readonly number[], options: object): Promise<Record<string, string>> {
  const store = memoryStore();
  await using sink = await mdsSink(store, "", SCHEMA, { packers, shardBytes: 700, hashes: ["sha1"], ...options });
  const edges = [0, ...cuts.toSorted((a, b) => a - b), 100];
  for (let i = 1; i < edges.length; i++) await sink.write(batch(edges[i - 1]!, edges[i]!));
  await sink.close();
  return await contents(store);
}

test("the same rows in any batches make the same files, raw and packed", async () => {
  for (const options of [{}, { compression: { codec: "zstd", level: 1 } }]) {
    const whole = await written([], options);
    assert.ok(Object.keys(whole).length > 5);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100), { maxLength: 8 }), async (cuts) =>
        assert.deepEqual(await written(cuts, options), whole),
      ),
      { numRuns: 30 },
    );
  }
});

test("a sink that is disposed before it is closed leaves nothing", async () => {
  const store = memoryStore();
  {
    await using sink = await mdsSink(store, "mds", SCHEMA, { packers, shardBytes: 700 });
    await sink.write(batch(0, 100));
  }
  assert.deepEqual(await contents(store), {});
});

test("a sink that is disposed while it closes is kept whole", async () => {
  const store = memoryStore();
  const write = async () => {
    await using sink = await mdsSink(store, "", SCHEMA, { packers, shardBytes: 700, hashes: ["sha1"] });
    await sink.write(batch(0, 100));
    return sink.close();
  };
  assert.ok((await write()).length > 1);
  assert.deepEqual(await contents(store), await written([], {}));
});

test("an index that is there is not overwritten", async () => {
  const store = memoryStore();
  await store.put("mds/index.json", new Uint8Array(1));
  await assert.rejects(
    mdsSink(store, "mds", SCHEMA, { packers }),
    (error) => error instanceof WindrowError && error.code === "exists",
  );
});

test("a store that refuses a shard fails the sink, and no index is left", async () => {
  const store = memoryStore();
  const full: Store = {
    ...store,
    put: async (key) => Promise.reject(new WindrowError("io", `Cannot write ${key}: disk full`)),
  };
  const attempt = async () => {
    await using sink = await mdsSink(full, "mds", SCHEMA, { packers, shardBytes: 700 });
    await sink.write(batch(0, 100));
    await sink.close();
  };
  await assert.rejects(attempt(), (error) => error instanceof WindrowError && error.code === "io");
  assert.deepEqual(await contents(store), {});
});

test("no rows are an index without shards; a closed sink takes none", async () => {
  const store = memoryStore();
  await using sink = await mdsSink(store, "", SCHEMA, { packers });
  assert.deepEqual(await sink.close(), []);
  assert.equal(new TextDecoder().decode(await store.get("index.json")), '{"shards": [], "version": 2}');
  await assert.rejects(sink.write(batch(0, 1)), WindrowError);
});

test("a codec or hash that is not at hand is said", async () => {
  const attempt = async (options: object) => {
    await using sink = await mdsSink(memoryStore(), "", SCHEMA, { packers, ...options });
    await sink.write(batch(0, 1));
    await sink.close();
  };
  for (const options of [{ compression: { codec: "bz2" } }, { hashes: ["crc"] }]) {
    await assert.rejects(attempt(options), (error) => error instanceof WindrowError && error.code === "unsupported");
  }
});
