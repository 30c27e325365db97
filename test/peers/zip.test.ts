/** Zips of ours read by Python's zipfile and zarr-python's ZipStore, and theirs read by us. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { folderStore, nodeCodecs, nodeHashes } from "../../src/node/index.ts";
import { zipStore, zipWriter } from "../../src/stores/index.ts";
import { skipWithout } from "../shared.ts";
import { zarrPython } from "./python.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const SCRIPT = fileURLToPath(new URL("zip.py", import.meta.url));

function setUp(t: TestContext): { readonly folder: string; readonly run: (...args: string[]) => string } | undefined {
  const python = zarrPython();
  if (python === undefined) {
    skipWithout(t, "a Python with zarr 2");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "windrow-zip-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    run: (...args) => execFileSync(python, [SCRIPT, ...args], { encoding: "utf8", maxBuffer: 1 << 28 }),
  };
}

const content = (i: number) => Uint8Array.from({ length: i * 7 }, (_, k) => (i * k) % 251);

test("what Python's zipfile writes is read: stored, deflated, piped, with zip64 and a comment", async (t) => {
  const peer = setUp(t);
  if (peer === undefined) return;
  peer.run("write", peer.folder);
  for (const key of ["stored.zip", "deflated.zip", "piped.zip"]) {
    using zip = await zipStore({ store: folderStore(peer.folder), key, ...TOOLS });
    assert.equal((await Array.fromAsync(zip.list("folder/"))).length, 50, key);
    for (let i = 0; i < 50; i++) assert.deepEqual(await zip.get(`folder/grün-${i}`), content(i), `${key} ${i}`);
    assert.deepEqual(await zip.get("wide"), content(99), key);
    assert.deepEqual(await zip.get("wide", { from: 100, to: 200 }), content(99).slice(100, 200), key);
  }
  using zarr = await zipStore({ store: folderStore(peer.folder), key: "zarr.zip", ...TOOLS });
  const chunk = await zarr.get("a/7.0");
  assert.deepEqual(
    new Int32Array(chunk!.buffer, chunk!.byteOffset, 100),
    Int32Array.from({ length: 100 }, (_, i) => 700 + i),
  );
});

test("what we write Python's zipfile reads, entry for entry, with 70,000 of them too", async (t) => {
  const peer = setUp(t);
  if (peer === undefined) return;
  for (const [key, count, compression] of [
    ["stored.zip", 100, undefined],
    ["deflated.zip", 100, { codec: "gz", level: 6 }],
    ["many.zip", 70_000, undefined],
  ] as const) {
    await using zip = await zipWriter({
      store: folderStore(peer.folder),
      key,
      ...TOOLS,
      ...(compression === undefined ? {} : { compression }),
    });
    const names = Array.from({ length: count }, (_, i) => `grün/${i}`);
    for (const [i, name] of names.entries()) await zip.put(name, content(i % 60));
    await zip.publish();
    const found = JSON.parse(peer.run("read", join(peer.folder, key)));
    assert.deepEqual(found, {
      bad: null,
      names,
      sizes: names.map((_, i) => (i % 60) * 7),
      methods: compression === undefined ? [0] : [0, 8],
      dates: ["(1980, 1, 1, 0, 0, 0)"],
      modes: ["0o100644"],
    });
  }
});

test("a Zarr that is copied into a zip of ours is one to zarr-python", async (t) => {
  const peer = setUp(t);
  if (peer === undefined) return;
  peer.run("write", peer.folder);
  const store = folderStore(peer.folder);
  using source = await zipStore({ store, key: "zarr.zip", ...TOOLS });
  await using copy = await zipWriter({ store, key: "copy.zip", ...TOOLS });
  for await (const key of source.list("")) await copy.put(key, (await source.get(key))!);
  await copy.publish();
  const rows = JSON.parse(peer.run("read-zarr", join(peer.folder, "copy.zip"))) as number[][];
  assert.deepEqual(
    rows.flat(),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});
