/** The local frame: near distances are right, the way back is exact, and the date line is no wall. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packed } from "../../core/index.ts";
import { haversine, wrap180 } from "./geodesy.ts";
import { fromLocal, toLocal } from "./local-frame.ts";
import { multiStep, nextPosition } from "./targets.ts";

const lat = fc.float({ min: -80, max: 80, noNaN: true });
const lon = fc.oneof(
  fc.float({ min: -180, max: Math.fround(179.9), noNaN: true }),
  fc.constantFrom(-180, Math.fround(179.999)),
);
const step = fc.float({ min: Math.fround(-0.05), max: Math.fround(0.05), noNaN: true });
const ship = fc.record({ lat, lon, steps: fc.array(fc.tuple(step, step), { minLength: 3, maxLength: 3 }) });

type Ship = typeof ship extends fc.Arbitrary<infer T> ? T : never;

/** Two input positions, the last of them the ship's, and three that follow. */
function batchOf(ships: readonly Ship[]) {
  const rows = ships.flatMap((each) => [
    [0, 0],
    [each.lat, each.lon],
    ...each.steps.map(([north, east]) => [each.lat + north, wrap180(each.lon + east)]),
  ]);
  const data = Float32Array.from(rows.flatMap(([a = 0, b = 0]) => [a, b, 1, 1, 1]));
  return { length: ships.length, columns: { features: { data, shape: [ships.length, 5, 5] } } };
}

test("near by, the local distance is the great circle's, and the way back leads to the target", () => {
  fc.assert(
    fc.property(fc.array(ship, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (ships, steps) => {
      const cut = multiStep(batchOf(ships), steps, { inputLength: 2 });
      const metres = toLocal(cut);
      const degrees = fromLocal(cut, metres);
      const target = packed(cut.target);
      for (const [i, { lat: lat1, lon: lon1 }] of ships.entries()) {
        for (let at = i * steps * 2; at < (i + 1) * steps * 2; at += 2) {
          const [lat2 = 0, lon2 = 0] = target.subarray(at, at + 2);
          const far = haversine(lat1, lon1, lat2, lon2);
          assert.ok(Math.abs(Math.hypot(metres[at]!, metres[at + 1]!) - far) <= 0.01 * far + 0.01);
          assert.ok(haversine(degrees[at]!, degrees[at + 1]!, lat2, lon2) <= 0.01);
        }
      }
    }),
  );
});

test("a degree of latitude is 111195 m north", () => {
  const data = Float32Array.from([60, 10, 0, 0, 0, 61, 11, 0, 0, 0]);
  const cut = nextPosition({ data, shape: [1, 2, 5] }, { inputLength: 1 });
  const [north = 0, east = 0] = toLocal(cut);
  assert.ok(Math.abs(north - 111195.08) < 0.1 && Math.abs(east - 111195.08 / 2) < 0.1);
  assert.throws(() => fromLocal(cut, new Float32Array(4)), { code: "usage", message: /expected 2 .* got 4/ });
});

test("the room that is given is used", () => {
  const cut = nextPosition({ data: new Float32Array(20), shape: [2, 2, 5] }, { inputLength: 1 });
  const into = new Float32Array(9).fill(7);
  assert.deepEqual([...toLocal(cut, into)], [0, 0, 0, 0]);
  assert.deepEqual([...into.subarray(3)], [0, 7, 7, 7, 7, 7]);
});
