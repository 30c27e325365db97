/** AIS datasets and the real tools: another implementation's windows, the truth of a simulated fleet, and what trainers open them with. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FLEET_LABELS, type FleetLabel } from "../../src/domains/ais/index.ts";
import { materializeAis } from "../../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../../src/verbs/ais/options.ts";
import type { MaterializeResult } from "../../src/verbs/dataset/materialize.ts";
import {
  hashOfNeverDerived,
  indexRows,
  mdsSamples,
  parquetSamples,
  type ReadSample,
  testFolder,
  writeFleet,
} from "../ais-dataset.ts";
import { needShared } from "../shared.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;

async function run<T>(script: string, ...args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(python ?? "", [path, ...args], { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as T;
}

interface Reference {
  readonly counters: Readonly<Record<string, number>>;
  readonly windows: Readonly<Record<string, number>>;
  readonly trips: number;
  readonly train_sha256_of_lat_lon_dt_in_order: string | null;
}

/** The reference's windows in key order: their names, and all their features in one array. */
function dumped(folder: string) {
  const [, ...lines] = readFileSync(join(folder, "windows.csv"), "utf8").trimEnd().split("\n");
  const bytes = readFileSync(join(folder, "windows.f32"));
  return { lines, features: new Float32Array(Uint8Array.from(bytes).buffer) };
}

function reportCounters({ manifest }: MaterializeResult): Record<string, number> {
  const { input, kept, dropped, noted } = manifest.ledger;
  return Object.fromEntries(Object.entries({ input, kept, ...dropped, ...noted }).sort());
}

/** Derived columns may differ by 10⁻³ degrees and 10⁻⁶ relative (§3.10); the others are equal. */
function assertNear(ours: Float32Array, theirs: Float32Array, where: string): void {
  assert.equal(ours.length, theirs.length);
  for (let i = 0; i < ours.length; i++) {
    const a = ours[i]!;
    const b = theirs[i]!;
    if (a === b) continue;
    const column = i % 5;
    const degrees = Math.min(Math.abs(a - b), 360 - Math.abs(a - b));
    const near = column === 3 ? degrees <= 1e-3 : column === 2 && Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
    assert.ok(near, `${where}, value ${i}: ${a} and ${b}`);
  }
}

/** Makes a dataset of the files, has the reference read them too, and compares order, windows and counters. */
async function compared(t: TestContext, inputs: readonly string[], options: Partial<MaterializeAisOptions>) {
  const folder = testFolder(t);
  const { splitBy = "vessel", columns, window = 928, stride = 32, val = 0.2, test: tested = 0 } = options;
  const dump = join(folder, "dump");
  const flags = { window, stride, val, test: tested, "split-by": splitBy };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (columns !== undefined) words.push("--columns", columns.join(","));
  const theirs = await run<Reference>("ais_reference.py", ...inputs, ...words, "--dump", dump);
  const out = join(folder, "out");
  const ours = await materializeAis({ inputs, out, val, workers: 2, ...options });
  assert.deepEqual(reportCounters(ours), theirs.counters);
  const samples: Record<string, ReadSample[]> = {
    train: await mdsSamples(out),
    validation: await parquetSamples(out, "validation.parquet"),
    test: await parquetSamples(out, "test.parquet"),
  };
  const index = await indexRows(out);
  const { lines, features } = dumped(dump);
  assert.equal(index.length, lines.length);
  for (const split of ["train", "validation", "test"]) {
    const rows = index.filter((row) => row["split"] === split);
    const named = rows.map((row) => {
      const key = (row["key"] as bigint).toString(16).padStart(16, "0");
      return `${key},${row["trace_id"]},${row["start"]},${split}`;
    });
    const wanted = lines.flatMap((line, at) => (line.endsWith(`,${split}`) ? [{ line, at }] : []));
    assert.deepEqual(
      named,
      wanted.map(({ line }) => line),
    );
    const width = window * 5;
    for (const [i, { line, at }] of wanted.entries()) {
      assertNear(samples[split]![i]!.features, features.subarray(at * width, (at + 1) * width), line);
    }
  }
  assert.equal(ours.manifest.ledger.traces.all, theirs.trips);
  if (theirs.train_sha256_of_lat_lon_dt_in_order !== null) {
    assert.equal(hashOfNeverDerived(samples["train"]!), theirs.train_sha256_of_lat_lon_dt_in_order);
  }
  return ours;
}

describe("another implementation of the specification finds the same windows, in the same order", { skip }, () => {
  test("in the real files", async (t) => {
    const harbour = needShared(t, "data", "ais", "noaa_nyharbor_20210101_A.csv.gz");
    const ferries = needShared(t, "data", "ais", "2ferries4weeks.csv.gz");
    if (harbour === undefined || ferries === undefined) return;
    await compared(t, [harbour], {});
    await compared(t, [ferries], { columns: ["mmsi", "t", "lat", "lon"], stride: 320 });
  });

  for (const splitBy of ["vessel", "time", "vessel+time"] as const) {
    test(`in a fleet with many faults, split by ${splitBy}`, async (t) => {
      const path = join(testFolder(t), "fleet.csv");
      const faults = {
        jump: 0.01,
        duplicateTime: 0.01,
        duplicateExact: 0.01,
        sogUnavailable: 0.05,
        cogUnavailable: 0.05,
        clash: 0.03,
      };
      writeFleet(path, { vessels: 25, days: 1, seed: splitBy, faults });
      const { manifest } = await compared(t, [path], { splitBy, window: 96, inputLength: 16, stride: 24, test: 0.1 });
      assert.ok(manifest.ledger.windows.train > 100);
      assert.ok((manifest.ledger.dropped["mmsi_conflict"] ?? 0) > 0);
    });
  }

  test("in a fleet that crosses the date line, told by two files", async (t) => {
    const folder = testFolder(t);
    const region = { south: 50, west: 178, north: 54, east: -178 };
    for (const seed of [1, 2]) writeFleet(join(folder, `${seed}.csv`), { vessels: 8, days: 1, seed, region });
    await compared(t, [join(folder, "1.csv"), join(folder, "2.csv")], { window: 64, inputLength: 16, stride: 64 });
  });
});

test("of a simulated fleet's faults nearly all are found, and nearly no good row is dropped", { skip }, async (t) => {
  const folder = testFolder(t);
  const path = join(folder, "fleet.csv");
  const truth = writeFleet(path, { vessels: 40, days: 2, seed: 11 }).trimEnd().split("\n").slice(1);
  const verdicts = join(folder, "verdicts.csv");
  await run("ais_reference.py", path, "--window", "64", "--val", "0", "--verdicts", verdicts);
  const { manifest } = await materializeAis({
    inputs: [path],
    out: join(folder, "out"),
    window: 64,
    inputLength: 16,
    val: 0,
  });
  const counted = new Map<string, number>();
  const found = readFileSync(verdicts, "utf8").trimEnd().split("\n").slice(1);
  assert.equal(found.length, truth.length);
  let jumps = 0;
  let foundJumps = 0;
  let good = 0;
  let lost = 0;
  for (const [i, line] of found.entries()) {
    const verdict = line.split(",").at(-1)!;
    const label = truth[i]!.split(",").at(-1) as FleetLabel;
    counted.set(verdict, (counted.get(verdict) ?? 0) + 1);
    const isGood = (FLEET_LABELS[label] as readonly string[]).includes("kept");
    jumps += label === "jump" ? 1 : 0;
    foundJumps += label === "jump" && verdict !== "keep" ? 1 : 0;
    good += isGood ? 1 : 0;
    lost += isGood && verdict !== "keep" ? 1 : 0;
  }
  // Ours tells no verdict a row, but the same count for each reason; the windows are compared above, value for value.
  const { kept, dropped } = manifest.ledger;
  assert.deepEqual(Object.entries({ keep: kept, ...dropped }).sort(), [...counted].sort());
  assert.ok(jumps > 50 && foundJumps / jumps >= 0.99, `${foundJumps} of ${jumps}`);
  assert.ok(lost / good <= 1e-4, `${lost} of ${good}`);
});

describe("trainers' tools open a dataset", { skip }, () => {
  interface Streamed {
    readonly samples: number;
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly sha256: string;
    readonly loaded: string;
    readonly workers: string;
  }

  for (const compression of ["zstd:3", "none"]) {
    test(`StreamingDataset over the root, each worker and a DataLoader, ${compression}`, async (t) => {
      const folder = testFolder(t);
      writeFleet(join(folder, "fleet.csv"), { vessels: 10, days: 1, seed: 3 });
      const out = join(folder, "out");
      const small = { window: 64, inputLength: 16, stride: 16, shardBytes: 100_000, val: 0.3, test: 0.1 };
      const given = { inputs: [join(folder, "fleet.csv")], out, parts: 3, hashes: ["sha1"], compression };
      const { manifest } = await materializeAis({ ...small, ...given });
      const read = await run<Record<string, Streamed>>("dataset.py", "mds", out, "sha1");
      for (const [name, split] of [
        ["mds", "train"],
        ["mds_validation", "validation"],
      ] as const) {
        const hash = hashOfNeverDerived(await mdsSamples(out, name));
        const samples = manifest.ledger.windows[split];
        const same = { sha256: hash, loaded: hash, workers: hash };
        assert.deepEqual(read[name], { samples, shape: [64, 5], dtype: "float32", ...same });
      }
    });
  }

  test("pyarrow, DuckDB and polars over samples, validation, test and index", async (t) => {
    const folder = testFolder(t);
    writeFleet(join(folder, "fleet.csv"), { vessels: 10, days: 1, seed: 3 });
    const out = join(folder, "out");
    const small = { window: 64, inputLength: 16, stride: 16, shardBytes: 100_000, val: 0.3 };
    const { manifest } = await materializeAis({ ...small, inputs: [join(folder, "fleet.csv")], out, parts: 2 });
    const read = await run<Record<string, Record<string, unknown>>>("dataset.py", "tables", out);
    const files = ["parquet/samples_000.parquet", "parquet/samples_001.parquet", "validation.parquet", "test.parquet"];
    for (const name of files) {
      const samples = await parquetSamples(out, name);
      const hash = hashOfNeverDerived(samples);
      const { type, polars_type, ...rest } = read[name]!;
      assert.deepEqual(rest, { rows: samples.length, sha256: hash, duckdb: hash, polars: hash });
      assert.match(String(type), /^fixed_size_list<\w+: float( not null)?>\[320\]$/);
      assert.match(String(polars_type), /^Array\(Float32, shape=\(320,\)\)$/);
    }
    const { windows } = manifest.ledger;
    const total = windows.train + windows.validation;
    assert.deepEqual(read["index.parquet"]!["splits"], [
      ["train", windows.train, windows.train, true],
      ["validation", windows.validation, windows.validation, true],
    ]);
    const { rows, polars, key, ascending } = read["index.parquet"]!;
    assert.deepEqual([rows, polars, key, ascending], [total, total, "uint64", true]);
  });
});

test("the name of an input is what the index gives as its source", async (t) => {
  const harbour = needShared(t, "data", "ais", "noaa_nyharbor_20210101_A.csv.gz");
  if (harbour === undefined) return;
  const folder = testFolder(t);
  copyFileSync(harbour, join(folder, "it's [a] file*.csv.gz"));
  await materializeAis({ inputs: [folder], out: join(folder, "out"), stride: 928, format: ["mds"] });
  assert.ok((await indexRows(join(folder, "out"))).every(({ source }) => source === basename("it's [a] file*.csv.gz")));
});
