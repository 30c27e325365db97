/**
 * Does the shuffle in two passes keep to its memory over data ten times as large, how much longer does it take than the direct one, and are the
 * bytes the same? `node bench/two-pass.ts --dir DIR --python PYTHON [--rows 44000000] [--runs 1] [--memory 256MiB] [--stride 128] [--workers 2]`
 *
 * The input is a CSV of seven columns, 2.7 GB at 44 M rows. `--n WINDOWS` instead of `--rows` is for trying it out: 1200 rows a window, in 64 MiB.
 */

import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
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

const BYTES_A_ROW = 500;
/** What Node itself may take beyond --memory. */
const BEYOND = 256;

interface Made extends Took {
  readonly bytes: number;
  /** Tasks of the plan: those of the first pass make the difference. */
  readonly tasks: number;
  /** Seconds of the tasks; the rest is reading and sorting the input. */
  readonly writing: number;
  /** SHA-256 of every file's name and SHA-256, in the order of their names. */
  readonly hash: string;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part as Uint8Array);
  return hash.digest("hex");
}

/** All files but the one that tells of the run. */
async function digest(folder: string): Promise<{ bytes: number; hash: string }> {
  const all = createHash("sha256");
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    if (name === "run.json" || !statSync(path).isFile()) continue;
    bytes += statSync(path).size;
    all.update(`${name} ${await sha256(path)}\n`);
  }
  return { bytes, hash: all.digest("hex") };
}

async function made(csv: string, out: string, options: Readonly<Record<string, string>>): Promise<Made> {
  rmSync(out, { recursive: true, force: true });
  const all = { out, format: "mds", compression: "zstd:1", val: "0", ...options };
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const took = await run([...WINDROW, "materialize", "ais", csv, ...words, "--quiet"]);
  const { tasks, seconds } = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as Record<string, number>;
  const result = { ...took, ...(await digest(out)), tasks: tasks!, writing: seconds! };
  rmSync(out, { recursive: true });
  return result;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string" },
      rows: { type: "string", default: "44000000" },
      runs: { type: "string", default: "1" },
      memory: { type: "string" },
      stride: { type: "string", default: "128" },
      workers: { type: "string", default: "2" },
    },
  });
  const places = placesOf(values, "bench/two-pass.ts --dir DIR --python PYTHON [--rows 44000000] [--memory 256MiB]");
  const rows = values.n === undefined ? Number(values.rows) : 1200 * Number(values.n);
  const memory = values.memory ?? (values.n === undefined ? "256MiB" : "64MiB");
  wantRoom(places.dir, rows * BYTES_A_ROW);
  console.log(machine());
  const csv = await aisCsv(places, { rows, columns: "slim" });
  const out = join(places.dir, "two-pass");
  const { stride, workers } = values;
  const results = await interleaved(Number(values.runs), {
    "two-pass": () => made(csv, out, { stride, workers, memory }),
    direct: () => made(csv, out, { stride, workers, memory: "4GiB" }),
  });
  const [two, direct] = [medians(results["two-pass"]), medians(results.direct)];
  const cells = (name: string, runs: readonly Made[], { seconds, cpu, peak }: Took) => {
    const { writing, tasks, bytes } = runs[0]!;
    return [
      name,
      seconds.toFixed(1),
      writing.toFixed(1),
      cpu.toFixed(1),
      peak.toFixed(0),
      String(tasks),
      (bytes / 1e9).toFixed(2),
    ];
  };
  console.log(
    `\n${rows} rows, ${(statSync(csv).size / 1e9).toFixed(2)} GB of CSV, median of ${values.runs}, ${load()} at the end`,
  );
  console.log(
    table(
      ["memory", "s", "of that writing", "CPU s", "peak MiB", "tasks", "GB written"],
      [cells(memory, results["two-pass"], two), cells("4GiB", results.direct, direct)],
    ),
  );
  console.log(`time of two passes ÷ direct: ${(two.seconds / direct.seconds).toFixed(2)} (bar: at most 2)`);
  const limit = Number.parseInt(memory, 10) + BEYOND;
  console.log(`peak of two passes: ${two.peak.toFixed(0)} MiB (bar: at most ${limit})`);
  const hashes = new Set([...results["two-pass"], ...results.direct].map(({ hash }) => hash));
  console.log(hashes.size === 1 ? "the same bytes" : "DIFFERENT BYTES");
  process.exitCode = hashes.size === 1 ? 0 : 1;
}

await main();
