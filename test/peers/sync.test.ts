/** Synchronization beside abstract-dataloader, pandas and the TUM tools; and index maps in pyarrow. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Rng, rng } from "../../src/core/index.ts";
import { interpolate, nearest, next, type SyncSpec, synchronization } from "../../src/sync/index.ts";
import { saveMatch } from "../../src/verbs/match-file.ts";
import { needShared } from "../shared.ts";
import { zarrPython } from "./python.ts";

const python = zarrPython();
const skip = python === undefined ? "the Python with abstract-dataloader is not there" : false;
const script = fileURLToPath(new URL("sync.py", import.meta.url));

function run(...args: readonly string[]): string {
  return execFileSync(python ?? "", [script, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
}

function scratch(t: { after(done: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-sync-peers-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Case {
  readonly peer: "adl" | "asof";
  readonly rule: "nearest" | "previous" | "next";
  readonly tol: number | null;
  readonly margin?: readonly [number, number];
  readonly times: Readonly<Record<string, readonly number[]>>;
}

type Answer = Readonly<Record<string, readonly number[]>> & { readonly error?: string };

function answers(folder: string, cases: readonly Case[]): unknown[] {
  const [given, out] = [join(folder, "cases.json"), join(folder, "answers.json")];
  writeFileSync(given, JSON.stringify(cases));
  run("match", given, out);
  return JSON.parse(readFileSync(out, "utf8"));
}

/** Ascending times of a sensor that begins a little later than others: at random, or at a rate with jitter. */
function times(random: Rng, isEpoch: boolean): number[] {
  const length = 1 + Math.floor(200 * random.uniform());
  const start = (isEpoch ? 1.7e9 : 0) + random.uniform();
  const isSteady = random.uniform() < 0.5;
  const all = Array.from({ length }, (_, i) =>
    isSteady ? start + (i + 0.3 * random.uniform()) / 20 : start + 10 * random.uniform(),
  );
  return all.sort((a, b) => a - b);
}

const sensors = (random: Rng, isEpoch = random.uniform() < 0.5) =>
  ({ a: times(random, isEpoch), b: times(random, isEpoch), c: times(random, isEpoch) }) as const;

const arrays = (map: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(map).map(([name, list]) => [name, Float64Array.from(list)]));

const lists = (map: Readonly<Record<string, ArrayLike<number>>>) =>
  Object.fromEntries(Object.entries(map).map(([name, at]) => [name, Array.from(at)]));

/** As abstract-dataloader does it: rows where all overlap, and a tolerance that is not itself allowed. */
const like = (rule: "nearest" | "next", tol: number): SyncSpec =>
  rule === "next"
    ? { rule, reference: "a" }
    : { rule, reference: "a", toleranceSeconds: tol, strictTolerance: true, overlap: true };

test("abstract-dataloader's Nearest and Next give the same index maps on times by chance", { skip }, (t) => {
  const random = rng("adl");
  const cases = Array.from({ length: 400 }, (_, i): Case => {
    const rule = i % 2 === 0 ? "nearest" : "next";
    return { peer: "adl", rule, tol: [0.003, 0.02, 0.1, 1e9][i % 4]!, times: sensors(random) };
  });
  const found = answers(scratch(t), cases) as Answer[];
  let rows = 0;
  for (const [i, { rule, tol, times: given }] of cases.entries()) {
    const own = lists(synchronization(like(rule as "nearest", tol!))(arrays(given)));
    assert.deepEqual(own, found[i], `case ${i}`);
    rows += own["a"]!.length;
  }
  assert.ok(rows > 10_000, `${rows}`);
});

test("where abstract-dataloader differs, it differs as docs/sync.md says", { skip }, (t) => {
  const base = { peer: "adl", rule: "nearest", tol: 1 } as const;
  const step = 2 ** -22; // the spacing of float64 at 1.7e9
  const far = [1.7e9, 1.7e9 + 3 * step];
  const cases: Record<string, Case> = {
    atTolerance: { ...base, tol: 0.25, times: { a: [0, 1, 2], b: [0, 1.25, 2] } },
    ends: { ...base, tol: 0.5, times: { a: [0, 1, 2], b: [0.25, 1, 2] } },
    equalStamps: { ...base, times: { a: [0, 0.75, 1], b: [0, 0.5, 0.5, 1] } },
    ownDuplicates: { ...base, times: { a: [0, 1, 1, 2], b: [0, 1, 2] } },
    midpoint: { ...base, times: { a: [1.7e9, 1.7e9 + 2 * step, 1.7e9 + 3 * step], b: far } },
    noSamples: { ...base, times: { a: [0, 1], b: [] } },
    seconds: { ...base, margin: [0.5, 0.5], times: { a: [0, 0.5, 1, 1.5, 2], b: [0, 0.75, 1.25, 2] } },
    samples: { ...base, margin: [1, 1], times: { a: [0, 0.5, 1, 1.5, 2], b: [0, 0.75, 1.25, 2] } },
    zeroMargin: { ...base, margin: [0, 0], times: { a: [0, 1, 2], b: [0, 1, 2] } },
    lastRow: { ...base, rule: "next", times: { a: [0, 1, 2], b: [0, 1, 2] } },
  };
  const found = answers(scratch(t), Object.values(cases)) as Answer[];
  const theirs = Object.fromEntries(Object.keys(cases).map((name, i) => [name, found[i]!]));
  const ours = (
    name: string,
    spec: SyncSpec = { rule: "nearest", reference: "a", toleranceSeconds: cases[name]!.tol! },
  ) => lists(synchronization(spec)(arrays(cases[name]!.times)));
  // 1: a sample at the very tolerance.
  assert.deepEqual(
    [theirs["atTolerance"], ours("atTolerance")],
    [
      { a: [0, 2], b: [0, 2] },
      { a: [0, 1, 2], b: [0, 1, 2] },
    ],
  );
  assert.deepEqual(ours("atTolerance", like("nearest", 0.25)), theirs["atTolerance"]);
  // 2: with a tolerance, rows where not all have begun.
  assert.deepEqual(
    [theirs["ends"], ours("ends")],
    [
      { a: [1, 2], b: [1, 2] },
      { a: [0, 1, 2], b: [0, 1, 2] },
    ],
  );
  // 3: of equal stamps, 0.5 and 0.5 being as near to 0.75 as 1 is.
  assert.deepEqual(
    [theirs["equalStamps"]!["b"], ours("equalStamps")["b"]],
    [
      [0, 2, 3],
      [0, 1, 3],
    ],
  );
  // 4: the reference's own samples at one time.
  assert.deepEqual(
    [theirs["ownDuplicates"]!["a"], ours("ownDuplicates")["a"]],
    [
      [0, 1, 1, 3],
      [0, 1, 2, 3],
    ],
  );
  // 5: a midpoint that float64 does not have: 2 steps from the one, 1 from the other.
  assert.deepEqual(
    [theirs["midpoint"]!["b"], ours("midpoint")["b"]],
    [
      [0, 0, 1],
      [0, 1, 1],
    ],
  );
  // 6: a sensor without samples.
  assert.deepEqual([theirs["noSamples"], ours("noSamples")], [{ error: "IndexError" }, { a: [], b: [] }]);
  // 7: a margin is of each sensor's samples there, of the common stretch here.
  const margin = (one: { seconds: number } | { samples: number }) =>
    nearest({ reference: "a", toleranceSeconds: 1, overlap: true, margin: [one, one] });
  assert.deepEqual(theirs["seconds"]!["a"], [2]);
  assert.deepEqual(Array.from(margin({ seconds: 0.5 })(arrays(cases["seconds"]!.times))["a"]!), [1, 2, 3]);
  assert.deepEqual(theirs["samples"]!["a"], [2]);
  assert.deepEqual(Array.from(margin({ samples: 1 })(arrays(cases["samples"]!.times))["a"]!), [1, 2, 3]);
  // No differences in the version at hand: a margin of 0, and the row at the end.
  assert.deepEqual(theirs["zeroMargin"], ours("zeroMargin"));
  assert.deepEqual(theirs["lastRow"], lists(next({ reference: "a" })(arrays(cases["lastRow"]!.times))));
});

test("pandas' merge_asof finds the same samples", { skip }, (t) => {
  const random = rng("asof");
  const cases = (["nearest", "previous", "next"] as const).flatMap((rule) =>
    Array.from({ length: 120 }, (_, i): Case => {
      // Whole steps of 2⁻¹⁰ s: many at one time, many at the very tolerance, and no rounding.
      const whole = (list: readonly number[]) => list.map((time) => Math.round(time * 1024) / 1024);
      const { a, b } = sensors(random);
      const tol = [null, 0, 5 / 1024, 0.0625][i % 4]!;
      return { peer: "asof", rule, tol, times: { a: whole(a), b: whole(b) } };
    }),
  );
  const found = answers(scratch(t), cases) as (readonly number[])[];
  let [rows, ties] = [0, 0];
  for (const [i, { rule, tol, times: given }] of cases.entries()) {
    const spec = {
      rule,
      reference: "a",
      toleranceSeconds: tol ?? Number.POSITIVE_INFINITY,
      overlap: false,
      missing: "keep",
    } as const;
    const own = Array.from(synchronization(spec)(arrays(given))["b"]!);
    for (const [row, at] of own.entries()) {
      const theirs = found[i]![row]!;
      rows++;
      if (rule === "nearest" && at >= 0 && theirs !== at) {
        // Of equal stamps pandas takes the last before and the first after a row; of two equally near, the earlier, as here.
        assert.equal(given["b"]![theirs], given["b"]![at], `case ${i}, row ${row}`);
        ties++;
      } else assert.equal(at, theirs, `case ${i}, row ${row}`);
    }
  }
  assert.ok(rows > 20_000 && ties < rows / 20, `${ties} of ${rows}`);
});

test("the association list of fr1_xyz is what the TUM tools make, and what is made here", { skip }, (t) => {
  const path = needShared(t, "data", "sync", "tum_fr1_xyz", "associations.txt");
  if (path === undefined) return;
  const rows = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("#"));
  const [rgb, depth] = [0, 2].map((column) => Float64Array.from(rows, (row) => Number(row.split(/\s+/)[column])));
  const options = { reference: "rgb", unique: "perSensor", toleranceSeconds: 0.02, strictTolerance: true } as const;
  const { index } = nearest(options).match({ rgb: rgb!, depth: depth! });
  const pairs = Array.from(index.rgb, (at, row) => [rgb![at], depth![index.depth[row]!]]);
  assert.deepEqual(pairs, JSON.parse(run("tum", path)));
  assert.equal(pairs.length, rows.length);
});

for (const suffix of ["parquet", "arrow"])
  test(`pyarrow reads an index map of the form .${suffix}`, { skip }, async (t) => {
    const path = join(scratch(t), `map.${suffix}`);
    const stamps = {
      lidar: Float64Array.of(0, 1, 2, 3),
      camera: Float64Array.of(0.5, 1.5, 3.5),
      gps: Float64Array.of(2),
    };
    const made = interpolate({ reference: "lidar", optional: ["gps"], clocks: { camera: { offsetSeconds: -0.25 } } });
    await saveMatch(path, made.match(stamps), { timestamps: stamps, sync: made });
    const { types, columns, said } = JSON.parse(run("map", path));
    assert.deepEqual(types, {
      row: "uint32",
      ref_row: "uint32",
      time: "double",
      segment: "uint32",
      ...Object.fromEntries(
        ["lidar", "camera", "gps"].flatMap((name) => [
          [name, "uint32"],
          [`${name}_dt`, "float"],
          [`${name}_before`, "uint32"],
          [`${name}_after`, "uint32"],
          [`${name}_w`, "double"],
        ]),
      ),
    });
    assert.deepEqual(
      [columns.row, columns.ref_row, columns.time],
      [
        [0, 1, 2],
        [1, 2, 3],
        [1, 2, 3],
      ],
    );
    assert.deepEqual(
      [columns.camera, columns.camera_before, columns.camera_after],
      [
        [1, 1, 2],
        [0, 1, 1],
        [1, 2, 2],
      ],
    );
    assert.deepEqual(
      [columns.camera_w, columns.camera_dt],
      [
        [0.75, 0.375, 0.875],
        [0.25, -0.75, 0.25],
      ],
    );
    assert.deepEqual(
      [columns.gps, columns.gps_dt, columns.gps_w],
      [
        [null, 0, null],
        [null, 0, null],
        [null, 0, null],
      ],
    );
    const sha256 = createHash("sha256").update(new Uint8Array(stamps.camera.buffer)).digest("hex");
    assert.deepEqual(said.timestamps.camera, { samples: 3, sha256 });
    assert.deepEqual(
      [said.spec.rule, said.spec.reference, said.spec.clocks.camera],
      ["interpolate", "lidar", { offsetSeconds: -0.25 }],
    );
  });
