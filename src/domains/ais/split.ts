/** Which trip goes to which split, before any window is cut (spec §8). */

import { type Trip } from "./trips.kernel.ts";

/** By vessel, by time, or by both. */
export type SplitBy = "vessel" | "time" | "vessel+time";

/** A trip, or a piece of one that was cut where a split by time begins. */
export interface TripPiece extends Trip {
  /** The first point is a trip's first only because the trip was cut before it. */
  readonly isCut: boolean;
}

/** Where a point goes by its time alone. */
export interface TimeCuts {
  /** Points from here on are no training points. */
  readonly validation: number;
  /** Points from here on are test points. */
  readonly test: number;
}

/**
 * The value at place `rank` of the sorted values (from 0), found in memory of one block: the range is narrowed until few are left.
 * `blocks` is called once for each pass.
 */
export function nthValue(blocks: () => Iterable<Float64Array>, rank: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const block of blocks()) {
    for (const value of block) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  let before = 0;
  const bins = new Float64Array(4096);
  while (low < high) {
    const width = (high - low) / bins.length;
    bins.fill(0);
    const binOf = (value: number) => Math.min(bins.length - 1, Math.floor((value - low) / width));
    for (const block of blocks()) for (const value of block) if (value >= low && value <= high) bins[binOf(value)]! += 1;
    let bin = 0;
    while (before + bins[bin]! <= rank) {
      before += bins[bin]!;
      bin += 1;
    }
    let nextLow = Number.POSITIVE_INFINITY;
    let nextHigh = Number.NEGATIVE_INFINITY;
    for (const block of blocks()) {
      for (const value of block) {
        if (value < low || value > high || binOf(value) !== bin) continue;
        nextLow = Math.min(nextLow, value);
        nextHigh = Math.max(nextHigh, value);
      }
    }
    low = nextLow;
    high = nextHigh;
  }
  return low;
}

/** The cuts that leave these fractions of the points at the end, validation before test. */
export function timeCuts(blocks: () => Iterable<Float64Array>, points: number, fractions: { validation: number; test: number }): TimeCuts {
  const at = (fraction: number): number => {
    const rank = Math.floor(points * (1 - fraction));
    return rank >= points ? Number.POSITIVE_INFINITY : nthValue(blocks, rank);
  };
  return { validation: at(fractions.validation + fractions.test), test: at(fractions.test) };
}

/** How many of a trip's points lie before `time`; `timeOf` gives the time of one of its points, in order. */
function pointsBefore(length: number, timeOf: (index: number) => number, time: number): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (timeOf(middle) < time) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The pieces of a trip, cut at each time; `timeOf` gives the time of one of the file's rows. */
export function cutTrip(trip: Trip, cuts: TimeCuts, timeOf: (row: number) => number): TripPiece[] {
  const inTrip = (index: number) => timeOf(trip.firstRow + index);
  const edges = [0, ...[cuts.validation, cuts.test].map((cut) => pointsBefore(trip.length, inTrip, cut)), trip.length];
  const pieces: TripPiece[] = [];
  for (let i = 1; i < edges.length; i++) {
    const from = edges[i - 1]!;
    const to = edges[i]!;
    if (to <= from) continue;
    pieces.push({ mmsi: trip.mmsi, firstRow: trip.firstRow + from, length: to - from, from: inTrip(from), to: inTrip(to - 1), isCut: from > 0 });
  }
  return pieces;
}

/** Name of a trip (§4): `<mmsi>-<⌊start⌋>`. */
export function tripId(trip: Pick<Trip, "mmsi" | "from">): string {
  return `${trip.mmsi}-${Math.floor(trip.from)}`;
}
