import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCompression } from "./compression.ts";

test("a compression is a codec, or a codec and its level", () => {
  assert.deepEqual(parseCompression("zstd"), { codec: "zstd" });
  assert.deepEqual(parseCompression("zstd:3"), { codec: "zstd", level: 3 });
  assert.deepEqual(parseCompression("zstd:22"), { codec: "zstd", level: 22 });
  assert.deepEqual(parseCompression("gz:0"), { codec: "gz", level: 0 });
  assert.deepEqual(parseCompression("br:11"), { codec: "br", level: 11 });
  assert.deepEqual(parseCompression("snappy"), { codec: "snappy" });
  assert.equal(parseCompression("none"), undefined);
});

test("a codec that is not known is refused by name", () => {
  for (const text of ["", "lz4", "none:1", "zstd:1:2", "ZSTD", "__proto__", "constructor"]) {
    assert.throws(() => parseCompression(text), {
      code: "usage",
      message: `Cannot use compression: must be none, zstd[:1-22], gz[:0-9], br[:0-11] or snappy, got ${JSON.stringify(text)}`,
    });
  }
});

test("a level off the codec's scale is refused, with the scale", () => {
  for (const level of ["0", "23", "-1", "1.5", "", " 1", "1e1", "x"]) {
    assert.throws(() => parseCompression(`zstd:${level}`), {
      code: "usage",
      message: `Cannot use compression: the level of zstd must be a whole number from 1 to 22, got ${JSON.stringify(level)}`,
    });
  }
  assert.throws(() => parseCompression("gz:10"), /gz must be a whole number from 0 to 9/);
  assert.throws(() => parseCompression("br:12"), /br must be a whole number from 0 to 11/);
  assert.throws(() => parseCompression("snappy:1"), /snappy has no levels/);
});
