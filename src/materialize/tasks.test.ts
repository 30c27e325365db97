/** The plan of a dataset: which tasks, what each makes, and what it waits for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mdsLayout } from "../formats/mds/index.ts";
import { inWaitingOrder, type Task } from "../run/index.ts";
import type { GatherArgs } from "./gather.ts";
import type { DatasetSpec } from "./spec.ts";
import { datasetTasks } from "./tasks.ts";

const features = { name: "features", type: { kind: "f32", shape: [2, 5] } } as const;
const SPEC: DatasetSpec = {
  seed: "1",
  window: { size: 2, stride: 1 },
  columns: [features],
  times: "stamps",
  ids: [],
  formats: ["mds", "parquet"],
  mds: mdsLayout(
    { features: features.type },
    { style: "ndarray", shardBytes: 2 ** 20, compression: undefined, hashes: [] },
  ),
  byteStreamSplit: false,
  unitRows: 10,
  groupRows: 5,
  unitsPerTask: 2,
  firstPart: { train: 0, validation: 0, test: 0 },
  counts: { train: [45, 0, 20], validation: [7], test: [0] },
  sources: [],
  createdBy: "test",
};

const ids = (tasks: readonly Task[]) => tasks.map(({ id }) => id);
const gathers = (tasks: readonly Task[]) => tasks.filter(({ op }) => op === "gather");

test("gather tasks cover every sample once, in whole units", () => {
  const covered = gathers(datasetTasks(SPEC)).map(({ args }) => args as unknown as GatherArgs);
  assert.deepEqual(
    covered.map(({ split, part, from, to, firstRecord }) => [split, part, from, to, firstRecord]),
    [
      ["train", 0, 0, 20, 0],
      ["train", 0, 20, 40, 0],
      ["train", 0, 40, 45, 0],
      ["train", 2, 0, 20, 45],
      ["validation", 0, 0, 7, 0],
    ],
  );
});

test("tasks have names of their own, wait only for what is there, and the last one publishes after all others", () => {
  const tasks = datasetTasks({ ...SPEC, runSamples: 30 });
  assert.equal(new Set(ids(tasks)).size, tasks.length);
  assert.equal(inWaitingOrder(tasks).length, tasks.length);
  assert.deepEqual(ids(inWaitingOrder(tasks)), ids(tasks));
  const last = tasks.at(-1)!;
  assert.deepEqual(
    [last.op, last.makes, [...last.after].sort()],
    ["publish", ["manifest.json"], ids(tasks.slice(0, -1)).sort()],
  );
});

test("in two passes each split is scattered whole before any of it is gathered", () => {
  const tasks = datasetTasks({ ...SPEC, runSamples: 30 });
  const scatters = tasks.filter(({ op }) => op === "scatter");
  assert.deepEqual(ids(scatters), ["scatter-train-0", "scatter-train-1", "scatter-train-2", "scatter-validation-0"]);
  for (const { id, after } of gathers(tasks)) {
    const split = id.split("-")[1];
    assert.deepEqual(
      after,
      ids(scatters).filter((each) => each.startsWith(`scatter-${split}-`)),
    );
  }
});

test("validation and test files are made always, an empty training part never", () => {
  const made = datasetTasks(SPEC).flatMap(({ makes }) => makes);
  for (const file of [
    "parquet/samples_000.parquet",
    "parquet/samples_002.parquet",
    "validation.parquet",
    "test.parquet",
  ]) {
    assert.ok(made.includes(file), file);
  }
  assert.ok(!made.includes("parquet/samples_001.parquet"));
  assert.ok(!made.includes("mds_test/index.json"));
  const mdsAlone = datasetTasks({ ...SPEC, formats: ["mds"] }).flatMap(({ makes }) => makes);
  assert.ok(mdsAlone.includes("validation.parquet") && !mdsAlone.some((file) => file.startsWith("parquet/")));
  const parquetAlone = datasetTasks({ ...SPEC, formats: ["parquet"] }).flatMap(({ makes }) => makes);
  assert.ok(!parquetAlone.some((file) => file.startsWith("mds")));
});
