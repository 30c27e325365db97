/** Trips and their features: the plain reference, blocks that fill up, and what is derived from what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type PlainKept,
  type PlainPoint,
  plainJumps,
  plainSeconds,
  plainTrips,
  Tally,
} from "../../../test/ais-plain.ts";
import { anyReports } from "../../../test/ais-tracks.ts";
import { destination, KNOT } from "./geodesy.ts";
import { points } from "./points.ts";
import { AIS_RULES, type AisRules } from "./schema.ts";
import { type Trip, tripBuilder, WIDTH } from "./trips.kernel.ts";

const none = Number.NaN;
const START: PlainPoint = { t: 1_700_000_000, lat: 55, lon: 10, sog: 10, cog: 90, heading: undefined, source: 0 };
const at = (t: number, change: Partial<PlainPoint> = {}): PlainKept => ({
  point: { ...START, t: START.t + t, ...change },
  cut: false,
});

function built(vessels: readonly (readonly [number, readonly PlainKept[]])[], rules: AisRules = AIS_RULES) {
  const trips: Trip[] = [];
  const flat: number[] = [];
  const times: number[] = [];
  let appends = 0;
  const work = tripBuilder(rules, {
    append(block) {
      appends += 1;
      for (const value of block.features.subarray(0, block.length * WIDTH)) flat.push(value);
      for (const t of block.times.subarray(0, block.length)) times.push(t);
    },
    patch({ from, to }, feature, value) {
      assert.ok(to <= times.length, "only what was written is patched");
      for (let row = from; row < to; row++) flat[row * WIDTH + feature] = Math.fround(value);
    },
    trip: (trip) => trips.push(trip),
  });
  const one = points(1);
  for (const [mmsi, kept] of vessels) {
    work.vessel(mmsi);
    for (const { point, cut } of kept) {
      const { t, lat, lon, sog = none, cog = none, source } = point;
      for (const [name, value] of Object.entries({ t, lat, lon, sog, cog, source }))
        one[name as "t" | "lat"][0] = value;
      work.point(one, 0, cut);
    }
  }
  const counts = work.finish();
  const features = (trip: Trip) =>
    Array.from({ length: trip.length }, (_, i) =>
      flat.slice((trip.firstRow + i) * WIDTH, (trip.firstRow + i + 1) * WIDTH),
    );
  return {
    counts,
    appends,
    trips: trips.map((trip) => ({
      mmsi: trip.mmsi,
      times: times.slice(trip.firstRow, trip.firstRow + trip.length),
      features: features(trip),
    })),
  };
}

/** The features of one vessel's only trip. */
function features(kept: readonly PlainKept[]): number[][] {
  const { trips } = built([[219001000, kept]]);
  assert.equal(trips.length, 1);
  return trips[0]!.features;
}

const column = (rows: readonly number[][], feature: number) => rows.map((row) => row[feature]!);
/** A point on the way east at ten knots, without speed or course. */
const east = (t: number, change: Partial<PlainPoint> = {}) =>
  at(t, { ...destination(START, 90, 10 * KNOT * t), sog: undefined, cog: undefined, ...change });

test("any kept points become the trips of the plain reference", () => {
  fc.assert(
    fc.property(anyReports, fc.uniqueArray(fc.nat(9000), { maxLength: 2 }), (rows, cuts) => {
      const rules = { ...AIS_RULES, cutTimes: cuts.map((cut) => START.t + cut) };
      const vessels = [...plainSeconds(rows, AIS_RULES, new Tally())].map(
        ([mmsi, points]) => [mmsi, plainJumps(points, AIS_RULES, new Tally())] as const,
      );
      const tally = new Tally();
      const theirs = vessels.flatMap(([mmsi, kept]) => plainTrips(mmsi, kept, rules, tally));
      const { trips, counts } = built(vessels, rules);
      assert.deepEqual(trips, theirs);
      const { sog_derived = 0, cog_derived = 0 } = tally.all;
      assert.deepEqual([counts.sogDerived, counts.cogDerived], [sog_derived, cog_derived]);
    }),
    { numRuns: 200 },
  );
});

test("a speed comes from the point before, from the next where none is near, and is zero where neither is", () => {
  const speeds = (waits: readonly number[]) => {
    const times = waits.map((_, i) => waits.slice(0, i + 1).reduce((sum, wait) => sum + wait, 0));
    return column(features(times.map((t) => east(t))), 2).map(Math.round);
  };
  assert.deepEqual(speeds([0, 600, 601, 600]), [10, 10, 10, 10]);
  assert.deepEqual(speeds([0, 601, 601, 601]), [0, 0, 0, 0]);
  assert.deepEqual(speeds([0]), [0]);
});

test("a derived speed is at most the limit, and time is at least a second", () => {
  const fast = features([at(0), at(10, { ...destination(START, 0, 900), sog: undefined })]);
  assert.equal(fast[1]![2], 60);
  const near = features([at(0.5), at(0.75, { ...destination(START, 0, 10 * KNOT), sog: undefined })]);
  assert.ok(Math.abs(near[1]![2]! - 10) < 1e-3);
});

test("a course comes from ten metres of way, else from the point before, else from the first that is known", () => {
  const still = (t: number) => at(t, { cog: undefined });
  assert.deepEqual(column(features([still(0), still(60)]), 3), [0, 0]);
  assert.deepEqual(column(features([still(0), still(60), at(120, { cog: 33 }), still(180)]), 3), [33, 33, 33, 33]);
  const sailed = column(features([still(0), still(60), east(120), still(180)]), 3);
  assert.deepEqual(sailed.map(Math.round), [90, 90, 90, 270]);
  const short = (metres: number) =>
    Math.round(features([at(0, { cog: 5 }), at(60, { ...destination(START, 180, metres), cog: undefined })])[1]![3]!);
  assert.deepEqual([short(9.9), short(10.1)], [5, 180]);
});

test("a course or a speed is never taken from another trip or vessel", () => {
  const still = at(0, { cog: undefined, sog: undefined });
  const later = (t: number) => at(t, { cog: undefined, sog: undefined });
  const { trips } = built([
    [219001000, [at(0, { cog: 77 }), later(20_000), { ...later(20_060), cut: true }]],
    [219001001, [still]],
  ]);
  assert.deepEqual(
    trips.map(({ features }) => column(features, 3)),
    [[77], [0], [0], [0]],
  );
  assert.deepEqual(
    trips.map(({ features }) => column(features, 2)),
    [[10], [0], [0], [0]],
  );
});

test("a course that is known only after a block is full still holds for the rows before", () => {
  const many = Array.from({ length: 70_000 }, (_, i) => at(10 * i, { cog: i === 69_999 ? 12 : undefined }));
  const { trips, appends } = built([[219001000, many]]);
  assert.ok(appends > 1);
  assert.ok(column(trips[0]!.features, 3).every((cog) => cog === 12));
});

test("the first row's time difference is zero, the others' is the wait", () => {
  assert.deepEqual(column(features([at(0), at(60), at(14_460)]), 4), [0, 60, 14_400]);
});

test("a trip is cut where a split by time begins, before anything is derived across it", () => {
  const rules = { ...AIS_RULES, cutTimes: [START.t + 60] };
  const { trips } = built([[219001000, [east(0), east(59.9), east(60), east(120)]]], rules);
  assert.deepEqual(
    trips.map(({ features }) => column(features, 4).map(Math.round)),
    [
      [0, 60],
      [0, 60],
    ],
  );
  assert.equal(trips[1]!.features[0]![3], trips[1]!.features[1]![3]);
});
