/** index.json: written as MDSWriter writes it, read with suspicion. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../../core/index.ts";
import { mdsIndex, mergedIndex, readMdsIndex, type ShardEntry } from "./index-json.ts";

const ENTRY: ShardEntry = {
  column_encodings: ["int", "ndarray:float32:928,5", "str"],
  column_names: ["i", "features", "é"],
  column_sizes: [8, 18560, null],
  compression: "zstd:3",
  format: "mds",
  hashes: ["sha1"],
  raw_data: { basename: "shard.00000.mds", bytes: 19000, hashes: { sha1: "00ff" } },
  samples: 1,
  size_limit: 67108864,
  version: 2,
  zip_data: { basename: "shard.00000.mds.zstd", bytes: 12, hashes: { sha1: "0123456789abcdef" } },
};
const utf8 = new TextEncoder();
const read = (value: unknown) => readMdsIndex(utf8.encode(JSON.stringify(value)), "mds/index.json");

test("an index that is written says the same when it is read", () => {
  assert.deepEqual(readMdsIndex(mdsIndex([ENTRY]), "index.json"), { shards: [ENTRY] });
  const plain = { ...ENTRY, compression: null, zip_data: null, size_limit: "64mb", hashes: [] };
  assert.deepEqual(readMdsIndex(mdsIndex([plain]), "index.json").shards[0]!.size_limit, "64mb");
  assert.deepEqual(readMdsIndex(mdsIndex([]), "index.json"), { shards: [] });
});

test("the text is Python's: keys sorted, spaces, ASCII", () => {
  const text = new TextDecoder().decode(mdsIndex([ENTRY]));
  assert.ok(
    text.startsWith(
      '{"shards": [{"column_encodings": ["int", "ndarray:float32:928,5", "str"], "column_names": ["i", "features", "\\u00e9"]',
    ),
  );
  assert.ok(text.endsWith('"hashes": {"sha1": "0123456789abcdef"}}}], "version": 2}'));
});

test("a merged index has each worker's folder before its names", () => {
  const { shards } = readMdsIndex(
    mergedIndex([
      { prefix: "worker_00", entries: [ENTRY] },
      { prefix: "b", entries: [ENTRY] },
    ]),
    "index.json",
  );
  assert.deepEqual(
    shards.map(({ raw_data }) => raw_data.basename),
    ["worker_00/shard.00000.mds", "b/shard.00000.mds"],
  );
  assert.equal(shards[1]!.zip_data!.basename, "b/shard.00000.mds.zstd");
});

test("names that leave the folder are damage, each of them", () => {
  const names = ["../x.mds", "/etc/passwd", "a\\b", "a/../../b", "", ".", "a//b", "C:x", "a/./b", "x\0"];
  for (const basename of names) {
    const raw = { ...ENTRY.raw_data, basename };
    assert.throws(
      () => read({ version: 2, shards: [{ ...ENTRY, raw_data: raw }] }),
      isError("damaged", "shards[0].raw_data.basename"),
    );
    const zip = { ...ENTRY.zip_data!, basename };
    assert.throws(
      () => read({ version: 2, shards: [{ ...ENTRY, zip_data: zip }] }),
      isError("damaged", "shards[0].zip_data.basename"),
    );
  }
});

test("lies are named with their place", () => {
  const lies: readonly (readonly [Partial<Record<keyof ShardEntry, unknown>>, string])[] = [
    [{ samples: -1 }, "shards[0].samples"],
    [{ samples: 1e300 }, "shards[0].samples"],
    [{ samples: 2 }, "shards[0].raw_data.bytes"],
    [{ samples: "3" }, "shards[0].samples"],
    [{ raw_data: { ...ENTRY.raw_data, bytes: 2 ** 32 } }, "shards[0].raw_data.bytes"],
    [{ raw_data: null }, "shards[0].raw_data"],
    [{ zip_data: null }, "shards[0].zip_data"],
    [{ compression: null }, "shards[0].zip_data"],
    [{ column_sizes: [8, 18560] }, "shards[0].column_sizes"],
    [{ column_sizes: [8, 18561, null] }, "shards[0].column_sizes[1]"],
    [{ column_encodings: ["int"] }, "shards[0].column_encodings"],
    [{ column_names: ["i", "i", "s"] }, "shards[0].column_names"],
    [{ column_names: [1, 2, 3] }, "shards[0].column_names[0]"],
    [{ hashes: "sha1" }, "shards[0].hashes"],
    [{ raw_data: { ...ENTRY.raw_data, hashes: { sha1: 1 } } }, "shards[0].raw_data.hashes.sha1"],
    [{ zip_data: { ...ENTRY.zip_data!, basename: "shard.00000.mds" } }, "shards[0]"],
  ];
  for (const [lie, place] of lies)
    assert.throws(() => read({ version: 2, shards: [{ ...ENTRY, ...lie }] }), isError("damaged", place), place);
  assert.throws(() => read({ version: 2, shards: [ENTRY, ENTRY] }), isError("damaged", "shards[1]"));
});

test("other versions, formats and encodings are not read here", () => {
  assert.throws(() => read({ version: 3, shards: [] }), isError("unsupported", "version"));
  assert.throws(
    () => read({ version: 2, shards: [{ ...ENTRY, format: "csv" }] }),
    isError("unsupported", "shards[0].format"),
  );
  const encodings = ["int", "ndarray:float32:928,5", "str2"];
  assert.throws(
    () => read({ version: 2, shards: [{ ...ENTRY, column_encodings: encodings }] }),
    isError("unsupported", "shards[0].column_encodings[2]"),
  );
});

test("any JSON, any bytes, and an index with any value anywhere, are an index or a WindrowError", () => {
  const attempt = (bytes: Uint8Array) => {
    try {
      readMdsIndex(bytes, "index.json");
    } catch (error) {
      assert.ok(error instanceof WindrowError && ["damaged", "unsupported"].includes(error.code), String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array(), attempt));
  fc.assert(fc.property(fc.jsonValue(), (value) => attempt(utf8.encode(JSON.stringify(value)))));
  const keys = fc.constantFrom(...Object.keys(ENTRY));
  fc.assert(
    fc.property(keys, fc.jsonValue(), (key, value) =>
      attempt(utf8.encode(JSON.stringify({ version: 2, shards: [{ ...ENTRY, [key]: value }] }))),
    ),
  );
});

function isError(code: string, place: string) {
  return (error: unknown) => {
    assert.ok(error instanceof WindrowError);
    assert.equal(error.code, code, error.message);
    assert.equal(error.details["place"], place, error.message);
    return true;
  };
}
