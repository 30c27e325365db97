/** Laws of Zarr arrays in memory: what is written comes back, whatever the type, the packing, the chunks and the cache. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, packed, type Rng, rng, type Store } from "../../core/index.ts";
import { nodeCodecs } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import {
  createZarrArray,
  editZarrArray,
  openZarr,
  type ZarrArray,
  type ZarrCompressor,
  type ZarrField,
  type ZarrSpec,
  type ZarrWriter,
} from "./index.ts";

const codecs = nodeCodecs();

const anyPlain = fc.constantFrom(
  ..."|b1 |i1 |u1 <i2 >i2 <u2 <i4 >i4 <u4 <i8 >i8 <u8 >u8 <f2 >f2 <f4 >f4 <f8 >f8 <U3 >U2 |S5 |V4 <c8 >c16 <M8[ns] <m8[s]".split(
    " ",
  ),
);
const anyShape = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 });

const { anyDtype } = fc.letrec<{ anyDtype: Json }>((tie) => ({
  anyDtype: fc
    .array(
      fc.tuple(
        fc.oneof({ depthSize: "small", maxDepth: 2 }, anyPlain, tie("anyDtype")),
        fc.option(anyShape, { nil: undefined }),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((fields) =>
      fields.flatMap(([type, shape, gap], i): Json[] => [
        [`f${i}`, type, ...(shape === undefined ? [] : [shape])],
        ...(gap ? [["", "|V3"]] : []),
      ]),
    ),
}));

const anyCompressor: fc.Arbitrary<ZarrCompressor | null> = fc.oneof(
  fc.record({
    id: fc.constant("blosc" as const),
    cname: fc.constantFrom("lz4", "lz4hc", "zstd", "zlib"),
    clevel: fc.integer({ min: 0, max: 9 }),
    shuffle: fc.constantFrom(-1, 0, 1, 2),
    blocksize: fc.constantFrom(0, 0, 128, 1000, 4096),
  }),
  fc.record({
    id: fc.constantFrom("zstd" as const, "gzip" as const, "zlib" as const),
    level: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ id: fc.constant("lz4" as const), acceleration: fc.integer({ min: 0, max: 9 }) }),
  fc.constant(null),
);

interface Case {
  readonly spec: ZarrSpec;
  readonly rows: number;
  readonly seed: number;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  spec: fc.record({
    dtype: fc.oneof(anyDtype, anyPlain),
    chunkRows: fc.constantFrom(1, 2, 7, 64, 500),
    compressor: anyCompressor,
  }),
  rows: fc.constantFrom(0, 1, 6, 7, 8, 63, 130, 700),
  seed: fc.nat(),
});

/** A byte of a field: texts and booleans among them are what their types allow. */
function someByte({ value, isSwapped }: ZarrField, i: number, chance: Rng): number {
  if (value.is === "text") return i % 4 === (isSwapped ? 3 : 0) ? chance.int(4) * 40 : 0;
  if (value.is === "numbers" && value.kind === "bool") return chance.int(2);
  return chance.int(3) === 0 ? chance.int(256) : 0;
}

function someRecords({ rowBytes, dtype }: ZarrArray, rows: number, seed: number): Uint8Array {
  const chance = rng(`records|${seed}`);
  const bytes = new Uint8Array(rows * rowBytes);
  for (const field of dtype.fields) {
    const places = field.places.flatMap((place) => Array.from({ length: rows }, (_, row) => row * rowBytes + place));
    for (const place of places)
      for (let i = 0; i < field.bytes * field.run; i++) bytes[place + i] = someByte(field, i, chance);
  }
  return bytes;
}

async function opened(store: Store, cacheBytes?: number): Promise<ZarrArray> {
  const array = await openZarr(store, "a", { codecs, ...(cacheBytes !== undefined && { cacheBytes }) });
  assert.ok(array.kind === "rows");
  return array;
}

/** An array of the case's rows, and the rows. */
async function written(
  { spec, rows, seed }: Case,
  write?: (writer: ZarrWriter, records: Uint8Array, rowBytes: number) => Promise<void>,
) {
  const store = memoryStore();
  await using writer = await createZarrArray(store, "a", spec, { codecs });
  const { rowBytes } = await opened(store);
  const records = someRecords(await opened(store), rows, seed);
  if (write === undefined) await writer.append(records);
  else await write(writer, records, rowBytes);
  await writer.close();
  return { store, records, rowBytes };
}

test("records of any type come back from any chunks and packing", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const { store, records } = await written(one);
      const array = await opened(store);
      assert.equal(array.length, one.rows);
      assert.deepEqual(await array.records({ from: 0, to: array.length }), records);
      assert.deepEqual(array.dtype.descr, one.spec.dtype);
    }),
    { numRuns: 150 },
  );
});

test("columns that are read and written again are the same records, but for the gaps", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const { store, records } = await written(one);
      const array = await opened(store);
      const batch = await array.read({ from: 0, to: array.length });
      const copy = await written(one, (writer) => writer.append(batch));
      assert.deepEqual(await (await opened(copy.store)).records({ from: 0, to: one.rows }), records);
    }),
    { numRuns: 150 },
  );
});

test("a range with a step, and rows in any order, are those of the whole", async () => {
  const anyRange = fc.record({ a: fc.nat(700), b: fc.nat(700), step: fc.integer({ min: 1, max: 90 }) });
  await fc.assert(
    fc.asyncProperty(anyCase, anyRange, fc.array(fc.nat(), { maxLength: 40 }), async (one, { a, b, step }, some) => {
      const { store, records, rowBytes } = await written(one);
      const array = await opened(store);
      const [from, to] = [Math.min(a, b, one.rows), Math.min(Math.max(a, b), one.rows)];
      const record = (row: number) => records.subarray(row * rowBytes, (row + 1) * rowBytes);
      const expect = (rows: readonly number[]) => Uint8Array.from(rows.flatMap((row) => [...record(row)]));
      const every = Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
      assert.deepEqual(Uint8Array.from(await array.records({ from, to, step })), expect(every));
      const numbers = one.rows === 0 ? [] : some.map((row) => row % one.rows);
      assert.deepEqual(await array.records(Uint32Array.from(numbers)), expect(numbers));
      const columns = await array.read({ from, to, step });
      assert.deepEqual(columns, await array.read(Uint32Array.from(every)));
    }),
    { numRuns: 150 },
  );
});

test("rows that are appended piece by piece, by one writer or by several, make the bytes of one write", async () => {
  const anyPieces = fc.array(fc.tuple(fc.nat(200), fc.boolean()), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(anyCase, anyPieces, async (one, pieces) => {
      const whole = await written(one);
      const store = memoryStore();
      let writer = await createZarrArray(store, "a", one.spec, { codecs });
      let row = 0;
      for (const [rows, reopens] of [...pieces, [one.rows, false] as const]) {
        const to = Math.min(one.rows, row + rows);
        await writer.append(whole.records.subarray(row * whole.rowBytes, to * whole.rowBytes));
        row = to;
        if (!reopens) continue;
        await writer.close();
        writer = await editZarrArray(store, "a", { codecs });
      }
      await writer.close();
      const files = async (from: Store) => Array.fromAsync(from.list(""), async (key) => [key, await from.get(key)]);
      assert.deepEqual(await files(store), await files(whole.store));
    }),
    { numRuns: 100 },
  );
});

test("ranges that are set, in any order, are what is read afterwards", async () => {
  const anySets = fc.array(fc.tuple(fc.nat(), fc.nat(150)), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(anyCase, anySets, async (one, sets) => {
      const { store, records, rowBytes } = await written(one);
      await using writer = await editZarrArray(store, "a", { codecs });
      for (const [at, count] of sets) {
        const from = at % (one.rows + 1);
        const to = Math.min(one.rows, from + count);
        const own = someRecords(await opened(store), to - from, one.seed + from);
        records.set(own, from * rowBytes);
        await writer.set(from, own);
      }
      await writer.close();
      assert.deepEqual(await (await opened(store)).records({ from: 0, to: one.rows }), records);
    }),
    { numRuns: 100 },
  );
});

test("the length can be changed: rows that come are the fill value, also where others were", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, fc.array(fc.nat(900), { maxLength: 5 }), async (one, lengths) => {
      const { store, records, rowBytes } = await written(one);
      await using writer = await editZarrArray(store, "a", { codecs });
      let expected = records;
      for (const length of lengths) {
        await writer.resize(length);
        const next = new Uint8Array(length * rowBytes);
        next.set(expected.subarray(0, next.length));
        expected = next;
      }
      await writer.close();
      assert.deepEqual(await (await opened(store)).records({ from: 0, to: writer.length }), expected);
    }),
    { numRuns: 100 },
  );
});

test("the size of the cache changes no answer", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, fc.nat(5000), fc.array(fc.nat(), { maxLength: 30 }), async (one, cacheBytes, some) => {
      const { store } = await written(one);
      const [small, large] = [await opened(store, cacheBytes), await opened(store)];
      for (const row of one.rows === 0 ? [] : some) {
        const range = { from: row % one.rows, to: Math.min(one.rows, (row % one.rows) + 9) };
        assert.deepEqual(await small.read(range), await large.read(range));
      }
    }),
    { numRuns: 60 },
  );
});

test("a strided view has the values that are read", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const { store } = await written(one);
      const array = await opened(store);
      const all = { from: 0, to: array.length };
      const bytes = await array.records(all);
      const { columns } = await array.read(all);
      for (const name of Object.keys(array.schema)) {
        const view = array.view(bytes, name);
        if (view !== undefined) assert.deepEqual([...packed(view)], [...columns[name]!.data]);
      }
    }),
    { numRuns: 100 },
  );
});
