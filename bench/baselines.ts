/**
 * How many windows of 928 positions a second are forecast 800 steps and measured, by one thread, next to numpy in the same run?
 * `node bench/baselines.ts --dir DIR --python PYTHON [--n 4000] [--runs 5]`
 *
 * Ours measures more than numpy does: every figure of `windrow baseline ais`, not the mean alone.
 */

import { openSync, readSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { BASELINES, type Baseline, judge } from "../src/domains/ais/index.ts";
import { interleaved, machine, median, placesOf, startPeer, table } from "./measure.ts";

const ROW = 928 * 5;
const BATCH = 64;

interface Run {
  readonly seconds: number;
  /** Mean over samples and steps, in metres: ours and numpy's must agree. */
  readonly mean: number;
}

function ours(windows: Float32Array, baselines: readonly Baseline[]): Run {
  const began = performance.now();
  const panel = judge({ baselines });
  for (let at = 0; at < windows.length; at += BATCH * ROW) {
    const data = windows.subarray(at, at + BATCH * ROW);
    panel.push({ data, shape: [data.length / ROW, 928, 5] }, {});
  }
  const { ade } = panel.report()[baselines[0]!]!;
  return { seconds: (performance.now() - began) / 1000, mean: ade.metres.mean };
}

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    python: { type: "string" },
    n: { type: "string", default: "4000" },
    runs: { type: "string", default: "5" },
  },
});
const { dir, python } = placesOf(values, "bench/baselines.ts --dir DIR --python PYTHON");
const n = Number(values.n);
const theirs = await startPeer(python, "baselines.py", { dir, n });
const windows = new Float32Array(n * ROW);
readSync(openSync(join(dir, "windows.f32"), "r"), windows);

console.log(`${machine()}; numpy ${theirs.versions["numpy"]}; ${n} windows, median of ${values.runs}`);
const rows: string[][] = [];
for (const baselines of [...BASELINES.map((name) => [name]), BASELINES]) {
  const [name] = baselines;
  // The fourth has no plain form in numpy.
  const isTheirs = baselines.length === 1 && name !== "cv_turn";
  const runs = await interleaved<string, Run>(Number(values.runs), {
    ours: async () => ours(windows, baselines),
    ...(isTheirs ? { numpy: () => theirs.ask(name!) as Promise<Run> } : {}),
  });
  const rate = (who: string) => n / median((runs[who] ?? []).map(({ seconds }) => seconds));
  const [mine, their] = [runs["ours"]![0]!.mean, runs["numpy"]?.[0]?.mean];
  const same =
    their === undefined ? "" : Math.abs(mine / their - 1) < 1e-9 ? "the same" : `DIFFERENT: ${mine}, ${their}`;
  const peer = isTheirs ? [rate("numpy").toFixed(0), `${(rate("ours") / rate("numpy")).toFixed(2)}x`] : ["", ""];
  rows.push([baselines.length === 1 ? name! : "all four at once", rate("ours").toFixed(0), ...peer, same]);
}
console.log(table(["samples a second", "ours", "numpy", "ratio", "mean error"], rows));
theirs.end();
