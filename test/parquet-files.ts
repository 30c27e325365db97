/** Parquet files in memory: made up rows, written, and read again. */

import assert from "node:assert/strict";
import { constants, crc32, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
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
} from "../src/core/index.ts";
import { openParquet, parquetSink, type SinkOptions } from "../src/formats/parquet/index.ts";

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
export const CODECS = new Map(codecs.map((codec) => [codec.name, codec]));
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
export const HASHES = new Map([["crc32", CRC32]]);
const KINDS = [...Object.keys(NUMERIC_ARRAYS), "str", "bytes", "json"] as readonly Kind[];

export function memoryDraft(): Draft & { whole(): Uint8Array } {
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

export function storeOf(
  files: Readonly<Record<string, Uint8Array>>,
  reads: { from: number; to: number }[] = [],
): ReadStore {
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

export function open(bytes: Uint8Array, reads?: { from: number; to: number }[]) {
  return openParquet("x.parquet", { store: storeOf({ "x.parquet": bytes }, reads), codecs: CODECS, hashes: HASHES });
}

export async function readAll(bytes: Uint8Array): Promise<Batch[]> {
  return Array.fromAsync((await open(bytes)).batches());
}

export const OPTIONS = { codecs: CODECS, createdBy: "windrow test" };

export async function written(
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
export function chance(seed: number): () => number {
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

export function batchOf(schema: Schema, rows: number, seed: number): Batch {
  const next = chance(seed);
  const columns = Object.entries(schema).map(([name, type]) => [name, column(type, rows, next)] as const);
  return { length: rows, columns: Object.fromEntries(columns) };
}

/** Rows as comparable values: a gap is `undefined`, numbers are their bytes, so that NaN and -0 count. */
export function rowsOf(schema: Schema, batches: readonly Batch[]): unknown[] {
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

export function slices(schema: Schema, batch: Batch, cuts: readonly number[]): Batch[] {
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
export const anyFile = fc.record({
  schema: anySchema,
  options: anyOptions,
  rows: fc.integer({ min: 0, max: 120 }),
  seed: fc.nat(),
});
