/**
 * How fast does `windrow convert` turn windows of 928 × 5 float32 from one format into another, next to the loops that people write with
 * pyarrow and mosaicml-streaming, in the same run?
 * `node bench/convert.ts --dir DIR --python PYTHON [--n 40000] [--runs 3] [--workers 2]`
 *
 * Ours is the whole command, start and fsync included; the peer's process is started, and its imports done, before the clock is.
 */

import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mdsSink } from "../src/formats/mds/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { nodeHashes } from "../src/node/hashes.ts";
import {
  interleaved,
  load,
  machine,
  median,
  type Peer,
  placesOf,
  run,
  startPeer,
  type Took,
  table,
  WINDROW,
} from "./measure.ts";

const ROW = 928 * 5;
const ROW_BYTES = ROW * 4;
const BLOCK = 1000;
const SCHEMA = { features: { kind: "f32", shape: [928, 5] } } as const;

/** The windows as unpacked MDS, and from it as Parquet. */
async function makeSources(dir: string, n: number): Promise<void> {
  for (const name of ["source", "source.parquet"]) rmSync(join(dir, name), { recursive: true, force: true });
  const packers = { codecs: nodeCodecs(), hashes: await nodeHashes() };
  await using sink = await mdsSink(folderStore(join(dir, "source")), "", SCHEMA, { packers });
  const windows = new Float32Array(BLOCK * ROW);
  const file = openSync(join(dir, "windows.f32"), "r");
  for (let row = 0; row < n; row += BLOCK) {
    const length = Math.min(BLOCK, n - row);
    readSync(file, windows, 0, length * ROW_BYTES, row * ROW_BYTES);
    await sink.write({ length, columns: { features: { data: windows.subarray(0, length * ROW) } } });
  }
  closeSync(file);
  await sink.close();
  await run([...WINDROW, "convert", join(dir, "source"), join(dir, "source.parquet")]);
}

interface Case {
  readonly name: string;
  /** The peer's, if it has one. */
  readonly peer?: string;
  readonly options: readonly string[];
}

const CASES: readonly Case[] = [
  { name: "MDS to Parquet, zstd:1", peer: "mds-parquet", options: ["source", "ours", "--format", "parquet"] },
  { name: "Parquet to MDS, zstd:1", peer: "parquet-mds", options: ["source.parquet", "ours"] },
  { name: "Parquet to 16 parts of MDS, zstd:1", options: ["source.parquet", "ours", "--parts", "16"] },
  { name: "MDS to Arrow, none", options: ["source", "ours", "--format", "arrow", "--compression", "none"] },
];

async function ours(dir: string, { options }: Case, workers: string): Promise<Time> {
  rmSync(join(dir, "ours"), { recursive: true, force: true });
  const [from = "", to = "", ...rest] = options;
  return run([...WINDROW, "convert", join(dir, from), join(dir, to), ...rest, "--workers", workers]);
}

type Time = Pick<Took, "seconds" | "cpu"> & Partial<Took>;

async function theirs(peer: Peer, name: string, processes: number): Promise<Time> {
  return (await peer.ask(`${name} ${processes}`)) as Time;
}

/** One row of the table: rates, what the peer takes as long as ours, processor seconds. */
function row(name: string, megabytes: number, took: Readonly<Record<string, readonly Time[]>>): string[] {
  const of = (who: string, what: "seconds" | "cpu") => median((took[who] ?? []).map((one) => one[what]));
  const cells = ["one", "two"].flatMap((who) =>
    took[who] === undefined
      ? ["", "", ""]
      : [
          (megabytes / of(who, "seconds")).toFixed(0),
          `${(of(who, "seconds") / of("ours", "seconds")).toFixed(2)}×`,
          of(who, "cpu").toFixed(1),
        ],
  );
  const peak = Math.max(...(took["ours"] ?? []).map((one) => one.peak ?? Number.NaN));
  return [
    name,
    (megabytes / of("ours", "seconds")).toFixed(0),
    of("ours", "cpu").toFixed(1),
    peak.toFixed(0),
    ...cells,
  ];
}

const OURS = ["conversion", "MB/s", "CPU s", "peak MiB"] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "40000" },
      runs: { type: "string", default: "3" },
      workers: { type: "string", default: "2" },
    },
  });
  const { dir, python } = placesOf(values, "bench/convert.ts --dir DIR --python PYTHON");
  const n = Number(values.n);
  const peer = await startPeer(python, "convert.py", { dir, n });
  await makeSources(dir, n);
  const megabytes = (n * ROW_BYTES) / 1e6;
  const versions = Object.entries(peer.versions).map((each) => each.join(" "));
  console.log(`${machine()}; ${versions.join(", ")}, ${values.workers} workers`);
  console.log(`${n} windows, ${megabytes.toFixed(0)} MB raw; median of ${values.runs}`);
  const rows: string[][] = [];
  for (const each of CASES) {
    const { peer: name } = each;
    const cases: Record<string, () => Promise<Time>> = { ours: () => ours(dir, each, values.workers) };
    if (name !== undefined) {
      cases["one"] = () => theirs(peer, name, 1);
      cases["two"] = () => theirs(peer, name, 2);
    }
    rows.push(row(each.name, megabytes, await interleaved(Number(values.runs), cases)));
    console.log(`${each.name}: done, ${load()}`);
  }
  console.log(table([...OURS, "Python, 1", "ratio", "CPU s", "Python, 2", "ratio", "CPU s"], rows));
  peer.end();
  for (const name of ["ours", "theirs"]) rmSync(join(dir, name), { recursive: true, force: true });
}

await main();
