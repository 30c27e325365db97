/**
 * How fast are two sensors matched, next to abstract-dataloader in the same run?
 * `node bench/sync.ts --dir DIR --python PYTHON [--n 1000000] [--runs 7]`: n stamps a sensor.
 *
 * Stamps are at random, which is the hardest for a processor to foresee, or of two cameras at 30 Hz with jitter. Both answer with the index map alone; the
 * rules are those of the peer: rows where both sensors overlap, and for `nearest` a tolerance of 0.1 s. The peer lives in the Python of zarr and l5kit
 * (WINDROW_ZARR_PYTHON); without it only our figures are printed.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { bytesOf, rng } from "../src/core/index.ts";
import { interpolate, nearest, next, previous, type Synchronization, type Timestamps } from "../src/sync/index.ts";
import { zarrPython } from "../test/peers/python.ts";
import { interleaved, load, machine, median, placesOf, startPeer, type Took, table } from "./measure.ts";

type Time = Pick<Took, "seconds" | "cpu"> & { readonly rows: number; readonly sum: number };

const SENSORS = ["a", "b"] as const;
const SHARED = {
  nearest: nearest({ reference: "a", toleranceSeconds: 0.1, strictTolerance: true, overlap: true }),
  next: next({ reference: "a" }),
} as const;
const OWN = { previous: previous({ reference: "a" }), interpolate: interpolate({ reference: "a" }) } as const;

// The loops have been compiled for good after about so many runs; what the first one costs stands apart.
const WARM = 20;

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    python: { type: "string" },
    n: { type: "string", default: "1000000" },
    runs: { type: "string", default: "7" },
  },
});
const { dir } = placesOf(values, "bench/sync.ts --dir DIR --python PYTHON");
const n = Number(values.n);

function stamps(kind: "random" | "regular", name: string): Float64Array {
  const random = rng(`${kind} ${name}`);
  // Of 64 bits, so that no two are at one time: there the peer differs.
  const fine = () => random.uniform() + random.uniform() / 2 ** 32;
  const each = kind === "random" ? () => fine() * (n / 10) : (i: number) => (i + 0.3 * fine()) / 30;
  return Float64Array.from({ length: n }, (_, i) => each(i)).sort();
}

function timed(work: () => Readonly<Record<"b", ArrayLike<number> & Iterable<number>>>): Time {
  const [began, beganCpu] = [performance.now(), cpuUsage()];
  const { b } = work();
  const { user, system } = cpuUsage(beganCpu);
  const seconds = (performance.now() - began) / 1000;
  let sum = 0;
  for (const at of b) sum += at;
  return { seconds, cpu: (user + system) / 1e6, rows: b.length, sum };
}

const python = zarrPython();
const peer = python === undefined ? undefined : await startPeer(python, "sync.py", { dir, n });
const versions =
  peer === undefined ? "no abstract-dataloader" : `abstract-dataloader 0.4.7, numpy ${peer.versions["numpy"]}`;
console.log(`${machine()}; ${versions}`);
console.log(`two sensors of ${n.toLocaleString("en")} stamps; median of ${values.runs}`);

const rows: string[][] = [];
for (const kind of ["random", "regular"] as const) {
  const times: Timestamps<"a" | "b"> = { a: stamps(kind, "a"), b: stamps(kind, "b") };
  for (const name of SENSORS) writeFileSync(join(dir, `sync-${kind}-${n}-${name}.f64`), bytesOf(times[name]));
  for (const [rule, sync] of Object.entries<Synchronization>({ ...SHARED, ...OWN })) {
    const isShared = peer !== undefined && rule in SHARED;
    const count = Number(values.runs);
    // Both compiled and both warm: a process that matches one trace matches many.
    const first = timed(() => sync(times));
    for (let i = 1; i < WARM; i++) sync(times);
    const runs: Record<string, Time[]> = {
      ...(await interleaved<string, Time>(count, {
        ours: async () => timed(() => sync(times)),
        ...(isShared ? { theirs: () => peer.ask(`${rule} ${kind}`) as Promise<Time> } : {}),
      })),
      // Apart: what it leaves to be collected would be collected in the time of the others.
      ...(await interleaved(count, { match: async () => timed(() => sync.match(times).index) })),
    };
    const cpu = (who: string) => median((runs[who] ?? []).map((run) => run.cpu));
    const ns = (seconds: number) => ((1e9 * seconds) / n).toFixed(1);
    const wall = ns(median(runs["ours"]!.map((run) => run.seconds)));
    const own = [`${kind} ${rule}`, ns(first.seconds), wall, ns(cpu("ours")), ns(cpu("match"))];
    const last = runs["theirs"]?.at(-1);
    const isSame = last?.rows === runs["ours"]![0]!.rows && last.sum === runs["ours"]![0]!.sum;
    const same = isSame ? "same" : "DIFFERENT";
    rows.push([
      ...own,
      ...(isShared ? [ns(cpu("theirs")), `${(cpu("theirs") / cpu("ours")).toFixed(1)}×`, same] : ["", "", ""]),
    ]);
  }
}
peer?.end();
const head = [
  "stamps, rule",
  "first run, ns a stamp",
  "ns a stamp",
  "CPU ns",
  "match() CPU ns",
  "abstract-dataloader CPU ns",
  "CPU time ÷ ours",
  "index maps",
];
console.log(table(head, rows));
console.log(load());
