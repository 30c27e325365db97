/**
 * How fast are L5Kit's structured arrays read, written, and read frame by frame, next to zarr-python 2 and l5kit in the same run?
 * `node bench/zarr.ts --dir DIR --python PYTHON [--n FRAMES] [--runs 5] [--workers 2]`
 *
 * The peers are those of ../shared/peers/item06_zarr_l5kit.py, in the Python of `zarrPython()`. Each of their cases is a process; what it
 * times begins behind its imports. Ours is timed in this process: the first run, in which the engine compiles, and the median.
 * Written is twice: as zarr-python does, into files that the system stores when it likes, and durable.
 */

import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { rng, type Store } from "../src/core/index.ts";
import { type ChunkThreads, createZarrArray, openZarr, type ZarrArray } from "../src/formats/zarr/index.ts";
import { chunkThreads } from "../src/node/chunk-threads.ts";
import { folderStore, nodeCodecs } from "../src/node/index.ts";
import { zarrPython } from "../test/peers/python.ts";
import { shared } from "../test/shared.ts";
import { interleaved, load, machine, median, placesOf, type Took } from "./measure.ts";

const FRAMES_A_SCENE = 248;
const READS = 5000;
const PEER = "zarr-python";
const NAMES = ["scenes", "frames", "agents"] as const;
const codecs = nodeCodecs();

/** A folder without any safety, as zarr-python's is. */
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

async function arraysOf(store: Store, threads?: ChunkThreads): Promise<Record<(typeof NAMES)[number], ZarrArray>> {
  const group = await openZarr(store, "", { codecs, ...(threads && { threads }) });
  if (group.kind !== "group") throw new Error("Cannot measure: a group was expected");
  const arrays = await Promise.all(NAMES.map(async (name) => [name, await group.open(name)] as const));
  return Object.fromEntries(arrays) as Record<(typeof NAMES)[number], ZarrArray>; // of the three names
}

async function readAll(store: Store, threads?: ChunkThreads): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for (const array of Object.values(await arraysOf(store, threads)))
    all.push(await array.records({ from: 0, to: array.length }));
  return all;
}

async function writeAll(
  like: Record<string, ZarrArray>,
  rows: readonly Uint8Array[],
  to: Store,
  threads?: ChunkThreads,
) {
  for (const [i, name] of NAMES.entries()) {
    const { dtype, chunkRows, compressor } = like[name]!;
    const spec = { dtype: dtype.descr, chunkRows, compressor };
    await using writer = await createZarrArray(to, name, spec, { codecs, ...(threads && { threads }) });
    await writer.append(rows[i]!);
    await writer.close();
  }
}

/** Microseconds for a frame and its agents, in a fresh cache. */
async function randomReads(store: Store, how: "records" | "columns"): Promise<number> {
  const { frames, agents } = await arraysOf(store);
  const chance = rng("bench|zarr");
  const began = performance.now();
  let read = 0;
  for (let i = 0; i < READS; i++) {
    const row = chance.int(frames.length);
    const frame = await frames.records({ from: row, to: row + 1 });
    const interval = frames.view(frame, "agent_index_interval")!;
    const [from, to] = [Number(interval.data[interval.offset]), Number(interval.data[interval.offset + 1])];
    if (how === "records") read += (await agents.records({ from, to })).length;
    else read += (await agents.read({ from, to })).length;
  }
  if (read === 0) throw new Error("Cannot measure: no agents were read");
  return ((performance.now() - began) / READS) * 1000;
}

type Time = Pick<Took, "seconds" | "cpu">;

async function timed(work: () => Promise<unknown>): Promise<Time> {
  const began = performance.now();
  const beganCpu = cpuUsage();
  await work();
  const { user, system } = cpuUsage(beganCpu);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

interface Said {
  readonly wall_s: number;
  readonly cpu_s: number;
  readonly ms_per_read?: number;
  readonly raw_bytes?: number;
}

function report(what: string, megabytes: number, runs: Readonly<Record<string, readonly Time[]>>): void {
  const median1 = (who: string, key: keyof Time) => median(runs[who]!.map((took) => took[key]));
  const parts = Object.entries(runs).map(([who, took]) => {
    const seconds = median1(who, "seconds");
    const rate = `${who} ${(megabytes / seconds).toFixed(0)} MB/s (${median1(who, "cpu").toFixed(2)} CPU seconds)`;
    if (who === PEER) return rate;
    return `${rate}, first ${(megabytes / took[0]!.seconds).toFixed(0)}, ${(median1(PEER, "seconds") / seconds).toFixed(2)}x`;
  });
  console.log(`${what}, ${load()}: ${parts.join("; ")}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "24800" },
      runs: { type: "string", default: "5" },
      workers: { type: "string", default: "2" },
    },
  });
  const { dir } = placesOf(values, "bench/zarr.ts --dir DIR --python PYTHON");
  const script = shared("peers", "item06_zarr_l5kit.py");
  const python = zarrPython();
  if (python === undefined || script === undefined) {
    console.log("zarr-python 2, or ../shared, is not there: nothing is measured");
    return;
  }
  const scenes = Math.ceil(Number(values.n) / FRAMES_A_SCENE);
  const peer = async (name: string): Promise<Said> =>
    JSON.parse(
      execFileSync(python, [script, "--dir", dir, "--n", String(scenes), "--case", name], {
        stdio: ["ignore", "pipe", "ignore"],
      })
        .toString()
        .trim()
        .split("\n")
        .at(-1)!,
    );
  const peerTime = async (name: string): Promise<Time> => {
    const said = await peer(name);
    return { seconds: said.wall_s, cpu: said.cpu_s };
  };
  const megabytes = (await peer("v2_write")).raw_bytes! / 1e6;
  await peer("l5kit_write");
  const theirs = folderStore(join(dir, "zarr", "v2.zarr"));
  const ours = join(dir, "zarr", "ours.zarr");
  const runs = Number(values.runs);
  const workers = Number(values.workers);
  await using threads = chunkThreads(workers);
  console.log(`${machine()}; ${scenes} scenes, ${megabytes.toFixed(0)} MB raw; median of ${runs}`);
  // First: arrays of hundreds of megabytes that are held would slow down whoever collects garbage.
  const random = await interleaved(runs, {
    l5kit: async () => (await peer("l5kit_random_5000_cached")).ms_per_read! * 1000,
    "ours, records": () => randomReads(theirs, "records"),
    "ours, columns": () => randomReads(theirs, "columns"),
  });
  const micros = median(random["l5kit"]!);
  const parts = Object.entries(random).map(
    ([who, took]) =>
      `${who} ${median(took).toFixed(1)} µs (first ${took[0]!.toFixed(1)}), ${(micros / median(took)).toFixed(1)}x`,
  );
  console.log(`random frame with its agents, ${READS} of them, ${load()}: ${parts.join("; ")}`);
  const reads = await interleaved(runs, {
    [PEER]: () => peerTime("v2_full_read"),
    [`ours, ${workers} workers`]: () => timed(() => readAll(theirs, threads)),
    "ours, one thread": () => timed(() => readAll(theirs)),
  });
  report("full read", megabytes, reads);
  const like = await arraysOf(theirs);
  const rows = await readAll(theirs);
  const write = (store: (path: string) => Store, by?: ChunkThreads) => async () => {
    rmSync(ours, { recursive: true, force: true });
    return timed(() => writeAll(like, rows, store(ours), by));
  };
  const writes = await interleaved(runs, {
    [PEER]: () => peerTime("v2_write"),
    [`ours, ${workers} workers`]: write(plainFolder, threads),
    "ours, one thread": write(plainFolder),
    [`ours durable, ${workers} workers`]: write(folderStore, threads),
  });
  report("write", megabytes, writes);
}

await main();
