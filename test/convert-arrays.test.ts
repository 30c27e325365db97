import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { bytesOf, type Json, type Schema, WindrowError } from "../src/core/index.ts";
import { parquetSink } from "../src/formats/parquet/index.ts";
import {
  createZarrArray,
  createZarrGroup,
  openZarr,
  type ZarrArray,
  type ZarrCompressor,
  zarrDescr,
} from "../src/formats/zarr/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { convertArrays, infoArrays, simulateL5kit } from "../src/verbs/index.ts";
import { rowsFrom } from "./any-rows.ts";
import { needShared } from "./shared.ts";

const codecs = nodeCodecs();

/** Every file below a folder, or the one file, by its bytes. */
function filesAt(path: string): Record<string, string> {
  const read = (file: string) => readFileSync(file).toString("base64");
  if (statSync(path).isFile()) return { "": read(path) };
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(files.map((file) => [file.slice(path.length), read(file)]));
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-arrays-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What an array must keep: its document, its attributes, and the bytes of its rows. */
interface Kept {
  readonly zarray: Json;
  readonly attributes: Json;
  readonly records: Uint8Array;
}

async function keptOf(folder: string, path: string): Promise<Kept> {
  const array = (await openZarr(folderStore(folder), path, { codecs })) as ZarrArray; // made as one of rows
  const zarray = JSON.parse(readFileSync(join(folder, path, ".zarray"), "utf8")) as Json;
  return { zarray, attributes: array.attributes, records: await array.records({ from: 0, to: array.length }) };
}

const COMPRESSORS: readonly (ZarrCompressor | null)[] = [
  null,
  { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 },
  { id: "blosc", cname: "zstd", clevel: 1, shuffle: 0, blocksize: 0 },
  { id: "zstd", level: 1 },
  { id: "gzip", level: 1 },
];

const KINDS = [
  "bool",
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "i64",
  "u64",
  "f16",
  "f32",
  "f64",
  "str",
  "bytes",
] as const;

const anyField = fc.record({
  kind: fc.constantFrom(...KINDS),
  shape: fc.option(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }), { nil: undefined }),
});

const anyArray = fc.record({
  fields: fc.array(anyField, { minLength: 1, maxLength: 4 }),
  rows: fc.integer({ min: 0, max: 60 }),
  chunkRows: fc.integer({ min: 1, max: 25 }),
  compressor: fc.constantFrom(...COMPRESSORS),
  separator: fc.constantFrom(".", "/"),
  attributes: fc.constantFrom({}, { note: "ünusual \u{1f6a2}", deep: [1, { a: null }] }),
  seed: fc.integer(),
});

type AnyArray = typeof anyArray extends fc.Arbitrary<infer A> ? A : never;

function schemaOf({ fields }: AnyArray): Schema {
  const columns = fields.map(({ kind, shape }, i) => {
    const isText = kind === "str" || kind === "bytes";
    return [`f${i}`, { kind, ...(shape && !isText && { shape }) }] as const;
  });
  return Object.fromEntries(columns);
}

async function makeArray(folder: string, path: string, array: AnyArray): Promise<void> {
  const schema = schemaOf(array);
  // Longer than any text of `rowsFrom`.
  const room = Object.fromEntries(Object.keys(schema).map((name) => [name, 80]));
  const { rows, chunkRows, compressor, separator, attributes, seed } = array;
  const spec = { dtype: zarrDescr(schema, room), chunkRows, compressor, separator: separator as "." | "/", attributes };
  await using writer = await createZarrArray(folderStore(folder), path, spec, { codecs });
  const batch = rowsFrom(schema, rows, seed);
  // A NUL at the end of bytes is not kept by their type.
  for (const { data } of Object.values(batch.columns))
    if (Array.isArray(data)) for (const value of data) if (value instanceof Uint8Array) value.fill(7, -1);
  await writer.append(batch);
  await writer.close();
}

test("a group comes back from Parquet tables with the types, chunks, codecs, attributes and bytes that it had", async (t) => {
  const folder = scratch(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(anyArray, anyArray, fc.constantFrom("zarr", "zarr.zip"), async (one, two, suffix) => {
      const place = join(folder, String(run++));
      const from = join(place, "from.zarr");
      const store = folderStore(from);
      await createZarrGroup(store, "", { labels: ["a", "b"] });
      await createZarrGroup(store, "deep");
      await makeArray(from, "one", one);
      await makeArray(from, "deep/two", two);
      await convertArrays({ from, to: join(place, "tables.parquet") });
      const back = join(place, `back.${suffix}`);
      await convertArrays({ from: join(place, "tables.parquet"), to: back });
      if (suffix === "zarr.zip") await convertArrays({ from: back, to: join(place, "back.zarr") });
      for (const path of ["one", "deep/two"])
        assert.deepEqual(await keptOf(join(place, "back.zarr"), path), await keptOf(from, path));
      assert.deepEqual(JSON.parse(readFileSync(join(place, "back.zarr/.zattrs"), "utf8")), { labels: ["a", "b"] });
      assert.ok(existsSync(join(place, "back.zarr/deep/.zgroup")));
      rmSync(place, { recursive: true });
    }),
    { numRuns: 12 },
  );
});

test("plain arrays become tables of one column, and what is no table is kept as it was", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "from.zarr");
  const store = folderStore(from);
  await createZarrGroup(store, "");
  await createZarrGroup(store, "agents_mask");
  for (const [path, dtype, rowShape] of [
    ["agents_mask/0.5", "<u4", [2]],
    ["flags", "|b1", []],
    ["big", ">f8", [2, 3]],
  ] as const) {
    await using writer = await createZarrArray(store, path, { dtype, rowShape, chunkRows: 7 }, { codecs });
    const bytes = new Uint8Array((dtype === "|b1" ? 1 : 8) * (rowShape[1] ?? 1) * (dtype === ">f8" ? 2 : 1) * 20);
    for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === "|b1" ? i & 1 : (i * 37) & 0x3f;
    await writer.append(bytes);
    await writer.close();
  }
  // In chunks that are no rows, packed by something that nobody knows, and no array at all.
  const odd = { zarr_format: 2, shape: [4, 4], chunks: [2, 2], dtype: "<i2", order: "C", fill_value: 0 };
  await store.put("odd/.zarray", new TextEncoder().encode(JSON.stringify({ ...odd, filters: null, compressor: null })));
  await store.put("odd/0.1", new Uint8Array(8).fill(7));
  const unknown = { ...odd, chunks: [4, 4], filters: null, compressor: { id: "unheard-of" } };
  await store.put("unknown/.zarray", new TextEncoder().encode(JSON.stringify(unknown)));
  await store.put("notes/readme.txt", new TextEncoder().encode("by hand"));

  const tables = join(folder, "tables.parquet");
  const { arrays } = await convertArrays({ from, to: tables });
  assert.deepEqual(arrays, [
    { name: "agents_mask/0.5", rows: 20 },
    { name: "big", rows: 20 },
    { name: "flags", rows: 20 },
  ]);
  assert.ok(existsSync(join(tables, "agents_mask/0.5.parquet")) && existsSync(join(tables, "_zarr/odd/0.1")));
  const back = join(folder, "back.zarr");
  await convertArrays({ from: tables, to: back });
  for (const path of ["agents_mask/0.5", "big", "flags"])
    assert.deepEqual(await keptOf(back, path), await keptOf(from, path));
  for (const key of ["odd/.zarray", "odd/0.1", "unknown/.zarray", "notes/readme.txt", ".zgroup"])
    assert.deepEqual(readFileSync(join(back, key)), readFileSync(join(from, key)), key);
});

test("the real scene comes back from a zip byte for byte, and from Parquet tables value for value", async (t) => {
  const from = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (from === undefined) return;
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  const { arrays, warnings } = await convertArrays({ from, to: at("scene.zarr.zip") });
  assert.deepEqual(
    arrays.map(({ name, rows }) => [name, rows]),
    [
      ["agents", 20802],
      ["frames", 248],
      ["scenes", 1],
      ["traffic_light_faces", 3216],
    ],
  );
  assert.deepEqual(warnings, []);
  await convertArrays({ from: at("scene.zarr.zip"), to: at("unzipped.zarr") });
  assert.deepEqual(filesAt(at("unzipped.zarr")), filesAt(from));
  await convertArrays({ from: at("scene.zarr.zip"), to: at("scene.parquet") });
  await convertArrays({ from: at("scene.parquet"), to: at("back.zarr") });
  for (const { name } of arrays) assert.deepEqual(await keptOf(at("back.zarr"), name), await keptOf(from, name));
});

test("the same source gives the same bytes", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  await simulateL5kit({ out: from, scenes: 2, frames: 20, agents: 10 });
  for (const suffix of ["parquet", "zarr.zip"]) {
    for (const name of ["x", "y"]) await convertArrays({ from, to: join(folder, `${name}.${suffix}`) });
    const bytes = (name: string) => filesAt(join(folder, `${name}.${suffix}`));
    assert.deepEqual(bytes("x"), bytes("y"));
  }
});

test("what is in the way stays, unless it is to be replaced and of the kind that is written", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  const at = (name: string) => join(folder, name);
  await simulateL5kit({ out: from, scenes: 1, frames: 5, agents: 2 });
  const refused = (to: string, existing?: "overwrite") =>
    assert.rejects(convertArrays({ from, to, ...(existing && { existing }) }), { code: "exists" });
  await convertArrays({ from, to: at("b.zarr.zip") });
  await refused(at("b.zarr.zip"));
  await convertArrays({ from, to: at("b.zarr.zip"), existing: "overwrite" });
  await convertArrays({ from, to: at("b.parquet") });
  await convertArrays({ from, to: at("b.parquet"), existing: "overwrite" });
  writeFileSync(at("letter.zip"), "dear all");
  await refused(at("letter.zip"), "overwrite");
  assert.equal(readFileSync(at("letter.zip"), "utf8"), "dear all");
  mkdirSync(at("photos.parquet"));
  writeFileSync(at("photos.parquet/one.jpg"), "");
  await refused(at("photos.parquet"), "overwrite");
  assert.deepEqual(readdirSync(at("photos.parquet")), ["one.jpg"]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
    "no lock and no draft is left",
  );
});

test("wrong requests are one clear line", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  await simulateL5kit({ out: from, scenes: 1, frames: 5, agents: 2 });
  const at = (name: string) => join(folder, name);
  const cases: readonly [Parameters<typeof convertArrays>[0], string, RegExp][] = [
    [{ from, to: at("b.zarr") }, "usage", /both zarr/],
    [{ from, to: at("b") }, "usage", /must end in \.zarr, \.zarr\.zip or \.parquet, or --format be given, got /],
    [{ from, to: at("b.zarr"), format: "zarr-zip" }, "usage", /names a target of zarr, got --format zarr-zip/],
    [{ from, to: join(from, "b.parquet") }, "usage", /must lie apart/],
    [{ from: at("nothing.zarr"), to: at("b.parquet") }, "missing", /there is no such file or folder/],
    [{ from: folder, to: at("b.parquet") }, "unsupported", /must be a Zarr group/],
    [{ from, to: at("b.parquet"), compression: "zstd:99" }, "usage", /level of zstd/],
  ];
  for (const [options, code, message] of cases) {
    await assert.rejects(convertArrays(options), (error) => {
      assert.ok(error instanceof WindrowError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, /^Cannot /);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("tables that another tool changed are taken where they still fit their array, and refused where not", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  const tables = join(folder, "t.parquet");
  await simulateL5kit({ out: from, scenes: 2, frames: 5, agents: 3 });
  await convertArrays({ from, to: tables });
  const tools = { codecs, hashes: await nodeHashes(), createdBy: "test" };
  const store = folderStore(tables);
  const { openParquet } = await import("../src/formats/parquet/index.ts");
  const table = await openParquet("scenes.parquet", { store, ...tools });
  const metadata = Object.fromEntries(table.metadata);
  const write = async (schema: Schema, rows: number) => {
    await using draft = await store.draft("scenes.parquet");
    const sink = parquetSink(draft, schema, { ...tools, metadata: { "windrow.zarr": metadata["windrow.zarr"]! } });
    await sink.write(rowsFrom(schema, rows, 1));
    await sink.close();
    await draft.publish();
  };
  await write({ ...table.schema, host: { kind: "str" } }, 0);
  await convertArrays({ from: tables, to: join(folder, "fewer.zarr") });
  assert.equal((await infoArrays(join(folder, "fewer.zarr")))?.arrays.find(({ name }) => name === "scenes")?.blocks, 0);
  await write({ ...table.schema, host: { kind: "i32" } }, 1);
  await assert.rejects(convertArrays({ from: tables, to: join(folder, "b.zarr") }), {
    code: "damaged",
    message: /scenes\.parquet: its array has the field host of str, got a column of i32/,
  });
  await write({ frame_index_interval: table.schema["frame_index_interval"]! }, 1);
  await assert.rejects(convertArrays({ from: tables, to: join(folder, "b.zarr") }), {
    code: "damaged",
    message: /got the columns/,
  });
  assert.ok(!existsSync(join(folder, "b.zarr")));
});

test("a chunk that cannot be read leaves no target, and a name that leaves the group is refused", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  await simulateL5kit({ out: from, scenes: 1, frames: 5, agents: 3 });
  writeFileSync(join(from, "agents/0"), "not a chunk");
  await assert.rejects(convertArrays({ from, to: join(folder, "b.parquet") }), {
    code: "damaged",
    message: /agents\/0/,
  });
  assert.deepEqual(readdirSync(folder), ["a.zarr"]);
});

test("gaps between intervals and time that goes back are told of, by place", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  await simulateL5kit({ out: from, scenes: 2, frames: 10, agents: 3 });
  const store = folderStore(from);
  const { editZarrArray } = await import("../src/formats/zarr/index.ts");
  await using frames = await editZarrArray(store, "frames", { codecs });
  const array = (await openZarr(store, "frames", { codecs })) as ZarrArray; // made so above
  const batch = await array.read({ from: 4, to: 5 });
  (batch.columns["timestamp"]!.data as BigInt64Array)[0] = 5n;
  const interval = batch.columns["agent_index_interval"]!.data as BigInt64Array;
  interval[1]! -= 1n;
  await frames.set(4, batch);
  await frames.close();
  const { warnings } = await convertArrays({ from, to: join(folder, "b.zarr.zip") });
  assert.equal(warnings.length, 2);
  assert.match(warnings.join("\n"), /rows .* of agents, before row 5 of frames, are of no frame/);
  assert.match(warnings.join("\n"), /time goes back from \d+ to 5 ns at row 4 of frames/);
  const info = await infoArrays(join(folder, "b.zarr.zip"));
  assert.deepEqual(info?.l5kit?.warnings, warnings);
});

/** Converts in a process that is killed at the n-th call of the file system; gives the signal, and of an n of 0 how many calls there are. */
async function killedAt(n: number, from: string, to: string): Promise<{ signal: string | null; calls: number }> {
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const args = ["--import", script("kill-hook.ts"), script("arrays-kill-child.ts"), JSON.stringify({ from, to })];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, WINDROW_KILL_AT: String(n) },
  });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  const signal = await new Promise<string | null>((resolve) => child.once("close", (_, by) => resolve(by)));
  return { signal, calls: Number(out) };
}

test("a conversion that is killed leaves its target as it was, absent or whole, and the next one ends", async (t) => {
  const folder = scratch(t);
  const from = join(folder, "a.zarr");
  await simulateL5kit({ out: from, scenes: 2, frames: 20, agents: 10 });
  for (const suffix of ["zarr.zip", "parquet"]) {
    const [whole, to] = [join(folder, `whole.${suffix}`), join(folder, `killed.${suffix}`)];
    const { calls } = await killedAt(0, from, whole);
    assert.ok(calls > 20, `${calls} calls`);
    t.diagnostic(`${calls} calls for ${suffix}`);
    for (const part of [0.15, 0.4, 0.7, 0.9, 0.97]) {
      const { signal } = await killedAt(Math.ceil(part * calls), from, to);
      assert.equal(signal, "SIGKILL");
      if (existsSync(to)) assert.deepEqual(filesAt(to), filesAt(whole), `killed at ${part}`);
      rmSync(to, { recursive: true, force: true });
    }
    await convertArrays({ from, to });
    assert.deepEqual(filesAt(to), filesAt(whole));
    const left = readdirSync(folder).filter((name) => name.startsWith("."));
    assert.deepEqual(left, [], "nothing is left of killed runs");
  }
});

test("info tells of arrays that are no scenes, and of version 3", async (t) => {
  const folder = scratch(t);
  const group = join(folder, "g.zarr");
  await createZarrGroup(folderStore(group), "", { by: "hand" });
  await createZarrArray(folderStore(group), "plain", { dtype: "<f4", chunkRows: 5 }, { codecs });
  const v3 = { zarr_format: 3, node_type: "array", shape: [4], data_type: "int16", codecs: [{ name: "bytes" }] };
  const grid = { name: "regular", configuration: { chunk_shape: [2] } };
  mkdirSync(join(group, "three/c"), { recursive: true });
  writeFileSync(join(group, "three/zarr.json"), JSON.stringify({ ...v3, chunk_grid: grid }));
  writeFileSync(join(group, "three/c/0"), bytesOf(Int16Array.of(1, 2)));
  const info = await infoArrays(group);
  assert.deepEqual([info?.kind, info?.attributes, info?.l5kit], ["zarr", { by: "hand" }, null]);
  assert.deepEqual(
    info?.arrays.map(({ name, shape, dtype, chunks, blocks, bytes }) => ({
      name,
      shape,
      dtype,
      chunks,
      blocks,
      bytes,
    })),
    [
      { name: "plain", shape: [0], dtype: "<f4", chunks: [5], blocks: 0, bytes: 0 },
      { name: "three", shape: [4], dtype: "int16", chunks: [2], blocks: 1, bytes: 4 },
    ],
  );
  assert.equal(await infoArrays(folder), undefined);
});
