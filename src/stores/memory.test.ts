import assert from "node:assert/strict";
import { test } from "node:test";
import { storeSuite } from "../testkit/index.ts";
import { memoryStore } from "./memory.ts";

for (const { name, run } of storeSuite(async () => memoryStore())) test(name, run);

test("a store in memory has the name it is given, and errors say it", async () => {
  const store = memoryStore("shelf");
  await store.put("a", new Uint8Array(3));
  assert.equal(store.name, "shelf");
  await assert.rejects(store.get("a", { from: 0, to: 4 }), {
    message: "Cannot read shelf/a: bytes up to 4 are wanted, got a file of 3 bytes",
  });
});
