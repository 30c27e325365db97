import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { xxh64 } from "../order/index.ts";
import { fileSha256, nodeHashes } from "./hashes.ts";

const scratch = mkdtempSync(join(tmpdir(), "windrow-hashes-"));
after(() => rmSync(scratch, { recursive: true }));
const hashes = await nodeHashes();

// mosaicml-streaming 0.13.0, `get_hash(name, b"windrow")`.
const GOLDEN = {
  blake2b:
    "d75e0a92a9aca72840bd1cd587b57f0ac9a39feeb4f199242a499a643f479e70b726b7e4a0565d71df8704313c980e30aa6dc333e67b0741924a890393f1a66d",
  blake2s: "d5417f501e0532cebc789ae29a700ddbe09d3473303d7ed923312ba73b62e3a0",
  md5: "c7106fa60ba5410c3169304f0b89c9d5",
  sha1: "2d4f006fde632f12dc9ec7f015111840ee801424",
  sha224: "ad90f8b8526d890b41b074b30d3b368295b0a7d3da7c7eb2a795266e",
  sha256: "bfbf0bc2c8c4960432ff8fa12c9a7acdeb3f2b6079f852489b859be2d5eb853a",
  sha384: "4c99d07dd5ee4b2041c279e1887e9b6f1f8af1148a203fc24732076242e1eba4c99a46c8bcbcfa33b5f4f5a7916dc7d1",
  sha512:
    "e38ccc21d3f4d2f0ca405aae132538d4e1d03e077b2441ca5d5a220d50bc4dddeb5b548bb0207c4aae94146fcb31521cd3d3097affe5490c331213e168401acf",
  sha3_224: "90fb5334f4a377d8470a6437ff7f9a09be45a401436772a97b104ea0",
  sha3_256: "1d72e5697aea17c8d66acf88aa15e49e60d0cd92eb51a374a8e92c845b26ab68",
  sha3_384: "2eee297898b86e54c72937e8993cc98f1a744775c55c47118e34caefdeeaf3d599637c1a69c0a604d43aa0eb32bac296",
  sha3_512:
    "a73296318a4d8c69da717300367e43eabb90a8f7b10130d0280b196ab4deae6f6e4268410ca6c1615a3632393308f1b5084455e71f6b1a373cd20a8f983ebdb4",
  xxh32: "b6675ad8",
  xxh64: "f601475af161ae84",
  // Python's zlib.crc32; mosaicml-streaming does not know it, Parquet's pages do.
  crc32: "726fe9f8",
};

test("hashes are those of mosaicml-streaming, by its names, and the CRC-32 of Parquet pages", () => {
  const bytes = new TextEncoder().encode("windrow");
  assert.deepEqual(Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest(bytes)])), GOLDEN);
  for (const [name, hash] of hashes) assert.equal(hash.name, name);
});

test("xxh64 by pieces is that of the whole, with its leading zeros", () => {
  for (const length of [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * i) >> 5);
    assert.equal(hashes.get("xxh64")!.digest(bytes), xxh64(bytes).toString(16).padStart(16, "0"));
  }
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.match(hashes.get("xxh64")!.digest(bytes), /^[0-9a-f]{16}$/);
      assert.match(hashes.get("xxh32")!.digest(bytes), /^[0-9a-f]{8}$/);
    }),
  );
});

test("a file's SHA-256 is that of its bytes, at any length", async () => {
  const path = join(scratch, "file");
  for (const length of [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * i) >> 5);
    writeFileSync(path, bytes);
    assert.equal(await fileSha256(path), createHash("sha256").update(bytes).digest("hex"));
  }
});

test("a file that cannot be read is one clear line", async () => {
  const path = join(scratch, "nothing");
  await assert.rejects(fileSha256(path), { code: "missing", message: `Cannot read ${path}: no such file or folder` });
  await assert.rejects(fileSha256(scratch), { code: "io", message: `Cannot read ${scratch}: it is a folder` });
});

test("a signal stops the hashing of a file", async () => {
  const path = join(scratch, "long");
  writeFileSync(path, new Uint8Array(8 << 20));
  await assert.rejects(fileSha256(path, { signal: AbortSignal.abort() }), { name: "AbortError" });
  const stop = new AbortController();
  const hashing = fileSha256(path, { signal: stop.signal });
  stop.abort();
  await assert.rejects(hashing, { name: "AbortError" });
});
