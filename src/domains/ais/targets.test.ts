/** Input and target: views of the batch that hold what slicing gives, and a loss that knows the globe. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packed } from "../../core/index.ts";
import { haversine } from "./geodesy.ts";
import { fullHorizon, multiStep, nextPosition, positionLoss } from "./targets.ts";

const lengths = fc.record({
  n: fc.integer({ min: 0, max: 4 }),
  input: fc.integer({ min: 1, max: 6 }),
  rest: fc.integer({ min: 1, max: 6 }),
});

function batch(n: number, positions: number) {
  const data = Float32Array.from({ length: n * positions * 5 }, (_, i) => i);
  return { length: n, columns: { features: { data, shape: [n, positions, 5] } } };
}

/** Latitude and longitude of position `p` of window `i`. */
const latLon = (positions: number, i: number, p: number) => [(i * positions + p) * 5, (i * positions + p) * 5 + 1];
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("inputs are the first positions, targets the latitudes and longitudes that follow; nothing is copied", () => {
  fc.assert(
    fc.property(lengths, fc.nat(), ({ n, input, rest }, any) => {
      const positions = input + rest;
      const steps = 1 + (any % rest);
      const given = batch(n, positions);
      const options = { inputLength: input };
      const first = range(0, n).flatMap((i) => range(i * positions * 5, (i * positions + input) * 5));
      for (const [cut, shape, to] of [
        [nextPosition(given, options), [n, 2], input + 1],
        [multiStep(given, steps, options), [n, steps, 2], input + steps],
        [fullHorizon(given, options), [n, rest, 2], positions],
      ] as const) {
        assert.equal(cut.input.data, given.columns.features.data);
        assert.equal(cut.target.data, given.columns.features.data);
        assert.deepEqual([cut.input.shape, cut.target.shape], [[n, input, 5], shape]);
        assert.deepEqual([...packed(cut.input)], first);
        const wanted = range(0, n).flatMap((i) => range(input, to).flatMap((p) => latLon(positions, i, p)));
        assert.deepEqual([...packed(cut.target)], wanted);
      }
    }),
  );
});

test("the brief's tasks are the defaults: 128 in; 1, 100 or 800 out", () => {
  const given = batch(2, 928);
  assert.deepEqual(
    [nextPosition(given).input.shape, nextPosition(given).target.shape],
    [
      [2, 128, 5],
      [2, 2],
    ],
  );
  assert.deepEqual(multiStep(given, 100).target.shape, [2, 100, 2]);
  assert.deepEqual(fullHorizon(given).target.shape, [2, 800, 2]);
  assert.deepEqual([...packed(nextPosition(given).target)], [...latLon(928, 0, 128), ...latLon(928, 1, 128)]);
});

test("lengths that do not fit are refused", () => {
  const given = batch(1, 10);
  assert.throws(() => nextPosition(given), { code: "usage", message: /from 1 to 9, got 128/ });
  for (const steps of [0, 3, 1.5]) assert.throws(() => multiStep(given, steps, { inputLength: 8 }), /from 1 to 2/);
});

test("near the truth the loss is the squared distance, on either side of the date line", () => {
  const near = fc.double({ min: -0.01, max: 0.01, noNaN: true });
  const at = fc.tuple(fc.double({ min: -80, max: 80, noNaN: true }), fc.constantFrom(-180, -179.999, 0, 77, 179.999));
  fc.assert(
    fc.property(at, near, near, ([lat, lon], north, east) => {
      const [a, b] = [lat + north, lon + east];
      const metres = haversine(a, b, lat, lon);
      const wrapped = b >= 180 ? b - 360 : b < -180 ? b + 360 : b;
      const loss = positionLoss(a, wrapped, lat, lon);
      assert.ok(Math.abs(Math.sqrt(2 * loss) * 111195.08 - metres) <= 0.002 * metres + 1e-3);
    }),
  );
  assert.equal(positionLoss(1, 2, 1, 2), 0);
});
