/** Forecasts judged on whole datasets: the same whatever format they are read from, and a model's beside the baselines'. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { packed } from "../src/core/index.ts";
import { type FeatureBatch, forecast, fullHorizon, haversine, multiStep } from "../src/domains/ais/index.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { materializeAis } from "../src/verbs/ais/materialize.ts";
import { baselineAis } from "../src/verbs/index.ts";
import { indexRows, parquetSamples, type ReadSample, SMALL, writeFleet } from "./ais-dataset.ts";
import { putParquet } from "./inspect-places.ts";

const root = mkdtempSync(join(tmpdir(), "windrow-baseline-"));
after(() => rmSync(root, { recursive: true, force: true }));
const DATA = join(root, "data");
const BYTES = join(root, "bytes");
const INPUT = 16;
const STEPS = 48;

before(async () => {
  const inputs = [join(root, "ais.csv")];
  writeFleet(inputs[0]!, { vessels: 12, days: 1, seed: 5 });
  await materializeAis({ ...SMALL, inputs, out: DATA, parts: 2 });
  await materializeAis({ ...SMALL, inputs, out: BYTES, mdsEncoding: "bytes", format: ["mds"] });
});

test("every sample of the validation split is judged, and every vessel counted once", async () => {
  const report = await baselineAis(DATA);
  const rows = (await indexRows(DATA)).filter((row) => row["split"] === "validation");
  const vessels = new Set(rows.map((row) => row["entity"]));
  assert.ok(rows.length > 50 && vessels.size > 1);
  assert.deepEqual([report.split, report.samples, report.vessels], ["validation", rows.length, vessels.size]);
  assert.deepEqual([report.input_length, report.horizon], [INPUT, STEPS]);
  assert.deepEqual(Object.keys(report.forecasts), ["persist", "dead_reckoning", "constant_velocity", "cv_turn"]);
  const { persist, dead_reckoning: reckoned } = report.forecasts;
  assert.deepEqual(
    persist?.steps.map(({ step }) => step),
    [1, 10, STEPS],
  );
  // Ships that the simulator lets sail straight on are nearer to where their course points than to where they were.
  assert.ok(reckoned!.steps[1]!.errors.metres.mean < persist!.steps[1]!.errors.metres.mean / 2);
  const { steps } = persist!;
  // Figures of a vessel's own samples, plainly.
  const samples = await parquetSamples(DATA, "validation.parquet");
  const { data } = forecast("persist", columnOf(samples.map(({ features }) => features)), { inputLength: INPUT });
  const means = Map.groupBy(rows.keys(), (i) => rows[i]!["entity"]);
  const alone = [...means.values()].map((places) => meanOf(places, samples, data));
  const wanted = alone.reduce((sum, mean) => sum + mean, 0) / alone.length;
  assert.ok(Math.abs(steps[1]!.errors.metres.vessel_mean! - wanted) < 1e-6);
});

function columnOf(windows: readonly Float32Array[]) {
  return { data: Float32Array.from(windows.flatMap((each) => [...each])), shape: [windows.length, INPUT + STEPS, 5] };
}

/** Mean error at step 10 of some samples. */
function meanOf(places: readonly number[], samples: readonly ReadSample[], forecasts: Float64Array): number {
  const errors = places.map((i) => {
    const [lat = 0, lon = 0] = samples[i]!.features.subarray((INPUT + 9) * 5);
    const [a = 0, b = 0] = forecasts.subarray((i * STEPS + 9) * 2);
    return haversine(a, b, lat, lon);
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

test("the figures are the same from MDS, from Parquet, from bytes, and without a manifest but for the vessels", async () => {
  const { forecasts } = await baselineAis(DATA);
  const same = await baselineAis(BYTES);
  assert.deepEqual(same.forecasts, forecasts);
  for (const [path, split] of [
    [join(DATA, "mds_validation"), null],
    [join(DATA, "validation.parquet"), null],
    [join(BYTES, "mds_validation"), null],
  ] as const) {
    const report = await baselineAis(path, { inputLength: INPUT });
    assert.deepEqual([report.split, report.vessels], [split, null]);
    assert.equal(report.forecasts["cv_turn"]?.ade.metres.vessel_mean, null);
    const plain = (given: typeof report.forecasts) =>
      JSON.parse(JSON.stringify(given, (key, value) => (/^vessel/.test(key) ? null : value)));
    assert.deepEqual(plain(report.forecasts), plain(forecasts));
  }
});

test("a model is judged beside the baselines: the truth misses nothing", async () => {
  const models = { truth: (batch: FeatureBatch) => packed(fullHorizon(batch, { inputLength: INPUT }).target) };
  const { forecasts } = await baselineAis(DATA, { split: "train", models, baselines: ["persist"] });
  assert.deepEqual(Object.keys(forecasts), ["truth", "persist"]);
  const { truth, persist } = forecasts;
  assert.deepEqual([truth?.ade.metres.mean, truth?.fde.metres.p90, truth?.ade.metres.rmse], [0, 0, 0]);
  assert.deepEqual(
    truth?.times.map(({ errors }) => errors?.samples),
    persist?.times.map(({ errors }) => errors?.samples),
  );
});

test("forecasts of a file are judged as the same forecasts made here", async () => {
  const samples = await parquetSamples(DATA, "validation.parquet");
  const windows = columnOf(samples.map(({ features }) => features));
  const options = { inputLength: INPUT, horizon: 20 };
  const { data } = forecast("constant_velocity", windows, options);
  const store = folderStore(root);
  const schema = { forecast: { kind: "f64", shape: [40] } } as const;
  await putParquet(store, "forecasts.parquet", schema, { length: samples.length, columns: { forecast: { data } } });
  const predictions = join(root, "forecasts.parquet");
  const report = await baselineAis(DATA, { predictions });
  assert.equal(report.horizon, 20);
  const { predictions: theirs, constant_velocity: here } = report.forecasts;
  for (const name of ["mean", "median", "p90", "rmse", "vessel_mean"] as const) {
    const [a, b] = [theirs?.ade.metres[name] ?? 0, here?.ade.metres[name] ?? 1];
    assert.ok(Math.abs(a - b) <= 1e-9 * b + 1e-7, `${name}: ${a}, ${b}`);
  }
  const early = await baselineAis(DATA, { predictions, horizons: [2] });
  assert.deepEqual(
    early.forecasts["predictions"]?.steps.map(({ step }) => step),
    [2, 20],
  );
  assert.deepEqual(early.forecasts["predictions"]?.ade, report.forecasts["predictions"]?.ade);
  await assert.rejects(baselineAis(DATA, { predictions, horizons: [1, 21] }), {
    code: "usage",
    message: /go 20 steps/,
  });
  await assert.rejects(baselineAis(DATA, { predictions, split: "train" }), {
    code: "usage",
    message: /a row for each sample/,
  });
  const wrong = baselineAis(join(DATA, "parquet"), { predictions, inputLength: INPUT });
  await assert.rejects(wrong, { code: "usage", message: /a row for each sample/ });
  await assert.rejects(baselineAis(DATA, { predictions: join(DATA, "index.parquet") }), {
    code: "usage",
    message: /one column/,
  });
});

test("fewer steps, fewer baselines, and times that are not known", async () => {
  const options = { horizons: [5, 2], baselines: ["dead_reckoning"], dt: "median" } as const;
  const report = await baselineAis(DATA, options);
  assert.deepEqual([report.horizon, report.dt, Object.keys(report.forecasts)], [5, "median", ["dead_reckoning"]]);
  assert.deepEqual(
    report.forecasts["dead_reckoning"]?.steps.map(({ step }) => step),
    [2, 5],
  );
  const known = await baselineAis(DATA, { ...options, dt: "known" });
  assert.notDeepEqual(known.forecasts, report.forecasts);
  const model = (batch: FeatureBatch) => packed(multiStep(batch, 5, { inputLength: INPUT }).target);
  const { forecasts } = await baselineAis(DATA, { horizons: [5], baselines: [], models: { model } });
  assert.equal(forecasts["model"]?.ade.metres.mean, 0);
});

test("what cannot be judged is said in words that help", async () => {
  await assert.rejects(baselineAis(DATA, { split: "test" }), { code: "empty", message: /test split .* --split/ });
  await assert.rejects(baselineAis(DATA, { inputLength: 64 }), { code: "usage", message: /from 1 to 63, got 64/ });
  await assert.rejects(baselineAis(DATA, { horizons: [49] }), { code: "usage", message: /49/ });
  await assert.rejects(baselineAis(DATA, { horizons: [0, 4] }), { code: "usage", message: /got 0/ });
  await assert.rejects(baselineAis(DATA, { horizons: [] }), { code: "usage" });
  await assert.rejects(baselineAis(DATA, { baselines: [] }), { code: "usage" });
  await assert.rejects(baselineAis(join(DATA, "index.parquet")), { code: "unsupported", message: /features/ });
  await assert.rejects(baselineAis(join(DATA, "mds_validation")), { code: "usage", message: /from 1 to 63, got 128/ });
  const models = { broken: () => new Float32Array(3) };
  await assert.rejects(baselineAis(DATA, { models }), { code: "usage", message: /got 3/ });
});

test("the command prints a table, or the report as JSON", () => {
  const bin = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "baseline", "ais", ...args], {
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const text = run(DATA, "--horizons", "1,40", "--quiet");
  assert.deepEqual([text.status, text.stderr], [0, ""]);
  assert.match(text.stdout, /^.+, validation: [\d,]+ samples of \d+ vessels, 16 positions in, 40 forecast\n/);
  assert.match(text.stdout, /\nstep 1, about [\d.]+ s\n {2}persist +[\d.]+ +/);
  assert.match(
    text.stdout,
    /\nmean of 40 steps\n {2}persist .+\n {2}dead_reckoning .+\n {2}constant_velocity .+\n {2}cv_turn .+\n/,
  );
  const longest = Math.max(
    ...text.stdout
      .split("\n")
      .slice(1)
      .map(({ length }) => length),
  );
  assert.ok(longest <= 100, `lines that fit a terminal, got ${longest}`);
  const json = run(DATA, "--json", "--quiet");
  assert.equal(Object.keys(JSON.parse(json.stdout).forecasts).length, 4);
  assert.deepEqual([run(DATA, "--split", "test").status, run(DATA, "--baselines", "luck").status], [3, 2]);
});
