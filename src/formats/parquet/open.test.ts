/** The writer and the reader together: round trips, another reader, damage, and the files of parquet-testing. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { constants, crc32, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import snappy from "snappy";
import {
  type Batch,
  bytesOf,
  type Codec,
  type Column,
  type ColumnType,
  type Draft,
  type Hash,
  isNumeric,
  type Json,
  type Kind,
  NUMERIC_ARRAYS,
  type ReadStore,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import {
  encodeRowGroup,
  openParquet,
  parquetAssembly,
  parquetSink,
  type RowGroupMeta,
  type SinkOptions,
} from "./index.ts";

const most = (length: number) => ({ maxOutputLength: Math.max(1, length) });
const codecs: readonly Codec[] = [
  {
    name: "zstd",
    pack: (bytes, level = 1) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    unpack: (bytes, length) => zstdDecompressSync(bytes, most(length)),
  },
  { name: "gz", pack: (bytes) => gzipSync(bytes), unpack: (bytes, length) => gunzipSync(bytes, most(length)) },
  {
    name: "snappy",
    pack: (bytes) => snappy.compressSync(bytes),
    unpack: (bytes) => snappy.uncompressSync(bytes, { asBuffer: true }) as Uint8Array,
  },
];
const CODECS = new Map(codecs.map((codec) => [codec.name, codec]));
const CRC32: Hash = {
  name: "crc32",
  digest: (bytes) => crc32(bytes).toString(16),
  begin() {
    let value = 0;
    return {
      update(bytes) {
        value = crc32(bytes, value);
      },
      digest: () => value.toString(16),
    };
  },
};
const HASHES = new Map([["crc32", CRC32]]);
const KINDS = [...Object.keys(NUMERIC_ARRAYS), "str", "bytes", "json"] as readonly Kind[];

function memoryDraft(): Draft & { whole(): Uint8Array } {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    async write(part) {
      parts.push(part.slice());
      bytes += part.length;
    },
    async publish() {},
    async [Symbol.asyncDispose]() {},
    whole() {
      const out = new Uint8Array(bytes);
      let offset = 0;
      for (const part of parts) {
        out.set(part, offset);
        offset += part.length;
      }
      return out;
    },
  };
}

function storeOf(files: Readonly<Record<string, Uint8Array>>, reads: { from: number; to: number }[] = []): ReadStore {
  return {
    name: "memory",
    async size(key) {
      return files[key]?.length;
    },
    async get(key, range) {
      const file = files[key];
      if (range !== undefined) reads.push(range);
      return range === undefined ? file : file?.subarray(range.from, range.to);
    },
    async *list() {
      yield* Object.keys(files);
    },
  };
}

function open(bytes: Uint8Array, reads?: { from: number; to: number }[]) {
  return openParquet("x.parquet", { store: storeOf({ "x.parquet": bytes }, reads), codecs: CODECS, hashes: HASHES });
}

async function readAll(bytes: Uint8Array): Promise<Batch[]> {
  return Array.fromAsync((await open(bytes)).batches());
}

const OPTIONS = { codecs: CODECS, createdBy: "windrow test" };

async function written(
  schema: Schema,
  batches: readonly Batch[],
  options: Partial<SinkOptions> = {},
): Promise<Uint8Array> {
  const draft = memoryDraft();
  const sink = parquetSink(draft, schema, { ...OPTIONS, ...options });
  for (const batch of batches) await sink.write(batch);
  const { bytes, rows } = await sink.close();
  assert.equal(bytes, draft.bytes);
  assert.equal(
    rows,
    batches.reduce((sum, batch) => sum + batch.length, 0),
  );
  return draft.whole();
}

/** Whole numbers below 2^32 from a seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return (x ^ (x >>> 14)) >>> 0;
  };
}

function item(kind: Kind, next: () => number): unknown {
  const texts = ["train", "val", "", "Ærø \u{1f6a2}", "x".repeat(70), `row ${next()}`];
  if (kind === "str") return texts[next() % texts.length]!;
  if (kind === "bytes") return Uint8Array.from({ length: next() % 5 }, next);
  const values: Json[] = [null, 1.5, "a", [1, { b: [] }], { c: true }];
  return values[next() % values.length]!;
}

function column(type: ColumnType, rows: number, next: () => number): Column {
  const { kind } = type;
  const valid = type.nullable ? Uint8Array.from({ length: rows }, () => (next() % 4 === 0 ? 0 : 1)) : undefined;
  const withValid = (data: unknown): Column => ({ data: data as Column["data"], ...(valid && { valid }) });
  if (!isNumeric(kind)) return withValid(Array.from({ length: rows }, () => item(kind, next)));
  const data = new NUMERIC_ARRAYS[kind](rows * valuesPerRow(type));
  const bytes = bytesOf(data);
  for (let i = 0; i < bytes.length; i++) bytes[i] = kind === "bool" ? next() & 1 : next();
  return withValid(data);
}

function batchOf(schema: Schema, rows: number, seed: number): Batch {
  const next = chance(seed);
  const columns = Object.entries(schema).map(([name, type]) => [name, column(type, rows, next)] as const);
  return { length: rows, columns: Object.fromEntries(columns) };
}

/** Rows as comparable values: a gap is `undefined`, numbers are their bytes, so that NaN and -0 count. */
function rowsOf(schema: Schema, batches: readonly Batch[]): unknown[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) =>
      Object.entries(schema).map(([name, type]) => {
        const { data, valid } = batch.columns[name]!;
        if (valid?.[row] === 0) return undefined;
        const size = valuesPerRow(type);
        if (!isNumeric(type.kind)) return data[row];
        return Array.from(bytesOf((data as Float64Array).slice(row * size, (row + 1) * size))).join();
      }),
    ),
  );
}

function slices(schema: Schema, batch: Batch, cuts: readonly number[]): Batch[] {
  const bounds = [0, ...cuts.map((cut) => cut % (batch.length + 1)).sort((a, b) => a - b), batch.length];
  return bounds.slice(1).map((to, i) => {
    const from = bounds[i]!;
    const columns = Object.entries(schema).map(([name, type]) => {
      const { data, valid } = batch.columns[name]!;
      const size = valuesPerRow(type);
      const part = { data: (data as Float64Array).slice(from * size, to * size) };
      return [name, { ...part, ...(valid && { valid: valid.slice(from, to) }) }];
    });
    return { length: to - from, columns: Object.fromEntries(columns) };
  });
}

const anyType: fc.Arbitrary<ColumnType> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    shape: fc.option(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }), { nil: undefined }),
    nullable: fc.boolean(),
    unit: fc.option(fc.constantFrom("kn", "°"), { nil: undefined }),
  })
  .map(({ kind, shape, nullable, unit }) => ({
    kind,
    ...(unit && { unit }),
    ...(shape && isNumeric(kind) ? { shape } : nullable ? { nullable } : {}),
  }));
const anySchema = fc
  .array(anyType, { minLength: 1, maxLength: 4 })
  .map((types): Schema => Object.fromEntries(types.map((type, i) => [`c${i}`, type])));
const anyOptions = fc.record({
  compression: fc.constantFrom(undefined, { codec: "zstd", level: 1 }, { codec: "snappy" }, { codec: "gz" }),
  byteStreamSplit: fc.boolean(),
  pageBytes: fc.integer({ min: 1, max: 2000 }),
  rowGroupBytes: fc.integer({ min: 1, max: 20000 }),
});
const anyFile = fc.record({
  schema: anySchema,
  options: anyOptions,
  rows: fc.integer({ min: 0, max: 120 }),
  seed: fc.nat(),
});

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
