/** Speed limits, jumps and clashes: the plain reference, and each rule's edge. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type PlainKept, type PlainPoint, plainJumps, plainSeconds, Tally } from "../../../test/ais-plain.ts";
import { anyReports } from "../../../test/ais-tracks.ts";
import { destination, KNOT } from "./geodesy.ts";
import { jumpFilter } from "./jump.kernel.ts";
import { points } from "./points.ts";
import { REASONS, reasonCounts } from "./reasons.ts";
import { AIS_RULES } from "./schema.ts";

const none = Number.NaN;
const HOUR = 3600 * 472_222;
const START: PlainPoint = { t: HOUR, lat: 55, lon: 10, sog: 0, cog: 0, heading: undefined, source: 0 };
const at = (t: number, change: Partial<PlainPoint> = {}): PlainPoint => ({ ...START, t: HOUR + t, ...change });

function filtered(vessels: readonly (readonly PlainPoint[])[]) {
  const counts = reasonCounts();
  const kept: (Omit<PlainPoint, "heading"> & { cut: boolean })[] = [];
  const work = jumpFilter(AIS_RULES, counts, {
    vessel: () => {},
    point({ t, lat, lon, sog, cog, source }, i, cut) {
      const values = { sog: Number.isNaN(sog[i]) ? undefined : sog[i], cog: Number.isNaN(cog[i]) ? undefined : cog[i] };
      kept.push({ t: t[i]!, lat: lat[i]!, lon: lon[i]!, ...values, source: source[i]!, cut });
    },
  });
  const one = points(1);
  for (const [index, vessel] of vessels.entries()) {
    work.vessel(219001000 + index);
    for (const { t, lat, lon, sog = none, cog = none, source } of vessel) {
      for (const [name, value] of Object.entries({ t, lat, lon, sog, cog, source }))
        one[name as "t" | "lat"][0] = value;
      work.point(one, 0);
    }
  }
  const { cuts } = work.finish();
  const dropped = Object.fromEntries(REASONS.map((reason, i) => [reason, counts[i]!]).filter(([, n]) => n !== 0));
  return { kept, dropped: { ...dropped, ...(cuts > 0 ? { jump_cut: cuts } : {}) } };
}

const plain = ({ point: { heading: _, ...values }, cut }: PlainKept) => ({ ...values, cut });

test("any vessels are filtered as by the plain reference", () => {
  fc.assert(
    fc.property(anyReports, (rows) => {
      const vessels = [...plainSeconds(rows, AIS_RULES, new Tally()).values()];
      const tally = new Tally();
      const theirs = vessels.flatMap((vessel) => plainJumps(vessel, AIS_RULES, tally));
      const ours = filtered(vessels);
      assert.deepEqual(ours.dropped, tally.all);
      assert.deepEqual(ours.kept, theirs.map(plain));
    }),
    { numRuns: 200 },
  );
});

test("a step is a jump above 80 knots and 1000 metres, not at one of them", () => {
  const after = (metres: number, seconds: number) =>
    filtered([[START, at(seconds, destination(START, 0, metres))]]).kept.length;
  assert.equal(after(999, 1), 2);
  assert.equal(after(1001, 1), 1);
  const reach = 80 * KNOT * 60;
  assert.deepEqual([after(reach - 1, 60), after(reach + 1, 60)], [2, 1]);
});

test("the point before is the vessel's also across a gap, and not another vessel's", () => {
  const far = { lat: -20 };
  assert.deepEqual(filtered([[START, at(20_000, far)]]).dropped, { speed_jump: 1 });
  assert.deepEqual(filtered([[START], [at(60, far)]]).dropped, {});
});

test("speeds above 60 knots and below 0 are dropped, 60 and 0 are not", () => {
  const { kept, dropped } = filtered([[60, 60.1, 102.2, 0, -0.1].map((sog, i) => at(i, { sog }))]);
  assert.deepEqual(
    kept.map(({ sog }) => sog),
    [60, 0],
  );
  assert.deepEqual(dropped, { sog_over_limit: 2, sog_negative: 1 });
});

test("five rejected points that agree become the track, four do not", () => {
  const away = (count: number) => Array.from({ length: count }, (_, i) => at(60 * (i + 1), { lat: 56 }));
  assert.deepEqual(filtered([[START, ...away(4)]]).dropped, { speed_jump: 4 });
  const five = filtered([[START, ...away(5)]]);
  assert.deepEqual(five.dropped, { jump_cut: 1 });
  assert.deepEqual(
    five.kept.map(({ cut }) => cut),
    [false, true, false, false, false, false],
  );
});

test("a recovery that begins in one hour and ends in the next is whole", () => {
  const away = Array.from({ length: 5 }, (_, i) => at(3480 + 60 * i, { lat: 60 }));
  const { kept, dropped } = filtered([[START, ...away]]);
  assert.deepEqual([kept.length, dropped], [6, { jump_cut: 1 }]);
});

test("an hour with more than a fifth of at least twenty points rejected is a clash", () => {
  const hour = (good: number, bad: number) => {
    const all = [...new Array<number>(good).fill(55), ...new Array<number>(bad).fill(60)];
    // The bad ones stand apart, so that they do not agree.
    const order = all.map((lat, i) => ({ lat, rank: lat === 55 ? i : (i - good + 1) * 4 - 0.5 }));
    return filtered([order.sort((a, b) => a.rank - b.rank).map(({ lat }, i) => at(60 * i, { lat }))]).dropped;
  };
  assert.deepEqual(hour(16, 4), { speed_jump: 4 });
  assert.deepEqual(hour(15, 5), { speed_jump: 5, mmsi_conflict: 15 });
  assert.deepEqual(hour(14, 5), { speed_jump: 5 });
});

test("a cut inside a dropped hour holds for the next kept point", () => {
  const strays = Array.from({ length: 16 }, (_, i) => at(60 * (i + 1), { lat: i % 2 === 0 ? 40 : 20 }));
  const away = Array.from({ length: 5 }, (_, i) => at(3000 + 60 * i, { lat: 60 }));
  const { kept, dropped } = filtered([[START, ...strays, ...away, at(3660, { lat: 60 }), at(3720, { lat: 60 })]]);
  assert.deepEqual(dropped, { speed_jump: 16, mmsi_conflict: 6, jump_cut: 1 });
  assert.deepEqual(
    kept.map(({ t, cut }) => [t - HOUR, cut]),
    [
      [3660, true],
      [3720, false],
    ],
  );
});

test("a long track of which nearly all is rejected is accounted for", () => {
  const strays = Array.from({ length: 20_000 }, (_, i) => at(i * 20, { lat: i % 2 === 0 ? 80 : -80 }));
  const { kept, dropped } = filtered([[START, ...strays]]);
  const { jump_cut: _ = 0, ...reasons } = dropped as Record<string, number>;
  const sum = Object.values(reasons).reduce((all, count) => all + count, 0);
  assert.equal(kept.length + sum, 20_001);
});
