/** The whole cleaning: the fixture row by row, the edge cases of §12, and the slow plain reference on random tracks. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { FAIR_ROW, type PlainRow, plainCleaning, reportChunk } from "../../../test/ais-plain.ts";
import { anyReports, byVesselAndTime } from "../../../test/ais-tracks.ts";
import { needShared } from "../../../test/shared.ts";
import { ANY_VESSEL, type CleanCounts, cleaner } from "./clean.ts";
import { destination, KNOT } from "./geodesy.ts";
import { AIS_RULES, type AisRules } from "./schema.ts";
import { type PositionBlock, type Trip, WIDTH } from "./trips.kernel.ts";

interface Cleaned {
  readonly counts: CleanCounts;
  readonly trips: readonly Trip[];
  /** Rows of five, as they were written and patched. */
  readonly features: readonly (readonly number[])[];
  readonly times: readonly number[];
  readonly sources: readonly number[];
}

/** Cleans rows that come in chunks of `chunk`. */
function cleaned(rows: readonly PlainRow[], rules: AisRules = AIS_RULES, chunk = 2048): Cleaned {
  const trips: Trip[] = [];
  const flat: number[] = [];
  const times: number[] = [];
  const sources: number[] = [];
  const work = cleaner(rules, ANY_VESSEL, {
    append(block: PositionBlock) {
      for (const value of block.features.subarray(0, block.length * WIDTH)) flat.push(value);
      times.push(...block.times.subarray(0, block.length));
      sources.push(...block.sources.subarray(0, block.length));
    },
    patch({ from, to }, feature, value) {
      for (let row = from; row < to; row++) flat[row * WIDTH + feature] = Math.fround(value);
    },
    trip: (trip) => trips.push(trip),
  });
  const sorted = byVesselAndTime(rows);
  for (let from = 0; from < sorted.length; from += chunk) work.push(reportChunk(sorted.slice(from, from + chunk)));
  const counts = work.finish();
  const features = Array.from({ length: times.length }, (_, row) => flat.slice(row * WIDTH, (row + 1) * WIDTH));
  return { counts, trips, features, times, sources };
}

const total = (counts: object) => Object.values(counts as Record<string, number>).reduce((sum, n) => sum + n, 0);

/** `count` reports of one ship that sails east at ten knots, a minute apart. */
function sailing(count: number, change: (row: PlainRow, i: number) => Partial<PlainRow> = () => ({})): PlainRow[] {
  return Array.from({ length: count }, (_, i) => {
    const row = { ...FAIR_ROW, t: FAIR_ROW.t + 60 * i, ...destination(FAIR_ROW, 90, 10 * KNOT * 60 * i) };
    return { ...row, ...change(row, i) };
  });
}

test("each row of the fixture gets its verdict", (t) => {
  const fixture = needShared(t, "vectors", "ais_clean_fixture.csv");
  if (fixture === undefined) return;
  const [, ...lines] = readFileSync(fixture, "utf8").trim().split("\n");
  const rows: PlainRow[] = [];
  const expected: Record<string, number> = {};
  for (const line of lines) {
    const [at, mmsi, lat, lon, sog, cog, type, verdict, rule] = line.trim().split(",") as string[];
    const values = { t: Number(at), mmsi: Number(mmsi), lat: Number(lat), lon: Number(lon) };
    const row = { ...FAIR_ROW, ...values, sog: Number(sog), cog: Number(cog), msg_type: Number(type) };
    rows.push(row);
    if (verdict === "drop") expected[rule!] = (expected[rule!] ?? 0) + 1;
    const before = cleaned(rows.slice(0, -1)).counts;
    const after = cleaned(rows).counts;
    const name = verdict === "drop" ? (rule as keyof CleanCounts["dropped"]) : undefined;
    assert.equal(after.kept - before.kept, verdict === "drop" ? 0 : 1, line);
    if (name !== undefined) assert.equal((after.dropped[name] ?? 0) - (before.dropped[name] ?? 0), 1, line);
  }
  const { counts, trips } = cleaned(rows);
  assert.deepEqual(counts.dropped, expected);
  assert.deepEqual([counts.sogDerived, counts.cogDerived], [1, 1]);
  assert.deepEqual(
    trips.map((trip) => trip.length),
    [9, 1],
  );
});

test("any tracks are cleaned as the plain reference cleans them, whole, whatever the chunks", () => {
  fc.assert(
    fc.property(anyReports, fc.constantFrom(1, 3, 50, 2048), (rows, chunk) => {
      const ours = cleaned(rows, AIS_RULES, chunk);
      const theirs = plainCleaning(rows, AIS_RULES);
      const { sogDerived, cogDerived, jumpCut, dropped } = ours.counts;
      const noted = { sog_derived: sogDerived, cog_derived: cogDerived, jump_cut: jumpCut };
      const counted = Object.entries({ ...dropped, ...noted }).filter(([, n]) => n > 0);
      assert.deepEqual(Object.fromEntries(counted), theirs.counts);
      assert.deepEqual(
        ours.trips.map((trip) => ({
          mmsi: trip.mmsi,
          times: ours.times.slice(trip.firstRow, trip.firstRow + trip.length),
          features: ours.features.slice(trip.firstRow, trip.firstRow + trip.length),
        })),
        theirs.trips,
      );
    }),
    { numRuns: 250 },
  );
});

test("input is kept and dropped, and every kept point lies in one trip", () => {
  fc.assert(
    fc.property(anyReports, (rows) => {
      const { counts, trips, times } = cleaned(rows);
      assert.equal(counts.input, rows.length);
      assert.equal(counts.kept + total(counts.dropped), rows.length);
      assert.equal(times.length, counts.kept);
      let next = 0;
      for (const trip of trips) {
        assert.equal(trip.firstRow, next);
        next += trip.length;
        assert.equal(trip.from, times[trip.firstRow]);
        assert.equal(trip.to, times[next - 1]);
      }
      assert.equal(next, counts.kept);
    }),
  );
});

test("features lie in their ranges, and dt sums up to the trip's time", () => {
  fc.assert(
    fc.property(anyReports, (rows) => {
      const { trips, features, times } = cleaned(rows);
      for (const [lat, lon, sog, cog, dt] of features as [number, number, number, number, number][]) {
        assert.ok(Math.abs(lat) <= 90 && lon >= -180 && lon < 180 && sog >= 0 && sog <= 60);
        assert.ok(cog >= 0 && cog < 360 && dt >= 0 && dt <= 14_400);
      }
      for (const { firstRow, length } of trips) {
        assert.equal(features[firstRow]![4], 0);
        for (let i = 1; i < length; i++) {
          const row = firstRow + i;
          assert.equal(features[row]![4], Math.fround(times[row]! - times[row - 1]!));
        }
      }
    }),
  );
});

test("no report is no trip, and all counts are zero", () => {
  const { counts, trips } = cleaned([]);
  assert.deepEqual(counts, { input: 0, kept: 0, dropped: {}, sogDerived: 0, cogDerived: 0, jumpCut: 0 });
  assert.deepEqual(trips, []);
});

test("a ship that crosses the date line does not jump", () => {
  const rows = sailing(40, (_, i) => ({ lat: 0, lon: i < 20 ? 179.9 + 0.005 * i : -180 + 0.005 * (i - 20) }));
  const { counts, trips } = cleaned(rows);
  assert.deepEqual([counts.kept, trips.length], [40, 1]);
});

test("a ship that passes the pole does not jump", () => {
  const rows = sailing(10, (_, i) => ({ lat: 89.999, lon: 36 * i - 180 }));
  const { counts, trips, features } = cleaned(rows);
  assert.deepEqual([counts.kept, trips.length], [10, 1]);
  assert.ok(features.flat().every(Number.isFinite));
});

test("a day at anchor with a noisy course is one trip of reported courses", () => {
  const noisy = (_: PlainRow, i: number) => ({ lat: 55, lon: 10 + 1e-5 * (i % 3), sog: 0, cog: (i * 137.5) % 360 });
  const rows = sailing(1440, noisy);
  const { counts, trips, features } = cleaned(rows);
  assert.deepEqual([counts.kept, counts.cogDerived, trips.length], [1440, 0, 1]);
  assert.equal(features[7]![3], Math.fround((7 * 137.5) % 360));
});

test("a gap of 14400 s stays, one of 14400.001 s cuts", () => {
  const after = (gap: number) => cleaned([FAIR_ROW, { ...FAIR_ROW, t: FAIR_ROW.t + gap }]).trips.length;
  assert.deepEqual([after(14_400), after(14_400.001)], [1, 2]);
});

test("exactly 928 points make a trip of 928", () => {
  assert.deepEqual(
    cleaned(sailing(928)).trips.map(({ length }) => length),
    [928],
  );
});

test("one bad first fix costs itself and the first of the track it hides, no more", () => {
  const rows = sailing(60, (_, i) => (i === 0 ? { lat: 10 } : {}));
  const { counts, trips } = cleaned(rows);
  assert.deepEqual(
    trips.map(({ length }) => length),
    [1, 59],
  );
  assert.deepEqual([counts.kept, counts.jumpCut, counts.dropped], [60, 1, {}]);
});

test("a track that repeats one report is one point", () => {
  const { counts } = cleaned(new Array<PlainRow>(500).fill(FAIR_ROW));
  assert.deepEqual([counts.kept, counts.dropped], [1, { duplicate_exact: 499 }]);
});

test("two ships under one number lose the hours that they share, and only those", () => {
  const start = 3600 * Math.ceil(FAIR_ROW.t / 3600);
  const mine = Array.from({ length: 180 }, (_, i) => ({ ...FAIR_ROW, t: start + 60 * i, sog: 0 }));
  const other = Array.from({ length: 30 }, (_, i) => ({ ...FAIR_ROW, t: start + 3630 + 120 * i, lat: 56, sog: 0 }));
  const { counts, trips } = cleaned([...mine, ...other]);
  assert.deepEqual(counts.dropped, { speed_jump: 30, mmsi_conflict: 60 });
  assert.deepEqual(
    trips.map(({ length }) => length),
    [120],
  );
});

test("speeds that no report gives are derived, also the first one", () => {
  const { counts, features } = cleaned(sailing(30, () => ({ sog: 102.3 })));
  assert.equal(counts.sogDerived, 30);
  for (const row of features) assert.ok(Math.abs(row[2]! - 10) < 1e-4);
});

test("a course of 360 is none, and a longitude of 180 is -180", () => {
  const { counts, features } = cleaned([{ ...FAIR_ROW, cog: 360, lon: 180, lat: 5 }]);
  assert.equal(counts.cogDerived, 1);
  assert.deepEqual(features, [[5, -180, 10, 0, 0]]);
});

test("values that float32 rounds onto the end of their range are its beginning", () => {
  const { counts, features } = cleaned([{ ...FAIR_ROW, cog: 359.999999, lon: 179.9999999 }]);
  assert.equal(counts.cogDerived, 0);
  assert.deepEqual(features[0]!.slice(1, 4), [-180, 10, 0]);
});

test("missing cells are no values: a position is dropped, a speed and a course are derived", () => {
  const { counts } = cleaned([
    { ...FAIR_ROW, lat: Number.NaN },
    { ...FAIR_ROW, t: FAIR_ROW.t + 1, sog: Number.NaN, cog: Number.NaN, heading: Number.NaN },
  ]);
  assert.deepEqual(counts, {
    input: 2,
    kept: 1,
    dropped: { position_unavailable: 1 },
    sogDerived: 1,
    cogDerived: 1,
    jumpCut: 0,
  });
});

test("200,000 reports of one second, half of them alike, are one point", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => ({ ...FAIR_ROW, lat: 55 + (i % 100_000) * 1e-7 }));
  const { counts, features } = cleaned(rows);
  assert.deepEqual([counts.kept, counts.dropped], [1, { duplicate_exact: 100_000, duplicate_time: 99_999 }]);
  assert.equal(features[0]![0], 55);
});
