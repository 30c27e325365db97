/**
 * How fast is a row of a dataset found, and what does opening a dataset of many traces cost, next to abstract-dataloader in the same run?
 * `node bench/model.ts --dir DIR --python PYTHON [--n 100000] [--runs 7]`: so many traces of 50 to 499 rows.
 *
 * `search` is the search by itself, as a loader does it that holds the offsets; `locate` awaits the dataset's answer, row by row. Both are compared
 * with the peer's `dataset[row]` of a trace that does nothing. `open` is from lengths and names in memory; the bytes are what stays of it when those
 * are not counted, on the heap and in array buffers. Times are of processors, of both, so that a neighbour on the machine counts less. The peer is in the
 * Python of `zarrPython()`, whatever `--python` says; without it nothing is measured. Last, what reading the rows of
 * a trace costs once its sensors are matched.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuUsage, memoryUsage } from "node:process";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { rng, WindrowError } from "../src/core/index.ts";
import {
  batches,
  type Dataset,
  dataset,
  interpolate,
  locate,
  memorySensor,
  nearest,
  type Synchronization,
  slice,
  trace,
} from "../src/sync/index.ts";
import { zarrPython } from "../test/peers/python.ts";
import { interleaved, machine, median, type Peer, placesOf, startPeer, table } from "./measure.ts";

const LOOKUPS = 200_000;

interface Answer {
  readonly seconds: number;
  readonly sum: number;
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void; // what the flag brings, which no type knows of

/** Bytes in use, once what is not needed is gone. */
function bytesInUse(): number {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A dataset from metadata: names and lengths. */
function open({ names, lengths }: Metadata): Dataset {
  return dataset({
    traces: names.length,
    lengths,
    trace(number) {
      const length = lengths[number]!;
      const column = { data: new Float64Array(length) };
      const times = Float64Array.from({ length }, (_, i) => 1000 + i);
      const sensors = {
        value: memorySensor({ value: { kind: "f64" } }, { length, columns: { value: column } }, times),
      };
      return trace({ name: names[number]!, sensors, synchronization: nearest({ reference: "value" }) });
    },
  });
}

interface Metadata {
  readonly names: readonly string[];
  readonly lengths: Uint32Array;
}

/** Seconds of processors that this process has used. */
function used(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}

async function timed(work: () => number | Promise<number>): Promise<Answer> {
  const began = used();
  const sum = await work();
  return { seconds: used() - began, sum };
}

/** The sum of the rows' numbers in their traces. */
function search(offsets: Float64Array, rows: Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += row - offsets[locate(offsets, row)]!;
  return sum;
}

async function locateAll(data: Dataset, rows: Uint32Array): Promise<number> {
  let sum = 0;
  for (const row of rows) sum += (await data.locate(row)).row;
  return sum;
}

interface Opened extends Answer {
  /** What stays of it, of each trace. */
  readonly bytes: number;
}

/** What it takes until the rows of a dataset are numbered. */
async function opening(make: () => Dataset): Promise<Opened> {
  const before = bytesInUse();
  const data = make();
  const answer = await timed(() => data.length());
  const bytes = (bytesInUse() - before) / data.traces;
  // The dataset must not be gone before it is weighed.
  return { ...answer, bytes: data.traces > 0 ? bytes : 0 };
}

function sameSums(answers: readonly Answer[]): void {
  const sums = new Set(answers.map(({ sum }) => sum));
  if (sums.size > 1)
    throw new WindrowError("internal", `Cannot compare: the rows found differ, sums ${[...sums].join(", ")}`);
}

/** What reading all rows of a trace takes: an IMU at 100 Hz, and a slower sensor, four fields in all, 4096 rows at a time. */
async function reading(synchronization: Synchronization, length: number): Promise<Answer> {
  const sensorAt = (hertz: number) => {
    const samples = Math.ceil((length * hertz) / 100);
    const times = Float64Array.from({ length: samples }, (_, i) => 1_700_000_000 + i / hertz);
    const columns = { axes: { data: new Float32Array(3 * samples) }, course: { data: new Float64Array(samples) } };
    const schema = { axes: { kind: "f32", shape: [3] }, course: { kind: "f64" } } as const;
    return memorySensor(schema, { length: samples, columns }, times, {
      interpolation: { axes: "linear", course: "angle" },
    });
  };
  const drive = trace({ name: "drive", sensors: { imu: sensorAt(100), slow: sensorAt(33) }, synchronization });
  const data = dataset([drive]);
  let sum = await data.length();
  const { seconds } = await timed(async () => {
    for await (const batch of batches(data, { batchRows: 4096 })) sum -= batch.length;
    return sum;
  });
  if (sum !== 0) throw new WindrowError("internal", `Cannot go on: ${sum} rows were not read`);
  return { seconds, sum };
}

/** What a row of a matched trace costs; no peer does this in one piece. */
async function measureReading(runs: number, length: number): Promise<void> {
  const read = await interleaved(runs, {
    nearest: () => reading(nearest({ reference: "imu" }), length),
    interpolate: () => reading(interpolate({ reference: "imu" }), length),
  });
  const nanos = (answers: readonly Answer[]) =>
    ((median(answers.map(({ seconds }) => seconds)) / length) * 1e9).toFixed(0);
  const cases = (["nearest", "interpolate"] as const).map((name) => [name, nanos(read[name])]);
  console.log(table([`${length} rows of two sensors`, "ns a row"], cases));
}

/** Runs all cases in turn, and prints their medians. */
async function measure(runs: number, metadata: Metadata, rows: Uint32Array, peer: Peer): Promise<void> {
  const data = open(metadata);
  const offsets = await data.offsets();
  const ask = (line: string) => async () => (await peer.ask(line)) as Answer; // what the script says it answers
  const lookups = await interleaved(runs, {
    search: () => timed(() => search(offsets, rows)),
    locate: () => timed(() => locateAll(data, rows)),
    peer: ask("lookup"),
  });
  sameSums(Object.values(lookups).flat());
  const opened = await interleaved<string, Answer & { readonly bytes?: number }>(runs, {
    dataset: () => opening(() => open(metadata)),
    "every 2nd row": () => opening(() => slice(data, { step: 2 })),
    peer: ask("open"),
  });
  const seconds = (answers: readonly Answer[]) => median(answers.map((answer) => answer.seconds));
  const [lookup, peerOpen] = [seconds(lookups.peer), seconds(opened["peer"]!)];
  const micros = (time: number) => ((time / rows.length) * 1e6).toFixed(3);
  console.log(
    table(
      ["global → local, µs", "ours", "abstract-dataloader", "ratio"],
      (["search", "locate"] as const).map((name) => {
        const ours = seconds(lookups[name]);
        return [name, micros(ours), micros(lookup), `${(lookup / ours).toFixed(1)}×`];
      }),
    ),
  );
  console.log(
    table(
      ["open", "ours, ms", "abstract-dataloader, ms", "bytes a trace"],
      ["dataset", "every 2nd row"].map((name) => [
        name,
        (1e3 * seconds(opened[name]!)).toFixed(2),
        name === "dataset" ? (1e3 * peerOpen).toFixed(2) : "–",
        median(opened[name]!.map(({ bytes = 0 }) => bytes)).toFixed(1),
      ]),
    ),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string", default: "100000" },
      runs: { type: "string", default: "7" },
    },
  });
  const { dir } = placesOf(values, "bench/model.ts --dir DIR --python PYTHON");
  const n = Number(values.n);
  const random = rng(1);
  const lengths = Uint32Array.from({ length: n }, () => 50 + random.int(450));
  const names = Array.from({ length: n }, (_, i) => `drives/2024-05-${i}`);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const rows = Uint32Array.from({ length: LOOKUPS }, () => random.int(total));
  writeFileSync(join(dir, "lengths.u32"), lengths);
  writeFileSync(join(dir, "rows.u32"), rows);
  const python = zarrPython();
  if (python === undefined) {
    console.log("abstract-dataloader is not there: nothing is measured");
    return;
  }
  const peer = await startPeer(python, "model_lookup.py", { dir, n });
  console.log(`${machine()}\n${n} traces, ${total} rows, ${LOOKUPS} of them found, median of ${values.runs}`);
  console.log(`abstract-dataloader ${peer.versions["abstract-dataloader"]}`);
  await measure(Number(values.runs), { names, lengths }, rows, peer);
  peer.end();
  await measureReading(Number(values.runs), 10 * n);
}

await main();
