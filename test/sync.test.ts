/** Synchronization against reference vectors and real recordings. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { interpolate, nearest, previous, type SyncSpec, synchronization, type Timestamps } from "../src/sync/index.ts";
import { needShared } from "./shared.ts";

type Sample = readonly [number, number, number] | null;

interface Case {
  readonly mode?: "nearest" | "previous" | "next" | "interpolate";
  readonly timeline?: string;
  readonly case?: string;
  readonly tolerance_s?: number | null;
  readonly max_gap_s?: number | null;
  readonly raw_index?: Readonly<Record<string, readonly number[]>>;
  readonly kept_reference_rows?: readonly number[];
  readonly index_map?: Readonly<Record<string, readonly number[]>>;
  readonly index?: Readonly<Record<string, readonly (Sample | number)[]>>;
  readonly times?: readonly number[];
  readonly t?: readonly number[];
  readonly q?: readonly number[];
  readonly nearest?: readonly number[];
  readonly previous?: readonly number[];
  readonly next?: readonly number[];
}

const plain = (map: Readonly<Record<string, ArrayLike<number>>>) =>
  Object.fromEntries(Object.entries(map).map(([name, at]) => [name, Array.from(at)]));

function checkRule({ mode, tolerance_s, raw_index, kept_reference_rows, index_map }: Case, sensors: Timestamps): void {
  const toleranceSeconds = tolerance_s ?? Number.POSITIVE_INFINITY;
  const spec: SyncSpec = { rule: mode!, reference: "lidar", toleranceSeconds, overlap: false };
  assert.deepEqual(plain(synchronization({ ...spec, missing: "keep" })(sensors)), raw_index);
  const match = synchronization(spec).match(sensors);
  assert.deepEqual(Array.from(match.refRows), kept_reference_rows);
  assert.deepEqual(plain(match.index), index_map);
}

function checkInterpolation({ max_gap_s, index }: Case, sensors: Timestamps): void {
  const maxGapSeconds = max_gap_s ?? Number.POSITIVE_INFINITY;
  const options = { reference: "lidar", maxGapSeconds, overlap: false, missing: "keep" } as const;
  const { between, valid } = interpolate(options).match(sensors);
  for (const [name, wanted] of Object.entries(index ?? {})) {
    const { before, after, weight } = between[name]!;
    const got = wanted.map((_, i) => (valid[name]![i] === 1 ? [before[i], after[i], weight[i]] : null));
    assert.deepEqual(got, wanted, `${name}, gap ${maxGapSeconds}`);
  }
}

function checkUnion({ times, index }: Case, { lidar, gps }: Timestamps): void {
  const options = { union: ["lidar", "gps"], overlap: false, missing: "keep" } as const;
  const match = previous(options).match({ lidar: lidar!, gps: gps! });
  assert.deepEqual(Array.from(match.times), times);
  assert.deepEqual(plain(match.index), index);
}

function checkTies(ties: Case): void {
  const options = { times: Float64Array.from(ties.q!), overlap: false, missing: "keep" } as const;
  for (const rule of ["nearest", "previous", "next"] as const) {
    const sync = synchronization({ ...options, rule, toleranceSeconds: Number.POSITIVE_INFINITY });
    assert.deepEqual(Array.from(sync({ s: Float64Array.from(ties.t!) }).s), ties[rule], rule);
  }
}

test("every reference case of the rules is met", (t) => {
  const path = needShared(t, "vectors", "sync_cases.json");
  if (path === undefined) return;
  const vectors = JSON.parse(readFileSync(path, "utf8")) as { sensors: Record<string, number[]>; cases: Case[] };
  const { cases } = vectors;
  const sensors = Object.fromEntries(
    Object.entries(vectors.sensors).map(([name, times]) => [name, Float64Array.from(times)]),
  );
  const rules = cases.filter((each) => each.raw_index !== undefined);
  const interpolations = cases.filter((each) => each.mode === "interpolate");
  const unions = cases.filter((each) => each.timeline !== undefined);
  const ties = cases.filter((each) => each.case === "ties_and_duplicates");
  assert.deepEqual(
    [rules, interpolations, unions, ties].map((some) => some.length),
    [12, 3, 1, 1],
  );
  for (const each of rules) checkRule(each, sensors);
  for (const each of interpolations) checkInterpolation(each, sensors);
  for (const each of unions) checkUnion(each, sensors);
  for (const each of ties) checkTies(each);
});

test("TUM's own list of which depth image belongs to which colour image is found again", (t) => {
  const path = needShared(t, "data", "sync", "tum_fr1_xyz", "associations.txt");
  if (path === undefined) return;
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const rows = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(/\s+/));
  const [rgb, depth] = [0, 2].map((column) => Float64Array.from(rows, (row) => Number(row[column])));
  // associate.py of the TUM tools: all pairs less than 0.02 s apart, the closest first, each image once.
  const options = { reference: "rgb", toleranceSeconds: 0.02, strictTolerance: true } as const;
  const match = nearest({ ...options, unique: "perSensor" }).match({ rgb: rgb!, depth: depth! });
  const all = Array.from(rows.keys());
  assert.equal(all.length, 792);
  assert.deepEqual([Array.from(match.index.rgb), Array.from(match.index.depth)], [all, all]);
  // What makes it hard: by nearness alone one depth image would be taken twice.
  const near = nearest(options).match({ rgb: rgb!, depth: depth! });
  assert.notDeepEqual(Array.from(near.index.depth), all);
});
