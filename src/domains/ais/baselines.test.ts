/** Baselines: the reference window, the laws between them, and the closed form of a turn against small steps. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { cin, medianElapsed, si, turnRate } from "./baselines.kernel.ts";
import { BASELINES, type Baseline, type BaselineOptions, forecast } from "./baselines.ts";
import type { FeatureColumn } from "./feature-batch.ts";
import { destination, haversine, KNOT } from "./geodesy.ts";

type Row = readonly [lat: number, lon: number, sog: number, cog: number, dt: number];

const column = (...windows: readonly (readonly Row[])[]): FeatureColumn => ({
  data: Float32Array.from(windows.flat(2)),
  shape: [windows.length, windows[0]?.length ?? 0, 5],
});

const vectors = (name: string) => new URL(`../../../../shared/vectors/${name}`, import.meta.url);

/** Positions that a baseline forecasts for one window. */
function positions(baseline: Baseline, rows: readonly Row[], options: BaselineOptions): { lat: number; lon: number }[] {
  const { data } = forecast(baseline, column(rows), options);
  return Array.from({ length: data.length / 2 }, (_, k) => ({ lat: data[2 * k]!, lon: data[2 * k + 1]! }));
}

function near(actual: { lat: number; lon: number }, expected: { lat: number; lon: number }, metres: number): void {
  const apart = haversine(actual.lat, actual.lon, expected.lat, expected.lon);
  assert.ok(apart <= metres, `${JSON.stringify(actual)} is ${apart} m from ${JSON.stringify(expected)}`);
}

const lat = fc.double({ min: -80, max: 80, noNaN: true }).map(Math.fround);
const lon = fc.double({ min: -180, max: 179.9, noNaN: true }).map(Math.fround);
const sog = fc.double({ min: 0, max: 60, noNaN: true }).map(Math.fround);
const cog = fc.double({ min: 0, max: 359, noNaN: true }).map(Math.fround);
const dt = fc.integer({ min: 1, max: 14_400 });

test("the reference window meets the reference errors", (t) => {
  const [window, answers] = [vectors("ais_baseline_window.csv"), vectors("ais_baseline_expected.json")];
  if (!existsSync(window)) return t.skip("the reference vectors are not here");
  const [, ...lines] = readFileSync(window, "utf8").trim().split("\n");
  const rows = lines.map((line) => line.split(",").map(Number) as unknown as Row);
  const { per_k } = JSON.parse(readFileSync(answers, "utf8")) as { per_k: Record<string, Record<string, number>> };
  // The reference is of float64 positions. The arithmetic does not mind, and so it is compared to the last digits.
  const exact = { data: Float64Array.from(rows.flat()) as unknown as Float32Array, shape: [1, 928, 5] };
  for (const [k, expected] of Object.entries(per_k)) {
    const [lat2, lon2] = rows[127 + Number(k)]!;
    for (const baseline of ["persist", "dead_reckoning", "constant_velocity"] as const) {
      const { data } = forecast(baseline, exact);
      const metres = haversine(data[2 * Number(k) - 2]!, data[2 * Number(k) - 1]!, lat2, lon2);
      const wanted = expected[`${baseline}_m`] ?? 0;
      assert.ok(Math.abs(metres - wanted) < 1e-6 + 1e-9 * wanted, `${baseline} after ${k}: ${metres} is not ${wanted}`);
    }
  }
});

test("dead reckoning meets the reference destinations", (t) => {
  const file = vectors("ais_dead_reckoning.csv");
  if (!existsSync(file)) return t.skip("the reference vectors are not here");
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  for (const line of lines) {
    const [fromLat = 0, fromLon = 0, speed = 0, course = 0, seconds = 0, , toLat = 0, toLon = 0] = line
      .split(",")
      .map(Number);
    const rows = Float64Array.of(fromLat, fromLon, speed, course, 0, 0, 0, 0, 0, seconds);
    const exact = { data: rows as unknown as Float32Array, shape: [1, 2, 5] };
    const [atLat = 0, atLon = 0] = forecast("dead_reckoning", exact, { inputLength: 1 }).data;
    near({ lat: atLat, lon: atLon }, { lat: toLat, lon: toLon }, 1e-6);
  }
});

test("dead reckoning is the destination of speed, course and time; too fast is 60 kn", () => {
  fc.assert(
    fc.property(
      lat,
      lon,
      fc.double({ min: 0, max: 100, noNaN: true }),
      cog,
      fc.array(dt, { minLength: 1 }),
      (...given) => {
        const [a, b, speed, course, steps] = given;
        const rows: Row[] = [[a, b, speed, course, 0], ...steps.map((seconds): Row => [0, 0, 0, 0, seconds])];
        let elapsed = 0;
        for (const [k, at] of positions("dead_reckoning", rows, { inputLength: 1 }).entries()) {
          elapsed += steps[k]!;
          const metres = Math.min(60, Math.fround(speed)) * KNOT * elapsed;
          near(at, destination({ lat: a, lon: b }, course, metres), 1e-3);
        }
      },
    ),
  );
});

test("a steady ship is where its velocity brings it, and its turn is none", () => {
  fc.assert(
    fc.property(
      lat,
      lon,
      fc.double({ min: 5, max: 40, noNaN: true }),
      cog,
      fc.integer({ min: 20, max: 60 }),
      (...given) => {
        const [a, b, speed, course, seconds] = given;
        const rows = Array.from({ length: 12 }, (_, i): Row => {
          const at = destination({ lat: a, lon: b }, course, speed * KNOT * seconds * i);
          return [at.lat, at.lon, speed, course, seconds];
        });
        const expected = destination({ lat: a, lon: b }, course, speed * KNOT * seconds * 11);
        // The great circle's course changes on the way, and float32 is up to 1.7 m apart.
        for (const name of ["constant_velocity", "dead_reckoning", "cv_turn"] as const)
          near(positions(name, rows, { inputLength: 9 })[2]!, expected, 25);
      },
    ),
  );
});

test("without a turn cv_turn is dead reckoning; with one it is the integral of its course", () => {
  fc.assert(
    fc.property(
      fc.tuple(lat, lon, sog, cog),
      fc.double({ min: -1.5, max: 1.5, noNaN: true }),
      dt,
      ([a, b, v, c], turn, seconds) => {
        const past = Array.from({ length: 9 }, (_, i): Row => [a, b, v, (c + turn * (i - 8) * 10 + 3600) % 360, 10]);
        const rows: Row[] = [...past, [0, 0, 0, 0, seconds]];
        const data = Float32Array.from(rows.flat());
        const rate = turnRate(data, 0, 9);
        assert.ok(Math.abs(rate - (Math.max(-1, Math.min(1, turn)) * Math.PI) / 180) < 1e-5);
        const [at] = positions("cv_turn", rows, { inputLength: 9 });
        // Middle points of small steps, finer where the course changes.
        let [north, east] = [0, 0];
        const parts = 20_000;
        for (let i = 0; i < parts; i++) {
          const [s0, s1] = [seconds * (i / parts) ** 2, seconds * ((i + 1) / parts) ** 2];
          const theta = (data[8 * 5 + 3]! * Math.PI) / 180 + rate * 300 * (1 - Math.exp(-(s0 + s1) / 600));
          north += Math.cos(theta) * (s1 - s0);
          east += Math.sin(theta) * (s1 - s0);
        }
        const metres = Math.hypot(north, east) * v * KNOT;
        near(at!, destination({ lat: a, lon: b }, (Math.atan2(east, north) * 180) / Math.PI, metres), 0.05);
      },
    ),
    { numRuns: 30 },
  );
  const straight: Row[] = [...Array.from({ length: 9 }, (): Row => [50, 3, 12, 350, 30]), [0, 0, 0, 0, 900]];
  assert.deepEqual(
    positions("cv_turn", straight, { inputLength: 9 }),
    positions("dead_reckoning", straight, { inputLength: 9 }),
  );
});

test("the integrals of sine and cosine are right", () => {
  // Abramowitz and Stegun, table 5.1: Si(1), Si(5); Cin(x) = γ + ln x − Ci(x), Ci(1) = 0.3374039229, Ci(5) = −0.1900297497.
  const gamma = 0.5772156649015329;
  assert.ok(Math.abs(si(1) - 0.9460830704) < 1e-10 && Math.abs(si(5) - 1.5499312449) < 1e-10);
  assert.ok(Math.abs(cin(1) - (gamma - 0.3374039229)) < 1e-10);
  assert.ok(Math.abs(cin(5) - (gamma + Math.log(5) + 0.1900297497)) < 1e-10);
  assert.ok(cin(-2) === cin(2) && si(-2) === -si(2));
});

test("a forecast over the date line goes on beyond it", () => {
  const rows: Row[] = [-179.99, 179.995, 179.98].toReversed().map((east): Row => [10, east, 20, 90, 150]);
  rows[1] = [10, 179.995, 20, 90, 150];
  rows.push([10, -179.98, 20, 90, 150]);
  for (const name of BASELINES) {
    const [at] = positions(name, rows, { inputLength: 3 });
    assert.ok(at!.lon < -179.97 && at!.lon >= -180, `${name}: ${at!.lon}`);
  }
});

test("where no time passes in the input there is no velocity and no turn", () => {
  const still: Row[] = [
    ...Array.from({ length: 9 }, (_, i): Row => [50 + i / 100, 3, 12, 40 * i, 0]),
    [0, 0, 0, 0, 600],
  ];
  assert.deepEqual(
    positions("constant_velocity", still, { inputLength: 9 }),
    positions("persist", still, { inputLength: 9 }),
  );
  assert.deepEqual(
    positions("cv_turn", still, { inputLength: 9 }),
    positions("dead_reckoning", still, { inputLength: 9 }),
  );
  near(positions("constant_velocity", still, { inputLength: 1 })[8]!, { lat: 50, lon: 3 }, 1e-8);
});

test("unknown times are multiples of the input's median step, without the step before the window", () => {
  const data = Float32Array.from([9000, 10, 30, 20, 70].flatMap((seconds) => [0, 0, 0, 0, seconds]));
  const into = new Float64Array(3);
  medianElapsed(data, 0, 4, into);
  assert.deepEqual([...into], [20, 40, 60]);
  medianElapsed(data, 0, 5, into);
  assert.deepEqual([...into], [25, 50, 75]);
  medianElapsed(data, 0, 1, into);
  assert.deepEqual([...into], [9000, 18_000, 27_000]);
});

test("a batch is forecast as its windows one by one, and into the room that is given", () => {
  const window = fc.array(fc.tuple(lat, lon, sog, cog, dt), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(window, { minLength: 1, maxLength: 4 }), fc.constantFrom(...BASELINES), (windows, name) => {
      const options = { inputLength: 4, dt: "median" } as const;
      const { data, shape } = forecast(name, column(...windows), { ...options, into: new Float64Array(99) });
      assert.deepEqual(shape, [windows.length, 2, 2]);
      const alone = windows.flatMap((rows) => [...forecast(name, column(rows), options).data]);
      assert.deepEqual([...data], alone);
    }),
  );
});

test("lengths that do not fit are refused", () => {
  const windows = column(Array.from({ length: 5 }, (): Row => [0, 0, 0, 0, 1]));
  for (const options of [
    {},
    { inputLength: 5 },
    { inputLength: 0 },
    { inputLength: 2, horizon: 4 },
    { inputLength: 1.5 },
  ])
    assert.throws(() => forecast("persist", windows, options), { code: "usage" });
  assert.throws(() => forecast("persist", windows, { inputLength: 2, into: new Float64Array(5) }), /room for 5/);
  assert.throws(() => forecast("persist", { ...windows, shape: [1, 6, 5] }, {}), /Cannot use windows/);
  const none = { data: new Float32Array(0), shape: [0, 5, 5] };
  assert.deepEqual(forecast("persist", none, { inputLength: 2 }).shape, [0, 3, 2]);
});
