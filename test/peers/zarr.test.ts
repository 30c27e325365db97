/** Zarr and the real tools: their arrays read here, and ours in zarr-python 2 and tensorstore. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bytesOf, type NumberArray, type Store } from "../../src/core/index.ts";
import {
  createZarrArray,
  createZarrGroup,
  openZarr,
  type PlainValues,
  type ZarrArray,
  type ZarrGroup,
  type ZarrPlainArray,
} from "../../src/formats/zarr/index.ts";
import { folderStore, nodeCodecs } from "../../src/node/index.ts";
import { needShared } from "../shared.ts";
import { peersPython, zarrPython } from "./python.ts";

const python = zarrPython();
const skip = python === undefined ? "the Python with zarr 2 and tensorstore is not there" : false;
const script = fileURLToPath(new URL("zarr_arrays.py", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "windrow-zarr-"));
after(() => rmSync(scratch, { recursive: true }));
const codecs = nodeCodecs();

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, ...args], { maxBuffer: 1 << 28 });
  return stdout;
}

interface Told {
  readonly key: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, { hex?: string; text?: readonly string[]; bytes?: readonly string[] }>>;
}

async function groupAt(folder: string): Promise<ZarrGroup> {
  const group = await openZarr(folderStore(folder), "", { codecs });
  assert.ok(group.kind === "group");
  return group;
}

async function arrayIn(group: ZarrGroup, name: string): Promise<ZarrArray> {
  const array = await group.open(name);
  assert.ok(array.kind === "rows", name);
  return array;
}

/** Every array of a group once more, by columns and by records in turn. BloscLZ is only read: LZ4 takes its place. */
async function rewrite(from: ZarrGroup, store: Store, names: readonly string[]): Promise<readonly string[]> {
  await createZarrGroup(store, "", from.attributes);
  const others: string[] = [];
  for (const [i, name] of names.entries()) {
    const array = await arrayIn(from, name);
    const { dtype, chunkRows, fillValue, attributes, rowShape } = array;
    const isOther = array.compressor?.id === "blosc" && array.compressor.cname === "blosclz";
    if (isOther) others.push(name);
    const compressor = isOther ? { ...array.compressor, cname: "lz4" } : array.compressor;
    const spec = { dtype: dtype.descr, chunkRows, compressor, fillValue, attributes, rowShape };
    await using writer = await createZarrArray(store, name, spec, { codecs });
    const all = { from: 0, to: array.length };
    await writer.append(i % 2 === 0 ? await array.records(all) : await array.read(all));
    await writer.close();
  }
  return others;
}

interface Read {
  readonly key: string;
  readonly problems: readonly string[];
  readonly fields: number;
}

/** Two readers find what we wrote equal to what it was made of. */
async function checkRewritten(folder: string, like: string, others: readonly string[]): Promise<void> {
  const answers = JSON.parse(await run("read", folder, like)) as readonly Read[];
  assert.ok(
    answers.some(({ fields }) => fields > 0),
    "tensorstore read something",
  );
  for (const { key, problems } of answers) {
    const real = others.includes(key) ? problems.filter((problem) => !problem.startsWith("compressor")) : problems;
    assert.deepEqual(real, [], key);
  }
}

test("arrays of zarr-python of any type, chunks and codec are read, and what is made of them is read by it and by tensorstore", {
  skip,
}, async () => {
  for (const seed of [1, 2]) {
    const folder = join(scratch, `theirs-${seed}`);
    await run("write", folder, String(seed));
    const told = JSON.parse(readFileSync(join(folder, "told.json"), "utf8")) as readonly Told[];
    const group = await groupAt(folder);
    assert.deepEqual(await group.arrays(), told.map(({ key }) => key).sort());
    for (const { key, rows, columns } of told) {
      const array = await arrayIn(group, key);
      assert.equal(array.length, rows);
      const expected = readFileSync(join(folder, `${key}.bin`));
      const bytes = await array.records({ from: 0, to: rows });
      assert.ok(expected.equals(bytes), `${key}: ${JSON.stringify(array.compressor)}`);
      const batch = await array.read({ from: 0, to: rows });
      for (const [name, want] of Object.entries(columns)) {
        const data = batch.columns[name]?.data;
        assert.ok(data !== undefined, `${key} ${name}`);
        if (want.text !== undefined) assert.deepEqual(data, want.text, `${key} ${name}`);
        else if (want.bytes !== undefined)
          assert.deepEqual(
            (data as readonly Uint8Array[]).map((each) => each.toHex()),
            want.bytes,
          );
        else assert.equal(bytesOf(data as NumberArray).toHex(), want.hex, `${key} ${name}`);
      }
    }
    const ours = join(scratch, `ours-${seed}`);
    const others = await rewrite(group, folderStore(ours), await group.arrays());
    await checkRewritten(ours, folder, others);
  }
});

test("L5Kit's scene, read and written again, is the same to zarr-python and tensorstore", { skip }, async (t) => {
  const folder = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (folder === undefined) return;
  const group = await groupAt(folder);
  const ours = join(scratch, "scene");
  assert.deepEqual(await rewrite(group, folderStore(ours), await group.arrays()), []);
  await checkRewritten(ours, folder, []);
});

/** Values in the order of the shape, wherever they lie. */
function inOrder({ data, shape, strides }: PlainValues): unknown[] {
  const places = shape.reduce<readonly number[]>(
    (all, size, axis) => all.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * strides[axis]!)),
    [0],
  );
  return places.map((place) => data[place]);
}

/** All values of an array, as rows or through zarrita. */
async function valuesOf(array: ZarrArray | ZarrPlainArray): Promise<unknown[]> {
  if (array.kind === "plain") return inOrder(await array.read());
  const { columns } = await array.read({ from: 0, to: array.length });
  return [...columns["value"]!.data];
}

const ARRAYS: Readonly<Record<string, (bytes: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  i2: (bytes) => new Int16Array(bytes),
  i4: (bytes) => new Int32Array(bytes),
  u1: (bytes) => new Uint8Array(bytes),
  b1: (bytes) => new Uint8Array(bytes),
  f4: (bytes) => new Float32Array(bytes),
  f8: (bytes) => new Float64Array(bytes),
};

interface Fixture {
  readonly texts?: readonly string[];
  readonly hex?: string;
  readonly error?: string;
}

test("zarrita's fixtures have the values that zarr-python reads", { skip }, async (t) => {
  const folder = needShared(t, "data", "zarr", "zarrita_fixtures_v2.zarr");
  if (folder === undefined) return;
  const group = await groupAt(folder);
  const told = JSON.parse(await run("values", folder)) as Readonly<Record<string, Fixture>>;
  assert.equal((await group.arrays()).length, Object.keys(told).length);
  for (const [name, { texts, hex, error }] of Object.entries(told)) {
    assert.equal(error, undefined, name);
    const array = await group.open(name);
    assert.ok(array.kind !== "group");
    const values = await valuesOf(array);
    const text = (value: unknown) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
    if (texts !== undefined) assert.deepEqual(values.map(text), texts, name);
    else {
      const kind = Object.keys(ARRAYS).find((each) => name.split(".").includes(each))!;
      assert.deepEqual(values, [...(ARRAYS[kind]!(Uint8Array.fromHex(hex!).buffer) as Int16Array)], name);
    }
  }
});

test("the arrays of zarr_implementations are the reference image, whatever packs them", { skip }, async (t) => {
  const folder = needShared(t, "data", "zarr", "zarr_implementations.zr");
  const image = needShared(t, "data", "zarr", "reference_image.png");
  if (folder === undefined || image === undefined) return;
  const expected = Uint8Array.fromHex((await run("image", image)).trim());
  const names = await (await groupAt(folder)).arrays();
  assert.deepEqual(names, ["blosc", "gzip", "raw", "zlib"]);
  for (const name of names) {
    const array = await (await groupAt(folder)).open(name);
    assert.ok(array.kind === "plain");
    assert.deepEqual(array.shape, [512, 512, 3]);
    assert.deepEqual(Uint8Array.from(inOrder(await array.read()) as number[]), expected, name);
    const row = await array.read([7, { from: 10, to: 40, step: 3 }, null]);
    assert.deepEqual(row.shape, [10, 3]);
    assert.deepEqual(
      inOrder(row),
      Array.from({ length: 30 }, (_, i) => expected[(7 * 512 + 10 + 3 * Math.floor(i / 3)) * 3 + (i % 3)]),
    );
  }
});

test("structured arrays of zarr-python 3, in both of its formats, are read", {
  skip: peersPython() === undefined,
}, async () => {
  const folder = join(scratch, "three");
  const program = `
import sys, numpy as np, zarr, warnings
warnings.simplefilter("ignore")
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec
dt = np.dtype([("a", "<i8"), ("h", "<U4"), ("s", "S3"), ("b", "?"), ("n", [("x", "<f4"), ("y", "<i2")])])
x = np.zeros(70, dt); x["a"] = np.arange(70) - 3; x["h"] = "hé"; x["s"] = b"ab"; x["b"][::3] = True; x["n"]["x"] = np.arange(70) / 2; x["n"]["y"] = -1
for name, codec in {"blosc": BloscCodec(cname="zstd", shuffle="bitshuffle"), "gzip": GzipCodec(), "zstd": ZstdCodec(), "none": None}.items():
    for form in (2, 3):
        try: z = zarr.create_array(f"{sys.argv[1]}/{name}{form}", shape=(70,), chunks=(16,), dtype=dt, zarr_format=form, compressors=codec if form == 3 else "auto")
        except Exception as e: print(name, form, e, file=sys.stderr); raise
        z[:] = x
print(x.tobytes().hex())`;
  const { stdout } = await promisify(execFile)(peersPython() ?? "", ["-c", program, folder]);
  const store = folderStore(folder);
  for (const name of ["blosc", "gzip", "zstd", "none"].flatMap((each) => [`${each}2`, `${each}3`])) {
    const array = await openZarr(store, name, { codecs });
    assert.ok(array.kind === "rows");
    assert.equal((await array.records({ from: 0, to: 70 })).toHex(), stdout.trim(), name);
    const [row] = await array.rows({ from: 6, to: 7 });
    assert.deepEqual(row, { a: 3n, h: "hé", s: Uint8Array.of(97, 98), b: true, "n.x": 3, "n.y": -1 });
  }
});
