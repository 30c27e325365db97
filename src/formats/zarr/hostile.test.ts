/** Zarr that is broken, or lies: refused in one line that names the place, and never more set aside than there can be. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, type Store, WindrowError } from "../../core/index.ts";
import { nodeCodecs } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { createZarrArray, openZarr, type ZarrCompressor } from "./index.ts";

const codecs = nodeCodecs();
const DTYPE = [
  ["a", "<i8"],
  ["b", "<f4", [3]],
  ["t", "<U2"],
];
const ROWS = 300;

async function made(
  compressor: ZarrCompressor | null = { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 1000 },
): Promise<Store> {
  const store = memoryStore();
  await using writer = await createZarrArray(store, "a", { dtype: DTYPE, chunkRows: 200, compressor }, { codecs });
  await writer.append(Uint8Array.from({ length: ROWS * 28 }, (_, i) => (i % 28 < 20 ? (i * i) >> 6 : 0)));
  await writer.close();
  return store;
}

const PLAIN = {
  zarr_format: 2,
  shape: [4],
  chunks: [4],
  dtype: "<i4",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};

const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

async function readAll(store: Store): Promise<void> {
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "rows");
  const length = Math.min(array.length, ROWS);
  await array.read({ from: 0, to: length });
  const records = await array.records(Uint32Array.of(0, length - 1));
  assert.equal(records.length, 2 * array.rowBytes);
}

/** What `.zarray` says, with something else in it. */
async function withMeta(change: Readonly<Record<string, unknown>> | string): Promise<Store> {
  const store = await made();
  const whole = JSON.parse(new TextDecoder().decode(await store.get("a/.zarray"))) as Record<string, Json>;
  await store.put("a/.zarray", text(typeof change === "string" ? change : { ...whole, ...change }));
  return store;
}

const deep = (levels: number): Json => (levels === 0 ? "<i4" : [["x", deep(levels - 1)]]);

const BROKEN: readonly (Readonly<Record<string, unknown>> | string)[] = [
  "",
  "[]",
  "{",
  '"zarr"',
  "\u{1f6a2}",
  { zarr_format: 3 },
  { shape: "many" },
  { shape: [-1] },
  { shape: [1.5] },
  { shape: [2 ** 60] },
  { shape: [] },
  { shape: [3, 3] },
  { chunks: [0] },
  { chunks: null },
  { chunks: [2 ** 40] },
  { chunks: [200, 1] },
  { order: "Z" },
  { dimension_separator: ":" },
  { filters: [{ id: "delta" }] },
  { filters: 7 },
  { compressor: { id: "lzma" } },
  { compressor: { id: "blosc", cname: 7 } },
  { compressor: { id: "blosc", cname: "lz4", clevel: 77 } },
  { compressor: { id: "blosc", cname: "lz4", shuffle: 9 } },
  { compressor: "blosc" },
  { fill_value: "AAAA" },
  { fill_value: "*" },
  { fill_value: 7 },
  { fill_value: [1, 2] },
  { dtype: null },
  { dtype: 7 },
  { dtype: [] },
  { dtype: ["<i4"] },
  { dtype: [["a"]] },
  { dtype: [["a", "<i3"]] },
  { dtype: [["a", "<f16"]] },
  { dtype: [["a", "|O"]] },
  { dtype: [["a", "=i4"]] },
  { dtype: [["a", "|i4"]] },
  { dtype: [["a", "<i8[ns]"]] },
  { dtype: [["a", "<i4", "three"]] },
  { dtype: [["a", "<i4", [-1]]] },
  { dtype: [["a", "<i4", [2 ** 31]]] },
  { dtype: [["a", "<i4", [2 ** 26]]], fill_value: 0 },
  { dtype: [["a", "<i4", [2 ** 52, 2 ** 52]]] },
  { dtype: [["a", "<i4", [3], "more"]] },
  { dtype: [[["title", "a"], "<i4"]] },
  {
    dtype: [
      ["a", "<i4"],
      ["a", "<i4"],
    ],
  },
  { dtype: [["a", [["x", "|u1"]], [2 ** 30]]] },
  { dtype: deep(40) },
  { dtype: "<U0" },
  { dtype: "<i4", fill_value: 2.5 },
  { dtype: "<u8", fill_value: 18446744073709551615n.toString() },
];

for (const [i, change] of BROKEN.entries()) {
  const what = JSON.stringify(change).slice(0, 60);
  test(`broken metadata is refused by its place, ${i}: ${what}`, async () => {
    await assert.rejects(
      withMeta(change).then(readAll),
      (error) =>
        error instanceof WindrowError &&
        ["damaged", "unsupported"].includes(error.code) &&
        /^Cannot (read|open) a/.test(error.message),
    );
  });
}

test("a fill value that its type has not is refused, and bytes may leave out the NULs at their end", async () => {
  async function filled(dtype: string, fill: Json): Promise<unknown> {
    const store = memoryStore();
    await store.put("a/.zarray", text({ ...PLAIN, dtype, fill_value: fill }));
    const array = await openZarr(store, "a", { codecs });
    assert.ok(array.kind === "rows");
    return (await array.rows({ from: 0, to: 1 }))[0]!["value"];
  }
  for (const [dtype, fill] of [
    ["|u1", 300],
    ["|u1", -1],
    ["|i1", 128],
    ["<i4", 2 ** 40],
    ["<u8", -1],
    ["<U3", "abcd"],
    ["|S3", "YWJjZA=="],
  ] as const)
    await assert.rejects(filled(dtype, fill), { code: "damaged", message: /^Cannot read a\/.zarray: fill_value / });
  // As zarr-python 2.18 writes b"ab" in three bytes.
  for (const fill of ["YWI=", "YWIA"]) assert.deepEqual(await filled("|S3", fill), Uint8Array.of(97, 98));
  assert.equal(await filled("<U3", "ab\0"), "ab");
  assert.equal(await filled("<M8[ns]", "NaT"), -(2n ** 63n));
  assert.equal(await filled("|u1", 255), 255);
  assert.equal(await filled("|i1", -128), -128);
});

/** What became of a read of a plain array with this chunk. */
async function readPlain(change: Readonly<Record<string, unknown>>, chunk?: Uint8Array): Promise<ArrayLike<unknown>> {
  const store = memoryStore();
  await store.put("a/.zarray", text({ ...PLAIN, shape: [4, 4], chunks: [2, 2], ...change }));
  if (chunk !== undefined) await store.put("a/0.0", chunk);
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "plain");
  return (await array.read([{ from: 0, to: 1 }, null])).data;
}

test("plain arrays set no more aside than their chunks can be", async () => {
  const zeros = new Uint8Array(1 << 24);
  const bad = { message: /^Cannot read a\/(0\.0|\.zarray): / };
  const packings = [
    [null, zeros],
    [{ id: "gzip", level: 1 }, codecs.get("gz")!.pack(zeros)],
    [{ id: "zlib", level: 1 }, codecs.get("zlib")!.pack(zeros)],
    [{ id: "zstd", level: 1 }, codecs.get("zstd")!.pack(zeros)],
    [null, new Uint8Array(15)],
    [{ id: "zstd", level: 1 }, Uint8Array.of(1, 2)],
    [{ id: "gzip", level: 1 }, Uint8Array.of(1, 2)],
  ] as const;
  for (const [compressor, chunk] of packings)
    for (const filters of [null, [{ id: "delta", dtype: "<i4" }]])
      if (filters === null || (chunk.length !== 15 && compressor?.id !== "zlib"))
        await assert.rejects(readPlain({ compressor, filters }, chunk), bad);
  for (const dtype of ["<i4", "|O"]) {
    const huge = { dtype, chunks: [60_000, 60_000] };
    await assert.rejects(readPlain(huge), { ...bad, code: "unsupported" });
  }
});

test("filtered plain arrays are read, whatever packs them, unless a chunk could be too large", async () => {
  // How much zlib will unpack to is not to be seen, but its bytes are.
  const noise = codecs
    .get("zlib")!
    .pack(Uint8Array.from({ length: 1 << 21 }, (_, i) => Math.imul(i, i * 0x9e3779b1) >> 13));
  const filtered = { compressor: { id: "zlib", level: 1 }, filters: [{ id: "delta", dtype: "<i4" }] };
  await assert.rejects(readPlain(filtered, noise), { code: "unsupported" });
  const raw = new Uint8Array(Int32Array.of(5, 1, 1, 1).buffer);
  for (const id of [null, "gzip", "zstd", "zlib"]) {
    const compressor = id === null ? null : { id, level: 1 };
    const chunk = id === null ? raw : codecs.get(id === "gzip" ? "gz" : id)!.pack(raw);
    const filters = [{ id: "delta", dtype: "<i4" }];
    assert.deepEqual([...Array.from(await readPlain({ compressor }, chunk))], [5, 1, 0, 0]);
    assert.deepEqual([...Array.from(await readPlain({ compressor, filters }, chunk))], [5, 6, 0, 0]);
  }
});

test("of a plain array that is too large to be read at once, parts are read", async () => {
  const store = memoryStore();
  await store.put("a/.zarray", text({ ...PLAIN, shape: [100_000, 100_000], chunks: [10, 10], fill_value: 7 }));
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "plain");
  assert.deepEqual((await array.read([{ from: 99_999, to: 100_000 }, 3])).data, Int32Array.of(7));
  await assert.rejects(array.read(), { code: "usage" });
});

test("names that leave the store are refused, in arrays, groups and writers", async () => {
  const store = await made();
  await store.put(".zgroup", text({ zarr_format: 2 }));
  const group = await openZarr(store, "", { codecs });
  assert.ok(group.kind === "group");
  for (const name of ["..", "../a", "/a", "a//b", "a/../../b", "a\\b", "C:", "a\0", "."]) {
    await assert.rejects(group.open(name), { code: "usage" }, name);
    await assert.rejects(openZarr(store, name, { codecs }), { code: "usage" }, name);
    await assert.rejects(createZarrArray(store, name, { dtype: "<i4", chunkRows: 1 }, { codecs }), { code: "usage" });
  }
  await assert.rejects(group.open("b"), { code: "missing", message: /^Cannot open memory\/b: / });
});

const PACKINGS: readonly (ZarrCompressor | null)[] = [
  ...["lz4", "zstd", "zlib"].map((cname) => ({ id: "blosc" as const, cname, clevel: 5, shuffle: 1, blocksize: 1000 })),
  { id: "blosc", cname: "lz4", clevel: 0, shuffle: 0, blocksize: 0 },
  { id: "blosc", cname: "lz4", clevel: 3, shuffle: 2, blocksize: 448 },
  { id: "zstd", level: 1 },
  { id: "gzip", level: 1 },
  { id: "zlib", level: 1 },
  { id: "lz4", acceleration: 1 },
  null,
];

/** Reads with another chunk: it is right, or refused with its key. */
async function judge(store: Store, chunk: Uint8Array): Promise<void> {
  await store.put("a/0", chunk);
  for (const places of [store, { ...store, open: undefined }] as Store[]) {
    await readAll(places).catch((error: unknown) => {
      assert.ok(error instanceof WindrowError, String((error as Error).stack));
      assert.ok(["damaged", "unsupported"].includes(error.code), error.message);
      assert.match(error.message, /^Cannot read a(\/0)?: /);
    });
  }
}

for (const packing of PACKINGS) {
  const name = JSON.stringify(packing);

  test(`a chunk with other bytes, cut or lengthened, is refused or read: ${name}`, async () => {
    const store = await made(packing);
    const whole = (await store.get("a/0"))!;
    const anyChange = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        anyChange,
        fc.option(fc.nat(whole.length + 40)),
        fc.boolean(),
        async (changes, length, isHead) => {
          const chunk = new Uint8Array(length ?? whole.length);
          chunk.set(whole.subarray(0, chunk.length));
          for (const [at, value] of changes) chunk[at % Math.max(1, isHead ? 64 : chunk.length)] = value;
          await judge(store, chunk);
        },
      ),
      { numRuns: 80 },
    );
  });
}

test("each number of a Blosc header that lies is refused", async () => {
  const store = await made();
  const whole = (await store.get("a/0"))!;
  const edges = [0, 1, 15, 16, 127, 128, 255, 999, 1001, 5599, 5601, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  const places = [4, 8, 12, 16, 20, 36];
  for (const place of places) {
    for (const value of edges) {
      const chunk = whole.slice();
      new DataView(chunk.buffer).setUint32(place, value, true);
      if (chunk.every((byte, i) => byte === whole[i])) continue;
      await judge(store, chunk);
      // The sizes of the chunk are checked, those of its blocks too, but a block may begin where another does.
      if (place <= 12) await assert.rejects(readAll(store), { code: "damaged", message: /^Cannot read a\/0: / });
    }
  }
  for (const [place, value] of [
    [0, 9],
    [2, 0x39],
    [2, 0xf1],
    [3, 0],
  ] as const) {
    const chunk = whole.slice();
    chunk[place] = value;
    await store.put("a/0", chunk);
    await assert.rejects(readAll(store), { message: /^Cannot read a\/0: / }, `${place}`);
  }
});

test("chunks that are not there are the fill value, and cost what is read of them", async () => {
  const store = memoryStore();
  const fill_value = Uint8Array.of(1, 2, 3).toBase64();
  const dtype = [["x", "|u1", [3]]];
  const meta = {
    zarr_format: 2,
    shape: [2 ** 50],
    chunks: [2 ** 29],
    dtype,
    compressor: null,
    fill_value,
    order: "C",
    filters: null,
  };
  await store.put("a/.zarray", text(meta));
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "rows");
  assert.deepEqual([...(await array.records({ from: 2 ** 49, to: 2 ** 49 + 2 }))], [1, 2, 3, 1, 2, 3]);
  const { columns } = await array.read({ from: 5, to: 2 ** 45, step: 2 ** 44 });
  assert.deepEqual([...columns["x"]!.data], [1, 2, 3, 1, 2, 3]);
  await assert.rejects(array.records({ from: 0, to: array.length }), {
    code: "usage",
    message: /^Cannot read a: up to /,
  });
  await assert.rejects(array.read({ from: 0, to: array.length }), { code: "usage", message: /^Cannot read a: up to / });
  await assert.rejects(array.read({ from: 0, to: array.length + 1 }), { code: "usage" });
  await assert.rejects(array.read({ from: 0, to: 1, step: 0 }), { code: "usage" });
  await assert.rejects(array.read({ from: 0, to: 1 }, { columns: ["y"] }), { code: "missing" });
});
