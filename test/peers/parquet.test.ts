/** Parquet and the real tools: our files in pyarrow, DuckDB and polars, and theirs read here. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Batch, isNumeric, type Schema, valuesPerRow } from "../../src/core/index.ts";
import { openParquet, parquetSink, type SinkOptions } from "../../src/formats/parquet/index.ts";
import { nodeCodecs } from "../../src/node/codecs.ts";
import { folderStore } from "../../src/node/folder-store.ts";
import { nodeHashes } from "../../src/node/hashes.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("parquet.py", import.meta.url));
const codecs = nodeCodecs();
let folder = "";

async function run(command: string, place: string): Promise<string> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, command, place], { maxBuffer: 1 << 28 });
  return stdout;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "windrow-parquet-peer-"));
});
after(() => rm(folder, { recursive: true, force: true }));

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
  features: { kind: "f32", shape: [928, 5] },
  pair: { kind: "i64", shape: [2] },
  flags: { kind: "u8", shape: [3, 11] },
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
      str: { data: each((i) => ["train", "val", "tést"][i % 3]!) },
      text: { data: each((i) => `${"ø".repeat(i % 50)}${i}\u{1f6a2}`), valid: valid(5) },
      bytes: { data: each((i) => new Uint8Array(i % 90).fill(255 - (i % 2))), valid: valid(4) },
      json: { data: each((i) => ({ a: i, b: [null, "é"] })) },
      features: { data: Float32Array.from({ length: length * 4640 }, (_, i) => i / 7) },
      pair: { data: BigInt64Array.from({ length: length * 2 }, (_, i) => -BigInt(i)) },
      flags: { data: Uint8Array.from({ length: length * 33 }, (_, i) => i) },
      one: { data: Float64Array.from({ length }, (_, i) => i / 3) },
    },
  };
}

/** A value as JSON holds it: parquet.py's `values_of` undoes it. */
function told(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return value.toHex();
  return Number.isNaN(value) ? "NaN" : value;
}

/** What a column should hold, as parquet.py takes it. */
function facts(schema: Schema, batch: Batch): object[] {
  return Object.entries(schema).map(([name, type]) => {
    const { data, valid } = batch.columns[name]!;
    const size = valuesPerRow(type);
    const values = Array.from({ length: batch.length }, (_, row) => {
      if (valid?.[row] === 0) return null;
      const own = Array.from({ length: size }, (_, i) => {
        const value = told(data[row * size + i]);
        return type.kind === "bool" ? value === 1 : value;
      });
      return type.shape === undefined ? own[0] : own;
    });
    return { name, kind: type.kind, nullable: type.nullable === true, ...(type.shape && { size }), values };
  });
}

const FORMS: Readonly<Record<string, Partial<SinkOptions>>> = {
  none: {},
  snappy: { compression: { codec: "snappy" } },
  zstd: { compression: { codec: "zstd", level: 1 } },
  gz: { compression: { codec: "gz", level: 1 } },
  split: { compression: { codec: "zstd" }, byteStreamSplit: true },
  pages: { pageBytes: 300, rowGroupBytes: 1 << 20 },
};

test("pyarrow, DuckDB and polars read what is written here", { skip }, async () => {
  const store = folderStore(folder);
  const told: object[] = [];
  for (const [form, options] of Object.entries(FORMS))
    for (const length of form === "none" ? [0, 1, 75] : [75]) {
      const batch = rowsFrom(length);
      const file = `${form}-${length}.parquet`;
      const metadata = { form, note: "é" };
      await using draft = await store.draft(file);
      const sink = parquetSink(draft, SCHEMA, { codecs, createdBy: "windrow test", metadata, ...options });
      await sink.write(batch);
      await sink.close();
      await draft.publish();
      const table = await openParquet(file, { store, codecs, hashes: new Map() });
      told.push({ file, rows: length, groups: table.rowGroups.length, metadata, columns: facts(SCHEMA, batch) });
    }
  await writeFile(join(folder, "facts.json"), JSON.stringify(told));
  const { checked } = JSON.parse(await run("check", folder));
  assert.equal(checked, told.length);
});

/** Rows `from` to `to` of parquet.py's `table`. */
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
    case "x":
      return row / 8;
    case "ok":
      return row % 3 === 0 ? 1 : 0;
    case "name":
      return `vessel ${row % 17}`;
    case "raw":
      return new Uint8Array(row % 5).fill(row);
    default:
      return [BigInt(row), BigInt(-row)];
  }
}

function assertRows(schema: Schema, batch: Batch, { first, nullable }: { first: number; nullable: boolean }): void {
  for (const [name, type] of Object.entries(schema)) {
    const { data, valid } = batch.columns[name]!;
    const size = valuesPerRow(type);
    for (let row = 0; row < batch.length; row++) {
      const isGap = nullable && name !== "ids" && (first + row) % 7 === 3;
      assert.equal(valid?.[row] === 0, isGap, `${name} ${first + row}`);
      if (isGap) continue;
      const own =
        isNumeric(type.kind) && type.shape
          ? Array.from(data as Float32Array).slice(row * size, (row + 1) * size)
          : data[row];
      assert.deepEqual(own, expected(name, first + row), `${name} ${first + row}`);
    }
  }
}

test("what pyarrow, polars and DuckDB write is read here, whole and by range", { skip }, async () => {
  const place = join(folder, "theirs");
  const files: { file: string; nullable: boolean }[] = JSON.parse(await run("write", place));
  const store = folderStore(place);
  assert.ok(files.length > 15);
  for (const { file, nullable } of files) {
    const table = await openParquet(file, { store, codecs, hashes: new Map() });
    const { features, id, small } = table.schema;
    assert.deepEqual(
      [table.length, features?.kind, features?.shape, id?.kind, small?.kind],
      [1000, "f32", [40], "u64", "i8"],
      file,
    );
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

const WIDE = 4640;

/** Rows of parquet.py's `write_wide`, checked where they lie in `data`; `valid` tells the gaps. */
function assertWide(
  rows: readonly number[],
  { data, valid }: { data: Float32Array; valid?: Uint8Array },
  file: string,
) {
  for (const [i, row] of rows.entries()) {
    const own = data.subarray(i * WIDE, (i + 1) * WIDE);
    const isGap = valid?.[i] === 0;
    assert.equal(isGap, valid !== undefined && row % 11 === 4, `${file} ${row}`);
    const wrong = own.findIndex((value, k) => value !== (isGap ? 0 : row + k / 8192));
    assert.equal(wrong, -1, `${file} row ${row}, value ${wrong} is ${own[wrong]}`);
  }
}

function numbersTo(to: number, from = 0): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

test("wide windows of every form that pyarrow writes are read in order, by shards forward, and in any order", {
  skip,
}, async () => {
  const place = join(folder, "wide");
  const files: { file: string; nullable: boolean }[] = JSON.parse(await run("wide", place));
  const store = folderStore(place);
  const hashes = await nodeHashes();
  for (const { file, nullable } of files) {
    const table = await openParquet(file, { store, codecs, hashes });
    assert.deepEqual(table.schema, { features: { kind: "f32", shape: [WIDE], ...(nullable && { nullable }) } });
    assert.deepEqual(table.shardRows, [200, 100]);
    let first = 0;
    for await (const { length, columns } of table.batches({ batchRows: 64 })) {
      const { data, valid = nullable ? new Uint8Array(length).fill(1) : undefined } = columns["features"]!;
      assertWide(numbersTo(first + length, first), { data: data as Float32Array, ...(valid && { valid }) }, file);
      first += length;
    }
    assert.equal(first, 300);
    const into = { data: new Float32Array(40 * WIDE).fill(7), ...(nullable && { valid: new Uint8Array(40) }) };
    const batch = { length: 40, columns: { features: into } };
    using forward = await table.openShard(0, { access: "forward" });
    for (const from of [0, 40, 110, 160]) {
      await forward.take({ from, to: from + 40 }, batch, 0);
      assertWide(numbersTo(from + 40, from), into, file);
    }
    using any = await table.openShard(1);
    await any.take(Uint32Array.of(99, 0, 7, 7, 50), batch, 0);
    assertWide([299, 200, 207, 207, 250], into, file);
  }
});
