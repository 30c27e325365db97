/**
 * How fast are windows of 928 × 5 float32 written to MDS by two threads, next to MDSWriter in the same run?
 * `node bench/mds-write.ts --dir DIR --python PYTHON [--n 40000] [--runs 5] [--workers 2] [--cases none,zstd,zstd:1] [--hashes sha1,xxh64]`
 *
 * Ours is measured twice: as MDSWriter writes, into files under their final names that the system stores when it likes, and durable:
 * into a draft that is synced and renamed. The threads and the peer are started before the clock is.
 */

import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { type Compression, parseCompression, type Store } from "../src/core/index.ts";
import { mdsSink, mergedIndex, type ShardEntry } from "../src/formats/mds/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { nodeHashes } from "../src/node/hashes.ts";
import { interleaved, load, machine, median, placesOf, startPeer, type Took } from "./measure.ts";

const ROW = 928 * 5;
const ROW_BYTES = ROW * 4;
// Rows read at a time: they stay in the cache until they are in the shard.
const BLOCK = 64;
const SCHEMA = { features: { kind: "f32", shape: [928, 5] } } as const;

type Time = Pick<Took, "seconds" | "cpu">;

interface Task {
  readonly source: string;
  readonly out: string;
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
  readonly compression: Compression | undefined;
  readonly hashes: readonly string[];
  readonly durable: boolean;
}

/** A folder without any safety, as MDSWriter's is. */
function plainFolder(path: string): Store {
  return {
    ...folderStore(path),
    async put(key, bytes) {
      mkdirSync(join(path, key, ".."), { recursive: true });
      const file = openSync(join(path, key), "w");
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      closeSync(file);
    },
  };
}

async function write(task: Task, hashes: Awaited<ReturnType<typeof nodeHashes>>): Promise<readonly ShardEntry[]> {
  const store = task.durable ? folderStore(task.out) : plainFolder(task.out);
  const packers = { codecs: nodeCodecs(), hashes };
  await using sink = await mdsSink(store, task.prefix, SCHEMA, { ...task, packers, style: "bytes" });
  const windows = new Float32Array(BLOCK * ROW);
  const file = openSync(task.source, "r");
  for (let row = task.from; row < task.to; row += BLOCK) {
    const length = Math.min(BLOCK, task.to - row);
    readSync(file, windows, 0, length * ROW_BYTES, row * ROW_BYTES);
    await sink.write({ length, columns: { features: { data: windows.subarray(0, length * ROW) } } });
  }
  closeSync(file);
  return await sink.close();
}

async function work(): Promise<void> {
  const hashes = await nodeHashes();
  parentPort!.on("message", async (task: Task) => parentPort!.postMessage(await write(task, hashes)));
  parentPort!.postMessage("ready");
}

async function ours(pool: readonly Worker[], task: Omit<Task, "from" | "to" | "prefix">, n: number): Promise<Time> {
  rmSync(task.out, { recursive: true, force: true });
  const began = performance.now();
  const beganCpu = cpuUsage();
  const share = Math.ceil(n / pool.length);
  const workers = await Promise.all(
    pool.map(async (worker, i) => {
      const prefix = `worker_0${i}`;
      worker.postMessage({ ...task, prefix, from: i * share, to: Math.min(n, (i + 1) * share) });
      return { prefix, entries: (await answer(worker)) as readonly ShardEntry[] };
    }),
  );
  await (task.durable ? folderStore(task.out) : plainFolder(task.out)).put("index.json", mergedIndex(workers));
  const { user, system } = cpuUsage(beganCpu);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

function answer(worker: Worker): Promise<unknown> {
  return once(worker, "message").then(([message]) => message);
}

function report(name: string, megabytes: number, runs: Readonly<Record<string, readonly Time[]>>): void {
  const peers = median(runs["MDSWriter"]!.map(({ seconds }) => seconds));
  const parts = Object.entries(runs).map(([who, took]) => {
    const seconds = median(took.map((one) => one.seconds));
    const rates = `${(megabytes / seconds).toFixed(0)} MB/s (${median(took.map(({ cpu }) => cpu)).toFixed(1)} CPU seconds)`;
    return who === "MDSWriter" ? `${who} ${rates}` : `${who} ${rates}, ${(peers / seconds).toFixed(2)}x`;
  });
  console.log(`${name}: ${parts.join("; ")}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "40000" },
      runs: { type: "string", default: "5" },
      workers: { type: "string", default: "2" },
      cases: { type: "string", default: "none,zstd" },
      hashes: { type: "string", default: "none" },
    },
  });
  const { dir, python } = placesOf(values, "bench/mds-write.ts --dir DIR --python PYTHON");
  const n = Number(values.n);
  const source = join(dir, "windows.f32");
  const out = join(dir, "ours");
  const hashes = values.hashes === "none" ? [] : values.hashes.split(",");
  const theirs = await startPeer(python, "mds_write.py", { dir, n });
  const pool = Array.from({ length: Number(values.workers) }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(pool.map(answer));
  const megabytes = (n * ROW_BYTES) / 1e6;
  console.log(`${machine()}; mosaicml-streaming ${theirs.versions["mosaicml-streaming"]}, ${pool.length} workers`);
  console.log(
    `${n} windows, ${megabytes.toFixed(0)} MB raw of ${(statSync(source).size / 1e6).toFixed(0)}; median of ${values.runs}; hashes ${values.hashes}`,
  );
  for (const name of values.cases.split(",")) {
    const compression = parseCompression(name);
    const runs = await interleaved(Number(values.runs), {
      MDSWriter: () => theirs.ask(`${name} ${values.hashes}`) as Promise<Time>,
      ours: () => ours(pool, { source, out, compression, hashes, durable: false }, n),
      "ours durable": () => ours(pool, { source, out, compression, hashes, durable: true }, n),
    });
    report(`${name}, ${load()}`, megabytes, runs);
  }
  for (const worker of pool) await worker.terminate();
  theirs.end();
}

if (isMainThread) await main();
else await work();
