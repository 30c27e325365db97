/** Samples of several sensors, read by StreamingDataset and pyarrow: every one is what its rows are. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { materialize } from "../../src/verbs/index.ts";
import { testFolder } from "../ais-dataset.ts";
import { dataOf, drives, expectedSamples } from "../traces-dataset.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const script = fileURLToPath(new URL("traces.py", import.meta.url));

interface Read {
  readonly samples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Type and shape of each array, as the peer gives it. */
  readonly types: Readonly<Record<string, readonly (string | number)[]>>;
}

async function read(format: "mds" | "parquet", out: string): Promise<Read> {
  const { stdout } = await promisify(execFile)(python ?? "", [script, format, out], { maxBuffer: 1 << 28 });
  return JSON.parse(stdout);
}

/** One number is a list of one, and truth is 1: the peers have their own words for these. */
function alike(sample: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const number = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, Array.isArray(value) ? value.map(number) : value]),
  );
}

for (const size of [1, 6]) {
  test(`windows of ${size} rows are the same to StreamingDataset and to pyarrow`, { skip }, async (t) => {
    const out = join(testFolder(t), "out");
    const all = drives("peers", [12, 7, 0, 15, 9, 6]);
    const ids = ["trace_id", "start", "t_start", "t_end"];
    const rest = { shardBytes: 15_000, val: 0.5, parts: 2, hashes: ["sha1"], workers: 1, with: ids };
    await materialize(dataOf(all), { out, window: size, stride: 2, ...rest });
    const expected = expectedSamples(all, { size, stride: 2 });
    for (const format of ["mds", "parquet"] as const) {
      const { samples, types } = await read(format, out);
      assert.deepEqual(Object.keys(samples).sort(), [...expected.keys()].sort(), format);
      for (const [name, sample] of Object.entries(samples))
        assert.deepEqual(alike(sample), expected.get(name), `${name} in ${format}`);
      const pose = size === 1 ? [2, 3] : [size, 2, 3];
      const flat = pose.reduce((product, axis) => product * axis, 1);
      assert.deepEqual(types["imu_pose"], format === "mds" ? ["float32", ...pose] : ["float", flat]);
      if (format === "parquet") assert.deepEqual(types["camera"], ["binary"]);
    }
  });
}
