/**
 * How fast does `load` give batches of 64 windows of 928 × 5 float32, next to StreamingDataset in the same run; how soon the first;
 * how long is one sample; and what memory is held over epochs?
 * `node bench/load.ts --dir DIR --python PYTHON [--n 40000] [--runs 5] [--epochs 5]`
 *
 * Both read what MDSWriter wrote: raw, and zstd, which the peer unpacks to disk each time anew. All is in the page cache before the
 * clock starts; each run of ours is a process of its own that has loaded its code. The first batch is timed from the start of a process
 * to its end, from dist/ where it was built.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { argv, cpuUsage, execPath, hrtime, memoryUsage } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openMds } from "../src/formats/mds/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { load as loadBatches } from "../src/verbs/load.ts";
import { interleaved, load, machine, median, placesOf, run, startPeer, table } from "./measure.ts";

const BATCH = 64;
const FEATURES = { kind: "f32", shape: [928, 5] } as const;
const ROW_BYTES = 928 * 5 * 4;
const RANDOM_READS = 20_000;
const WARM_READS = 2_000;

interface Pass {
  readonly seconds: number;
  readonly cpu: number;
  readonly samples: number;
  /** Of the first value of each sample, as the peer's. */
  readonly sum: number;
}

interface Reads {
  readonly p50: number;
  readonly p99: number;
}

/** One epoch, in this process. */
async function pass(folder: string, epoch: number, arrays: "own" | "reused"): Promise<Pass> {
  const beganCpu = cpuUsage();
  const began = performance.now();
  let samples = 0;
  let sum = 0;
  const options = { batchSize: BATCH, epoch, arrays, columns: { features: FEATURES } };
  for await (const { length, columns } of loadBatches(folder, options)) {
    const { data } = columns.features;
    for (let row = 0; row < length; row++) sum += data[row * 4640]!;
    samples += length;
  }
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = cpuUsage(beganCpu);
  return { seconds, cpu: (user + system) / 1e6, samples, sum };
}

/** Single samples in any order. */
async function reads(folder: string): Promise<Reads> {
  const types = { features: FEATURES };
  await using mds = await openMds("", { store: folderStore(folder), codecs: nodeCodecs(), hashes: new Map(), types });
  using reader = mds.sampleReader();
  const into = new Uint8Array(reader.bytes);
  const took = new Float64Array(RANDOM_READS);
  let row = 1;
  for (let i = 0; i < RANDOM_READS; i++) {
    row = (row * 48_271) % 2_147_483_647; // MINSTD: any order will do
    const began = hrtime.bigint();
    reader.readInto(row % mds.length, into);
    took[i] = Number(hrtime.bigint() - began) / 1000;
  }
  const sorted = took.subarray(WARM_READS).sort();
  return { p50: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(0.99 * sorted.length)]! };
}

/** MiB that the process holds after each of several epochs, and its code alone. */
async function memory(folder: string, epochs: readonly number[], arrays: "own" | "reused"): Promise<number[]> {
  const held: number[] = [memoryUsage.rss() / 2 ** 20];
  for (const epoch of epochs) {
    await pass(folder, epoch, arrays);
    held.push(memoryUsage.rss() / 2 ** 20);
  }
  const peak = Number(readFileSync("/proc/self/status", "utf8").match(/^VmHWM:\s+(\d+) kB/m)?.[1] ?? Number.NaN) / 1024;
  return [...held, peak];
}

/** A case of ours in a process of its own, which answers with a JSON line. */
async function child<T>(kind: string, ...args: readonly string[]): Promise<T> {
  const { stdout } = await run([execPath, fileURLToPath(import.meta.url), `--child=${kind}`, ...args]);
  return JSON.parse(stdout) as T; // what the child printed
}

async function work(kind: string, [folder = "", epoch = "0", arrays = "own"]: readonly string[]): Promise<unknown> {
  const how = arrays === "reused" ? "reused" : "own";
  if (kind === "reads") return reads(folder);
  if (kind === "memory") return memory(folder, epoch.split(",").map(Number), how);
  await pass(folder, Number(epoch), how);
  return pass(folder, Number(epoch), how);
}

/** Milliseconds from the start of a process to its end, with the first batch given. */
function firstBatch(module: string, folder: string): number {
  const script = `
    import { load } from ${JSON.stringify(module)};
    const columns = { features: { kind: "f32", shape: [928, 5] } };
    for await (const batch of load(${JSON.stringify(folder)}, { batchSize: ${BATCH}, columns })) {
      if (batch.columns.features.data.length !== batch.length * 4640) throw new Error("no batch");
      break;
    }`;
  return processMs([execPath, "--input-type=module", "-e", script]);
}

function processMs(command: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run ${command[0]}: it left with ${status}\n${stderr.slice(-2000)}`);
  return performance.now() - began;
}

/** So that nobody waits for the disk. */
function warm(folder: string): void {
  for (const name of readdirSync(folder)) readFileSync(join(folder, name));
}

function report(
  title: string,
  megabytes: number,
  runs: Readonly<Record<string, readonly Pass[]>>,
  peers: string,
): void {
  const theirs = median(runs[peers]!.map(({ seconds }) => seconds));
  const rows = Object.entries(runs).map(([name, took]) => {
    const seconds = median(took.map((one) => one.seconds));
    const rate = (took[0]!.samples / seconds / 1000).toFixed(1);
    const ratio = (theirs / seconds).toFixed(2);
    return [name, (megabytes / seconds).toFixed(0), rate, median(took.map(({ cpu }) => cpu)).toFixed(2), `${ratio}x`];
  });
  console.log(`\n${title}, ${load()}\n${table(["who", "MB/s", "1000 samples/s", "CPU s", `to ${peers}`], rows)}`);
  const sums = new Set(Object.values(runs).flatMap((took) => took.map(({ sum }) => sum.toFixed(1))));
  if (sums.size !== 1) throw new Error(`Cannot compare: the samples are not the same, got sums ${[...sums]}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "40000" },
      runs: { type: "string", default: "5" },
      epochs: { type: "string", default: "5" },
    },
  });
  const { dir, python } = placesOf(values, "bench/load.ts --dir DIR --python PYTHON");
  const n = Number(values.n);
  const runs = Number(values.runs);
  const megabytes = (n * ROW_BYTES) / 1e6;
  const peer = await startPeer(python, "mds_read.py", { dir, n });
  console.log(`${machine()}; ${JSON.stringify(peer.versions)}`);
  const [raw, zstd] = [join(dir, "mds_none"), join(dir, "mds_zstd")];
  for (const folder of [raw, zstd]) warm(folder);
  const ask = async <T>(line: string) => (await peer.ask(line)) as T; // mds_read.py answers so
  report(
    "raw, in order",
    megabytes,
    await interleaved(runs, {
      StreamingDataset: () => ask<Pass>("none"),
      "StreamingDataset, ds[i]": () => ask<Pass>("each"),
      load: () => child<Pass>("pass", raw),
      "load, arrays reused": () => child<Pass>("pass", raw, "0", "reused"),
      "load, epoch 1": () => child<Pass>("pass", raw, "1"),
    }),
    "StreamingDataset",
  );
  report(
    "zstd, in order",
    megabytes,
    await interleaved(runs, {
      StreamingDataset: () => ask<Pass>("zstd"),
      load: () => child<Pass>("pass", zstd),
      "load, arrays reused": () => child<Pass>("pass", zstd, "0", "reused"),
      "load, epoch 1": () => child<Pass>("pass", zstd, "1"),
    }),
    "StreamingDataset",
  );

  const single = await interleaved(runs, {
    theirs: () => ask<Reads>("random"),
    ours: () => child<Reads>("reads", raw),
  });
  const of = (all: readonly Reads[], key: keyof Reads) => median(all.map((one) => one[key])).toFixed(2);
  console.log(`\none sample, µs, ${load()}`);
  const names = ["theirs", "ours"] as const;
  console.log(
    table(
      ["who", "p50", "p99"],
      names.map((name) => [name, of(single[name], "p50"), of(single[name], "p99")]),
    ),
  );

  await first(
    { raw, zstd, peer: [python, fileURLToPath(new URL("peers/mds_read.py", import.meta.url)), "--dir", dir] },
    runs,
    ask,
  );
  peer.end();

  await epochs({ raw, zstd }, Number(values.epochs));
}

/** What is held over epochs. */
async function epochs(folders: Readonly<Record<string, string>>, count: number): Promise<void> {
  const later = Array.from({ length: count }, (_, i) => i + 1).join();
  const inOrder = later.replaceAll(/\d+/g, "0");
  const held: string[][] = [];
  for (const [name, folder] of Object.entries(folders)) {
    for (const [order, which] of Object.entries({ "in order": inOrder, shuffled: later })) {
      for (const arrays of ["own", "reused"]) {
        const mib = await child<number[]>("memory", folder, which, arrays);
        held.push([`${name}, ${order}, arrays ${arrays}`, ...mib.map((each) => each.toFixed(0))]);
      }
    }
  }
  console.log(`\nMiB held (the code alone, after each epoch, and at most), ${load()}`);
  console.log(table(["what", "code", ...later.split(","), "peak"], held));
}

/** The first batch of a process that begins, from dist/ where it was built. */
async function first(
  { raw, zstd, peer }: { readonly raw: string; readonly zstd: string; readonly peer: readonly string[] },
  runs: number,
  ask: (line: string) => Promise<unknown>,
): Promise<void> {
  const dist = fileURLToPath(new URL("../dist/", import.meta.url));
  const doors = existsSync(dist)
    ? { windrow: join(dist, "index.js"), "windrow/load": join(dist, "verbs", "load.js") }
    : { "src/verbs/load.ts": fileURLToPath(new URL("../src/verbs/load.ts", import.meta.url)) };
  const cases: Record<string, () => Promise<number>> = { "node -e 0": async () => processMs([execPath, "-e", "0"]) };
  for (const [door, module] of Object.entries(doors)) {
    for (const [name, folder] of Object.entries({ raw, zstd })) {
      cases[`${door}, ${name}`] = async () => firstBatch(module, folder);
    }
  }
  const took = await interleaved(Math.max(runs, 2 * runs), cases);
  for (const name of ["none", "zstd"]) {
    await ask("link");
    took[`StreamingDataset, ${name}`] = [processMs([...peer, "--first", name])];
  }
  console.log(`\nfirst batch of a new process, ms, ${load()}`);
  const ms = (value: number) => value.toFixed(0);
  console.log(
    table(
      ["start", "median", "least", "most"],
      Object.entries(took).map(([name, all]) => [name, ms(median(all)), ms(Math.min(...all)), ms(Math.max(...all))]),
    ),
  );
}

const kind = argv.find((arg) => arg.startsWith("--child="))?.slice("--child=".length);
if (kind === undefined) await main();
else console.log(JSON.stringify(await work(kind, argv.slice(argv.indexOf(`--child=${kind}`) + 1))));
