/** Sketches against a plain reference that holds every value. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rng } from "../core/index.ts";
import {
  addFloats,
  addNumbers,
  deviation,
  mean,
  quantile,
  quantileError,
  type Sketch,
  sketch,
} from "./sketch.kernel.ts";

const QUANTILES = [0, 0.01, 0.05, 0.5, 0.95, 0.99, 1];

function checkAgainst(values: readonly number[], of: Sketch): void {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  assert.equal(of.count, known.length);
  assert.equal(of.missing, values.length - known.length);
  if (known.length === 0) {
    assert.ok(Number.isNaN(mean(of)) && Number.isNaN(quantile(of, 0.5)));
    return;
  }
  assert.deepEqual([of.min, of.max], [known[0], known.at(-1)]);
  const sum = known.reduce((total, value) => total + value, 0);
  const scale = Math.max(1, ...known.map(Math.abs));
  assert.ok(Math.abs(mean(of) - sum / known.length) <= 1e-9 * scale);
  const variance = known.reduce((total, value) => total + (value - sum / known.length) ** 2, 0) / known.length;
  assert.ok(Math.abs(deviation(of) - Math.sqrt(variance)) <= 1e-6 * scale);
  for (const p of QUANTILES) {
    const exact = known[Math.floor(p * (known.length - 1))]!;
    // Denormal floats have fewer bits than others, and a bin of them is as wide as the smallest normal float.
    assert.ok(
      Math.abs(quantile(of, p) - exact) <= quantileError(of) * Math.abs(exact) + 1e-37,
      `${p}: ${quantile(of, p)} for ${exact}`,
    );
  }
}

const float = fc.oneof(
  fc.float({ noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.constantFrom(0, 1, -1, 360, Number.NaN),
);

test("counts, bounds, moments and quantiles are those of the values, whatever the calls that brought them", () => {
  fc.assert(
    fc.property(fc.array(float, { maxLength: 200 }), fc.nat(200), (values, cut) => {
      const one = sketch();
      for (const piece of [values.slice(0, cut), values.slice(cut)]) addFloats(one, Float32Array.from(piece), 0, 1);
      checkAgainst(values, one);
    }),
  );
});

test("a stride takes one feature of several that lie side by side", () => {
  const second = sketch();
  addFloats(second, Float32Array.of(1, 10, 2, 20, 3, Number.NaN), 1, 2);
  checkAgainst([10, 20, Number.NaN], second);
});

test("epochs and whole numbers of 64 bits keep their digits: bins are counted from the first value", () => {
  const times = Array.from({ length: 500 }, (_, i) => 1_700_000_000 + i * 0.5);
  const one = sketch();
  addNumbers(one, Float64Array.from(times), 0, 1);
  assert.equal(mean(one), 1_700_000_124.75);
  assert.ok(Math.abs(quantile(one, 0.5) - times[249]!) < 0.01);
  const big = sketch();
  addNumbers(big, BigInt64Array.of(-5n, 7n), 0, 1);
  assert.deepEqual([big.min, big.max, quantile(big, 0)], [-5, 7, -5]);
});

test("where values are many and far apart bins are joined, and the error that is told grows with them", () => {
  const random = rng(1);
  const values = Float32Array.from({ length: 40_000 }, () => random.normal() * 10 ** random.int(12));
  const one = sketch();
  for (let from = 0; from < values.length; from += 4096) addFloats(one, values.subarray(from, from + 4096), 0, 1);
  assert.ok(one.dropped > sketch().dropped);
  const known = Array.from(values).sort((a, b) => a - b);
  for (const p of QUANTILES) {
    const exact = known[Math.floor(p * (known.length - 1))]!;
    assert.ok(Math.abs(quantile(one, p) - exact) <= quantileError(one) * Math.abs(exact));
  }
});

test("counts of more than 32 bits hold are carried over", () => {
  const one = sketch();
  addFloats(one, Float32Array.of(1, 1, 2), 0, 1);
  const chunk = one.chunks.find((each) => each !== undefined)!;
  const place = chunk.indexOf(2);
  chunk[place] = 2 ** 32 - 10;
  one.count = 2 ** 32 - 9;
  addFloats(one, new Float32Array(100).fill(1), 0, 1);
  assert.equal(one.count, 2 ** 32 + 91);
  assert.equal(quantile(one, 0.5), 1);
  assert.equal(quantile(one, 1), 2);
});
