/** Clocks found from pairs: exact ones exactly, noisy ones nearly, and what cannot be fitted. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { rng } from "../core/index.ts";
import { type FitMethod, fitClock } from "./clock.ts";
import { corrected } from "./ready-times.ts";

const METHODS: readonly FitMethod[] = ["ols", "robust", "envelope"];

test("the reference fit is met", (t) => {
  const file = new URL("../../../shared/vectors/sync_clock_fit.json", import.meta.url);
  if (!existsSync(file)) return t.skip("the reference vectors are not here");
  const { device, host, ols } = JSON.parse(readFileSync(file, "utf8")) as {
    device: number[];
    host: number[];
    ols: { scale: number; offset: number };
  };
  const { scale, offsetSeconds, originSeconds } = fitClock(Float64Array.from(device), Float64Array.from(host));
  assert.ok(Math.abs(scale - ols.scale) < 1e-14);
  // The reference's offset is that at the device's time 0.
  assert.ok(Math.abs(originSeconds + offsetSeconds - scale * originSeconds - ols.offset) < 1e-13);
});

test("a clock without noise is found, and corrects the device's times to the host's", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.uniqueArray(fc.integer({ min: 0, max: 100_000 }), { minLength: 3, maxLength: 30 }),
      (scale, offset, ticks) => {
        const device = Float64Array.from(ticks, (tick) => tick / 64);
        const host = device.map((time) => scale * time + offset);
        for (const method of METHODS) {
          const fit = fitClock(device, host, method);
          const fixed = corrected(device, fit);
          for (const [i, time] of fixed.entries()) assert.ok(Math.abs(time - host[i]!) < 1e-7, method);
        }
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

/** A clock that gains 20 µs a second and is 0.137 s behind, at epoch times; what is added to the host's times comes from `noise`. */
function pairs(noise: (random: ReturnType<typeof rng>) => number) {
  const random = rng("clock");
  const host = Float64Array.from({ length: 600 }, (_, i) => 1.7e9 + i);
  const device = host.map((time) => 1.7e9 + (time - 1.7e9) / 1.00002 - 0.137);
  return { device, host, late: host.map((time) => time + noise(random)) };
}

test("pairs that are far off do not move a robust fit", () => {
  const { device, host, late } = pairs((random) => (random.uniform() < 0.1 ? 3 : 0) + 1e-4 * random.normal());
  const error = (method: FitMethod) =>
    Math.max(...corrected(device, fitClock(device, late, method)).map((time, i) => Math.abs(time - host[i]!)));
  assert.ok(error("robust") < 1e-4 && error("ols") > 0.1);
  assert.ok(fitClock(device, late, "robust").pairs < 560);
});

test("delays that vary move least squares, but not the line beneath", () => {
  const { device, host, late } = pairs((random) => 0.02 * random.uniform() ** 3);
  const bias = (method: FitMethod) =>
    corrected(device, fitClock(device, late, method)).reduce(
      (sum, time, i) => sum + (time - host[i]!) / host.length,
      0,
    );
  assert.ok(bias("ols") > 4e-3 && Math.abs(bias("envelope")) < 1e-4);
});

test("the line beneath has no pair below it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.nat(40)), { minLength: 3, maxLength: 40 }),
      (points) => {
        fc.pre(new Set(points.map(([x]) => x)).size > 1);
        const device = Float64Array.from(points, ([x]) => 100 * x);
        const host = Float64Array.from(points, ([x, delay]) => 100 * x + delay);
        const { scale, offsetSeconds, originSeconds } = fitClock(device, host, "envelope");
        const below = device.map(
          (time, i) => host[i]! - (scale * (time - originSeconds) + originSeconds + offsetSeconds),
        );
        assert.ok(below.every((distance) => distance > -1e-9));
        assert.ok(below.filter((distance) => Math.abs(distance) < 1e-9).length >= 2);
      },
    ),
    { numRuns: 300, seed: 2 },
  );
});

test("what no clock can be fitted to is refused", () => {
  const fitted = (device: number[], host: number[]) => () =>
    fitClock(Float64Array.from(device), Float64Array.from(host));
  assert.throws(fitted([0, 1], [0, 1]), { code: "usage", message: /3 pairs or more, got 2 times and 2/ });
  assert.throws(fitted([0, 1, 2], [0, 1]), { code: "usage", message: /got 3 times and 2/ });
  assert.throws(fitted([0, Number.NaN, 2], [0, 1, 2]), {
    code: "usage",
    message: /device must be finite .* got NaN at 1/,
  });
  assert.throws(fitted([0, 1, 2], [0, 1, Number.POSITIVE_INFINITY]), { code: "usage", message: /host must be finite/ });
  assert.throws(fitted([5, 5, 5], [0, 1, 2]), { code: "usage", message: /times that differ, got only 5/ });
  assert.throws(fitted([0, 1, 2], [2, 1, 0]), { code: "usage", message: /run against each other/ });
});
