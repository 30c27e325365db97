/** Reading: real shards, round trips, and folders that lie. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { type Batch, type Column, type ReadStore, type Schema, type Store, WindrowError } from "../../core/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { memoryStore } from "../../stores/index.ts";
import { mergedIndex, type OpenMdsOptions, openMds, readMdsIndex } from "./index.ts";
import { mdsSink } from "./sink.ts";

const codecs = nodeCodecs();
const hashes = await nodeHashes();
const packers = { codecs, hashes };

async function rows(
  store: ReadStore,
  prefix: string,
  options: Partial<OpenMdsOptions> = {},
): Promise<Record<string, unknown>[]> {
  await using table = await openMds(prefix, { store, codecs, hashes, ...options });
  const result: Record<string, unknown>[] = [];
  for await (const batch of table.batches()) result.push(...rowsOf(batch, table.schema));
  assert.equal(result.length, table.length);
  return result;
}

function rowsOf(batch: Batch, schema: Schema): Record<string, unknown>[] {
  return Array.from({ length: batch.length }, (_, row) =>
    Object.fromEntries(
      Object.entries(schema).map(([name, { shape }]) => [name, cell(batch.columns[name]!, row, shape)]),
    ),
  );
}

function cell({ data }: Column, row: number, shape: readonly number[] | undefined): unknown {
  if (shape === undefined) return data[row];
  const width = shape.reduce((product, size) => product * size, 1);
  return data.slice(row * width, (row + 1) * width);
}

// ——— real shards ———

const shared = new URL("../../../../shared/data/", import.meta.url);
const skip = existsSync(shared) ? false : "the real shards of ../shared are not there";

async function load(...folders: readonly string[]): Promise<Store> {
  const store = memoryStore();
  for (const folder of folders) {
    for (const name of readdirSync(new URL(`${folder}/`, shared))) {
      await store.put(`${folder}/${name}`, readFileSync(new URL(`${folder}/${name}`, shared)));
    }
  }
  return store;
}

test("every scalar that MDSWriter wrote is read exactly", { skip }, async () => {
  const read = await rows(await load("mds-reference/all_scalars"), "mds-reference/all_scalars", { verify: "hashes" });
  const lines = readFileSync(new URL("mds-reference/all_scalars.expected.jsonl", shared), "utf8").trim().split("\n");
  // Whole numbers past 2^53 as bigints: the file spells them out.
  const exact = lines.map((line) => JSON.parse(line.replace(/("(?:si|u64)": )(-?\d+)/g, '$1"$2"')));
  const expected = exact.map(({ b, u64, i64, i, ...row }) => {
    return { ...row, b: Uint8Array.fromHex(b.hex), u64: BigInt(u64), i64: BigInt(i64), i: BigInt(i) };
  });
  assert.deepEqual(read, expected);
});

test("shards of a public dataset are read raw and packed, all 9999 samples in order", { skip }, async () => {
  const store = await load("mds/mosaic-mix");
  const raw = await rows(store, "mds/mosaic-mix");
  for await (const key of store.list("")) if (key.endsWith(".mds")) await store.delete(key);
  const packed = await rows(store, "mds/mosaic-mix");
  assert.deepEqual(packed, raw);
  assert.deepEqual(
    raw,
    Array.from({ length: 9999 }, (_, i) => ({ dummy_text: `Dummy text ${i + 1}`, id: BigInt(i + 1) })),
  );
});

test("arrays whose shape each sample says are read as arrays of it, and as bytes where asked", { skip }, async () => {
  const folder = "mds-reference/ais_windows";
  const store = await load(folder);
  await using table = await openMds(folder, { store, codecs, hashes, verify: "hashes" });
  assert.deepEqual(table.schema["xy"], { kind: "f32", shape: [928, 4] });
  const asArrays = await rows(store, folder);
  const asBytes = await rows(store, folder, { arrays: "bytes" });
  assert.equal(asArrays.length, 14);
  for (const [i, { xy }] of asArrays.entries()) {
    const bytes = asBytes[i]!["xy"] as Uint8Array;
    assert.deepEqual(new Float32Array(bytes.slice(5).buffer), xy);
  }
});

// ——— round trips ———

interface Sample {
  readonly u64: bigint;
  readonly text: string;
  readonly any: fc.JsonValue;
  readonly raw: Uint8Array;
  readonly xy: readonly number[];
}

const SCHEMA = {
  u64: { kind: "u64" },
  text: { kind: "str" },
  any: { kind: "json" },
  raw: { kind: "bytes" },
  xy: { kind: "f16", shape: [2, 1] },
} as const satisfies Schema;

const SAMPLES: fc.Arbitrary<Sample[]> = fc.array(
  fc.record({
    u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    text: fc.string({ unit: "binary", maxLength: 12 }),
    any: fc.jsonValue({ maxDepth: 2 }),
    raw: fc.uint8Array({ maxLength: 30 }),
    xy: fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 2, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 30 },
);

function batchOf(samples: readonly Sample[]): Batch<typeof SCHEMA> {
  return {
    length: samples.length,
    columns: {
      u64: { data: BigUint64Array.from(samples, ({ u64 }) => u64) },
      text: { data: samples.map(({ text }) => text) },
      any: { data: samples.map(({ any }) => any) as never },
      raw: { data: samples.map(({ raw }) => raw) },
      xy: { data: Float16Array.from(samples.flatMap(({ xy }) => xy)) },
    },
  };
}

async function written(samples: readonly Sample[], options: object = {}): Promise<Store> {
  const store = memoryStore();
  await using sink = await mdsSink(store, "mds", SCHEMA, { packers, shardBytes: 900, hashes: ["xxh64"], ...options });
  await sink.write(batchOf(samples));
  await sink.close();
  return store;
}

const expected = (samples: readonly Sample[]) =>
  samples.map(({ xy, ...rest }) => ({ ...rest, xy: Float16Array.from(xy) }));

test("what is written is read, with every compression and encoding", async () => {
  const ways = fc.constantFrom(
    undefined,
    { codec: "zstd", level: 1 },
    { codec: "gz" },
    { codec: "br", level: 0 },
    { codec: "snappy" },
  );
  const arrays = fc.constantFrom("ndarray", "ndarray:float16", "ndarray:float16:2,1");
  await fc.assert(
    fc.asyncProperty(SAMPLES, ways, arrays, async (samples, compression, xy) => {
      const store = await written(samples, { compression, encodings: { xy } });
      assert.deepEqual(await rows(store, "mds", { verify: "hashes" }), expected(samples));
    }),
  );
});

test("any range, any columns and any batch size give those rows of the whole, and read no shard beside them", async () => {
  const store = await written(fc.sample(SAMPLES, { seed: 5, numRuns: 20 }).flat());
  const whole = await rows(store, "mds");
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length),
      fc.nat(whole.length),
      fc.integer({ min: 1, max: 9 }),
      async (a, b, batchRows) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const touched = new Set<string>();
        const read: Store["get"] = (key, range) => {
          touched.add(key);
          return store.get(key, range);
        };
        const watched: Store = { ...store, get: read };
        await using table = await openMds("mds", { store: watched, codecs, hashes });
        const found: unknown[] = [];
        for await (const batch of table.batches({ from, to, batchRows, columns: ["text", "xy"] })) {
          assert.ok(batch.length <= batchRows);
          assert.deepEqual(Object.keys(batch.columns).sort(), ["text", "xy"]);
          found.push(...rowsOf(batch, { text: SCHEMA.text, xy: SCHEMA.xy }));
        }
        assert.deepEqual(
          found,
          whole.slice(from, to).map(({ text, xy }) => ({ text, xy })),
        );
        let start = 0;
        for (const { samples, raw_data } of table.shards) {
          assert.equal(touched.has(`mds/${raw_data.basename}`), start < to && start + samples > from && from < to);
          start += samples;
        }
      },
    ),
  );
});

test("workers under a merged index open as one, in order", async () => {
  const [one, two] = fc.sample(SAMPLES, { seed: 1, numRuns: 2 });
  const root = memoryStore();
  const workers: Parameters<typeof mergedIndex>[0][number][] = [];
  for (const [i, samples] of [one!, two!].entries()) {
    const store = await written(samples, { compression: { codec: "zstd" } });
    for await (const key of store.list(""))
      await root.put(key.replace("mds/", `worker_0${i}/`), (await store.get(key))!);
    const { shards } = readMdsIndex((await store.get("mds/index.json"))!, "index.json");
    workers.push({ prefix: `worker_0${i}`, entries: shards });
  }
  await root.put("index.json", mergedIndex(workers));
  assert.deepEqual(await rows(root, ""), expected([...one!, ...two!]));
  assert.deepEqual(await rows(root, "worker_01"), expected(two!));
});

test("bytes are read as the arrays that they are said to hold", async () => {
  const [samples] = fc.sample(SAMPLES, { seed: 2, numRuns: 1 });
  const store = await written(samples!, { style: "bytes" });
  assert.deepEqual(await rows(store, "mds", { types: { xy: SCHEMA.xy } }), expected(samples!));
  await assert.rejects(rows(store, "mds", { types: { text: SCHEMA.xy } }), isError("usage"));
  await assert.rejects(rows(store, "mds", { types: { xy: { kind: "f64" } } }), isError("damaged"));
});

test("an array of another shape than the first is refused, and read as bytes where asked", async () => {
  const store = memoryStore();
  const folders = { a: [1, 2], b: [2, 1] };
  const workers: Parameters<typeof mergedIndex>[0][number][] = [];
  for (const [prefix, shape] of Object.entries(folders)) {
    const options = { packers, encodings: { x: "ndarray" } };
    await using sink = await mdsSink(store, prefix, { x: { kind: "i8", shape } }, options);
    await sink.write({ length: 1, columns: { x: { data: Int8Array.of(1, 2) } } });
    workers.push({ prefix, entries: await sink.close() });
  }
  await store.put("index.json", mergedIndex(workers));
  await assert.rejects(rows(store, ""), isError("unsupported", /sample 0 must be i8 \[1, 2\]/));
  const read = await rows(store, "", { arrays: "bytes" });
  assert.deepEqual(read, [{ x: Uint8Array.of(9, 8, 1, 2, 1, 2) }, { x: Uint8Array.of(9, 8, 2, 1, 1, 2) }]);
});

test("a table of no samples, and empty shards, have no batches", async () => {
  const store = await written([]);
  assert.deepEqual(await rows(store, "mds"), []);
});

// ——— folders that lie ———

test("a changed byte of a shard is found by its hash, and without it is an error or other values, never more", async () => {
  const [samples] = fc.sample(
    SAMPLES.filter((some) => some.length > 10),
    { seed: 3, numRuns: 1 },
  );
  for (const compression of [undefined, { codec: "zstd", level: 1 }]) {
    const store = await written(samples!, { compression });
    const keys = (await Array.fromAsync(store.list(""))).filter((key) => key.includes("shard"));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...keys),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (key, place, mask) => {
          const good = (await store.get(key))!;
          const bad = good.slice();
          bad[place % bad.length]! ^= mask;
          await store.put(key, bad);
          await assert.rejects(rows(store, "mds", { verify: "hashes" }), isError("damaged"));
          const read = await rows(store, "mds").catch((error: unknown) => error);
          assert.ok(Array.isArray(read) ? read.length === samples!.length : read instanceof WindrowError, String(read));
          await store.put(key, good);
        },
      ),
      { numRuns: 300 },
    );
  }
});

test("a shard cut short or made longer is damaged, with its name", async () => {
  const [samples] = fc.sample(SAMPLES, { seed: 4, numRuns: 1 });
  const store = await written(samples!);
  const key = "mds/shard.00000.mds";
  const good = (await store.get(key))!;
  for (const length of [0, 1, 7, good.length - 1, good.length + 1]) {
    const bad = new Uint8Array(length);
    bad.set(good.subarray(0, length));
    await store.put(key, bad);
    await assert.rejects(rows(store, "mds"), isError("damaged", /Cannot read mds\/shard\.00000\.mds/));
  }
  await store.delete(key);
  await assert.rejects(rows(store, "mds"), isError("missing"));
});

test("random numbers in counts, offsets and lengths give errors or samples, never a read outside", async () => {
  const [samples] = fc.sample(
    SAMPLES.filter((some) => some.length > 5),
    { seed: 6, numRuns: 1 },
  );
  const store = await written(samples!, { shardBytes: 1 << 16, hashes: [] });
  const key = "mds/shard.00000.mds";
  const good = (await store.get(key))!;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.oneof(fc.nat(40), fc.nat(good.length), fc.nat(0xffffffff)), async (place, value) => {
      const bad = good.slice();
      new DataView(bad.buffer).setUint32(place % (bad.length - 3), value, true);
      await store.put(key, bad);
      const read = await rows(store, "mds").catch((error: unknown) => error);
      assert.ok(Array.isArray(read) || (read instanceof WindrowError && read.code === "damaged"), String(read));
    }),
    { numRuns: 1000 },
  );
});

test("a packed shard that unpacks to more than it says is damaged", async () => {
  const [samples] = fc.sample(SAMPLES, { seed: 7, numRuns: 1 });
  const store = await written(samples!, { compression: { codec: "zstd" }, hashes: [] });
  const packed = codecs.get("zstd")!.pack(new Uint8Array(1 << 24));
  await store.put("mds/shard.00000.mds.zstd", packed);
  const index = JSON.parse(new TextDecoder().decode(await store.get("mds/index.json")));
  index.shards[0].zip_data.bytes = packed.length;
  await store.put("mds/index.json", new TextEncoder().encode(JSON.stringify(index)));
  await assert.rejects(rows(store, "mds"), isError("damaged", /shard\.00000\.mds\.zstd/));
});

test("hashes that are not at hand, codecs that are not at hand, and absent folders are said", async () => {
  const [samples] = fc.sample(SAMPLES, { seed: 8, numRuns: 1 });
  const store = await written(samples!, { compression: { codec: "zstd" } });
  await assert.rejects(rows(store, "mds", { verify: "hashes", hashes: new Map() }), isError("unsupported"));
  await assert.rejects(rows(store, "mds", { codecs: new Map() }), isError("unsupported"));
  await assert.rejects(rows(store, "elsewhere"), isError("missing", /elsewhere\/index\.json/));
});

test("rows and columns that are not there are refused", async () => {
  const [samples] = fc.sample(SAMPLES, { seed: 9, numRuns: 1 });
  await using table = await openMds("mds", { store: await written(samples!), codecs, hashes });
  const read = (options: object) => Array.fromAsync(table.batches(options));
  await assert.rejects(read({ from: -1 }), isError("usage"));
  await assert.rejects(read({ to: table.length + 1 }), isError("usage"));
  await assert.rejects(read({ batchRows: 0 }), isError("usage"));
  await assert.rejects(read({ columns: ["nothing"] }), isError("missing"));
});

function isError(code: string, message = /^Cannot /) {
  return (error: unknown) => error instanceof WindrowError && error.code === code && message.test(error.message);
}
