/** Speed limits, jumps and clashes of two ships that share an MMSI (spec §3, steps 8 and 9), vessel by vessel. */

import { distanceBound, haversine, KNOT } from "./geodesy.ts";
import { dropFirst, makeRoom, type Points, points } from "./points.ts";
import { reasonCode } from "./reasons.ts";
import type { AisRules } from "./schema.ts";
import type { SecondSink } from "./second.kernel.ts";

/** Takes the points that are kept for good. */
export interface KeptSink {
  /** The vessel of the points that follow. */
  vessel(mmsi: number): void;
  /** A kept point; with `cut` a new trip begins at it. Speed and course that are not available are NaN. */
  point(from: Points, index: number, cut: boolean): void;
}

const SOG_OVER_LIMIT = reasonCode("sog_over_limit");
const SOG_NEGATIVE = reasonCode("sog_negative");
const SPEED_JUMP = reasonCode("speed_jump");
const MMSI_CONFLICT = reasonCode("mmsi_conflict");

/** 102.2 is the code for "102.2 knots or more", whatever the limit (§1, §3.8); a little below, for what went through float32. */
const SOG_TOP = 102.15;
/** GPS noise over short times must not look like speed: shorter hops are never jumps (§3.9). */
const JUMP_METRES = 1000;
const HOUR_SECONDS = 3600;
/** A clash is more than a fifth of at least twenty points of a clock hour rejected (§3.9). */
const CLASH_POINTS = 20;
const CLASH_SHARE = 0.2;

/**
 * Rejects jumps and drops the hours of clashes. A point's fate is known once its clock hour is over and no later point can
 * recover it, so at most some hours of one vessel are held, a point a second.
 */
export function jumpFilter(
  rules: AisRules,
  counts: Float64Array,
  sink: KeptSink,
): SecondSink & { finish(): { cuts: number } } {
  const held = points(4096);
  /** Places in `held` of the last rejected points in a row. */
  let run: number[] = [];
  let previousT = Number.NaN;
  let previousLat = 0;
  let previousLon = 0;
  let hour = Number.NaN;
  let carriedCut = false;
  let cuts = 0;

  function isJump(t1: number, lat1: number, lon1: number, at: number): boolean {
    const lat2 = held.lat[at]!;
    const lon2 = held.lon[at]!;
    if (distanceBound(lat1, lon1, lat2, lon2) <= JUMP_METRES) return false;
    const metres = haversine(lat1, lon1, lat2, lon2);
    const seconds = Math.max(1, Math.abs(held.t[at]! - t1));
    return metres > JUMP_METRES && metres / seconds > rules.jumpMax * KNOT;
  }

  function consistent(places: readonly number[]): boolean {
    for (let i = 0; i < places.length; i++) {
      const a = places[i]!;
      for (let j = i + 1; j < places.length; j++) {
        if (isJump(held.t[a]!, held.lat[a]!, held.lon[a]!, places[j]!)) return false;
      }
    }
    return true;
  }

  function keep(at: number): void {
    previousT = held.t[at]!;
    previousLat = held.lat[at]!;
    previousLon = held.lon[at]!;
    run = [];
  }

  function reject(at: number): void {
    held.status[at] = 1;
    run.push(at);
    if (run.length > rules.jumpRecover) run.shift();
    if (run.length < rules.jumpRecover || !consistent(run)) return;
    for (const place of run) held.status[place] = 0;
    held.cut[run[0]!] = 1;
    cuts += 1;
    keep(at);
  }

  /** Gives on, or drops, the held points of one clock hour: places `from` to `to`. */
  function settleHour(from: number, to: number): void {
    let rejected = 0;
    for (let i = from; i < to; i++) rejected += held.status[i]!;
    const clash = to - from >= CLASH_POINTS && rejected > CLASH_SHARE * (to - from);
    counts[SPEED_JUMP] = counts[SPEED_JUMP]! + rejected;
    if (clash) counts[MMSI_CONFLICT] = counts[MMSI_CONFLICT]! + (to - from - rejected);
    for (let i = from; i < to; i++) {
      if (held.status[i] === 1) continue;
      if (held.cut[i] === 1) carriedCut = true;
      if (clash) continue;
      sink.point(held, i, carriedCut);
      carriedCut = false;
    }
  }

  /** Settles every whole hour before `until` (an hour's number). */
  function settle(until: number): void {
    let from = 0;
    while (from < held.length) {
      const which = Math.floor(held.t[from]! / HOUR_SECONDS);
      if (which >= until) break;
      let to = from + 1;
      while (to < held.length && Math.floor(held.t[to]! / HOUR_SECONDS) === which) to++;
      settleHour(from, to);
      from = to;
    }
    if (from === 0) return;
    dropFirst(held, from);
    run = run.map((place) => place - from).filter((place) => place >= 0);
  }

  /** The first hour that a later point may still change: of the rejected points only the last few can be recovered. */
  function openHour(): number {
    const pending = run[Math.max(0, run.length - rules.jumpRecover + 1)];
    return pending === undefined ? hour : Math.min(hour, Math.floor(held.t[pending]! / HOUR_SECONDS));
  }

  function endVessel(): void {
    run = [];
    settle(Number.POSITIVE_INFINITY);
    carriedCut = false;
    previousT = Number.NaN;
    hour = Number.NaN;
  }

  return {
    vessel(mmsi) {
      endVessel();
      sink.vessel(mmsi);
    },
    point(from, index) {
      const sog = from.sog[index]!;
      if (sog < 0 || sog > rules.sogMax || sog >= SOG_TOP) {
        const reason = sog < 0 ? SOG_NEGATIVE : SOG_OVER_LIMIT;
        counts[reason] = counts[reason]! + 1;
        return;
      }
      const t = from.t[index]!;
      const thisHour = Math.floor(t / HOUR_SECONDS);
      if (thisHour !== hour) {
        hour = thisHour;
        settle(openHour());
      }
      makeRoom(held);
      const at = held.length++;
      held.t[at] = t;
      held.lat[at] = from.lat[index]!;
      held.lon[at] = from.lon[index]!;
      held.sog[at] = sog;
      held.cog[at] = from.cog[index]!;
      held.source[at] = from.source[index]!;
      held.status[at] = 0;
      held.cut[at] = 0;
      if (!Number.isNaN(previousT) && isJump(previousT, previousLat, previousLon, at)) reject(at);
      else keep(at);
    },
    finish() {
      endVessel();
      return { cuts };
    },
  };
}
