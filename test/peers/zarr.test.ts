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
  type ZarrArray,
  type ZarrGroup,
} from "../../src/formats/zarr/index.ts";
import { folderStore, nodeCodecs } from "../../src/node/index.ts";
import { needShared } from "../shared.ts";
import { zarrPython } from "./python.ts";

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
  for (const seed of [1, 2, 3]) {
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
