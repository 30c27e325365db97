import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft, Store } from "../core/index.ts";
import { nodeCodecs, nodeHashes } from "../node/index.ts";
import { memoryStore } from "./memory.ts";
import { zipStore } from "./zip.ts";
import { zipWriter } from "./zip-writer.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const ABC = Uint8Array.of(97, 98, 99);

test("a zip is nowhere to be seen until it is published, and disposed before leaves nothing", async () => {
  const store = memoryStore();
  {
    await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS });
    await zip.put("a", ABC);
    assert.equal(await store.size("x.zip"), undefined);
  }
  assert.deepEqual(await Array.fromAsync(store.list("")), []);
  await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS });
  await zip.put("a", ABC);
  await zip.publish();
  assert.deepEqual(await Array.fromAsync(store.list("")), ["x.zip"]);
  await assert.rejects(zip.put("b", ABC), { code: "internal" });
  await assert.rejects(zip.publish(), { code: "internal" });
});

test("a zip under way tells its keys and sizes, and refuses what it cannot do", async () => {
  await using zip = await zipWriter({ store: memoryStore(), key: "x.zip", ...TOOLS });
  await zip.put("b/c", ABC);
  await using draft = await zip.draft("a");
  await draft.write(ABC);
  await draft.write(ABC);
  assert.equal(draft.bytes, 6);
  assert.deepEqual(await Array.fromAsync(zip.list("")), ["b/c"]);
  await draft.publish();
  assert.deepEqual(await Array.fromAsync(zip.list("")), ["a", "b/c"]);
  assert.deepEqual(await Array.fromAsync(zip.list("b/")), ["b/c"]);
  assert.deepEqual([await zip.size("a"), await zip.size("c"), await zip.get("c")], [6, undefined, undefined]);
  await assert.rejects(zip.put("a", ABC), {
    code: "exists",
    message: "Cannot write memory/x.zip/a: the zip has this entry already",
  });
  await assert.rejects(zip.get("a"), { code: "unsupported" });
  await assert.rejects(zip.get("a", { from: 0, to: 9 }), { code: "damaged" });
  await assert.rejects(zip.delete("a"), { code: "unsupported" });
  await zip.delete("c");
  for (const key of ["../a", "", "a\\b"]) await assert.rejects(zip.put(key, ABC), { code: "usage" });
  await assert.rejects(zip.put("n".repeat(65_536), ABC), { code: "usage" });
});

test("entries that are put at once stand in the order of the calls", async () => {
  const whole = async (put: (zip: Store) => Promise<unknown>) => {
    const store = memoryStore();
    await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS });
    await put(zip);
    await zip.publish();
    return store.get("x.zip");
  };
  const keys = Array.from({ length: 50 }, (_, i) => `${(i * 7) % 50}`);
  const atOnce = await whole((zip) => Promise.all(keys.map((key) => zip.put(key, ABC))));
  const inTurn = await whole(async (zip) => {
    for (const key of keys) await zip.put(key, ABC);
  });
  assert.deepEqual(atOnce, inTurn);
});

test("a write that fails ends the zip", async () => {
  const store = memoryStore();
  const full: Store = {
    ...store,
    async draft(key) {
      const draft = await store.draft(key);
      const write = async (bytes: Uint8Array) => {
        if (draft.bytes > 50) throw new TypeError("full");
        await draft.write(bytes);
      };
      return {
        get bytes() {
          return draft.bytes;
        },
        write,
        publish: () => draft.publish(),
        [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose](),
      };
    },
  };
  await using zip = await zipWriter({ store: full, key: "x.zip", ...TOOLS });
  await zip.put("a", new Uint8Array(60));
  await assert.rejects(zip.put("b", ABC), { message: "full" });
  await assert.rejects(zip.publish(), { message: "full" });
  assert.equal(await store.size("x.zip"), undefined);
});

/** A store that keeps what is not zero: of entries of zeros, megabytes large, only the headers. */
function sparseStore(): Store {
  const pieces: { at: number; bytes: Uint8Array }[] = [];
  let size = 0;
  const draft: Draft = {
    get bytes() {
      return size;
    },
    async write(bytes) {
      if (bytes.length < 1 << 20) pieces.push({ at: size, bytes: bytes.slice() });
      size += bytes.length;
    },
    publish: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const get: Store["get"] = async (_, range) => {
    const { from, to } = range ?? { from: 0, to: size };
    const into = new Uint8Array(to - from);
    for (const { at, bytes } of pieces) {
      const begin = Math.max(from, at);
      const end = Math.min(to, at + bytes.length);
      if (begin < end) into.set(bytes.subarray(begin - at, end - at), begin - from);
    }
    return into;
  };
  return { ...memoryStore("sparse"), open: undefined!, get, size: async () => size, draft: async () => draft };
}

test("entries behind 4 GiB are found", async () => {
  const { open: _, ...store } = sparseStore();
  await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS });
  const zeros = new Uint8Array(1 << 30);
  for (let i = 0; i < 5; i++) await zip.put(`zeros-${i}`, zeros);
  await zip.put("last", ABC);
  await zip.publish();
  assert.ok((await store.size("x.zip"))! > 5 * 2 ** 30);
  using read = await zipStore({ store, key: "x.zip", ...TOOLS });
  assert.equal(await read.size("zeros-4"), 1 << 30);
  assert.deepEqual(await read.get("last"), ABC);
  assert.deepEqual(await read.get("zeros-4", { from: 2 ** 30 - 2, to: 2 ** 30 }), new Uint8Array(2));
});

test("another compression than gz is refused", async () => {
  const of = (codec: string) => zipWriter({ store: memoryStore(), key: "x.zip", ...TOOLS, compression: { codec } });
  await assert.rejects(of("zstd"), {
    code: "unsupported",
    message: "Cannot write x.zip: entries of a zip are stored or deflated (gz), got zstd",
  });
  await assert.rejects(zipWriter({ store: memoryStore(), key: "x.zip", codecs: new Map(), hashes: new Map() }), {
    code: "unsupported",
  });
});
