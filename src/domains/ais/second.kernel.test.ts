/** One point a second: the plain reference, the choice among equals, and what vessels are asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FAIR_ROW, type PlainPoint, type PlainRow, plainSeconds, reportChunk, Tally } from "../../../test/ais-plain.ts";
import { anyReports, byVesselAndTime } from "../../../test/ais-tracks.ts";
import { ANY_VESSEL } from "./clean.ts";
import { REASONS, reasonCode, reasonCounts } from "./reasons.ts";
import { AIS_RULES, type AisRules } from "./schema.ts";
import { oneASecond, type VesselChoice } from "./second.kernel.ts";

const known = (value: number) => (Number.isNaN(value) ? undefined : value);

function seconds(rows: readonly PlainRow[], rules: AisRules = AIS_RULES, choice: VesselChoice = ANY_VESSEL) {
  const counts = reasonCounts();
  const vessels = new Map<number, PlainPoint[]>();
  let current: PlainPoint[] = [];
  const work = oneASecond(rules, choice, counts, {
    vessel(mmsi) {
      current = [];
      vessels.set(mmsi, current);
    },
    point({ t, lat, lon, sog, cog, heading, source }, i) {
      const values = { sog: known(sog[i]!), cog: known(cog[i]!), heading: known(heading[i]!) };
      current.push({ t: t[i]!, lat: lat[i]!, lon: lon[i]!, ...values, source: source[i]! });
    },
  });
  for (const row of rows) work.push(reportChunk([row]));
  work.finish();
  const dropped = Object.fromEntries(REASONS.map((reason, i) => [reason, counts[i]!]).filter(([, n]) => n !== 0));
  return { vessels, dropped };
}

const at = (change: Partial<PlainRow>): PlainRow => ({ ...FAIR_ROW, ...change });
const one = (rows: readonly PlainRow[]) => [...seconds(rows).vessels.values()].flat();

test("any reports come out as from the plain reference", () => {
  fc.assert(
    fc.property(anyReports, (rows) => {
      const tally = new Tally();
      const theirs = plainSeconds(rows, AIS_RULES, tally);
      const ours = seconds(byVesselAndTime(rows));
      assert.deepEqual(ours.dropped, tally.all);
      assert.deepEqual(ours.vessels, new Map([...theirs].sort(([a], [b]) => a - b)));
    }),
  );
});

test("the order in which equal times stand does not matter", () => {
  const tie = fc.record({
    t: fc.constantFrom(FAIR_ROW.t, FAIR_ROW.t, FAIR_ROW.t + 0.5),
    lat: fc.constantFrom(55, 55.1),
    lon: fc.constantFrom(10, 10.1),
    sog: fc.constantFrom(Number.NaN, 102.3, 5, 6),
    cog: fc.constantFrom(Number.NaN, 360, 7, 8),
    heading: fc.constantFrom(Number.NaN, 1, 2),
    source: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(tie, { minLength: 1, maxLength: 12 }), (ties) => {
      const rows = ties.map(at);
      const forward = seconds(byVesselAndTime(rows));
      assert.deepEqual(seconds(byVesselAndTime([...rows].reverse())), forward);
    }),
  );
});

test("of one second the first is kept, or the first that has both speed and course", () => {
  assert.deepEqual(
    one([at({ lat: 55.2 }), at({ lat: 55.1 })]).map(({ lat }) => lat),
    [55.1],
  );
  const lacking = [at({ sog: 102.3, lat: 54 }), at({ cog: 360, lat: 54 }), at({ t: FAIR_ROW.t + 0.9, lat: 56 })];
  assert.deepEqual(
    one(lacking).map(({ lat }) => lat),
    [56],
  );
  const none = [at({ sog: 102.3, lat: 56, cog: 5 }), at({ cog: 360, lat: 57 })];
  assert.deepEqual(
    one(none).map(({ lat }) => lat),
    [57],
  );
});

test("a repeated report is an exact duplicate, also where both say in their own way that a value is missing", () => {
  assert.deepEqual(seconds([FAIR_ROW, FAIR_ROW, at({ heading: 5 })]).dropped, { duplicate_exact: 2 });
  assert.deepEqual(seconds([at({ sog: 102.3 }), at({ sog: Number.NaN })]).dropped, { duplicate_exact: 1 });
  assert.deepEqual(seconds([at({ t: FAIR_ROW.t }), at({ t: FAIR_ROW.t + 0.1 })]).dropped, { duplicate_time: 1 });
});

test("a vessel that is not wanted, or a time already told, is dropped with its reason", () => {
  const rows = [at({ t: 100 }), at({ t: 200 }), at({ t: 300 }), at({ mmsi: 219001001 })];
  const choice: VesselChoice = {
    vessel: (mmsi) => (mmsi === 219001001 ? reasonCode("vessel_type") : 0),
    lastTime: () => 200,
  };
  const { vessels, dropped } = seconds(rows, AIS_RULES, choice);
  assert.deepEqual([...vessels.keys()], [219001000]);
  assert.deepEqual(dropped, { before_generation: 2, vessel_type: 1 });
});

test("a vessel of which nothing is left is not told of", () => {
  assert.equal(seconds([at({ lat: 91 })]).vessels.size, 0);
});
