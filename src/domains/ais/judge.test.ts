/** Measures of forecasts: against their plain definitions, in any cut into batches, and with quantiles past memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BASELINES, forecast } from "./baselines.ts";
import { errorAfter } from "./error-after.ts";
import { BINNED_QUANTILE_ERROR, ErrorSeries } from "./error-series.ts";
import type { ErrorStats } from "./error-set.ts";
import type { FeatureColumn } from "./feature-batch.ts";
import { destination, haversine } from "./geodesy.ts";
import { forecastErrors, judge } from "./judge.ts";

const NMI = 1852;

function near(actual: number | null, expected: number, what: string): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= 1e-9 * Math.abs(expected) + 1e-7,
    `${what}: ${actual}, not ${expected}`,
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** numpy's default: linear between the two values around it. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return low + (high - low) * (place - Math.floor(place));
}

function checkStats(stats: ErrorStats, errors: readonly number[], vessels: readonly string[], what: string): void {
  const groups = [...Map.groupBy(errors.keys(), (i) => vessels[i]).values()];
  const wanted = {
    mean: mean(errors),
    median: quantile(errors, 0.5),
    p90: quantile(errors, 0.9),
    rmse: Math.sqrt(mean(errors.map((error) => error * error))),
    vessel_mean: mean(groups.map((places) => mean(places.map((i) => errors[i]!)))),
  };
  assert.equal(stats.samples, errors.length);
  for (const [name, value] of Object.entries(wanted)) {
    near(stats.metres[name as keyof typeof wanted], value, `${what} ${name}`);
    near(stats.nmi[name as keyof typeof wanted], value / NMI, `${what} ${name} in nmi`);
  }
  near(stats.beyond_10_nmi, errors.filter((error) => error > 10 * NMI).length / errors.length, `${what} beyond`);
}

const INPUT = 2;
const STEPS = 5;
const lat = fc.float({ min: -85, max: 85, noNaN: true });
const lon = fc.float({ min: -180, max: Math.fround(179.9), noNaN: true });
const dt = fc.integer({ min: 1, max: 900 });
const sample = fc.record({
  rows: fc.array(fc.tuple(lat, lon, dt), { minLength: INPUT + STEPS, maxLength: INPUT + STEPS }),
  off: fc.array(
    fc.tuple(fc.double({ min: 0, max: 60_000, noNaN: true }), fc.double({ min: 0, max: 359, noNaN: true })),
    {
      minLength: STEPS,
      maxLength: STEPS,
    },
  ),
  vessel: fc.constantFrom("a", "b", "c"),
});

type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never;

const forecastOf = ({ rows, off }: Sample) =>
  off.flatMap(([metres, bearing], k) => {
    const [a, b] = rows[INPUT + k]!;
    const at = destination({ lat: a, lon: b }, bearing, metres);
    return [at.lat, at.lon];
  });

function columnOf(samples: readonly Sample[]): FeatureColumn {
  const data = Float32Array.from(
    samples.flatMap(({ rows }) => rows.flatMap(([a, b, seconds]) => [a, b, 0, 0, seconds])),
  );
  return { data, shape: [samples.length, INPUT + STEPS, 5] };
}

test("every figure is what its definition says, however the samples are cut into batches", () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (samples, size) => {
      const errors = forecastErrors({ inputLength: INPUT, steps: [1, 3], seconds: [600, 1800] });
      for (let from = 0; from < samples.length; from += size) {
        const some = samples.slice(from, from + size);
        errors.push(
          columnOf(some),
          Float64Array.from(some.flatMap(forecastOf)),
          some.map(({ vessel }) => vessel),
        );
      }
      const report = errors.report();
      const vessels = samples.map(({ vessel }) => vessel);
      const all = samples.map((each) => {
        const forecast = forecastOf(each);
        return each.off.map((_, k) => {
          const [a, b] = each.rows[INPUT + k]!;
          return haversine(forecast[2 * k]!, forecast[2 * k + 1]!, a, b);
        });
      });
      const at = (k: number) => all.map((each) => each[k - 1]!);
      assert.deepEqual(
        report.steps.map(({ step }) => step),
        [1, 3, STEPS],
      );
      for (const { step, errors: stats } of report.steps) checkStats(stats, at(step), vessels, `step ${step}`);
      assert.deepEqual(report.fde, report.steps.at(-1)?.errors);
      checkStats(report.ade, all.map(mean), vessels, "ADE");
      const squares = samples.map((each) => {
        const forecast = forecastOf(each);
        const [a = 0, b = 0] = columnOf([each]).data.subarray((INPUT + 2) * 5);
        return ((forecast[4]! - a) ** 2 + (forecast[5]! - b) ** 2) / 2;
      });
      near(report.steps[1]!.errors.degrees_mse, mean(squares), "degrees of step 3");
      assert.equal(report.ade.degrees_mse, null);
      near(
        report.steps[1]!.mean_seconds,
        mean(samples.map(({ rows }) => rows.slice(2, 5).reduce((sum, row) => sum + row[2], 0))),
        "seconds",
      );
      assert.deepEqual(
        [report.samples, report.vessels, report.horizon],
        [samples.length, new Set(vessels).size, STEPS],
      );
    }),
    { numRuns: 60 },
  );
});

test("an error after a time lies between the reports around it", () => {
  const elapsed = Float64Array.of(100, 580, 640, 5000);
  const errors = Float64Array.of(1, 10, 40, 100);
  assert.equal(errorAfter(600, elapsed, errors), 20);
  assert.equal(errorAfter(580, elapsed, errors), 10);
  assert.equal(errorAfter(100, elapsed, errors), 1);
  assert.equal(errorAfter(95, elapsed, errors), 1);
  assert.equal(errorAfter(5500, elapsed, errors), 100);
  assert.equal(errorAfter(700, elapsed, errors), 40 + (60 * 60) / 4360);
  for (const seconds of [80, 111.2, 300, 800, 5600]) assert.ok(Number.isNaN(errorAfter(seconds, elapsed, errors)));
  assert.equal(errorAfter(600, Float64Array.of(600, 600, 700), Float64Array.of(1, 2, 3)), 1);
});

test("a time that no sample has a report near is null", () => {
  const data = Float32Array.from([0, 60, 60].flatMap((seconds) => [1, 2, 3, 4, seconds]));
  const errors = forecastErrors({ inputLength: 1 });
  errors.push({ data, shape: [1, 3, 5] }, Float32Array.of(1, 2, 1, 2));
  const report = errors.report();
  assert.deepEqual(
    report.times.map((time) => time.errors),
    [null, null, null],
  );
  assert.deepEqual(
    [report.steps.map(({ step }) => step), report.vessels, report.ade.metres.vessel_mean],
    [[1, 2], null, null],
  );
  assert.deepEqual([report.ade.metres.mean, report.fde.metres.p90, report.quantile_error], [0, 0, 0]);
});

test("past the limit quantiles are as near as they say, and all else stays exact", () => {
  const errors = fc.array(fc.oneof(fc.double({ min: 1e-3, max: 2e7, noNaN: true }), fc.constantFrom(0, 1852)), {
    minLength: 2,
  });
  fc.assert(
    fc.property(errors, fc.nat(20), (values, limit) => {
      const [exact, binned] = [new ErrorSeries(1e6), new ErrorSeries(limit)];
      for (const series of [exact, binned]) for (const value of values) series.add(value, 0);
      assert.equal(binned.isExact, values.length <= limit);
      const wanted = exact.quantiles([0, 0.5, 0.9, 1]);
      for (const [i, value] of binned.quantiles([0, 0.5, 0.9, 1]).entries())
        assert.ok(
          Math.abs(value - wanted[i]!) <= BINNED_QUANTILE_ERROR * wanted[i]! + 2 ** -20,
          `${value}, not ${wanted[i]}`,
        );
      assert.deepEqual([binned.mean, binned.rmse, binned.byVessel()], [exact.mean, exact.rmse, exact.byVessel()]);
    }),
  );
});

test("what is no number is refused with its place, in a forecast and in a window", () => {
  const data = Float32Array.from([0, 60, 60].flatMap((seconds) => [1, 2, 3, 4, seconds]));
  const batch = { data, shape: [1, 3, 5] };
  const errors = () => forecastErrors({ inputLength: 1 });
  assert.throws(() => errors().push(batch, Float32Array.of(1, 2, 1, Number.NaN)), {
    code: "usage",
    message: /sample 0.* step 2/,
  });
  assert.throws(() => errors().push(batch, Float64Array.of(1, Number.POSITIVE_INFINITY, 1, 2)), {
    code: "usage",
    message: /step 1/,
  });
  const hole = { ...batch, data: data.with(10, Number.NaN) };
  assert.throws(() => errors().push(hole, Float32Array.of(1, 2, 1, 2)), {
    code: "damaged",
    message: /sample 0 .* step 2/,
  });
  const timeless = { ...batch, data: data.with(9, Number.NaN) };
  assert.throws(() => errors().push(timeless, Float32Array.of(1, 2, 1, 2)), { code: "damaged", message: /step 1 by/ });
  const noStart = { ...batch, data: data.with(0, Number.NaN) };
  const panel = judge({ inputLength: 1, baselines: ["persist"] });
  assert.throws(() => panel.push(noStart, {}), { code: "damaged", message: /sample 0 .* step 1 by/ });
});

test("what does not fit is refused", () => {
  const batch = { data: new Float32Array(15), shape: [1, 3, 5] };
  const four = new Float32Array(4);
  assert.throws(
    () => forecastErrors({ inputLength: 1 }).push(batch, new Float32Array(6)),
    /\[1, 2, 2\] forecast values, got 6/,
  );
  assert.throws(() => forecastErrors({ inputLength: 1 }).push(batch, four, ["a", "b"]), /1 names of vessels, got 2/);
  assert.throws(
    () => forecastErrors({ inputLength: 1, horizon: 3 }).push(batch, four),
    /3 positions after the input, got 2/,
  );
  assert.throws(
    () => forecastErrors({ inputLength: 1, steps: [3] }).push(batch, four),
    /from 1 to the horizon 2, got 3/,
  );
  // No room is made for a horizon that no window has.
  for (const horizon of [4, Number.MAX_SAFE_INTEGER]) {
    assert.throws(() => judge({ inputLength: 1, horizon, baselines: ["persist"] }).push(batch, {}), {
      code: "usage",
      message: /positions after the input, got [0-9]$/,
    });
  }
  assert.throws(() => forecastErrors({ seconds: [0] }), { code: "usage" });
  assert.throws(() => forecastErrors().report(), { code: "empty" });
});

test("several forecasters are judged as each alone; names that change, or are there twice, are refused", () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), fc.constantFrom("known", "median"), (samples, dt) => {
      const batch = columnOf(samples);
      const model = Float64Array.from(samples.flatMap(forecastOf));
      const options = { inputLength: INPUT, steps: [2], dt };
      const all = judge({ ...options, baselines: BASELINES });
      all.push(batch, { model });
      const report = all.report();
      assert.deepEqual(Object.keys(report), ["model", ...BASELINES]);
      for (const name of BASELINES) {
        const alone = forecastErrors(options);
        alone.push(batch, forecast(name, batch, { inputLength: INPUT, dt }).data);
        near(report[name]!.ade.metres.rmse, alone.report().ade.metres.rmse, name);
      }
      const alone = forecastErrors(options);
      alone.push(batch, model);
      assert.deepEqual(alone.report(), report["model"]);
      assert.throws(() => all.push(batch, { other: model }), { code: "usage", message: /forecasts of model, persist/ });
      const twice = judge({ ...options, baselines: ["persist"] });
      assert.throws(() => twice.push(batch, { persist: model }), { code: "usage" });
    }),
    { numRuns: 30 },
  );
});
