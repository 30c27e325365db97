/** The certificate against numpy: other formulas for what is found, and random orders for what chance gives. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { materializeAis, putShufflePicture, shuffleReport } from "../../src/verbs/index.ts";
import { testFolder, writeFleet } from "../ais-dataset.ts";
import { peersPython } from "./python.ts";

interface Measured {
  readonly samples: number;
  readonly found: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
  /** Mean, standard deviation and number of random orders. */
  readonly tried: Readonly<Record<string, readonly [mean: number, deviation: number, orders: number]>>;
}

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;
const BATCH = 64;

test("numpy finds the same in a dataset, and random orders have our means and spreads", { skip }, async (t) => {
  const folder = testFolder(t);
  const [csv, out, picture] = [join(folder, "ais.csv"), join(folder, "data"), join(folder, "order.svg")];
  writeFleet(csv, { vessels: 40, days: 3, seed: 9 });
  await materializeAis({
    inputs: [csv],
    out,
    window: 96,
    inputLength: 16,
    stride: 32,
    val: 0.1,
    parts: 2,
    format: ["mds"],
  });
  const report = await shuffleReport(out, { batch: BATCH });
  await putShufflePicture(picture, report);
  const script = fileURLToPath(new URL("shuffle.py", import.meta.url));
  const { stdout } = await promisify(execFile)(python ?? "", [
    script,
    join(out, "index.parquet"),
    String(BATCH),
    picture,
  ]);
  const theirs = JSON.parse(stdout) as Measured;
  assert.equal(report.samples, theirs.samples);
  assert.ok(report.samples > 3000 && report.verdict === "pass");
  const ours = new Map<string, (typeof tests)[number]>();
  const { tests } = report.generations[0]!;
  for (const each of tests) ours.set(each.name, each);
  for (const [name, value] of Object.entries(theirs.found)) {
    const { found } = ours.get(name)!;
    assert.ok(Math.abs(found - value) < 1e-9, `${name}: found ${found}, theirs ${value}`);
  }
  for (const [name, value] of Object.entries(theirs.expected)) {
    const { expected } = ours.get(name)!;
    assert.ok(Math.abs(expected - value) < 1e-9, `${name}: expected ${expected}, theirs ${value}`);
  }
  for (const [name, [mean, deviation, orders]] of Object.entries(theirs.tried)) {
    const own = ours.get(name);
    // What every order has alike is not asked.
    if (own === undefined || own.deviation === null) continue;
    const far = Math.abs(own.expected - mean) / (own.deviation / Math.sqrt(orders));
    assert.ok(far < 5, `${name}: expected ${own.expected}, random orders ${mean}`);
    // The spread of a spread, five times, for a law with more in its tails than the normal one.
    const spread = Math.abs(deviation / own.deviation - 1);
    const isRare = own.deviation < 0.05 && name.startsWith("fewest");
    assert.ok(
      isRare || spread < 5 * Math.sqrt(1 / orders),
      `${name}: deviation ${own.deviation}, random orders ${deviation}`,
    );
  }
});
