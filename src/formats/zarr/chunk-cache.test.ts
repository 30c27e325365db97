import assert from "node:assert/strict";
import { test } from "node:test";
import { ChunkCache, type KeptChunk } from "./chunk-cache.ts";

const NONE: KeptChunk = { is: "none" };
const whole = (bytes: number): KeptChunk => ({ is: "whole", bytes: new Uint8Array(bytes) });

test("what is kept stays beneath its bound, and what was used last stays", async () => {
  const cache = new ChunkCache(10_000);
  for (let i = 0; i < 30; i++) {
    await cache.load(`${i}`, async () => whole(1000));
    cache.get("0");
    assert.ok(cache.bytes <= 10_000);
  }
  assert.deepEqual(
    Array.from({ length: 30 }, (_, i) => i).filter((i) => cache.get(`${i}`) !== undefined),
    [0, 24, 25, 26, 27, 28, 29],
  );
  await cache.load("large", async () => whole(20_000));
  assert.equal(cache.bytes, 0);
});

test("of very many small entries few are walked past for each that comes", () => {
  const cache = new ChunkCache(256 * 100_000);
  // Walking past all that was dropped before takes minutes.
  for (let i = 0; i < 1_000_000; i++) cache.keep(`${i}`, NONE, 0);
  assert.ok(cache.bytes <= 256 * 100_000 && cache.bytes > 256 * 90_000, `${cache.bytes}`);
  assert.ok(cache.get("999999") !== undefined && cache.get("0") === undefined);
});
