/**
 * How fast are windows of 928 × 5 float32 written to Parquet, next to pyarrow in the same run?
 * `node bench/parquet-write.ts --dir DIR --python PYTHON [--n 40000] [--runs 5] [--cases none,snappy,zstd:1,zstd:3]`
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { type Compression, type Draft, type Hash, parseCompression, type Schema } from "../src/core/index.ts";
import { encodeRowGroup, parquetAssembly, type RowGroupMeta } from "../src/formats/parquet/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { interleaved, load, machine, median, placesOf, startPeer, table } from "./measure.ts";

const ROW = 928 * 5;
const GROUP = 1024;
const SCHEMA = { id: { kind: "i64" }, features: { kind: "f32", shape: [928, 5] } } as const satisfies Schema;

interface Task {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  readonly compression: Compression | undefined;
  readonly byteStreamSplit: boolean;
}

/** A row group's memory goes around: from the thread that encodes to the one that writes, and back. */
type Memory = ArrayBuffer | undefined;

const codecs = nodeCodecs();
/** The platform's CRC-32, some five times as fast as the room's own. */
const CRC32: Hash = {
  name: "crc32",
  digest: (bytes) => crc32(bytes).toString(16),
  begin() {
    let value = 0;
    return {
      update(bytes) {
        value = crc32(bytes, value);
      },
      digest: () => value.toString(16),
    };
  },
};
const hashes = new Map([["crc32", CRC32]]);
let windows = new Float32Array(0);

/** Reads a row group of windows and encodes it. */
function encode({ source, from, to, compression, byteStreamSplit }: Task, memory: Memory) {
  const length = to - from;
  if (windows.length < length * ROW) windows = new Float32Array(length * ROW);
  const data = windows.subarray(0, length * ROW);
  const file = openSync(source, "r");
  readSync(file, data, 0, data.byteLength, from * ROW * 4);
  closeSync(file);
  const id = BigInt64Array.from({ length }, (_, i) => BigInt(from + i));
  const batch = { length, columns: { id: { data: id }, features: { data } } };
  return encodeRowGroup(SCHEMA, batch, { codecs, hashes, compression, byteStreamSplit, memory });
}

/** A file as a draft, without any safety: pyarrow has none either. */
function plainDraft(path: string): Draft {
  const file = openSync(path, "w");
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    async write(part) {
      for (let done = 0; done < part.length; ) done += writeSync(file, part, done);
      bytes += part.length;
    },
    async publish() {},
    async [Symbol.asyncDispose]() {
      closeSync(file);
    },
  };
}

interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly meta: RowGroupMeta;
}

/** Encodes with `workers` threads, each one group ahead; groups come in order. */
async function* encoded(tasks: readonly Task[], pool: readonly Worker[]): AsyncGenerator<Encoded> {
  if (pool.length === 0) {
    let memory: Memory;
    for (const task of tasks) {
      const result = encode(task, memory);
      yield result;
      memory = result.bytes.buffer;
    }
    return;
  }
  const waiting = new Map<number, (result: Encoded) => void>();
  const results = tasks.map((_, i) => new Promise<Encoded>((resolve) => waiting.set(i, resolve)));
  const ask = (i: number, memory?: Memory): void => {
    if (i < tasks.length) pool[i % pool.length]!.postMessage({ i, task: tasks[i], memory }, memory ? [memory] : []);
  };
  for (const worker of pool)
    worker.on("message", ({ i, result }: { i: number; result: Encoded }) => waiting.get(i)!(result));
  for (let i = 0; i < 2 * pool.length; i++) ask(i);
  for (const [i, result] of results.entries()) {
    const done = await result;
    yield done;
    ask(i + 2 * pool.length, done.bytes.buffer);
  }
  for (const worker of pool) worker.removeAllListeners("message");
}

interface Written {
  readonly seconds: number;
  readonly bytes: number;
}

async function ours(tasks: readonly Task[], target: string, pool: readonly Worker[]): Promise<Written> {
  const began = performance.now();
  await using draft = plainDraft(target);
  const assembly = parquetAssembly(draft, SCHEMA, { createdBy: "windrow bench" });
  for await (const { bytes, meta } of encoded(tasks, pool)) await assembly.add(bytes, meta);
  const { bytes } = await assembly.close();
  return { seconds: (performance.now() - began) / 1000, bytes };
}

const HEAD = [
  "codec",
  "split",
  "pyarrow MB/s",
  "1 thread",
  "2 workers",
  "ratio 1",
  "ratio 2",
  "bytes theirs",
  "bytes ours",
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "40000" },
      runs: { type: "string", default: "5" },
      cases: { type: "string", default: "none,snappy,zstd:1,zstd:3" },
    },
  });
  const { dir, python } = placesOf(values, "bench/parquet-write.ts --dir DIR --python PYTHON [--n 40000] [--runs 5]");
  const n = Number(values.n);
  const raw = n * ROW * 4;
  const arrow = await startPeer(python, "parquet_write.py", { dir, n });
  const source = join(dir, "windows.f32");
  const pool = [0, 1].map(() => new Worker(new URL(import.meta.url)));
  console.log(machine());
  console.log(
    `${n} windows, ${(raw / 1e6).toFixed(0)} MB; pyarrow ${arrow.versions["pyarrow"]}; median of ${values.runs}`,
  );
  const rows: string[][] = [];
  for (const name of values.cases.split(","))
    for (const byteStreamSplit of [false, true]) {
      const tasks = Array.from({ length: Math.ceil(n / GROUP) }, (_, i): Task => {
        const to = Math.min(n, (i + 1) * GROUP);
        return { source, from: i * GROUP, to, compression: parseCompression(name), byteStreamSplit };
      });
      const split = byteStreamSplit ? "1" : "0";
      const { theirs, one, two } = await interleaved(Number(values.runs), {
        theirs: () => arrow.ask(`${name} ${split}`) as Promise<Written>,
        one: () => ours(tasks, join(dir, "ours.parquet"), []),
        two: () => ours(tasks, join(dir, "ours.parquet"), pool),
      });
      const rates = [theirs, one, two].map((runs) => raw / 1e6 / median(runs.map(({ seconds }) => seconds)));
      const ratios = rates.slice(1).map((rate) => (rate / rates[0]!).toFixed(2));
      const bytes = [theirs, two].map((runs) => String(runs[0]!.bytes));
      rows.push([name, byteStreamSplit ? "yes" : "no", ...rates.map((rate) => rate.toFixed(0)), ...ratios, ...bytes]);
    }
  console.log(table(HEAD, rows));
  console.log(`${load()} at the end`);
  arrow.end();
  for (const worker of pool) await worker.terminate();
}

if (isMainThread) await main();
else
  parentPort!.on("message", ({ i, task, memory }: { i: number; task: Task; memory: Memory }) => {
    const result = encode(task, memory);
    parentPort!.postMessage({ i, result }, [result.bytes.buffer]);
  });
