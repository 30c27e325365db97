/** The table of errors, computed anew by numpy from the Parquet files. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FleetOptions } from "../../src/domains/ais/index.ts";
import { materializeAis } from "../../src/verbs/ais/materialize.ts";
import { baselineAis } from "../../src/verbs/index.ts";
import { testFolder, writeFleet } from "../ais-dataset.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("baselines.py", import.meta.url));

/** Compares numbers within 1e-9 of each other, distances also within a micrometre; gives how many there were. */
function assertNear(actual: unknown, expected: unknown, path: string): number {
  if (typeof expected === "object" && expected !== null) {
    assert.ok(typeof actual === "object" && actual !== null, path);
    const [ours, theirs] = [actual, expected] as [Record<string, unknown>, Record<string, unknown>];
    return Object.keys(theirs).reduce((sum, key) => sum + assertNear(ours[key], theirs[key], `${path}.${key}`), 0);
  }
  if (typeof expected !== "number") {
    assert.equal(actual, expected, path);
    return 0;
  }
  const least = path.includes(".metres.") ? 1e-6 : path.includes(".nmi.") ? 1e-9 : 1e-14;
  const isNear = typeof actual === "number" && Math.abs(actual - expected) <= 1e-9 * Math.abs(expected) + least;
  assert.ok(isNear, `${path}: ${actual}, numpy has ${expected}`);
  return 1;
}

const CASES: readonly { name: string; fleet: FleetOptions; window: number; inputLength: number }[] = [
  { name: "windows of 928 in the North Sea", fleet: { vessels: 14, days: 3, seed: 7 }, window: 928, inputLength: 128 },
  {
    name: "short windows over the date line",
    fleet: { vessels: 14, days: 1, seed: 2, region: { south: 50, west: 178, north: 54, east: -178 } },
    window: 64,
    inputLength: 16,
  },
  { name: "an input shorter than the fit", fleet: { vessels: 10, days: 1, seed: 4 }, window: 24, inputLength: 5 },
];

for (const { name, fleet, window, inputLength } of CASES) {
  for (const dt of ["known", "median"] as const) {
    test(`numpy finds the same errors: ${name}, times ${dt}`, { skip }, async (t) => {
      const folder = testFolder(t);
      writeFleet(join(folder, "fleet.csv"), fleet);
      const out = join(folder, "out");
      const lengths = { window, inputLength, stride: window >> 1 };
      await materializeAis({ inputs: [join(folder, "fleet.csv")], out, ...lengths, val: 0.5, workers: 1 });
      const options = { maxBuffer: 1 << 28 };
      const { stdout } = await promisify(execFile)(python ?? "", [script, out, String(inputLength), dt], options);
      const { forecasts, samples } = await baselineAis(out, { dt });
      assert.ok(samples > 30, `${samples} samples`);
      assert.ok(assertNear(forecasts, JSON.parse(stdout), "forecasts") > 300);
    });
  }
}

const WITH_NULL = `
import sys
import pyarrow as pa, pyarrow.parquet as pq
for name, width in (("forecasts", 4), ("windows", 20)):
    rows = [[1.0] * width, [1.0] * width, None]
    pq.write_table(pa.table({"features": pa.array(rows, pa.list_(pa.float32(), width))}), f"{sys.argv[1]}/{name}.parquet")
    pq.write_table(pa.table({"features": pa.array(rows[:2] * 2, pa.list_(pa.float32(), width))}), f"{sys.argv[1]}/whole.parquet")
`;

test("a forecast or a window that pyarrow left null is refused, and not taken for zeros", { skip }, async (t) => {
  const folder = testFolder(t);
  await promisify(execFile)(python ?? "", ["-c", WITH_NULL, folder]);
  const [whole, predictions] = [join(folder, "whole.parquet"), join(folder, "forecasts.parquet")];
  await assert.rejects(baselineAis(join(folder, "windows.parquet"), { inputLength: 2 }), {
    code: "damaged",
    message: /windows\.parquet must have a window in each row, got null$/,
  });
  await assert.rejects(baselineAis(whole, { inputLength: 2, predictions }), {
    code: "usage",
    message: /forecasts\.parquet has none \(null\) for sample 2$/,
  });
});
