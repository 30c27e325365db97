/** `load` and StreamingDataset: the same samples in the same order, of folders that either wrote. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mdsSink, mergedIndex, type WorkerShards } from "../../src/formats/mds/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../../src/node/index.ts";
import { load } from "../../src/verbs/index.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("load.py", import.meta.url));
const SAMPLES = 300;
const COLUMNS = { features: { kind: "f32", shape: [4, 5] }, n: "i64", name: "str" } as const;
let folder = "";

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, ...args], { maxBuffer: 1 << 28 });
  return stdout;
}

/** A sample as load.py prints it. */
interface Printed {
  readonly features: string;
  readonly n: number;
  readonly name: string;
}

async function theirs(places: readonly string[]): Promise<readonly Printed[][]> {
  const lines = (await run("iterate", ...places.map((place) => join(folder, place)))).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function ours(place: string, epoch = 0): Promise<Printed[]> {
  const found: Printed[] = [];
  for await (const { length, columns } of load(join(folder, place), { batchSize: 64, epoch, columns: COLUMNS })) {
    const bytes = new Uint8Array(columns.features.data.buffer);
    for (let row = 0; row < length; row++) {
      const features = bytes.subarray(80 * row, 80 * (row + 1)).toHex();
      found.push({ features, n: Number(columns.n.data[row]), name: columns.name.data[row]! });
    }
  }
  return found;
}

/** The samples that load.py makes. */
const EXPECTED = Array.from({ length: SAMPLES }, (_, n): Printed => {
  const features = Float32Array.from({ length: 20 }, (_, i) => i + n / 8);
  return { features: new Uint8Array(features.buffer).toHex(), n, name: `${"é".repeat(n % 4)}${n}` };
});

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "windrow-load-peer-"));
  if (python !== undefined) await run("write", join(folder, "theirs"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("what MDSWriter wrote is loaded in the order of StreamingDataset's loop, and shuffled each sample once", {
  skip,
}, async () => {
  const places = ["raw", "bytes", "zstd", "gz"].map((name) => `theirs/${name}`);
  for (const [i, read] of (await theirs(places)).entries()) {
    assert.deepEqual(read, EXPECTED, places[i]!);
    assert.deepEqual(await ours(places[i]!), read, places[i]!);
    const shuffled = await ours(places[i]!, 1);
    assert.notDeepEqual(shuffled, read);
    assert.deepEqual(
      shuffled.toSorted((a, b) => a.n - b.n),
      read,
    );
  }
});

test("workers' folders under a root are loaded in the order of StreamingDataset's loop", { skip }, async () => {
  const store = folderStore(join(folder, "ours"));
  const packers = { codecs: nodeCodecs(), hashes: await nodeHashes() };
  const schema = { features: COLUMNS.features, n: { kind: "i64" }, name: { kind: "str" } } as const;
  const workers: WorkerShards[] = [];
  for (const [part, compression] of [undefined, { codec: "zstd" }].entries()) {
    const rows = EXPECTED.slice(150 * part, 150 * (part + 1));
    const prefix = `worker_0${part}`;
    const options = { packers, shardBytes: 4096, compression };
    await using sink = await mdsSink(store, prefix, schema, options);
    const features = Uint8Array.fromHex(rows.map((row) => row.features).join(""));
    await sink.write({
      length: 150,
      columns: {
        features: { data: new Float32Array(features.buffer) },
        n: { data: BigInt64Array.from(rows, ({ n }) => BigInt(n)) },
        name: { data: rows.map(({ name }) => name) },
      },
    });
    workers.push({ prefix, entries: await sink.close() });
  }
  await store.put("index.json", mergedIndex(workers));
  const [read] = await theirs(["ours"]);
  assert.deepEqual(read, EXPECTED);
  assert.deepEqual(await ours("ours"), read);
});
