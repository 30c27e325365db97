/** MDS and the real tool: MDSWriter's folders read here, ours read by StreamingDataset, and raw shards equal byte for byte. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Batch, bytesOf, parseCompression, type Schema } from "../../src/core/index.ts";
import {
  type MdsSinkOptions,
  mdsSink,
  mergedIndex,
  mergeWorkers,
  openMds,
  type ShardEntry,
  type WorkerShards,
} from "../../src/formats/mds/index.ts";
import { nodeCodecs } from "../../src/node/codecs.ts";
import { folderStore } from "../../src/node/folder-store.ts";
import { nodeHashes } from "../../src/node/hashes.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("mds.py", import.meta.url));
const codecs = nodeCodecs();
const hashes = await nodeHashes();
let folder = "";

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, ...args], { maxBuffer: 1 << 28 });
  return stdout;
}

/** What StreamingDataset reads of some of the folders: each one's rows, and how many a DataLoader gave. */
async function readTheirs(hash: string, places: readonly string[]) {
  const lines = (await run("read", hash, ...places.map((place) => join(folder, place)))).trim().split("\n");
  const read: { rows: Record<string, unknown>[]; loaded: number }[] = [];
  for (const line of lines.map((text) => JSON.parse(text))) {
    if ("root" in line) read.push({ rows: [], loaded: 0 });
    else if ("loaded" in line) read.at(-1)!.loaded = line.loaded;
    else read.at(-1)!.rows.push(line);
  }
  return read;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "windrow-mds-peer-"));
  if (python !== undefined) await run("write", join(folder, "theirs"));
});
after(() => rm(folder, { recursive: true, force: true }));

const SCHEMA = {
  b: { kind: "bytes" },
  f16: { kind: "f16" },
  f32: { kind: "f32" },
  f64: { kind: "f64" },
  i: { kind: "i64" },
  i8: { kind: "i8" },
  i16: { kind: "i16" },
  i32: { kind: "i32" },
  i64: { kind: "i64" },
  j: { kind: "json" },
  s: { kind: "str" },
  sd: { kind: "str" },
  sf: { kind: "f64" },
  si: { kind: "str" },
  u8: { kind: "u8" },
  u16: { kind: "u16" },
  u32: { kind: "u32" },
  u64: { kind: "u64" },
  xy: { kind: "f32", shape: [3, 2] },
  dyn: { kind: "i64", shape: [300, 1] },
  half: { kind: "f16", shape: [2, 2] },
  é: { kind: "str" },
} as const satisfies Schema;
const ENCODINGS = {
  i: "int",
  sd: "str_decimal",
  sf: "str_float",
  si: "str_int",
  dyn: "ndarray",
  half: "ndarray:float16",
};

/** The samples that mds.py makes. */
function samples(length: number): Batch<typeof SCHEMA> {
  const rows = Array.from({ length }, (_, i) => i);
  const each = <T>(value: (i: number) => T) => ({ data: rows.map(value) });
  return {
    length,
    columns: {
      b: each((i) => new Uint8Array(i % 5).fill(i)),
      f16: { data: Float16Array.from(rows, (i) => i / 4) },
      f32: { data: Float32Array.from(rows, (i) => i / 8) },
      f64: { data: Float64Array.from(rows, (i) => -i / 3) },
      i: { data: BigInt64Array.from(rows, (i) => BigInt(i - 50)) },
      i8: { data: Int8Array.from(rows, (i) => (i % 256) - 128) },
      i16: { data: Int16Array.from(rows, (i) => -i) },
      i32: { data: Int32Array.from(rows, (i) => -7 * i) },
      i64: { data: BigInt64Array.from(rows, (i) => -(2n ** 40n) - BigInt(i)) },
      j: each((i) => ({ a: i, b: [true, null, "é\x7f\u{1f40b}"], c: i + 0.5, d: 1e-7 })),
      s: each((i) => `${"x".repeat(i % 7)}é`),
      sd: each((i) => (i / 100).toFixed(2)),
      sf: { data: Float64Array.from(rows, (i) => i * Number(`1e${(i % 40) - 20}`)) },
      si: each((i) => String(10n ** 20n + BigInt(i))),
      u8: { data: Uint8Array.from(rows) },
      u16: { data: Uint16Array.from(rows) },
      u32: { data: Uint32Array.from(rows, (i) => 11 * i) },
      u64: { data: BigUint64Array.from(rows, (i) => 2n ** 63n + BigInt(i)) },
      xy: { data: Float32Array.from({ length: 6 * length }, (_, k) => (k % 6) + Math.floor(k / 6)) },
      dyn: { data: BigInt64Array.from({ length: 300 * length }, (_, k) => BigInt((k % 300) * Math.floor(k / 300))) },
      half: { data: Float16Array.from({ length: 4 * length }, (_, k) => Math.floor(k / 4)) },
      é: each(String),
    },
  };
}

async function writeOurs(
  prefix: string,
  schema: Schema,
  batch: Batch,
  options: Omit<MdsSinkOptions, "packers">,
): Promise<readonly ShardEntry[]> {
  await using sink = await mdsSink(folderStore(folder), prefix, schema, { ...options, packers: { codecs, hashes } });
  await sink.write(batch);
  return await sink.close();
}

const OPTIONS = { encodings: ENCODINGS, shardBytes: 4096, hashes: ["xxh64", "sha1"] } as const;

async function sameShards(ours: string, theirs: string, entries: readonly ShardEntry[]): Promise<void> {
  for (const { raw_data } of entries) {
    const [a, b] = await Promise.all([ours, theirs].map((place) => readFile(join(folder, place, raw_data.basename))));
    assert.deepEqual([a!.length, a!.findIndex((byte, i) => byte !== b![i])], [b!.length, -1], raw_data.basename);
  }
  assert.equal(
    await readFile(join(folder, ours, "index.json"), "utf8"),
    await readFile(join(folder, theirs, "index.json"), "utf8"),
  );
}

test("raw shards and index.json are byte for byte what MDSWriter writes, of every encoding", { skip }, async () => {
  const entries = await writeOurs("ours/raw", SCHEMA, samples(100), OPTIONS);
  assert.ok(entries.length > 10);
  await sameShards("ours/raw", "theirs/raw", entries);
});

test("shards of fixed-size samples, and those with a sample larger than a shard, are MDSWriter's too", {
  skip,
}, async () => {
  const all = samples(1000);
  const fixed = { length: 1000, columns: { n: all.columns.i64, x: all.columns.f32, xy: all.columns.xy } };
  const schema = { n: SCHEMA.i64, x: SCHEMA.f32, xy: SCHEMA.xy };
  await sameShards("ours/fixed", "theirs/fixed", await writeOurs("ours/fixed", schema, fixed, { shardBytes: 4096 }));
  const b = { data: [10, 200, 10, 10, 300, 10].map((size) => new Uint8Array(size)) };
  const large = await writeOurs(
    "ours/large",
    { b: { kind: "bytes" } },
    { length: 6, columns: { b } },
    { shardBytes: 260 },
  );
  assert.deepEqual(
    large.map((entry) => entry.samples),
    [1, 1, 2, 1, 1],
  );
  await sameShards("ours/large", "theirs/large", large);
});

for (const name of ["raw", "zstd", "zstd7", "gz", "br", "snappy"]) {
  test(`what MDSWriter wrote is read here, hashes checked: ${name}`, { skip }, async () => {
    const options = { store: folderStore(folder), codecs, hashes, verify: "hashes" } as const;
    await using table = await openMds(`theirs/${name}`, options);
    assert.equal(table.length, 100);
    assert.deepEqual(table.schema["dyn"], { kind: "i64", shape: [300, 1] });
    const expected = samples(100);
    let row = 0;
    for await (const batch of table.batches({ batchRows: 1 })) {
      for (const column of Object.keys(SCHEMA) as (keyof typeof SCHEMA)[]) {
        const { data } = expected.columns[column];
        const width = data.length / 100;
        assert.deepEqual(
          batch.columns[column]?.data,
          data.slice(row * width, (row + 1) * width),
          `${column} of row ${row}`,
        );
      }
      row++;
    }
    assert.equal(row, 100);
  });
}

test("workers' folders that MDSWriter left without an index become one dataset, in the order of their numbers", {
  skip,
}, async () => {
  const store = folderStore(folder);
  await store.put("theirs/workers/index.json", await mergeWorkers(store, "theirs/workers"));
  await using table = await openMds("theirs/workers", { store, codecs, hashes });
  const values: bigint[] = [];
  for await (const batch of table.batches()) values.push(...(batch.columns["n"]!.data as BigInt64Array));
  assert.deepEqual(
    values,
    Array.from({ length: 120 }, (_, i) => BigInt(i)),
  );
  const [read] = await readTheirs("", ["theirs/workers"]);
  assert.deepEqual(
    read?.rows.map((row) => row["n"]),
    values.map(Number),
  );
});

test("a merged index says what merge_index says", { skip }, async () => {
  const merged = await mergeWorkers(folderStore(folder), "theirs/merged");
  const theirs = await readFile(join(folder, "theirs/merged/index.json"), "utf8");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(merged)), JSON.parse(theirs));
});

test("pickles and pictures come as their bytes", { skip }, async () => {
  await using table = await openMds("theirs/opaque", { store: folderStore(folder), codecs, hashes });
  for await (const { columns } of table.batches()) {
    const [pickle, picture] = [columns["pickle"]?.data[0], columns["picture"]?.data[0]];
    assert.ok(pickle instanceof Uint8Array && picture instanceof Uint8Array);
    assert.equal(pickle[0], 0x80);
    assert.deepEqual(Array.from(picture.subarray(1, 4), (code) => String.fromCharCode(code)).join(""), "PNG");
  }
});

/** Each row of a batch as mds.py prints it. */
function printed(batch: Batch<typeof SCHEMA>, row: number): Record<string, unknown> {
  const dtype = {
    f16: "float16",
    f32: "float32",
    f64: "float64",
    i8: "int8",
    i16: "int16",
    i32: "int32",
    i64: "int64",
    u8: "uint8",
    u16: "uint16",
    u32: "uint32",
    u64: "uint64",
  };
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(SCHEMA) as (keyof typeof SCHEMA)[]) {
    const { data } = batch.columns[name];
    const width = data.length / batch.length;
    const value = data.slice(row * width, (row + 1) * width);
    const [one] = value;
    const type = dtype[SCHEMA[name].kind as keyof typeof dtype];
    if (name === "i") result[name] = Number(one);
    else if (name === "sf" || name === "s" || name === "j" || name === "é") result[name] = one;
    else if (name === "si" || name === "sd") result[name] = { text: one };
    else if (one instanceof Uint8Array) result[name] = { hex: one.toHex() };
    else if ("shape" in SCHEMA[name])
      result[name] = { dtype: type, shape: SCHEMA[name].shape, hex: bytesOf(value as Float32Array).toHex() };
    else result[name] = { dtype: type, hex: bytesOf(value as Float32Array).toHex() };
  }
  return result;
}

const WAYS = [
  ["none", "sha1"],
  ["zstd:1", "xxh64"],
  ["zstd", "sha1"],
  ["gz:1", "sha1"],
  ["br:1", "xxh64"],
  ["snappy", "sha1"],
] as const;

for (const [compression, hash] of WAYS) {
  test(`StreamingDataset reads ours, every sample, as a folder and as a root: ${compression} ${hash}`, {
    skip,
  }, async () => {
    const batch = samples(60);
    const root = `ours/${compression.replace(":", "-")}`;
    const options = { ...OPTIONS, compression: parseCompression(compression) };
    const workers: WorkerShards[] = [];
    for (const prefix of ["worker_00", "worker_01"]) {
      workers.push({ prefix, entries: await writeOurs(`${root}/${prefix}`, SCHEMA, batch, options) });
    }
    await folderStore(folder).put(`${root}/index.json`, mergedIndex(workers));
    const rows = Array.from({ length: 60 }, (_, row) => printed(batch, row));
    const read = await readTheirs(hash, [`${root}/worker_01`, root]);
    assert.deepEqual(read[0], { rows, loaded: 60 });
    assert.deepEqual(read[1], { rows: [...rows, ...rows], loaded: 120 });
  });
}

test("StreamingDataset refuses ours when a byte of it is changed, if told to check", { skip }, async () => {
  const entries = await writeOurs("ours/flipped", SCHEMA, samples(20), OPTIONS);
  const store = folderStore(folder);
  const key = `ours/flipped/${entries[0]!.raw_data.basename}`;
  const bytes = (await store.get(key))!.slice();
  bytes[bytes.length - 1]! ^= 1;
  await store.put(key, bytes);
  await assert.rejects(readTheirs("sha1", ["ours/flipped"]), /Checksum failure/);
});

test("windows as arrays and as bytes are what a trainer gets", { skip }, async () => {
  const schema = { features: { kind: "f32", shape: [928, 5] } } as const;
  const data = Float32Array.from({ length: 40 * 4640 }, (_, i) => Math.fround(Math.sin(i)));
  const batch = { length: 40, columns: { features: { data } } };
  const options = { shardBytes: 1 << 18, compression: { codec: "zstd", level: 1 } };
  await writeOurs("ours/arrays", schema, batch, { ...options, style: "ndarray" });
  await writeOurs("ours/bytes", schema, batch, { ...options, style: "bytes" });
  const [arrays, bytes] = await readTheirs("", ["ours/arrays", "ours/bytes"]);
  const hex = Array.from({ length: 40 }, (_, i) => bytesOf(data.subarray(i * 4640, (i + 1) * 4640)).toHex());
  assert.deepEqual(
    arrays?.rows,
    hex.map((one) => ({ features: { dtype: "float32", shape: [928, 5], hex: one } })),
  );
  assert.deepEqual(
    bytes?.rows,
    hex.map((one) => ({ features: { hex: one } })),
  );
});
