/** Threads for chunks of Zarr: what they make is what the caller's thread makes, and what fails there fails here. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, Store } from "../core/index.ts";
import { type ChunkThreads, createZarrArray, openZarr, type ZarrArray } from "../formats/zarr/index.ts";
import { memoryStore } from "../stores/index.ts";
import { chunkThreads } from "./chunk-threads.ts";
import { nodeCodecs } from "./codecs.ts";

const codecs = nodeCodecs();
const ROWS = 1000;
const dtype: Json = [
  ["a", "<f8"],
  ["b", "|u1", [3]],
];
const records = Uint8Array.from({ length: ROWS * 11 }, (_, i) => (i % 11 < 6 ? 0 : i >> 6));

async function made(threads: ChunkThreads | undefined): Promise<Store> {
  const store = memoryStore();
  await using writer = await createZarrArray(
    store,
    "a",
    { dtype, chunkRows: 64 },
    { codecs, ...(threads && { threads }) },
  );
  for (let at = 0; at < records.length; at += 11 * 70) await writer.append(records.subarray(at, at + 11 * 70));
  await writer.close();
  return store;
}

async function opened(store: Store, threads: ChunkThreads): Promise<ZarrArray> {
  const array = await openZarr(store, "a", { codecs, threads });
  assert.ok(array.kind === "rows");
  return array;
}

test("arrays written and read by threads are those of one thread", async () => {
  await using threads = chunkThreads(2);
  const [one, two] = [await made(undefined), await made(threads)];
  for await (const key of one.list("")) assert.deepEqual(await two.get(key), await one.get(key), key);
  const array = await opened(two, threads);
  assert.deepEqual(Uint8Array.from(await array.records({ from: 0, to: ROWS })), records);
  const { columns } = await array.read({ from: 0, to: ROWS, step: 3 });
  const alone = await openZarr(one, "a", { codecs });
  assert.ok(alone.kind === "rows");
  assert.deepEqual(columns, (await alone.read({ from: 0, to: ROWS, step: 3 })).columns);
});

test("a chunk that a thread cannot unpack is refused with its key, and the others are read", async () => {
  await using threads = chunkThreads(2);
  const store = await made(threads);
  const chunk = (await store.get("a/3"))!;
  chunk.fill(255, 24);
  await store.put("a/3", chunk);
  const array = await opened(store, threads);
  await assert.rejects(array.records({ from: 0, to: ROWS }), { code: "damaged", message: /^Cannot read a\/3: / });
  assert.deepEqual(Uint8Array.from(await array.records({ from: 0, to: 192 })), records.subarray(0, 192 * 11));
});

test("work that waits for threads which are ended is told so", async () => {
  const threads = chunkThreads(1);
  const raw = threads.memory(1 << 20);
  const work = threads.pack({ id: "zstd", level: 19 }, raw, 1);
  const told = assert.rejects(work, { code: "internal", message: /^Cannot go on: a thread for chunks ended/ });
  await threads[Symbol.asyncDispose]();
  await told;
  assert.throws(() => chunkThreads(0), { code: "usage" });
});
