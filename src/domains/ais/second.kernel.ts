/** Reports sorted by vessel and time, cut down to one a second (spec §3, steps 2–7). */

import { makeRoom, type Points, points, type ReportChunk } from "./points.ts";
import { reasonCode } from "./reasons.ts";
import { choiceCode, positionCode, typeCode, vesselCode } from "./row-rules.ts";
import type { AisRules } from "./schema.ts";

/** Takes what is left: one point a second and vessel, in order. */
export interface SecondSink {
  /** The vessel of the points that follow. */
  vessel(mmsi: number): void;
  /** The point at `index` of `from`, speed and course NaN where they are not available; the columns are reused afterwards. */
  point(from: Points, index: number): void;
}

/** What may be asked of a vessel as a whole. */
export interface VesselChoice {
  /** The reason's code to drop all of a vessel's reports for, or 0. */
  vessel(mmsi: number): number;
  /** Reports at or before this time belong to an earlier generation; -Infinity where there is none. */
  lastTime(mmsi: number): number;
}

const DUPLICATE_EXACT = reasonCode("duplicate_exact");
const DUPLICATE_TIME = reasonCode("duplicate_time");
const BEFORE_GENERATION = reasonCode("before_generation");

/** A group this large is thinned of exact duplicates before it grows further. */
const GROUP_LIMIT = 65_536;

/** Speeds from 102.25 knots up are the code 102.3 for "not available", also when it went through float32 (§3.8). */
function hasSog(sog: number): boolean {
  return sog < 102.25;
}

/** Courses outside [0, 360) are "not available"; 360 is not 0 (§3.8). */
function hasCog(cog: number): boolean {
  return cog >= 0 && cog < 360;
}

function missing(value: number): number {
  return Number.isNaN(value) ? 1 : 0;
}

/** Ascending, missing values last. */
function order(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return missing(a) - missing(b);
}

/** §3.6: by time, then what has a speed, then what has a course, then by value; never by where the rows stood. */
function compare(p: Points, i: number, j: number): number {
  return (
    order(p.t[i]!, p.t[j]!) ||
    missing(p.sog[i]!) - missing(p.sog[j]!) ||
    missing(p.cog[i]!) - missing(p.cog[j]!) ||
    order(p.lat[i]!, p.lat[j]!) ||
    order(p.lon[i]!, p.lon[j]!) ||
    order(p.sog[i]!, p.sog[j]!) ||
    order(p.cog[i]!, p.cog[j]!) ||
    order(p.heading[i]!, p.heading[j]!) ||
    order(p.source[i]!, p.source[j]!)
  );
}

function same(p: Points, i: number, j: number): boolean {
  return (
    p.t[i] === p.t[j] &&
    p.lat[i] === p.lat[j] &&
    p.lon[i] === p.lon[j] &&
    order(p.sog[i]!, p.sog[j]!) === 0 &&
    order(p.cog[i]!, p.cog[j]!) === 0
  );
}

/** The group's rows in order. */
function sorted(group: Points): Uint32Array {
  const rows = Uint32Array.from({ length: group.length }, (_, index) => index);
  return group.length === 1 ? rows : rows.sort((i, j) => compare(group, i, j));
}

/** Which row of an ordered group is kept: the first, or where it lacks speed or course the first that has both (§3.7). */
function keeper(group: Points, rows: Uint32Array): number {
  for (const row of rows) if (missing(group.sog[row]!) + missing(group.cog[row]!) === 0) return row;
  return rows[0]!;
}

function copyPoint(from: Points, row: number, into: Points): void {
  const at = into.length;
  into.t[at] = from.t[row]!;
  into.lat[at] = from.lat[row]!;
  into.lon[at] = from.lon[row]!;
  into.sog[at] = from.sog[row]!;
  into.cog[at] = from.cog[row]!;
  into.heading[at] = from.heading[row]!;
  into.source[at] = from.source[row]!;
  into.length = at + 1;
}

/**
 * Judges reports by the rules of one row and keeps one a second and vessel.
 * Chunks must come sorted by (mmsi, t). `counts` is by reason code; kept points are not counted here.
 */
export function oneASecond(
  rules: AisRules,
  choice: VesselChoice,
  counts: Float64Array,
  sink: SecondSink,
): { push(chunk: ReportChunk): void; finish(): void } {
  let group = points(16);
  let groupLimit = GROUP_LIMIT;
  let mmsi = Number.NaN;
  let second = Number.NaN;
  let vesselReason = 0;
  let lastTime = Number.NEGATIVE_INFINITY;
  let announced = true;
  const choosing = rules.from !== undefined || rules.to !== undefined || rules.bbox !== undefined;

  const count = (reason: number) => {
    counts[reason] = counts[reason]! + 1;
  };

  function closeGroup(): void {
    if (group.length === 0) return;
    if (!announced) sink.vessel(mmsi);
    announced = true;
    if (group.length === 1) {
      sink.point(group, 0);
    } else {
      const rows = sorted(group);
      const kept = keeper(group, rows);
      for (let i = 0; i < rows.length; i++) {
        if (rows[i] === kept) continue;
        count(i > 0 && same(group, rows[i]!, rows[i - 1]!) ? DUPLICATE_EXACT : DUPLICATE_TIME);
      }
      sink.point(group, kept);
    }
    group.length = 0;
  }

  /** A second may hold any number of rows: exact duplicates are counted and let go, so that only distinct rows take room. */
  function thinGroup(): void {
    const rows = sorted(group);
    const distinct = points(group.length);
    for (let i = 0; i < rows.length; i++) {
      if (i > 0 && same(group, rows[i]!, rows[i - 1]!)) count(DUPLICATE_EXACT);
      else copyPoint(group, rows[i]!, distinct);
    }
    group = distinct;
    groupLimit = Math.max(GROUP_LIMIT, 2 * group.length);
  }

  function judge(chunk: ReportChunk, i: number): number {
    if (vesselReason !== 0) return vesselReason;
    const type = typeCode(chunk.msg_type[i]!, chunk.mobile[i]!);
    if (type !== 0) return type;
    const position = positionCode(chunk.lat[i]!, chunk.lon[i]!);
    if (position !== 0) return position;
    const chosen = choosing ? choiceCode(rules, chunk.t[i]!, { lat: chunk.lat[i]!, lon: chunk.lon[i]! }) : 0;
    if (chosen !== 0) return chosen;
    const vesselChoice = choice.vessel(mmsi);
    if (vesselChoice !== 0) return vesselChoice;
    return chunk.t[i]! <= lastTime ? BEFORE_GENERATION : 0;
  }

  function add(chunk: ReportChunk, i: number): void {
    if (group.length >= groupLimit) thinGroup();
    makeRoom(group);
    const at = group.length;
    const lon = chunk.lon[i]!;
    group.t[at] = chunk.t[i]!;
    group.lat[at] = chunk.lat[i]!;
    group.lon[at] = lon === 180 ? -180 : lon;
    group.sog[at] = hasSog(chunk.sog[i]!) ? chunk.sog[i]! : Number.NaN;
    group.cog[at] = hasCog(chunk.cog[i]!) ? chunk.cog[i]! : Number.NaN;
    group.heading[at] = chunk.heading[i]!;
    group.source[at] = chunk.source[i]!;
    group.length = at + 1;
  }

  return {
    push(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        if (chunk.mmsi[i] !== mmsi) {
          closeGroup();
          mmsi = chunk.mmsi[i]!;
          announced = false;
          vesselReason = vesselCode(mmsi, rules);
          lastTime = choice.lastTime(mmsi);
          second = Number.NaN;
        }
        const reason = judge(chunk, i);
        if (reason !== 0) {
          count(reason);
          continue;
        }
        const floor = Math.floor(chunk.t[i]!);
        if (floor !== second) {
          closeGroup();
          second = floor;
        }
        add(chunk, i);
      }
    },
    finish: closeGroup,
  };
}
