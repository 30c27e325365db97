/** Raw shards: what is put in comes out, whatever the batches, and shards are as full as MDSWriter's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Batch, bytesOf, type ColumnType, type Schema, WindrowError } from "../../core/index.ts";
import { type MdsLayout, mdsLayout, samplesPerShard } from "./layout.ts";
import { shardBuilder } from "./shard-builder.ts";

function shards(
  layout: MdsLayout,
  batches: readonly Batch[],
): { readonly bytes: Uint8Array; readonly samples: number }[] {
  const builder = shardBuilder(layout);
  const result: { bytes: Uint8Array; samples: number }[] = [];
  const finish = () => {
    const { samples, bytes: size } = builder;
    const bytes = builder.finish().slice();
    assert.equal(bytes.length, size);
    result.push({ bytes, samples });
  };
  for (const batch of batches) {
    for (let row = 0; row < batch.length; ) {
      row += builder.add(batch, row, batch.length);
      if (row < batch.length) finish();
    }
  }
  if (builder.samples > 0) finish();
  return result;
}

/** A shard made the slow, plain way: list of samples, list of columns. */
function plainShard(
  layout: MdsLayout,
  samples: readonly (readonly Uint8Array[])[],
  sized: readonly boolean[],
): Uint8Array {
  const u32 = (value: number) => bytesOf(Uint32Array.of(value));
  const { bytes } = shards(layout, [])[0] ?? { bytes: shardBuilder(layout).finish() };
  const header = bytes.slice(8);
  const bodies = samples.map((values) =>
    [...values.filter((_, i) => sized[i]).map((value) => u32(value.length)), ...values].flatMap((part) => [...part]),
  );
  let end = 8 + 4 * samples.length + header.length;
  const offsets = [end, ...bodies.map((body) => (end += body.length))];
  return Uint8Array.from([
    ...u32(samples.length),
    ...offsets.flatMap((offset) => [...u32(offset)]),
    ...header,
    ...bodies.flat(),
  ]);
}

const utf8 = new TextEncoder();

interface Row {
  readonly n: bigint;
  readonly small: number;
  readonly s: string;
  readonly b: Uint8Array;
  readonly xy: readonly number[];
}

const SCHEMA = {
  n: { kind: "i64" },
  small: { kind: "u8" },
  s: { kind: "str" },
  b: { kind: "bytes" },
  xy: { kind: "f32", shape: [5, 2] },
} as const satisfies Record<keyof Row, ColumnType>;

function batch(rows: readonly Row[]): Batch<typeof SCHEMA> {
  return {
    length: rows.length,
    columns: {
      n: { data: BigInt64Array.from(rows, ({ n }) => n) },
      small: { data: Uint8Array.from(rows, ({ small }) => small) },
      s: { data: rows.map(({ s }) => s) },
      b: { data: rows.map(({ b }) => b) },
      xy: { data: Float32Array.from(rows.flatMap(({ xy }) => xy)) },
    },
  };
}

/** The values of a row in the order of the columns: b, n, s, small, xy. */
function values({ b, n, s, small, xy }: Row): Uint8Array[] {
  return [b, bytesOf(BigInt64Array.of(n)), utf8.encode(s), Uint8Array.of(small), bytesOf(Float32Array.from(xy))];
}

const ROWS: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    n: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    small: fc.nat(255),
    s: fc.string({ unit: "grapheme", maxLength: 10 }),
    b: fc.uint8Array({ maxLength: 60 }),
    xy: fc.array(fc.float(), { minLength: 10, maxLength: 10 }),
  }),
  { maxLength: 40 },
);

/** Cuts rows into batches at random places. */
function cut<T>(rows: readonly T[], sizes: readonly number[]): T[][] {
  const pieces: T[][] = [];
  for (let from = 0, i = 0; from < rows.length; i++) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? 1);
    pieces.push(rows.slice(from, from + size));
    from += size;
  }
  return pieces;
}

test("shards are those of a plain writer that follows MDSWriter's rule, whatever the batches", () => {
  const sizes = fc.array(fc.nat(12), { maxLength: 5 });
  fc.assert(
    fc.property(
      ROWS,
      sizes,
      fc.integer({ min: 1, max: 1500 }),
      fc.constantFrom("ndarray", "bytes"),
      (rows, cuts, shardBytes, style) => {
        const layout = mdsLayout(SCHEMA, { shardBytes, style });
        const sized = [true, false, true, false, style === "bytes"];
        const empty = shardBuilder(layout).finish().length;
        const piles: Uint8Array[][][] = [];
        let size = Number.POSITIVE_INFINITY;
        for (const row of rows) {
          const one = values(row);
          const bytes = 4 + one.reduce((sum, value, i) => sum + value.length + (sized[i] ? 4 : 0), 0);
          if (size + bytes > shardBytes) {
            piles.push([]);
            size = empty;
          }
          piles.at(-1)!.push(one);
          size += bytes;
        }
        const expected = piles.map((pile) => plainShard(layout, pile, sized));
        const built = shards(layout, cut(rows, cuts).map(batch));
        assert.deepEqual(
          built.map(({ bytes }) => bytes),
          expected,
        );
        assert.deepEqual(
          built.map(({ samples }) => samples),
          piles.map((pile) => pile.length),
        );
      },
    ),
  );
});

test("samplesPerShard is how many samples of a fixed size the builder takes", () => {
  const kinds = fc.constantFrom<ColumnType>(
    { kind: "u8" },
    { kind: "f32", shape: [3] },
    { kind: "f64" },
    { kind: "i16", shape: [2, 2] },
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), kinds, { minKeys: 1, maxKeys: 4 }),
      fc.integer({ min: 1, max: 3000 }),
      (schema: Schema, shardBytes) => {
        const layout = mdsLayout(schema, { shardBytes, style: "bytes" });
        const length = 600;
        const columns = Object.fromEntries(
          Object.entries(schema).map(([name, type]) => [name, { data: zeros(type, length) }]),
        );
        const taken = shardBuilder(layout).add({ length, columns }, 0, length);
        assert.equal(taken, Math.min(length, samplesPerShard(layout)!));
      },
    ),
  );
  assert.equal(samplesPerShard(mdsLayout({ s: { kind: "str" } })), undefined);
});

function zeros({ kind, shape = [] }: ColumnType, length: number) {
  const values = shape.reduce((product, size) => product * size, length);
  if (kind === "u8") return new Uint8Array(values);
  if (kind === "f64") return new Float64Array(values);
  return kind === "i16" ? new Int16Array(values) : new Float32Array(values);
}

test("a window of 928 by 5 as bytes fills a shard of 64 MiB with 3614, as MDSWriter's", () => {
  const layout = mdsLayout({ features: { kind: "f32", shape: [928, 5] } }, { style: "bytes" });
  assert.equal(samplesPerShard(layout), 3614);
});

test("rows that are not of the layout are refused", () => {
  const layout = mdsLayout({ s: { kind: "str" }, x: { kind: "f32" } });
  const good = { s: { data: ["a"] }, x: { data: Float32Array.of(1) } };
  const add = (columns: Batch["columns"], to = 1) => shardBuilder(layout).add({ length: 1, columns }, 0, to);
  assert.equal(add(good), 1);
  const wrong: Batch["columns"][] = [
    { s: good.s },
    { ...good, x: { data: Float64Array.of(1) } },
    { ...good, x: { data: Float32Array.of(1, 2) } },
    { ...good, s: { data: ["\ud800"] } },
    { ...good, x: { ...good.x, valid: Uint8Array.of(0) } },
  ];
  for (const columns of wrong) assert.throws(() => add(columns), isUsage);
  assert.throws(() => add(good, 2), isUsage);
});

test("a layout without columns, with a limit that offsets cannot reach, or with a stray encoding is refused", () => {
  assert.throws(() => mdsLayout({}), isUsage);
  assert.throws(() => mdsLayout({ x: { kind: "f32" } }, { shardBytes: 2 ** 32 }), isUsage);
  assert.throws(() => mdsLayout({ x: { kind: "f32" } }, { encodings: { y: "float32" } }), isUsage);
});

function isUsage(error: unknown): boolean {
  return error instanceof WindrowError && error.code === "usage";
}

test("a builder that counts takes as many samples as it is told, whatever their size, and no more", () => {
  const layout = mdsLayout({ image: { kind: "bytes" } }, { shardBytes: 1000 });
  const builder = shardBuilder(layout, { samples: 5 });
  const data = [10, 4000, 0, 90_000, 300, 1, 1].map((size) => new Uint8Array(size).fill(size));
  const batch = { length: data.length, columns: { image: { data } } };
  for (const from of [0, 2]) {
    assert.equal(builder.add(batch, from, 7), Math.min(5, 7 - from));
    assert.equal(builder.add(batch, 0, 1), 0);
    const plain = shardBuilder(mdsLayout({ image: { kind: "bytes" } }, { shardBytes: 2 ** 20 }));
    plain.add(batch, from, from + 5);
    // But for the limit in the header, both are the same.
    assert.deepEqual(builder.finish().slice(-4000), plain.finish().slice(-4000));
  }
});
