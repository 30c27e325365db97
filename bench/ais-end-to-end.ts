/**
 * How long from a CSV of AIS reports to globally shuffled MDS shards, and in how much memory, next to polars + numpy + MDSWriter?
 * `node bench/ais-end-to-end.ts --dir DIR --python PYTHON [--rows 10000000] [--runs 3] [--columns full,slim] [--peers two-pass-2,direct-2,direct-1]`
 *
 * `--n WINDOWS` instead of `--rows` asks for some 200 rows a window. Peers are named by their shuffle and number of processes:
 * `direct-1` is what one writes first, all in memory and one MDSWriter. Ours makes its files durable, the peers leave that to the system.
 */

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  aisCsv,
  interleaved,
  load,
  machine,
  medians,
  placesOf,
  run,
  type Took,
  table,
  WINDROW,
  wantRoom,
} from "./measure.ts";

const STRIDE = 32;
const BYTES_A_ROW = 1000;

/** A run, what it wrote, and how long it was at work apart from starting and loading its libraries, where it says so. */
interface Made extends Took {
  readonly windows: number;
  readonly inside?: number;
}

async function ours(csv: string, out: string): Promise<Made> {
  rmSync(out, { recursive: true, force: true });
  const options = { out, format: "mds", stride: STRIDE, compression: "zstd:1", val: 0, workers: 2, memory: "1GiB" };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const took = await run([...WINDROW, "materialize", "ais", csv, ...words, "--quiet"]);
  const { shards } = JSON.parse(readFileSync(join(out, "mds", "index.json"), "utf8")) as {
    shards: { samples: number }[];
  };
  rmSync(out, { recursive: true });
  return { ...took, windows: shards.reduce((sum, { samples }) => sum + samples, 0) };
}

async function peer(name: string, of: { csv: string; dir: string; python: string }): Promise<Made> {
  const [, shuffle = "two-pass", workers = "2"] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const out = join(of.dir, "theirs");
  const tmp = join(of.dir, "theirs-tmp");
  const script = fileURLToPath(new URL("peers/ais_pipeline.py", import.meta.url));
  // Piles bound the memory of a shuffle in two passes; without them, each process writes one folder.
  const piles = shuffle === "two-pass" ? "16" : workers;
  const options = { csv: of.csv, out, tmp, stride: String(STRIDE), shuffle, workers, piles };
  const words = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  const took = await run([of.python, script, ...words]);
  for (const folder of [out, tmp]) rmSync(folder, { recursive: true, force: true });
  const said = JSON.parse(took.stdout.trim().split("\n").at(-1)!) as { windows: number; total_s: number };
  return { ...took, windows: said.windows, inside: said.total_s };
}

const times = (value: number) => `${value.toFixed(2)}×`;

/** The rows of a table: every one against ours. */
function rowsOf(results: Readonly<Record<string, readonly Made[]>>): string[][] {
  const mine = medians(results["ours"]!);
  return Object.entries(results).map(([name, runs]) => {
    const { seconds, cpu, peak } = medians(runs);
    const inside =
      runs[0]!.inside === undefined ? seconds : medians(runs.map((one) => ({ ...one, seconds: one.inside! }))).seconds;
    const figures = [seconds.toFixed(1), inside.toFixed(1), cpu.toFixed(1), peak.toFixed(0)];
    const ratios = [seconds / mine.seconds, inside / mine.seconds, peak / mine.peak].map(times);
    return [name, ...figures, ...(name === "ours" ? ["", "", ""] : ratios), String(runs[0]!.windows)];
  });
}

const HEAD = [
  "who",
  "s",
  "s without start",
  "CPU s",
  "peak MiB",
  "time ÷ ours",
  "without start",
  "memory ÷ ours",
  "windows",
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string" },
      rows: { type: "string", default: "10000000" },
      runs: { type: "string", default: "3" },
      columns: { type: "string", default: "full,slim" },
      peers: { type: "string", default: "two-pass-2,direct-2,direct-1" },
    },
  });
  const places = placesOf(values, "bench/ais-end-to-end.ts --dir DIR --python PYTHON [--rows 10000000] [--runs 3]");
  const rows = values.n === undefined ? Number(values.rows) : 200 * Number(values.n);
  wantRoom(places.dir, rows * BYTES_A_ROW);
  console.log(machine());
  for (const columns of values.columns.split(",")) {
    const csv = await aisCsv(places, { rows, columns: columns === "slim" ? "slim" : "full" });
    const theirs = values.peers.split(",").map((name) => [name, () => peer(name, { ...places, csv })] as const);
    const results = await interleaved(Number(values.runs), {
      ours: () => ours(csv, join(places.dir, "ours")),
      ...Object.fromEntries(theirs),
    });
    console.log(`\n${rows} rows, ${columns} columns, median of ${values.runs}, ${load()} at the end`);
    console.log(table(HEAD, rowsOf(results)));
    const counts = new Set(Object.values(results).flatMap((runs) => runs.map((one) => one.windows)));
    if (counts.size > 1)
      console.log(`the numbers of windows differ: ${[...counts].join(", ")}; the peer recovers from no jump`);
  }
}

await main();
