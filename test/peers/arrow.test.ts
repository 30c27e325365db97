/** Arrow, conversions, and the real tools: our files in pyarrow, polars and StreamingDataset, and theirs read here. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Batch, bytesOf, isNumeric, type Schema, valuesPerRow } from "../../src/core/index.ts";
import { type ArrowSinkOptions, arrowSink, openArrow } from "../../src/formats/arrow/index.ts";
import { folderStore } from "../../src/node/folder-store.ts";
import { convert } from "../../src/verbs/convert/convert.ts";
import { convertFolder, putRows, tools } from "../convert-places.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("arrow.py", import.meta.url));

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, ...args], { maxBuffer: 1 << 28 });
  return stdout;
}

const SCHEMA = {
  bool: { kind: "bool" },
  i8: { kind: "i8" },
  u8: { kind: "u8", nullable: true },
  i16: { kind: "i16" },
  u16: { kind: "u16" },
  i32: { kind: "i32" },
  u32: { kind: "u32", nullable: true },
  i64: { kind: "i64" },
  u64: { kind: "u64" },
  f16: { kind: "f16" },
  f32: { kind: "f32", unit: "kn" },
  f64: { kind: "f64", nullable: true },
  str: { kind: "str" },
  text: { kind: "str", nullable: true },
  bytes: { kind: "bytes", nullable: true },
  json: { kind: "json" },
  features: { kind: "f32", shape: [92, 5] },
  pair: { kind: "i64", shape: [2], nullable: true },
  flags: { kind: "bool", shape: [3, 11] },
  one: { kind: "f64", shape: [1] },
} as const satisfies Schema;

function rowsFrom(length: number): Batch<typeof SCHEMA> {
  const rows = Array.from({ length }, (_, i) => i);
  const each = <T>(value: (i: number) => T) => rows.map(value);
  const valid = (every: number) => Uint8Array.from(rows, (i) => (i % every === 0 ? 0 : 1));
  return {
    length,
    columns: {
      bool: { data: Uint8Array.from(rows, (i) => i & 1) },
      i8: { data: Int8Array.from(rows, (i) => i - 128) },
      u8: { data: Uint8Array.from(rows), valid: valid(3) },
      i16: { data: Int16Array.from(rows, (i) => -i * 300) },
      u16: { data: Uint16Array.from(rows, (i) => i * 300) },
      i32: { data: Int32Array.from(rows, (i) => i * -10_000_019) },
      u32: { data: Uint32Array.from(rows, (i) => 0xffffffff - i), valid: valid(2) },
      i64: { data: BigInt64Array.from(rows, (i) => BigInt(i - 70) * 2n ** 54n + 1n) },
      u64: { data: BigUint64Array.from(rows, (i) => 2n ** 64n - 1n - BigInt(i)) },
      f16: { data: Float16Array.from(rows, (i) => i / 4) },
      f32: { data: Float32Array.from(rows, (i) => (i % 9 === 0 ? Number.NaN : i / 3)) },
      f64: { data: Float64Array.from(rows, (i) => -i / 3), valid: Uint8Array.from(rows, (i) => (i < 60 ? 0 : 1)) },
      str: { data: each((i) => ["train", "\ufeffval", "tést"][i % 3]!) },
      text: { data: each((i) => `${"ø".repeat(i % 50)}${i}\u{1f6a2}`), valid: valid(5) },
      bytes: { data: each((i) => new Uint8Array(i % 90).fill(255 - (i % 2))), valid: valid(4) },
      json: { data: each((i) => ({ a: i, b: [null, "é"] })) },
      features: { data: Float32Array.from({ length: length * 460 }, (_, i) => i / 7) },
      pair: { data: BigInt64Array.from({ length: length * 2 }, (_, i) => -BigInt(i)), valid: valid(6) },
      flags: { data: Uint8Array.from({ length: length * 33 }, (_, i) => (i % 5 === 0 ? 1 : 0)) },
      one: { data: Float64Array.from({ length }, (_, i) => i / 3) },
    },
  };
}

/** A value as JSON holds it: parquet.py's `values_of` undoes it. */
function told(value: unknown, kind: string): unknown {
  if (kind === "bool") return value === 1;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return value.toHex();
  return Number.isNaN(value) ? "NaN" : value;
}

/** What a column should hold, as arrow.py takes it. */
function facts(schema: Schema, batch: Batch): object[] {
  return Object.entries(schema).map(([name, type]) => {
    const { data, valid } = batch.columns[name]!;
    const size = valuesPerRow(type);
    const values = Array.from({ length: batch.length }, (_, row) => {
      if (valid?.[row] === 0) return null;
      const own = Array.from({ length: size }, (_, i) => told(data[row * size + i], type.kind));
      return type.shape === undefined ? own[0] : own;
    });
    const more = { ...(type.shape && { size }), ...(type.unit && { unit: type.unit }) };
    return { name, kind: type.kind, nullable: type.nullable === true, ...more, values };
  });
}

const FORMS: Readonly<Record<string, Partial<ArrowSinkOptions>>> = {
  none: {},
  zstd: { compression: { codec: "zstd", level: 1 } },
  batches: { compression: { codec: "zstd" }, recordBatchBytes: 30_000 },
  plain_batches: { recordBatchBytes: 10_000 },
};

test("pyarrow and polars read what is written here", { skip }, async (t) => {
  const folder = convertFolder(t);
  const store = folderStore(folder);
  const files: object[] = [];
  for (const [form, options] of Object.entries(FORMS))
    for (const length of form === "none" ? [0, 1, 75] : [75]) {
      const batch = rowsFrom(length);
      const file = `${form}-${length}.arrow`;
      await using draft = await store.draft(file);
      const sink = arrowSink(draft, SCHEMA, { ...tools, ...options, metadata: { form } });
      await sink.write(batch);
      await sink.close();
      await draft.publish();
      const table = await openArrow(file, { store, ...tools });
      assert.equal(table.metadata.get("form"), form);
      files.push({ file, rows: length, batches: table.recordBatches.length, columns: facts(SCHEMA, batch) });
    }
  await writeFile(join(folder, "facts.json"), JSON.stringify(files));
  assert.equal(JSON.parse(await run("check", folder)).checked, files.length);
});

/** A cell of arrow.py's `table`. */
function expected(name: string, row: number): unknown {
  switch (name) {
    case "features":
      return Array.from({ length: 40 }, (_, k) => Math.fround(row + k / 64));
    case "id":
      return 2n ** 63n + BigInt(row);
    case "t":
      return -3_000_000_000n * BigInt(row);
    case "small":
      return (row % 200) - 100;
    case "half":
      return row / 4;
    case "ok":
      return row % 3 === 0 ? 1 : 0;
    case "name":
      return `vessel ${row % 17}`;
    case "far":
      return "long enough to lie apart from its view ".repeat(row % 3) + row;
    case "raw":
      return new Uint8Array(row % 5).fill(row);
    default:
      return Uint8Array.of(row, 1, 2);
  }
}

function assertRows(schema: Schema, batch: Batch, { first, nullable }: { first: number; nullable: boolean }): void {
  for (const [name, type] of Object.entries(schema)) {
    const { data, valid } = batch.columns[name]!;
    const size = valuesPerRow(type);
    for (let row = 0; row < batch.length; row++) {
      const isGap = nullable && (first + row) % 7 === 3;
      assert.equal(valid?.[row] === 0, isGap, `${name} ${first + row}`);
      if (isGap) continue;
      const isList = isNumeric(type.kind) && type.shape !== undefined;
      const own = isList ? Array.from(data as Float32Array).slice(row * size, (row + 1) * size) : data[row];
      assert.deepEqual(own, expected(name, first + row), `${name} ${first + row}`);
    }
  }
}

test("what pyarrow and polars write is read here, whole and by range", { skip }, async (t) => {
  const place = convertFolder(t);
  const files: { file: string; nullable: boolean }[] = JSON.parse(await run("write", place));
  const store = folderStore(place);
  assert.ok(files.length > 25);
  for (const { file, nullable } of files) {
    const table = await openArrow(file, { store, ...tools });
    const { features, t: time, name } = table.schema;
    assert.deepEqual([table.length, features?.shape, time?.unit, name?.kind], [1000, [40], "us", "str"], file);
    for (const [from, to] of [
      [0, 1000],
      [317, 318],
      [290, 640],
    ] as const) {
      let first = from as number;
      for await (const batch of table.batches({ from, to, batchRows: 99 })) {
        assertRows(table.schema, batch, { first, nullable });
        first += batch.length;
      }
      assert.equal(first, to, file);
    }
  }
});

const SAMPLES = { features: { kind: "f32", shape: [16, 5] }, id: { kind: "u64" }, name: { kind: "str" } } as const;

test("what is converted is the same for StreamingDataset, pyarrow and polars", { skip }, async (t) => {
  const folder = convertFolder(t);
  const length = 500;
  const rows = Array.from({ length }, (_, i) => i);
  const batch: Batch<typeof SAMPLES> = {
    length,
    columns: {
      features: { data: Float32Array.from({ length: length * 80 }, (_, i) => Math.sin(i)) },
      id: { data: BigUint64Array.from(rows, (i) => 2n ** 63n + BigInt(i * i)) },
      name: { data: rows.map((i) => `vessel ${"é".repeat(i % 4)}${i}`) },
    },
  };
  await putRows(folderStore(folder), { format: "parquet", name: "a.parquet" }, { schema: SAMPLES, batches: [batch] });
  const hash = createHash("sha256");
  for (const i of rows) {
    hash.update(bytesOf(batch.columns.features.data.subarray(i * 80, (i + 1) * 80)));
    hash.update(bytesOf(batch.columns.id.data.subarray(i, i + 1)));
    hash.update(batch.columns.name.data[i]!);
  }
  const wanted = { samples: length, sha256: hash.digest("hex") };
  const at = (name: string) => join(folder, name);
  await convert({ from: at("a.parquet"), to: at("mds"), parts: 3, shardBytes: 20_000, hashes: ["xxh64"] });
  await convert({ from: at("mds"), to: at("arrow"), format: "arrow", parts: 2 });
  await convert({ from: at("arrow"), to: at("raw.arrow"), compression: "none" });
  await convert({ from: at("raw.arrow"), to: at("parquet"), format: "parquet", parts: 3 });
  await convert({ from: at("parquet"), to: at("again"), compression: "none", hashes: ["xxh64"] });
  const found = JSON.parse(await run("digest", ...["mds", "arrow", "raw.arrow", "parquet", "again"].map(at)));
  for (const name of ["mds", "again"]) assert.deepEqual(found[at(name)], { streaming: wanted }, name);
  for (const name of ["arrow", "raw.arrow", "parquet"])
    assert.deepEqual(found[at(name)], { pyarrow: wanted, polars: wanted }, name);
});
