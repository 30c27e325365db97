import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Key, ReadStore } from "../core/index.ts";
import { nodeCodecs, nodeHashes } from "../node/index.ts";
import { readStoreSuite } from "../testkit/index.ts";
import { memoryStore } from "./memory.ts";
import { type ZipStoreOptions, zipStore } from "./zip.ts";
import { zipWriter } from "./zip-writer.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const DEFLATED = { compression: { codec: "gz", level: 6 } } as const;

type Files = readonly (readonly [Key, Uint8Array])[];

async function zipBytes(files: Files, options: object = {}): Promise<Uint8Array> {
  const store = memoryStore();
  await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS, ...options });
  for (const [key, bytes] of files) await zip.put(key, bytes);
  await zip.publish();
  return (await store.get("x.zip"))!;
}

async function opened(bytes: Uint8Array, options: Partial<ZipStoreOptions> = {}) {
  const store = memoryStore();
  await store.put("x.zip", bytes);
  return zipStore({ store, key: "x.zip", ...TOOLS, ...options });
}

/** The store without the open file: what is read goes range by range. */
function byRange({ name, get, size, list }: ReadStore): ReadStore {
  return { name, get, size, list };
}

for (const [kind, options] of Object.entries({ stored: {}, deflated: DEFLATED })) {
  for (const { name, run } of readStoreSuite(async (files) => opened(await zipBytes(Object.entries(files), options))))
    test(`${kind}: ${name}`, run);
  for (const { name, run } of readStoreSuite(async (files) => {
    const store = memoryStore();
    await store.put("x.zip", await zipBytes(Object.entries(files), options));
    return zipStore({ store: byRange(store), key: "x.zip", ...TOOLS });
  }))
    test(`${kind}, range by range: ${name}`, run);
}

const anyName = fc
  .string({ unit: "binary", minLength: 1, maxLength: 8 })
  .filter((name) => !/[\\\0:/.]|[\ud800-\udfff]/u.test(name));
const anyFiles = fc.uniqueArray(fc.tuple(anyName, fc.uint8Array({ maxLength: 300 })), { selector: ([name]) => name });

test("what goes in comes out, and the same entries are the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(anyFiles, fc.boolean(), async (files, packs) => {
      const options = packs ? DEFLATED : {};
      const bytes = await zipBytes(files, options);
      assert.deepEqual(await zipBytes(files, options), bytes);
      using zip = await opened(bytes);
      assert.deepEqual(await Array.fromAsync(zip.list("")), files.map(([name]) => name).sort());
      for (const [name, value] of files) assert.deepEqual(await zip.get(name), value);
    }),
  );
});
