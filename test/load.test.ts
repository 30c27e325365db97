/** `load` over files: datasets, MDS folders, Parquet files; what the compiler knows of its batches; what it refuses. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch, Schema } from "../src/core/index.ts";
import { folderStore } from "../src/node/index.ts";
import { type Loader, type LoadOptions, load, materializeAis } from "../src/verbs/index.ts";
import { mdsSamples, parquetSamples, SMALL, testFolder, writeFleet } from "./ais-dataset.ts";
import { putMds, putParquet } from "./inspect-places.ts";
import { needShared } from "./shared.ts";

/** The windows of a load of AIS data, one after the other. */
async function windows(path: string, options: Partial<LoadOptions> = {}): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for await (const { length, columns } of load(path, { batchSize: 7, ...options })) {
    // The compiler knows that this is a Float32Array: no cast.
    const { data, shape } = columns.features;
    assert.ok(data instanceof Float32Array);
    assert.deepEqual(shape, [length, 64, 5]);
    for (let row = 0; row < length; row++) found.push(data.slice(row * 320, (row + 1) * 320));
  }
  return found;
}

test("a dataset of two generations is loaded from either format, by split, as its files have it", async (t) => {
  const folder = testFolder(t);
  const inputs = [1, 2].map((seed) => {
    const path = join(folder, `${seed}.csv`);
    writeFleet(path, { vessels: 8, days: 1, seed });
    return path;
  });
  const out = join(folder, "data");
  const { manifest } = await materializeAis({ ...SMALL, inputs: inputs.slice(0, 1), out });
  const info = (options: Partial<LoadOptions>) => load(out, { batchSize: 7, ...options }).info();
  const before = load(out, { batchSize: 7 });
  await before.info();
  const { manifest: both } = await materializeAis({ ...SMALL, inputs, out, existing: "append" });
  assert.ok(both.counts.train.length > manifest.counts.train.length);
  const parts = readdirSync(join(out, "parquet")).sort();
  const train = (await mdsSamples(out)).map(({ features }) => features);
  const inParquet = await Promise.all(parts.map((part) => parquetSamples(out, `parquet/${part}`)));
  assert.ok(train.length > 50);
  assert.deepEqual(
    train,
    inParquet.flat().map(({ features }) => features),
  );
  for (const format of ["mds", "parquet"] as const) {
    assert.deepEqual(await windows(out, { format }), train);
    assert.deepEqual(await windows(join(out, format), {}), train, "the folder of a format, by itself");
    const validation = await windows(out, { format, split: "validation", verify: "hashes" });
    assert.deepEqual(
      validation,
      (await parquetSamples(out, "validation.parquet")).map(({ features }) => features),
    );
    const shuffled = await windows(out, { format, epoch: 1, verify: "hashes" });
    assert.notDeepEqual(shuffled, train);
    const asText = (all: readonly Float32Array[]) => all.map(String).sort();
    assert.deepEqual(asText(shuffled), asText(train));
    assert.deepEqual(await windows(out, { format, split: "test" }), [], "a split that is empty");
    assert.deepEqual((await info({ format, split: "test" })).batches, 0);
  }
  // A cursor of what the dataset was, and of another split or format, is none of this.
  const refused = { code: "usage", message: /^Cannot resume from this cursor: it must be of this dataset and split/ };
  await assert.rejects(info({ cursor: before.cursor() }), refused);
  const data = load(out, { batchSize: 7 });
  await data.info();
  await assert.rejects(info({ cursor: data.cursor(), split: "validation" }), refused);
  await assert.rejects(info({ cursor: data.cursor(), format: "parquet" }), refused);
  assert.deepEqual(await windows(out, { cursor: { ...data.cursor(), position: 11 } }), train.slice(11));
});

test("a dataset whose windows are stored as bytes is loaded by what its manifest says of them", async (t) => {
  const folder = testFolder(t);
  const input = join(folder, "ships.csv");
  writeFleet(input, { vessels: 5, days: 1, seed: 4 });
  const out = join(folder, "data");
  await materializeAis({ ...SMALL, inputs: [input], out, mdsEncoding: "bytes" });
  assert.deepEqual(await windows(out), await windows(out, { format: "parquet" }));
});

// ——— the same rows in every format ———

const SCHEMA = {
  n: { kind: "i32" },
  features: { kind: "f32", shape: [3, 2] },
  text: { kind: "str" },
  raw: { kind: "bytes" },
} as const satisfies Schema;

function rows(from: number, to: number): Batch<typeof SCHEMA> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    length: numbers.length,
    columns: {
      n: { data: Int32Array.from(numbers) },
      features: { data: Float32Array.from(numbers.flatMap((n) => [n, -n, n / 2, 1, 2, 3])) },
      text: { data: numbers.map((n) => `é${n}`) },
      raw: { data: numbers.map((n) => new Uint8Array(n % 4).fill(n)) },
    },
  };
}

const COLUMNS = { n: "i32", features: { kind: "f32", shape: [3, 2] }, text: "str", raw: "bytes" } as const;

async function numbersOf(data: Loader<typeof SCHEMA>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { length, columns } of data) {
    const numbers: Int32Array = columns.n.data;
    const texts: readonly string[] = columns.text.data;
    const bytes: readonly Uint8Array[] = columns.raw.data;
    // @ts-expect-error there is no such column
    assert.equal(columns.nothing, undefined);
    // @ts-expect-error text is no number
    const wrong: Float64Array | undefined = undefined ?? columns.text.data;
    assert.equal(wrong?.length, length);
    const expected = Array.from(numbers, (n) => rows(n, n + 1).columns);
    assert.deepEqual(
      texts,
      expected.map(({ text }) => text.data[0]),
    );
    assert.deepEqual(
      bytes,
      expected.map(({ raw }) => raw.data[0]),
    );
    assert.deepEqual(
      [...columns.features.data],
      expected.flatMap(({ features }) => [...features.data]),
    );
    assert.deepEqual(columns.features.shape, [length, 3, 2]);
    batches.push([...numbers]);
  }
  return batches;
}

test("raw and packed MDS and Parquet give the same rows, each once, for every rank, and resume anywhere", async (t) => {
  const folder = testFolder(t);
  const store = folderStore(folder);
  const length = 157;
  const batch = rows(0, length);
  const hashes = ["sha1"];
  await putMds(store, "raw", { schema: SCHEMA, batch });
  await putMds(store, "zstd", { schema: SCHEMA, batch, compression: { codec: "zstd" }, hashes });
  await putParquet(store, "parquet/0.parquet", SCHEMA, rows(0, 100));
  await putParquet(store, "parquet/1.parquet", SCHEMA, rows(100, length));
  const ask = fc.record({
    place: fc.constantFrom("raw", "zstd", "parquet"),
    perRank: fc.integer({ min: 1, max: 40 }),
    worldSize: fc.integer({ min: 1, max: 3 }),
    epoch: fc.nat(2),
    position: fc.nat(length),
    prefetch: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(ask, async ({ place, perRank, worldSize, epoch, position, prefetch }) => {
      const path = join(folder, place);
      const open = (more: Pick<LoadOptions, "rank" | "cursor">) =>
        load(path, { batchSize: perRank * worldSize, seed: 3, epoch, worldSize, prefetch, columns: COLUMNS, ...more });
      const first = load(path, { batchSize: 50, seed: 3, epoch, columns: COLUMNS });
      const all = (await numbersOf(first)).flat();
      assert.deepEqual(
        all.toSorted((a, b) => a - b),
        [...batch.columns.n.data],
      );
      if (epoch === 0) assert.deepEqual(all, [...batch.columns.n.data]);
      const cursor = { ...first.cursor(), position };
      const ranks = await Promise.all(
        Array.from({ length: worldSize }, (_, rank) => numbersOf(open({ rank, cursor }))),
      );
      const tail = ranks[0]!.flatMap((_, k) => ranks.flatMap((rank) => rank[k]!));
      assert.deepEqual(tail, all.slice(position));
    }),
    { numRuns: 60 },
  );
});

test("columns that are not told are not known to the compiler, and all are there", async (t) => {
  const folder = testFolder(t);
  await putMds(folderStore(folder), "mds", { schema: SCHEMA, batch: rows(0, 5) });
  for await (const { columns } of load(join(folder, "mds"), { batchSize: 5, columns: "all" })) {
    assert.deepEqual(Object.keys(columns).sort(), ["features", "n", "raw", "text"]);
    // @ts-expect-error it may not be there
    assert.equal(columns["n"].data.length, 5);
    // @ts-expect-error it may be of any kind
    const data: Float32Array | undefined = columns["features"]?.data;
    assert.equal(data?.length, 30);
  }
  for await (const { columns } of load(join(folder, "mds"), { batchSize: 5, columns: ["n", "text"] })) {
    assert.deepEqual(Object.keys(columns), ["n", "text"]);
    assert.equal(columns.n.data.length, 5);
    // @ts-expect-error it was not asked for
    assert.equal(columns.features, undefined);
    // @ts-expect-error names promise no kind
    const data: Int32Array = columns.n.data;
    assert.ok(data instanceof Int32Array);
  }
  const wrong = (columns: LoadOptions<never>["columns"] & {}) =>
    assert.rejects(load(join(folder, "mds"), { batchSize: 5, columns }).info(), { message: /^Cannot load/ });
  await wrong({ nothing: "f32" } as never);
  await wrong(["nothing"] as never);
  await wrong([] as never);
  await wrong("n" as never);
  await wrong({ n: "f32" } as never);
  await wrong({ features: { kind: "f32", shape: [2, 3] } } as never);
});

test("a column of bytes is read as the arrays that it is said to hold", async (t) => {
  const folder = testFolder(t);
  const batch = rows(0, 9);
  const bytes = Array.from(
    { length: 9 },
    (_, i) => new Uint8Array(batch.columns.features.data.slice(6 * i, 6 * i + 6).buffer),
  );
  const schema = { features: { kind: "bytes" } } as const;
  await putMds(folderStore(folder), "mds", { schema, batch: { length: 9, columns: { features: { data: bytes } } } });
  const path = join(folder, "mds");
  const columns = { features: { kind: "f32", shape: [3, 2] } } as const;
  for await (const { columns: read } of load(path, { batchSize: 9, columns })) {
    assert.deepEqual(read.features.data, batch.columns.features.data);
  }
  await assert.rejects(load(path, { batchSize: 9 }).info(), {
    code: "usage",
    message: /got bytes; of bytes that hold/,
  });
  const odd = { features: { kind: "f32", shape: [7] } } as const;
  await assert.rejects(Array.fromAsync(load(path, { batchSize: 9, columns: odd })), { code: "damaged" });
});

test("a public dataset of texts is loaded, its 9999 samples in order", async (t) => {
  const path = needShared(t, "data", "mds", "mosaic-mix");
  if (path === undefined) return;
  let row = 0;
  for await (const { columns } of load(path, { batchSize: 100, columns: { id: "i64", dummy_text: "str" } })) {
    for (const [i, id] of columns.id.data.entries()) {
      row++;
      assert.equal(id, BigInt(row));
      assert.equal(columns.dummy_text.data[i], `Dummy text ${row}`);
    }
  }
  assert.equal(row, 9999);
});

test("what is not there, or not so, is said in one line", async (t) => {
  const folder = testFolder(t);
  const store = folderStore(folder);
  await putMds(store, "mds", { schema: SCHEMA, batch: rows(0, 5) });
  await putMds(store, "workers/worker_00", { schema: SCHEMA, batch: rows(0, 5) });
  await store.put("empty/x", new Uint8Array());
  const refused = (name: string, options: Partial<LoadOptions>, code: string) =>
    assert.rejects(load(join(folder, name), { batchSize: 4, ...options }).info(), { code, message: /^Cannot [^\n]*$/ });
  await refused("nothing", {}, "missing");
  await refused("empty", {}, "missing");
  await refused("workers", {}, "missing");
  await refused("mds", { split: "validation" }, "usage");
  await refused("mds", { format: "parquet" }, "usage");
  for (const options of [{ verify: "yes" }, { split: "nope" }, { format: "arrow" }])
    await refused("mds", options as never, "usage");
  assert.throws(() => load(folder, undefined as never), { code: "usage" });
  assert.throws(() => load(undefined as never, { batchSize: 4 }), { code: "usage" });
  rmSync(join(folder, "mds", "shard.00000.mds"));
  await assert.rejects(Array.fromAsync(load(join(folder, "mds"), { batchSize: 4 })), { code: "missing" });
  assert.throws(() => load(folder, { batchSize: 4, worldSize: 3 }), { code: "usage" });
});

test("files are closed whichever way a loop ends, and epochs leave none open", {
  skip: !existsSync("/proc/self/fd") && "there is no /proc",
}, async (t) => {
  const folder = testFolder(t);
  await putMds(folderStore(folder), "raw", { schema: SCHEMA, batch: rows(0, 300) });
  await putMds(folderStore(folder), "gz", { schema: SCHEMA, batch: rows(0, 300), compression: { codec: "gz" } });
  const key = join(folder, "raw", "shard.00003.mds");
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  for (const name of ["raw", "gz"]) {
    for (let epoch = 0; epoch < 4; epoch++) {
      const data = load(join(folder, name), { batchSize: 10, epoch, columns: COLUMNS });
      for await (const _ of data) assert.ok(open() <= before + 4, `${open() - before} files`);
      for await (const _ of data) break;
      assert.equal(open(), before);
    }
  }
  // A shard that is still being unpacked when the loop is left.
  const large = { length: 300, columns: { zeros: { data: new Uint8Array(300 << 16) } } };
  const zeros = { zeros: { kind: "u8", shape: [1 << 16] } } as const;
  const packed = { compression: { codec: "zstd" }, shardBytes: 1 << 26 };
  await putMds(folderStore(folder), "zstd", { schema: zeros, batch: large, ...packed });
  for await (const _ of load(join(folder, "zstd"), { batchSize: 1, columns: zeros })) break;
  assert.equal(open(), before);
  writeFileSync(key, readFileSync(key).subarray(1));
  await assert.rejects(Array.fromAsync(load(join(folder, "raw"), { batchSize: 10, epoch: 1 })), { code: "damaged" });
  assert.equal(open(), before);
});
