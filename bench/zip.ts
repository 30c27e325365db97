/**
 * How fast is a zip of many stored entries opened, read at random and written, next to Python's zipfile in the same run?
 * `node bench/zip.ts --dir DIR --python PYTHON [--n 10000] [--runs 5]`: n entries of 4 kB, as a zipped Zarr has them.
 *
 * Both check each entry's CRC-32 when they read it whole. `open` reads the same entries as open files, as the Zarr reader does: no checksum.
 */

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type Key, rng } from "../src/core/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { type ZipStore, zipStore, zipWriter } from "../src/stores/index.ts";
import { interleaved, machine, median, placesOf, startPeer, table } from "./measure.ts";

const READS = 5000;
const ENTRY_BYTES = 4000;
const KEY = "many.zip";

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    python: { type: "string" },
    n: { type: "string", default: "10000" },
    runs: { type: "string", default: "5" },
  },
});
const { dir, python } = placesOf(values, "bench/zip.ts --dir DIR --python PYTHON");
const count = Number(values.n);
const tools = { store: folderStore(dir), codecs: nodeCodecs(), hashes: await nodeHashes() };

function entries(): (readonly [Key, Uint8Array])[] {
  const chance = rng("zip");
  return Array.from({ length: count }, (_, i) => [
    `frames/${i}.${i % 7}`,
    Uint8Array.from({ length: ENTRY_BYTES }, () => chance.int(256)),
  ]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function written(key: Key, all: readonly (readonly [Key, Uint8Array])[]): Promise<void> {
  await using zip = await zipWriter({ ...tools, key });
  for (const [name, bytes] of all) await zip.put(name, bytes);
  await zip.publish();
}

async function readOf(read: (zip: ZipStore, key: Key) => Promise<void>): Promise<number> {
  using zip = await zipStore({ ...tools, key: KEY });
  const keys = await Array.fromAsync(zip.list(""));
  const chance = rng("reads");
  const chosen = Array.from({ length: READS }, () => keys[chance.int(keys.length)]!);
  return await timed(async () => {
    for (const key of chosen) await read(zip, key);
  });
}

const all = entries();
await written(KEY, all);
console.log(machine());
const peer = await startPeer(python, "zip_read.py", { dir, n: count });
const ask = async (how: string) =>
  ((await peer.ask(`${how} ${join(dir, KEY)}`)) as { readonly seconds: number }).seconds; // as the script answers
const into = new Uint8Array(ENTRY_BYTES);
const results = await interleaved(Number(values.runs), {
  open: () =>
    timed(async () => {
      using zip = await zipStore({ ...tools, key: KEY });
      if ((await zip.size(all[0]![0])) !== ENTRY_BYTES) throw new Error("Cannot measure: the zip is another");
    }),
  pythonOpen: () => ask("open"),
  get: () => readOf(async (zip, key) => void (await zip.get(key))),
  openFile: () =>
    readOf(async (zip, key) => {
      using file = zip.open!(key)!;
      file.readInto(0, into);
    }),
  pythonRead: () => ask("read"),
  write: () => timed(() => written("copy.zip", all)),
  pythonWrite: () => ask("write"),
});
peer.end();

const ms = (seconds: number, each: number, unit: string) => `${((1e6 * seconds) / each).toFixed(1)} ${unit}`;
const row = (name: string, own: readonly number[], peers: readonly number[], each: number) => [
  name,
  ms(median(own), each, "µs"),
  ms(median(peers), each, "µs"),
  `${(median(peers) / median(own)).toFixed(2)}×`,
];
console.log(
  table(
    ["of each entry", "windrow", `Python ${peer.versions["python"]} zipfile`, "ratio"],
    [
      row("open the directory", results.open, results.pythonOpen, count),
      row("read whole, by chance", results.get, results.pythonRead, READS),
      row("read as an open file, by chance", results.openFile, results.pythonRead, READS),
      row("write, durable (Python: not)", results.write, results.pythonWrite, count),
    ],
  ),
);
