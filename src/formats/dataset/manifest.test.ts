/** Manifests that are not what they should be. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryStore } from "../../stores/index.ts";
import { type Manifest, manifestBytes, readManifest } from "./manifest.ts";

const LEDGER: Manifest["ledger"] = {
  input: 1,
  kept: 1,
  dropped: {},
  points: { used: 1, unused: {} },
  windows: { train: 1, validation: 0, test: 0 },
  traces: { all: 1, short: 0 },
  noted: {},
};
const MANIFEST: Manifest = {
  format: "windrow-dataset",
  version: 1,
  created_by: "test",
  request: "r",
  about: {},
  schema: { features: { kind: "f32", shape: [4, 5] } },
  window: { size: 4, stride: 1 },
  seed: "42",
  formats: ["mds"],
  counts: { train: [1], validation: [0], test: [0] },
  shard_samples: 10,
  ledger: LEDGER,
  generations: [{ request: "r", inputs: [], first_part: { train: 0, validation: 0, test: 0 }, ledger: LEDGER }],
  files: [{ path: "mds/index.json", bytes: 3, xxh64: "0123456789abcdef" }],
};

async function read(value: unknown): Promise<Manifest | undefined> {
  const store = memoryStore("data");
  await store.put("manifest.json", new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));
  return readManifest(store);
}

test("a manifest comes back as it was written; none is none", async () => {
  const store = memoryStore();
  assert.equal(await readManifest(store), undefined);
  await store.put("manifest.json", manifestBytes(MANIFEST));
  assert.deepEqual(await readManifest(store), MANIFEST);
});

test("what is wrong is said with its place", async () => {
  const file = MANIFEST.files[0]!;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ["{", /it is no JSON/],
    ["[]", /it must be an object, got \[\]/],
    [{ ...MANIFEST, version: 2 }, /version must be 1, got 2/],
    [{ ...MANIFEST, files: [file, { ...file, path: "../secret" }] }, /files\[1\] must be a path below the folder/],
    [{ ...MANIFEST, files: [{ ...file, bytes: -1 }] }, /files\[0\]/],
    [{ ...MANIFEST, counts: { ...MANIFEST.counts, test: [1.5] } }, /counts\.test must be a list of counts/],
    [{ ...MANIFEST, schema: { x: { kind: "toString" } } }, /schema must be columns by name/],
    [{ ...MANIFEST, seed: "x" }, /seed must be digits/],
    [{ ...MANIFEST, shard_samples: 0 }, /shard_samples must be/],
    [{ ...MANIFEST, ledger: { ...LEDGER, dropped: null } }, /ledger must be/],
    [{ ...MANIFEST, generations: null }, /generations must be/],
  ];
  for (const [value, message] of cases) await assert.rejects(read(value), { name: "WindrowError", message });
});

test("whatever a field is replaced by, it is read or refused in one line", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(MANIFEST)), fc.jsonValue(), async (field, value) => {
      const outcome = await read({ ...MANIFEST, [field]: value }).then(
        () => "read",
        (error: Error) => error.name,
      );
      assert.ok(outcome === "read" || outcome === "WindrowError", outcome);
    }),
  );
});
