/** Unit vectors: they and degrees are the same places, and chords are haversine's distances. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { haversine } from "./geodesy.ts";
import { distances, latOf, lonOf, unitVectors } from "./vectors.kernel.ts";

const lat = fc.double({ min: -90, max: 90, noNaN: true });
const lon = fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(-180, 180, 179.9999));
const place = fc.tuple(lat, lon);

function vectorsOf(places: readonly (readonly [number, number])[]): Float64Array {
  const into = new Float64Array(3 * places.length);
  unitVectors(Float64Array.from(places.flat()), 0, 2, places.length, into);
  return into;
}

test("a vector leads back to its degrees, longitudes to [−180, 180)", () => {
  fc.assert(
    fc.property(fc.array(place, { minLength: 1 }), (places) => {
      const vectors = vectorsOf(places);
      for (const [i, [a, b]] of places.entries()) {
        const [c, d] = [latOf(vectors, 3 * i), lonOf(vectors, 3 * i)];
        assert.ok(d >= -180 && d < 180);
        assert.ok(haversine(a, b, c, d) < 1e-7, `${a}, ${b} became ${c}, ${d}`);
      }
    }),
  );
});

test("distances are haversine's, near and far", () => {
  const near = fc.tuple(place, fc.double({ min: -1e-4, max: 1e-4, noNaN: true })).map(([[a, b], step]) => {
    const c = Math.max(-90, Math.min(90, a + step));
    return [[a, b] as const, [c, b + step] as const] as const;
  });
  fc.assert(
    fc.property(fc.oneof(near, fc.tuple(place, place)), ([[a, b], [c, d]]) => {
      const into = new Float64Array(1);
      const sum = distances(vectorsOf([[a, b]]), vectorsOf([[c, d]]), into);
      const metres = haversine(a, b, c, d);
      // Where the places are opposite, half the chord is 1, and a rounding of it is centimetres in either formula.
      const tolerance = metres > 2e7 ? 0.5 : 1e-7 + 1e-10 * metres;
      assert.ok(Math.abs(into[0]! - metres) <= tolerance, `${into[0]}, haversine ${metres}`);
      assert.equal(sum, into[0]);
    }),
    { numRuns: 2000 },
  );
});

test("no number is no distance", () => {
  const [here, nowhere] = [vectorsOf([[1, 2]]), vectorsOf([[1, Number.NaN]])];
  assert.ok(Number.isNaN(distances(here, nowhere, new Float64Array(1))));
});
