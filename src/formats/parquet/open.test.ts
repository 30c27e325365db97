/** The writer and the reader together: round trips, another reader, damage, and the files of parquet-testing. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import {
  anyFile,
  batchOf,
  CODECS,
  HASHES,
  memoryDraft,
  OPTIONS,
  open,
  readAll,
  rowsOf,
  slices,
  written,
} from "../../../test/parquet-files.ts";
import { type Batch, type ColumnType, type Schema, valuesPerRow, WindrowError } from "../../core/index.ts";
import { encodeRowGroup, parquetAssembly, type RowGroupMeta } from "./index.ts";

test("what is written comes back, whole and by range", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.nat(), fc.nat(), async ({ schema, options, rows, seed }, a, b) => {
      const batch = batchOf(schema, rows, seed);
      const table = await open(await written(schema, [batch], options));
      assert.deepEqual(table.schema, schema);
      assert.equal(table.length, rows);
      const expected = rowsOf(schema, [batch]);
      assert.deepEqual(rowsOf(schema, await Array.fromAsync(table.batches())), expected);
      const [from, to] = [a % (rows + 1), b % (rows + 1)].sort((x, y) => x - y) as [number, number];
      const part = await Array.fromAsync(table.batches({ from, to, batchRows: 7 }));
      assert.deepEqual(rowsOf(schema, part), expected.slice(from, to));
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("the same rows in other batches are the same file", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.array(fc.nat(), { maxLength: 5 }), async ({ schema, options, rows, seed }, cuts) => {
      const batch = batchOf(schema, rows, seed);
      const whole = await written(schema, [batch], { ...options, hashes: HASHES });
      assert.deepEqual(await written(schema, slices(schema, batch, cuts), options), whole);
    }),
    { numRuns: 60, seed: 2 },
  );
});

/** A row's value as other readers give it; `undefined` where there is none. */
function cell(batch: Batch, { name, type, row }: { name: string; type: ColumnType; row: number }): unknown {
  const { data, valid } = batch.columns[name]!;
  if (valid?.[row] === 0) return undefined;
  const size = valuesPerRow(type);
  const values = Array.from({ length: size }, (_, i) => data[row * size + i]);
  return type.shape === undefined ? values[0] : values;
}

/** Lists as arrays, booleans as such, null as `undefined`. */
function plain(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (type.shape === undefined) return type.kind === "bool" ? Boolean(value) : value;
  return Array.from(value as Float32Array, (one) => (type.kind === "bool" ? Boolean(one) : one));
}

test("another reader finds the same rows", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, async ({ schema, options, rows, seed }) => {
      const batch = batchOf(schema, rows, seed);
      const bytes = await written(schema, [batch], options);
      const objects = await parquetReadObjects({
        file: { byteLength: bytes.length, slice: (from, to) => bytes.slice(from, to).buffer },
        compressors: {
          ZSTD: (packed) => new Uint8Array(zstdDecompressSync(packed)),
          GZIP: (packed) => new Uint8Array(gunzipSync(packed)),
        },
        utf8: false,
      });
      for (const [row, object] of objects.entries())
        for (const [name, type] of Object.entries(schema))
          assert.deepEqual(plain(type, object[name]), plain(type, cell(batch, { name, type, row })));
      assert.equal(objects.length, rows);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test("row groups encoded apart and sent as JSON make the file that a sink makes", async () => {
  const schema = {
    x: { kind: "f32", shape: [3, 2] },
    id: { kind: "u64" },
    s: { kind: "str", nullable: true },
  } as const;
  const batch = batchOf(schema, 90, 5);
  const draft = memoryDraft();
  const assembly = parquetAssembly(draft, schema, OPTIONS);
  for (const part of slices(schema, batch, [30, 60])) {
    const { bytes, meta } = encodeRowGroup(schema, part, { codecs: CODECS });
    await assembly.add(bytes, JSON.parse(JSON.stringify(meta)) as RowGroupMeta);
  }
  await assembly.close();
  const table = await open(draft.whole());
  assert.equal(table.rowGroups.length, 3);
  assert.deepEqual(rowsOf(schema, await Array.fromAsync(table.batches())), rowsOf(schema, [batch]));
});

test("metadata and shapes come back, and a file may have no rows", async () => {
  const schema = { w: { kind: "f32", shape: [928, 5], unit: "mixed" } } as const;
  const table = await open(await written(schema, [], { metadata: { seed: "42", split: "vål" } }));
  assert.deepEqual(table.schema, schema);
  assert.equal(table.length, 0);
  assert.equal(table.metadata.get("split"), "vål");
  assert.deepEqual(await Array.fromAsync(table.batches()), []);
});

test("a range of rows is read without the pages of the others", async () => {
  const schema = { id: { kind: "i64" }, w: { kind: "f32", shape: [1000] } } as const;
  const bytes = await written(schema, [batchOf(schema, 400, 7)], { pageBytes: 40_000 });
  const reads: { from: number; to: number }[] = [];
  const table = await open(bytes, reads);
  reads.length = 0;
  const [batch] = await Array.fromAsync(table.batches({ from: 205, to: 206, columns: ["w"] }));
  assert.equal(batch?.length, 1);
  const read = reads.reduce((sum, { from, to }) => sum + to - from, 0);
  assert.ok(read < 45_000, `read ${read} of ${bytes.length} bytes`);
});

/** Opens and reads; a WindrowError is an answer, anything else fails the test. */
async function outcome(bytes: Uint8Array): Promise<"read" | WindrowError> {
  try {
    await readAll(bytes);
    return "read";
  } catch (error) {
    assert.ok(error instanceof WindrowError, `${error instanceof Error ? error.stack : error}`);
    assert.match(error.message, /x\.parquet/);
    return error;
  }
}

const SMALL = {
  w: { kind: "f32", shape: [4] },
  s: { kind: "str" },
  n: { kind: "u16", nullable: true },
  j: { kind: "json" },
} as const satisfies Schema;

test("every truncation is refused", async () => {
  const bytes = await written(SMALL, [batchOf(SMALL, 20, 3)], { compression: { codec: "zstd" } });
  for (let length = 0; length < bytes.length; length += 7) {
    const result = await outcome(bytes.subarray(0, length));
    assert.ok(result instanceof WindrowError && result.code === "damaged", `${length} bytes`);
  }
});

test("flipped bytes are refused, or change nothing of the rows", async () => {
  const batch = batchOf(SMALL, 40, 4);
  const bytes = await written(SMALL, [batch], { compression: { codec: "snappy" }, pageBytes: 100 });
  const expected = rowsOf(SMALL, [batch]);
  const footer = bytes.length - 8 - new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
      const flipped = bytes.slice();
      flipped[place]! ^= change;
      const result = await outcome(flipped);
      // A page has a checksum, but its header and the footer have none: there, names, types and statistics may differ.
      if (result !== "read" || place >= footer) return;
      assert.deepEqual(rowsOf(SMALL, await readAll(flipped)), expected);
    }),
    { numRuns: 1500, seed: 5 },
  );
});

test("wrong input to the writer is refused", async () => {
  const schema = { a: { kind: "f32", shape: [2] }, s: { kind: "str" } } as const;
  const good = batchOf(schema, 2, 1);
  const bad: readonly (readonly [Schema, Batch, RegExp])[] = [
    [schema, { length: 3, columns: good.columns }, /3 rows hold 6 values, got 4/],
    [schema, { length: 2, columns: { ...good.columns, a: { data: new Float64Array(4) } } }, /array of f32/],
    [schema, { length: 2, columns: { ...good.columns, s: { data: ["\ud800", ""] } } }, /surrogate/],
    [schema, { length: 2, columns: { s: { data: [] } } }, /does not have it/],
    [{ a: { kind: "f32", shape: [0] } }, { length: 0, columns: {} }, /whole numbers from 1 up/],
    [{ a: { kind: "str", shape: [2] } }, { length: 0, columns: {} }, /only numbers/],
    [{ a: { kind: "f32", shape: [2], nullable: true } }, { length: 0, columns: {} }, /cannot be nullable/],
  ];
  for (const [of, batch, message] of bad)
    assert.throws(() => encodeRowGroup(of, batch, { codecs: CODECS }), {
      name: "WindrowError",
      code: "usage",
      message,
    });
  const lz4 = { codecs: CODECS, compression: { codec: "lz4" } };
  assert.throws(() => encodeRowGroup(schema, good, lz4), { code: "unsupported" });
});

const DATA = new URL("../../../../shared/data/parquet-testing/", import.meta.url);

function filesOf(folder: string): string[] | undefined {
  try {
    return readdirSync(new URL(`${folder}/`, DATA)).filter((name) => name.endsWith(".parquet"));
  } catch {
    return undefined;
  }
}

/** Files of parquet-testing that hold only what is read here. */
const READABLE = new Set(
  [
    "binary_truncated_min_max byte_stream_split.zstd column_chunk_key_value_metadata data_index_bloom_encoding_stats",
    "datapage_v1-uncompressed-checksum datapage_v2_empty_datapage.snappy delta_byte_array delta_encoding_required_column",
    "dict-page-offset-zero float16_nonzeros_and_nans floating_orders_nan_count overflow_i16_page_cnt",
    "plain-dict-uncompressed-checksum single_nan unknown-logical-type",
  ].flatMap((line) => line.split(" ").map((name) => `${name}.parquet`)),
);

test("the files of parquet-testing are read or refused by name", async (t) => {
  const names = filesOf("data");
  if (names === undefined) return t.skip("parquet-testing is not here");
  for (const name of names) {
    const result = await outcome(readFileSync(new URL(`data/${name}`, DATA)));
    assert.equal(result === "read", READABLE.has(name), `${name}: ${result}`);
  }
});

test("the bad files of parquet-testing are refused", async (t) => {
  const names = filesOf("bad_data");
  if (names === undefined) return t.skip("parquet-testing is not here");
  for (const name of names)
    assert.notEqual(await outcome(readFileSync(new URL(`bad_data/${name}`, DATA))), "read", name);
});
