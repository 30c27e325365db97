/**
 * How fast are windows of 928 × 5 float32 read from Parquet in order, next to pyarrow without a copy in the same run?
 * `node bench/parquet-read.ts --dir DIR --python PYTHON [--n 40000] [--runs 5] [--cases none,snappy,zstd:1,zstd:1+split]`
 *
 * Files of both are read: those of pyarrow have no checksums. `1 thread` unpacks on the thread that reads, `pool` beside it; both give batches
 * of their own memory. `take` is `pool` into memory that is used again, as a loader reads.
 */

import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import type { Codecs, Hashes, Schema } from "../src/core/index.ts";
import { openParquet, type ParquetTable, parquetSink } from "../src/formats/parquet/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { nodeHashes } from "../src/node/hashes.ts";
import { interleaved, load, machine, median, type Peer, placesOf, startPeer, table } from "./measure.ts";

const ROW = 928 * 5;
const BATCH = 64;
const SCHEMA = { id: { kind: "i64" }, features: { kind: "f32", shape: [928, 5] } } as const satisfies Schema;
/** Single rows read at random. */
const SINGLES = 101;

interface Read {
  readonly seconds: number;
  readonly rows: number;
  /** Of the first value of each row. */
  readonly sum: number;
}

interface Case {
  readonly codec: string;
  readonly isSplit: boolean;
}

/** A file of ours, with checksums. */
async function write(dir: string, file: string, { n, codec, isSplit }: Case & { n: number }): Promise<void> {
  const [name = "", level] = codec.split(":");
  const compression = name === "none" ? {} : { compression: { codec: name, ...(level && { level: Number(level) }) } };
  await using draft = await folderStore(dir).draft(file);
  const sink = parquetSink(draft, SCHEMA, {
    ...compression,
    byteStreamSplit: isSplit,
    codecs: nodeCodecs(),
    hashes: await nodeHashes(),
    createdBy: "windrow bench",
  });
  const source = openSync(join(dir, "windows.f32"), "r");
  for (let from = 0; from < n; from += 1000) {
    const length = Math.min(1000, n - from);
    const data = new Float32Array(length * ROW);
    readSync(source, data, 0, data.byteLength, from * ROW * 4);
    const id = BigInt64Array.from({ length }, (_, i) => BigInt(from + i));
    await sink.write({ length, columns: { id: { data: id }, features: { data } } });
  }
  closeSync(source);
  await sink.close();
  await draft.publish();
}

interface Place {
  readonly dir: string;
  readonly file: string;
  readonly hashes: Hashes;
}

/** What a way of reading gives to count: some rows, the values of which begin the array. */
type Counted = (rows: number, values: Float32Array) => void;

async function timed(
  { dir, file, hashes }: Place,
  codecs: Codecs,
  read: (opened: ParquetTable, count: Counted) => Promise<void>,
): Promise<Read> {
  const began = performance.now();
  await using opened = await openParquet(file, { store: folderStore(dir), codecs, hashes });
  let rows = 0;
  let sum = 0;
  await read(opened, (some, values) => {
    rows += some;
    for (let i = 0; i < some; i++) sum += values[i * ROW]!;
  });
  return { seconds: (performance.now() - began) / 1000, rows, sum };
}

async function readBatches(opened: ParquetTable, count: Counted): Promise<void> {
  for await (const { length, columns } of opened.batches({ columns: ["features"], batchRows: BATCH }))
    count(length, columns["features"]!.data as Float32Array); // the schema says so
}

async function takeRows(opened: ParquetTable, count: Counted): Promise<void> {
  const data = new Float32Array(BATCH * ROW);
  const into = { length: BATCH, columns: { features: { data } } };
  for (const [number, rows] of opened.shardRows.entries()) {
    using shard = await opened.openShard(number, { columns: ["features"], access: "forward" });
    for (let from = 0; from < rows; from += BATCH) {
      const to = Math.min(rows, from + BATCH);
      await shard.take({ from, to }, into, 0);
      count(to - from, data);
    }
  }
}

/** Milliseconds of a random row, the middle one of some. */
async function single({ dir, file, hashes }: Place): Promise<number> {
  await using opened = await openParquet(file, { store: folderStore(dir), codecs: nodeCodecs(), hashes });
  const times: number[] = [];
  for (let i = 0; i < SINGLES; i++) {
    const from = (i * 7919) % opened.length;
    const began = performance.now();
    for await (const { length } of opened.batches({ from, to: from + 1, columns: ["features"] }))
      if (length !== 1) throw new Error(`Cannot go on: one row expected, got ${length}`);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Codecs that unpack on the thread that asks. */
function syncCodecs(): Codecs {
  const sync = [...nodeCodecs()].map(([name, { pack, unpack }]) => [name, { name, pack, unpack }] as const);
  return new Map(sync);
}

function assertSame(reads: readonly Read[]): void {
  const [first] = reads;
  for (const { rows, sum } of reads)
    if (rows !== first!.rows || Math.abs(sum - first!.sum) > 1e-9 * Math.abs(sum))
      throw new Error(`Cannot go on: ${first!.rows} rows with ${first!.sum} expected, got ${rows} with ${sum}`);
}

interface Measured {
  readonly arrow: Peer;
  readonly place: Place;
  readonly n: number;
  readonly runs: number;
}

async function measure({ arrow, place, n, runs }: Measured): Promise<string[]> {
  const results = await interleaved(runs, {
    theirs: () => arrow.ask(`read ${place.file}`) as Promise<Read>, // parquet_read.py says what it answers
    one: () => timed(place, syncCodecs(), readBatches),
    pool: () => timed(place, nodeCodecs(), readBatches),
    take: () => timed(place, nodeCodecs(), takeRows),
  });
  const ways = [results.theirs, results.one, results.pool, results.take];
  assertSame(ways.flat());
  const rates = ways.map((all) => (n * ROW * 4) / 1e6 / median(all.map(({ seconds }) => seconds)));
  const ratios = rates.slice(1).map((rate) => (rate / rates[0]!).toFixed(2));
  return [...rates.map((rate) => rate.toFixed(0)), ...ratios, (await single(place)).toFixed(2)];
}

const HEAD = [
  "codec",
  "split",
  "written by",
  "pyarrow MB/s",
  "1 thread",
  "pool",
  "take",
  "ratio 1",
  "ratio pool",
  "ratio take",
  "a random row, ms",
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "40000" },
      runs: { type: "string", default: "5" },
      cases: { type: "string", default: "none,snappy,zstd:1,zstd:1+split" },
    },
  });
  const { dir, python } = placesOf(values, "bench/parquet-read.ts --dir DIR --python PYTHON [--n 40000] [--runs 5]");
  const n = Number(values.n);
  const arrow = await startPeer(python, "parquet_read.py", { dir, n });
  const hashes = await nodeHashes();
  console.log(machine());
  console.log(
    `${n} windows, ${((n * ROW * 4) / 1e6).toFixed(0)} MB; pyarrow ${arrow.versions["pyarrow"]}; median of ${values.runs}`,
  );
  const rows: string[][] = [];
  for (const name of values.cases.split(",")) {
    const [codec = "", split] = name.split("+");
    const isSplit = split !== undefined;
    for (const writer of ["pyarrow", "windrow"]) {
      const file = `read-${writer}.parquet`;
      if (writer === "windrow") await write(dir, file, { n, codec, isSplit });
      else await arrow.ask(`write ${codec} ${isSplit ? 1 : 0} ${file}`);
      const cells = await measure({ arrow, place: { dir, file, hashes }, n, runs: Number(values.runs) });
      rows.push([codec, isSplit ? "yes" : "no", writer, ...cells]);
    }
  }
  console.log(table(HEAD, rows));
  console.log(`${load()} at the end`);
  arrow.end();
}

await main();
