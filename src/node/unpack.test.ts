/** Unpacking: what comes out is what went in, and damage is an error that names the file. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { zipOf } from "../../test/zip.ts";
import { memoryStore, zipWriter } from "../stores/index.ts";
import { nodeCodecs } from "./codecs.ts";
import { nodeHashes } from "./hashes.ts";
import { findInputs } from "./inputs.ts";
import { plainFiles } from "./unpack.ts";

let folder = "";
const bytes = (text: string) => new TextEncoder().encode(text);
const TEXT = Array.from({ length: 20_000 }, (_, i) => `${i},${(i * 7919) % 1009}\n`).join("");

before(() => {
  folder = mkdtempSync(join(tmpdir(), "windrow-unpack-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The names and texts of a file's plain files. */
async function unpacked(name: string, content: Uint8Array): Promise<(readonly [string, string])[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const found: (readonly [string, string])[] = [];
  const [input] = findInputs([path]);
  const work = mkdtempSync(join(folder, "work-"));
  try {
    for await (const plain of plainFiles(input!, work)) found.push([plain.name, readFileSync(plain.path, "utf8")]);
  } finally {
    assert.deepEqual(readdirSync(work), [], "nothing is left over");
  }
  return found;
}

test("a plain file is itself, a packed one its content", async () => {
  assert.deepEqual(await unpacked("a.csv", bytes(TEXT)), [["a.csv", TEXT]]);
  assert.deepEqual(await unpacked("a.csv.gz", gzipSync(TEXT)), [["a.csv.gz", TEXT]]);
  assert.deepEqual(await unpacked("a.csv.zst", zstdCompressSync(TEXT)), [["a.csv.zst", TEXT]]);
});

test("several gzip members, or zstd frames, are one text", async () => {
  const both = (pack: (text: string) => Uint8Array) => Uint8Array.from([...pack("a\n"), ...pack("b\n")]);
  assert.deepEqual(await unpacked("b.gz", both(gzipSync)), [["b.gz", "a\nb\n"]]);
  assert.deepEqual(await unpacked("b.zst", both(zstdCompressSync)), [["b.zst", "a\nb\n"]]);
});

test("of a zip each text is a file, and what is none is passed over", async () => {
  const zip = zipOf([
    { name: "x.csv", bytes: bytes("1\n") },
    { name: "read.me", bytes: bytes("?") },
    { name: "deep/y.TXT", bytes: bytes("2\n") },
    { name: "__MACOSX/._x.csv", bytes: Uint8Array.of(0, 5, 22, 7) },
    { name: "deep/._y.csv", bytes: Uint8Array.of(0) },
  ]);
  assert.deepEqual(await unpacked("c.zip", zip), [
    ["c.zip/x.csv", "1\n"],
    ["c.zip/deep/y.TXT", "2\n"],
  ]);
});

test("deflated members are unpacked, and held against what the directory says", async () => {
  const store = memoryStore();
  await using writer = await zipWriter({
    store,
    key: "x.zip",
    codecs: nodeCodecs(),
    hashes: await nodeHashes(),
    compression: { codec: "gz" },
  });
  await writer.put("x.csv", bytes(TEXT));
  await writer.put("empty.csv", new Uint8Array());
  await writer.publish();
  const zip = (await store.get("x.zip"))!;
  assert.ok(zip.length < TEXT.length / 2);
  assert.deepEqual(await unpacked("deflated.zip", zip), [
    ["deflated.zip/x.csv", TEXT],
    ["deflated.zip/empty.csv", ""],
  ]);
  for (const at of [60, zip.length >> 1]) {
    const flipped = zip.with(at, zip[at]! ^ 1);
    await assert.rejects(unpacked("flipped.zip", flipped), {
      code: "damaged",
      message: /flipped\.zip: the zip data is/,
    });
  }
});

test("a zip without a text is unsupported", async () => {
  await assert.rejects(unpacked("d.zip", zipOf([{ name: "a.md", bytes: bytes("") }])), { code: "unsupported" });
});

test("data that is cut short or flipped is damaged, and the error names the file", async () => {
  const zip = zipOf([{ name: "x.csv", bytes: bytes(TEXT) }]);
  const gz = gzipSync(TEXT);
  const zst = zstdCompressSync(TEXT);
  const flip = (data: Uint8Array, at: number) => data.with(at, data[at]! ^ 1);
  const damaged: readonly (readonly [string, Uint8Array])[] = [
    ["cut.gz", gz.subarray(0, gz.length - 1)],
    ["half.gz", gz.subarray(0, gz.length >> 1)],
    ["head.gz", gz.subarray(0, 12)],
    ["flip.gz", flip(gz, gz.length >> 1)],
    ["sum.gz", flip(gz, gz.length - 6)],
    ["more.gz", Uint8Array.from([...gz, 1, 2, 3, 4])],
    ["cut.zst", zst.subarray(0, zst.length - 1)],
    ["half.zst", zst.subarray(0, zst.length >> 1)],
    ["head.zst", zst.subarray(0, 5)],
    ["cut.zip", zip.subarray(0, zip.length - 30)],
    ["half.zip", zip.subarray(0, zip.length >> 1)],
    ["flip.zip", flip(zip, 5000)],
    ["crc.zip", zipOf([{ name: "x.csv", bytes: bytes(TEXT), crc: 1 }])],
  ];
  for (const [name, content] of damaged) {
    await assert.rejects(
      unpacked(name, content),
      { code: "damaged", message: new RegExp(`^Cannot read [^\\n]*${name}`) },
      name,
    );
  }
});

test("a zip whose members would leave the folder is refused, or they stay inside", async () => {
  const zip = zipOf([{ name: "../../escaped.csv", bytes: bytes("1\n") }]);
  await assert.rejects(unpacked("e.zip", zip), { code: "damaged" });
  assert.ok(!readdirSync(join(folder, "..")).includes("escaped.csv"));
});

test("of a zip, what has a log's ending is a file where it begins like a log", async () => {
  const zip = zipOf([
    { name: "a.log", bytes: bytes("!AIVDM\n") },
    { name: "b.nmea", bytes: bytes("!AIVDM\n") },
    { name: "readme.log", bytes: bytes("hello\n") },
    { name: "c.csv", bytes: bytes("1\n") },
    { name: "d.txt", bytes: bytes("2\n") },
  ]);
  const path = join(folder, "logs.zip");
  writeFileSync(path, zip);
  const names: string[] = [];
  const [input] = findInputs([path]);
  for await (const plain of plainFiles(input!, folder, (head) => head[0] === 0x21)) names.push(plain.name);
  assert.deepEqual(names, ["logs.zip/a.log", "logs.zip/b.nmea", "logs.zip/c.csv", "logs.zip/d.txt"]);
});

test("a zip of which nothing is read is unsupported", async () => {
  const path = join(folder, "notes.zip");
  writeFileSync(path, zipOf([{ name: "notes.log", bytes: bytes("hello\n") }]));
  const [input] = findInputs([path]);
  const files = plainFiles(input!, folder, () => false)[Symbol.asyncIterator]();
  await assert.rejects(async () => files.next(), { code: "unsupported", message: /notes\.zip/ });
});
