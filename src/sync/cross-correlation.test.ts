/** Offsets found from signals that follow one motion. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rng } from "../core/index.ts";
import { crossCorrelationOffset, type Signal } from "./cross-correlation.ts";

/** A motion that does not repeat. */
const motion = (time: number) => Math.sin(1.3 * time) + Math.sin(0.37 * time + 1) + Math.sin(4.1 * time + 2);

/** The motion from `from` on, sampled at `rate`, by a clock that is `behind`. */
function sampled(from: number, rate: number, behind: number): Signal {
  const real = Float64Array.from({ length: 40 * rate }, (_, i) => from + i / rate);
  return { times: real.map((time) => time - behind), values: real.map((time) => motion(time - 1.7e9)) };
}

const options = { periodSeconds: 0.01, maxLagSeconds: 2 };

test("a clock that is behind is found, finer than the grid", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1.9, max: 1.9, noNaN: true }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.constantFrom(50, 97, 200),
      (behind, later, rate) => {
        const signal = sampled(1.7e9 + later, rate, behind);
        const { offsetSeconds, peak } = crossCorrelationOffset(signal, sampled(1.7e9, 100, 0), options);
        assert.ok(Math.abs(offsetSeconds - behind) < 1e-3 && peak > 0.99, `${offsetSeconds} for ${behind}, ${peak}`);
      },
    ),
    { numRuns: 15, seed: 1 },
  );
});

test("another scale of values changes nothing", () => {
  const signal = sampled(1.7e9, 100, 0.3);
  const scaled = { times: signal.times, values: signal.values.map((value) => 5 - 0.01 * -value) };
  const reference = sampled(1.7e9, 100, 0);
  const [a, b] = [signal, scaled].map((each) => crossCorrelationOffset(each, reference, options));
  assert.ok(Math.abs(a!.offsetSeconds - b!.offsetSeconds) < 1e-9);
});

test("signals that have nothing to do with each other are refused", () => {
  const random = rng("noise");
  const noise = () => ({
    times: Float64Array.from({ length: 4000 }, (_, i) => i / 100),
    values: Float64Array.from({ length: 4000 }, () => random.normal()),
  });
  assert.throws(() => crossCorrelationOffset(noise(), noise(), options), {
    code: "usage",
    message: /agree at no offset/,
  });
  const still = { times: Float64Array.of(0, 40), values: Float64Array.of(1, 1) };
  assert.throws(() => crossCorrelationOffset(still, noise(), options), {
    code: "usage",
    message: /agree at no offset/,
  });
});

test("what cannot be compared is refused", () => {
  const good = sampled(0, 10, 0);
  const signal = (times: number[], values: number[]) => ({
    times: Float64Array.from(times),
    values: Float64Array.from(values),
  });
  const wrong: readonly [Signal, object, RegExp][] = [
    [signal([0], [0]), {}, /two samples or more, got 1/],
    [signal([0, 1], [0]), {}, /got 2 times and 1 values/],
    [signal([0, 1, 0.5], [0, 1, 2]), {}, /go back at sample 2/],
    [signal([0, Number.NaN], [0, 1]), {}, /must be finite/],
    [signal([0, 1], [0, Number.NaN]), {}, /values of the signal must be finite, got NaN at 1/],
    [good, { periodSeconds: 0 }, /a period above 0/],
    [good, { periodSeconds: 3 }, /not below it/],
    [good, { periodSeconds: 1e-12 }, /too short/],
  ];
  for (const [each, change, message] of wrong)
    assert.throws(() => crossCorrelationOffset(each, good, { ...options, ...change }), { code: "usage", message });
});
