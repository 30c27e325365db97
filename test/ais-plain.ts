/** The AIS rules a second time, slow and plain: whole vessels as arrays of objects, one loop a rule. The kernels are compared with it. */

import { type AisRules, haversine, initialBearing, KNOT, type ReportChunk } from "../src/domains/ais/index.ts";

/** A report as its file has it; NaN where a value is missing. */
export interface PlainRow {
  readonly mmsi: number;
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly sog: number;
  readonly cog: number;
  readonly heading: number;
  readonly msg_type: number;
  readonly mobile: number;
  readonly source: number;
}

/** A ship under way in the North Sea, to be changed where a test wants it otherwise. */
export const FAIR_ROW: PlainRow = {
  mmsi: 219001000,
  t: 1_700_000_000,
  lat: 55,
  lon: 10,
  sog: 10,
  cog: 90,
  heading: 90,
  msg_type: 1,
  mobile: Number.NaN,
  source: 0,
};

/** A report that one row's rules let pass. */
export interface PlainPoint {
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly sog: number | undefined;
  readonly cog: number | undefined;
  readonly heading: number | undefined;
  readonly source: number;
}

/** A kept point, and whether a trip is cut before it. */
export interface PlainKept {
  readonly point: PlainPoint;
  readonly cut: boolean;
}

/** A trip with its features, five float32 a row. */
export interface PlainTrip {
  readonly mmsi: number;
  readonly times: readonly number[];
  readonly features: readonly (readonly number[])[];
}

/** How often each thing was counted. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  get all(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/** Rows as the kernels take them. */
export function reportChunk(rows: readonly PlainRow[]): ReportChunk {
  const column = (name: keyof PlainRow) => Float64Array.from(rows, (row) => row[name]);
  return {
    length: rows.length,
    mmsi: column("mmsi"),
    t: column("t"),
    lat: column("lat"),
    lon: column("lon"),
    sog: column("sog"),
    cog: column("cog"),
    heading: column("heading"),
    msg_type: column("msg_type"),
    mobile: column("mobile"),
    source: column("source"),
  };
}

/** Why a number is no ship's (§2), by its digits as text. */
export function plainMmsi(mmsi: number): string | undefined {
  if (!Number.isInteger(mmsi) || mmsi <= 0 || mmsi > 999_999_999) return "invalid_mmsi";
  const digits = String(mmsi).padStart(9, "0");
  if (/^(\d)\1{8}$|^123456789$|^987654321$|^[2-7]\d\d000000$/.test(digits)) return "placeholder_mmsi";
  const classes: readonly (readonly [RegExp, string])[] = [
    [/^00/, "base_station"],
    [/^0/, "group"],
    [/^111/, "sar_aircraft"],
    [/^99/, "aton"],
    [/^98/, "craft_associated"],
    [/^970/, "sart"],
    [/^972/, "mob"],
    [/^974/, "epirb"],
  ];
  const found = classes.find(([pattern]) => pattern.test(digits));
  if (found !== undefined) return found[1];
  const country = Number(digits.slice(0, 3));
  return country >= 201 && country <= 775 ? undefined : "invalid_mmsi";
}

/** Why a row is dropped by itself (steps 2 to 5). */
function plainVerdict(row: PlainRow, rules: AisRules): string | undefined {
  const ship = plainMmsi(row.mmsi);
  if (ship !== undefined) return ship;
  if (row.mobile === 255) return "non_vessel";
  const byType: Readonly<Record<number, string>> = {
    4: "base_station",
    11: "base_station",
    9: "sar_aircraft",
    21: "aton",
  };
  return byType[row.msg_type] ?? plainPlace(row, rules);
}

function plainPlace({ lat, lon, t }: PlainRow, rules: AisRules): string | undefined {
  if (lat === 91 || lon === 181 || Number.isNaN(lat) || Number.isNaN(lon)) return "position_unavailable";
  if (lat > 90 || lat < -90) return "lat_range";
  if (lon > 180 || lon < -180) return "lon_range";
  if (Math.abs(lat) < 1e-4 && Math.abs(lon) < 1e-4) return "null_island";
  return t < (rules.from ?? t) || t > (rules.to ?? t) ? "time_range" : undefined;
}

const known = (value: number, ok: boolean) => (ok ? value : undefined);

function plainPoint(row: PlainRow): PlainPoint {
  return {
    t: row.t,
    lat: row.lat,
    lon: row.lon === 180 ? -180 : row.lon,
    sog: known(row.sog, row.sog < 102.25),
    cog: known(row.cog, row.cog >= 0 && row.cog < 360),
    heading: known(row.heading, !Number.isNaN(row.heading)),
    source: row.source,
  };
}

function plainOrder(a: PlainPoint, b: PlainPoint): number {
  const keys = (p: PlainPoint) => {
    const last = (value: number | undefined) => value ?? Number.POSITIVE_INFINITY;
    const absent = (value: number | undefined) => (value === undefined ? 1 : 0);
    return [p.t, absent(p.sog), absent(p.cog), p.lat, p.lon, last(p.sog), last(p.cog), last(p.heading), p.source];
  };
  const left = keys(a);
  const right = keys(b);
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}

/** One point a second and vessel, in order (steps 2 to 7). */
export function plainSeconds(rows: readonly PlainRow[], rules: AisRules, tally: Tally): Map<number, PlainPoint[]> {
  const vessels = new Map<number, PlainPoint[]>();
  for (const row of rows) {
    const why = plainVerdict(row, rules);
    if (why !== undefined) tally.add(why);
    else vessels.set(row.mmsi, [...(vessels.get(row.mmsi) ?? []), plainPoint(row)]);
  }
  for (const [mmsi, points] of vessels) {
    const seconds = Map.groupBy(points.sort(plainOrder), (point) => Math.floor(point.t));
    vessels.set(
      mmsi,
      [...seconds.values()].map((group) => plainWinner(group, tally)),
    );
  }
  return vessels;
}

function plainWinner(group: readonly PlainPoint[], tally: Tally): PlainPoint {
  const winner = group.find((point) => point.sog !== undefined && point.cog !== undefined) ?? group[0]!;
  const seen = new Set<string>();
  for (const point of group) {
    const name = JSON.stringify([point.t, point.lat, point.lon, point.sog, point.cog]);
    if (point !== winner) tally.add(seen.has(name) ? "duplicate_exact" : "duplicate_time");
    seen.add(name);
  }
  return winner;
}

/** Whether one would have to be too fast to come from one point to the other (§3.9). */
function tooFast(a: PlainPoint, b: PlainPoint, rules: AisRules): boolean {
  const metres = haversine(a.lat, a.lon, b.lat, b.lon);
  return metres > 1000 && metres / Math.max(1, Math.abs(b.t - a.t)) / KNOT > rules.jumpMax;
}

/** Speed limits, jumps, clashes (steps 8 and 9) of one vessel, all its points at once. */
export function plainJumps(all: readonly PlainPoint[], rules: AisRules, tally: Tally): PlainKept[] {
  const points = all.filter((point) => {
    const why = (point.sog ?? 0) < 0 ? "sog_negative" : (point.sog ?? 0) > rules.sogMax ? "sog_over_limit" : undefined;
    if (why !== undefined) tally.add(why);
    return why === undefined;
  });
  const kept = new Set<PlainPoint>();
  const cuts = new Set<PlainPoint>();
  let previous: PlainPoint | undefined;
  let waiting: PlainPoint[] = [];
  for (const point of points) {
    waiting.push(point);
    const last = waiting.slice(-rules.jumpRecover);
    const agrees = last.every((a, i) => last.slice(i + 1).every((b) => !tooFast(a, b, rules)));
    if (previous === undefined || !tooFast(previous, point, rules)) {
      kept.add(point);
    } else if (last.length === rules.jumpRecover && agrees) {
      for (const recovered of last) kept.add(recovered);
      cuts.add(last[0]!);
      tally.add("jump_cut");
    } else {
      continue;
    }
    previous = point;
    waiting = [];
  }
  return plainHours(points, { kept, cuts }, tally);
}

/** Drops the hours in which two ships share the number; a cut in such an hour holds for the next kept point. */
function plainHours(
  points: readonly PlainPoint[],
  { kept, cuts }: { kept: ReadonlySet<PlainPoint>; cuts: ReadonlySet<PlainPoint> },
  tally: Tally,
): PlainKept[] {
  const stay: PlainKept[] = [];
  let cut = false;
  for (const hour of Map.groupBy(points, (point) => Math.floor(point.t / 3600)).values()) {
    const good = hour.filter((point) => kept.has(point));
    const rejected = hour.length - good.length;
    tally.add("speed_jump", rejected);
    const isClash = hour.length >= 20 && rejected > 0.2 * hour.length;
    if (isClash) tally.add("mmsi_conflict", good.length);
    for (const point of good) {
      cut ||= cuts.has(point);
      if (isClash) continue;
      stay.push({ point, cut });
      cut = false;
    }
  }
  return stay;
}

/** Trips and their features (§3.10, §4, §6) of one vessel. */
export function plainTrips(mmsi: number, kept: readonly PlainKept[], rules: AisRules, tally: Tally): PlainTrip[] {
  const trips: PlainPoint[][] = [];
  for (const [i, { point, cut }] of kept.entries()) {
    const before = kept[i - 1]?.point;
    const isCut = before !== undefined && (rules.cutTimes ?? []).some((time) => before.t < time && point.t >= time);
    if (before === undefined || cut || isCut || point.t - before.t > rules.maxGapSeconds) trips.push([]);
    trips.at(-1)!.push(point);
  }
  return trips.map((trip) => ({ mmsi, times: trip.map(({ t }) => t), features: plainFeatures(trip, rules, tally) }));
}

function plainFeatures(trip: readonly PlainPoint[], rules: AisRules, tally: Tally): number[][] {
  const cogs: (number | undefined)[] = [];
  for (const [i, point] of trip.entries()) {
    const before = trip[i - 1];
    const metres = before === undefined ? 0 : haversine(before.lat, before.lon, point.lat, point.lon);
    if (point.cog === undefined) tally.add("cog_derived");
    if (point.cog !== undefined) cogs.push(point.cog);
    else if (before !== undefined && metres >= 10)
      cogs.push(initialBearing(before.lat, before.lon, point.lat, point.lon));
    else cogs.push(cogs.at(-1));
  }
  const firstCog = cogs.find((cog) => cog !== undefined) ?? 0;
  return trip.map((point, i) => {
    const cog = Math.fround(cogs[i] ?? firstCog);
    const lon = Math.fround(point.lon);
    const dt = i === 0 ? 0 : point.t - trip[i - 1]!.t;
    const sog = point.sog ?? plainSpeed(trip, i, rules, tally);
    return [point.lat, lon >= 180 ? -180 : lon, sog, cog >= 360 ? 0 : cog, dt].map(Math.fround);
  });
}

function plainSpeed(trip: readonly PlainPoint[], i: number, rules: AisRules, tally: Tally): number {
  tally.add("sog_derived");
  const here = trip[i]!;
  const near = [trip[i - 1], trip[i + 1]].find((p) => p !== undefined && Math.abs(p.t - here.t) <= 600);
  if (near === undefined) return 0;
  const metres = haversine(near.lat, near.lon, here.lat, here.lon);
  return Math.min(rules.sogMax, metres / Math.max(1, Math.abs(near.t - here.t)) / KNOT);
}

/** All of it: trips in the order of vessels and times, and what was counted. */
export function plainCleaning(
  rows: readonly PlainRow[],
  rules: AisRules,
): { trips: PlainTrip[]; counts: Record<string, number> } {
  const tally = new Tally();
  const vessels = [...plainSeconds(rows, rules, tally)].sort(([a], [b]) => a - b);
  const trips = vessels.flatMap(([mmsi, points]) => plainTrips(mmsi, plainJumps(points, rules, tally), rules, tally));
  return { trips, counts: tally.all };
}
