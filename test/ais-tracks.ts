/** Tracks for property tests: ships that drift, jump, fall silent, share a number and leave values out. */

import fc from "fast-check";
import { FAIR_ROW, type PlainRow } from "./ais-plain.ts";

interface Step {
  readonly wait: number;
  readonly kind: "sail" | "stray" | "move" | "again" | "same second";
  readonly drift: number;
  readonly sog: number;
  readonly cog: number;
  readonly lon: number | undefined;
}

const NONE = Number.NaN;
const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(1, 10, 60, 60, 60, 179.5) },
    { weight: 3, arbitrary: fc.constantFrom(600, 600.25, 3600, 7200) },
    { weight: 1, arbitrary: fc.constantFrom(14_400, 14_400.001, 90_000) },
  ),
  kind: fc.oneof(
    { weight: 24, arbitrary: fc.constant("sail" as const) },
    { weight: 3, arbitrary: fc.constant("stray" as const) },
    { weight: 1, arbitrary: fc.constant("move" as const) },
    { weight: 1, arbitrary: fc.constant("again" as const) },
    { weight: 2, arbitrary: fc.constant("same second" as const) },
  ),
  drift: fc.constantFrom(0, 0.00001, 0.0001, 0.001, 0.003),
  sog: fc.constantFrom(0, 0.1, 9.9, 9.9, 10, 10, 10, 12.5, 12.5, 60, 60.1, 102.2, 102.3, -1, NONE, NONE),
  cog: fc.constantFrom(0, 90, 359.9, 359.99999, 360, 511, -1, NONE, NONE),
  lon: fc.oneof(
    { weight: 60, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(180, -180, 179.9999999, 181, NONE) },
  ),
});

function track(start: PlainRow, steps: readonly Step[]): PlainRow[] {
  const rows: PlainRow[] = [start];
  let t = start.t;
  let lat = start.lat;
  let lon = start.lon;
  for (const each of steps) {
    if (each.kind === "again") {
      rows.push(rows.at(-1)!);
      continue;
    }
    t += each.kind === "same second" ? 0.001 : each.wait;
    lat += each.drift / 2;
    lon += each.drift;
    if (each.kind === "move") lat += lat > 80 ? -1 : 1;
    if (lon >= 180) lon -= 360;
    const off = each.kind === "stray" ? 0.9 : 0;
    const at = { t, lat: lat - off, lon: each.lon ?? lon };
    rows.push({ ...FAIR_ROW, ...at, mmsi: start.mmsi, sog: each.sog, cog: each.cog, source: rows.length % 3 });
  }
  return rows;
}

const vessel = fc
  .tuple(
    fc.constantFrom(219001000, 219001000, 219001001, 219001002, 367531670, 367531671, 2190010, 123456789),
    fc.constantFrom(1_699_999_200, 1_700_002_790, 1_700_000_000.5),
    fc.constantFrom([55, 10], [0, 179.998], [89.9, 20], [-60, -179.9]),
    fc.array(step, { maxLength: 160, size: "max" }),
  )
  .map(([mmsi, t, [lat = 0, lon = 0], steps]) => track({ ...FAIR_ROW, mmsi, t, lat, lon }, steps));

/** Reports of some vessels, in any order. */
export const anyReports: fc.Arbitrary<PlainRow[]> = fc
  .array(vessel, { minLength: 1, maxLength: 3 })
  .map((tracks) => tracks.flat())
  .chain((rows) => fc.integer().map((seed) => shuffled(rows, seed)));

/** The rows in another order, told by a number. */
function shuffled(rows: readonly PlainRow[], seed: number): PlainRow[] {
  const rank = (at: number) => Math.imul(at + 1, seed | 1) >>> 0;
  return rows
    .map((row, at) => ({ row, at }))
    .sort((a, b) => rank(a.at) - rank(b.at))
    .map(({ row }) => row);
}

/** Rows as the kernels get them: by vessel and time, ties as they came. */
export function byVesselAndTime(rows: readonly PlainRow[]): PlainRow[] {
  return [...rows].sort((a, b) => a.mmsi - b.mmsi || a.t - b.t);
}
