/** Geodesy: the reference vectors, and the laws between distance, bearing, destination and the cheap bound. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { destination, distanceBound, haversine, initialBearing, wrap180, wrap360 } from "./geodesy.ts";

const lat = fc.double({ min: -90, max: 90, noNaN: true });
const lon = fc.double({ min: -180, max: 180, noNaN: true });

/** Rows of a vector file as numbers; `undefined` where the file is absent. */
function vectors(name: string): number[][] | undefined {
  const file = new URL(`../../../../shared/vectors/${name}`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} to ${tolerance}`);
}

test("distances and bearings meet the reference", (t) => {
  const rows = vectors("ais_haversine.csv");
  if (rows === undefined) return t.skip("the reference vectors are not here");
  for (const [lat1 = 0, lon1 = 0, lat2 = 0, lon2 = 0, metres = 0, , bearing = 0] of rows) {
    close(haversine(lat1, lon1, lat2, lon2), metres, 1e-6 + metres * 1e-12);
    close(wrap180(initialBearing(lat1, lon1, lat2, lon2) - bearing), 0, 1e-9);
  }
});

test("destinations meet the reference", (t) => {
  const rows = vectors("ais_dead_reckoning.csv");
  if (rows === undefined) return t.skip("the reference vectors are not here");
  for (const [fromLat = 0, fromLon = 0, , cog = 0, , metres = 0, toLat = 0, toLon = 0] of rows) {
    const to = destination({ lat: fromLat, lon: fromLon }, cog, metres);
    close(to.lat, toLat, 1e-10);
    close(wrap180(to.lon - toLon), 0, 1e-10);
  }
});

test("a degree of the equator is 111195.08 m", () => close(haversine(0, 0, 0, 1), 111195.0802335329, 1e-6));

test("179.9 and −179.9 are neighbours", () => {
  close(haversine(70, 179.9, 70, -179.9), 7606.188, 1e-3);
  assert.ok(distanceBound(0, 179.9, 0, -179.9) < 22_300);
});

test("antipodes do not leave the arcsine's domain", () => close(haversine(0, 0, 0, 180), 20015114.442, 1e-3));

test("the bound is never below the distance", () => {
  fc.assert(
    fc.property(lat, lon, lat, lon, (a, b, c, d) => {
      assert.ok(distanceBound(a, b, c, d) >= haversine(a, b, c, d));
    }),
    { numRuns: 2000 },
  );
});

test("the bound holds for near neighbours, across the date line too", () => {
  const step = fc.double({ min: -1e-3, max: 1e-3, noNaN: true });
  fc.assert(
    fc.property(lat, fc.constantFrom(0, 90, 179.9995, -179.9995), step, step, (a, b, da, db) => {
      const [c, d] = [Math.max(-90, Math.min(90, a + da)), wrap180(b + db)];
      assert.ok(distanceBound(a, b, c, d) >= haversine(a, b, c, d));
    }),
    { numRuns: 2000 },
  );
});

test("a destination is as far away, and in the direction, as asked", () => {
  const inner = fc.double({ min: -85, max: 85, noNaN: true });
  const metres = fc.double({ min: 10, max: 400_000, noNaN: true });
  const bearing = fc.double({ min: 0, max: 359.999, noNaN: true });
  fc.assert(
    fc.property(inner, lon, bearing, metres, (a, b, theta, d) => {
      const to = destination({ lat: a, lon: b }, theta, d);
      assert.ok(to.lon >= -180 && to.lon < 180);
      close(haversine(a, b, to.lat, to.lon), d, 1e-3);
      close(wrap180(initialBearing(a, b, to.lat, to.lon) - theta), 0, 1e-2);
    }),
  );
});

test("wrapped angles stay in their range and keep their direction", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x) => {
      for (const [wrapped, low] of [
        [wrap360(x), 0],
        [wrap180(x), -180],
      ] as const) {
        assert.ok(wrapped >= low && wrapped < low + 360);
        close(Math.sin((wrapped * Math.PI) / 180), Math.sin((x * Math.PI) / 180), 1e-7);
      }
    }),
  );
  assert.equal(wrap360(-1e-20), 0);
});
