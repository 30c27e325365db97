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
import { BASELINES, type Baseline, forecast, forecastErrors } from "../src/domains/ais/index.ts";
import { interleaved, machine, median, placesOf, startPeer, table } from "./measure.ts";

const ROW = 928 * 5;
const BATCH = 64;

interface Run {
  readonly seconds: number;
  /** Mean over samples and steps, in metres: ours and numpy's must agree. */
  readonly mean: number;
}

function ours(windows: Float32Array, baseline: Baseline): Run {
  const into = new Float64Array(BATCH * 800 * 2);
  const began = performance.now();
  const errors = forecastErrors();
  for (let at = 0; at < windows.length; at += BATCH * ROW) {
    const data = windows.subarray(at, at + BATCH * ROW);
    const batch = { data, shape: [data.length / ROW, 928, 5] };
    errors.push(batch, forecast(baseline, batch, { into }).data);
  }
  const { ade } = errors.report();
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
let all = 0;
for (const baseline of BASELINES) {
  const isTheirs = baseline !== "cv_turn";
  const runs = await interleaved<string, Run>(Number(values.runs), {
    ours: async () => ours(windows, baseline),
    ...(isTheirs ? { numpy: () => theirs.ask(baseline) as Promise<Run> } : {}),
  });
  const rate = (name: string) => n / median((runs[name] ?? []).map(({ seconds }) => seconds));
  all += 1 / rate("ours");
  const [mine, their] = [runs["ours"]![0]!.mean, runs["numpy"]?.[0]?.mean];
  const same =
    their === undefined ? "" : Math.abs(mine / their - 1) < 1e-9 ? "the same" : `DIFFERENT: ${mine}, ${their}`;
  const peer = isTheirs ? [rate("numpy").toFixed(0), `${(rate("ours") / rate("numpy")).toFixed(2)}x`] : ["", ""];
  rows.push([baseline, rate("ours").toFixed(0), ...peer, same]);
}
console.log(table(["samples a second", "ours", "numpy", "ratio", "mean error"], rows));
console.log(`all four: ${(1 / all).toFixed(0)} samples a second`);
theirs.end();
