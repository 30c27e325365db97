/** Which split each trip goes to, and the ledger that accounts for every row. */

import { type CleanCounts, type TimeCuts, type Trip, tripId } from "../domains/ais/index.ts";
import type { Ledger, Trace } from "../materialize/index.ts";
import { entitySplit, type Split } from "../order/index.ts";
import { windowUse } from "../window/index.ts";
import type { ResolvedAis } from "./ais-options.ts";
import { addCounts } from "./counts.ts";

/** What the split decided of all trips. */
export interface SplitTrips {
  readonly traces: readonly Trace[];
  readonly all: number;
  readonly short: number;
  readonly used: number;
  readonly unused: Record<string, number>;
  readonly windows: Record<Split, number>;
}

/** The split of a trip; `undefined` when it lies between the splits. */
function splitOf(trip: Trip, options: ResolvedAis, cuts: TimeCuts): Split | undefined {
  const byTime: Split = trip.from >= cuts.test ? "test" : trip.from >= cuts.validation ? "validation" : "train";
  if (options.splitBy === "time") return byTime;
  const byVessel = entitySplit(options.seed, String(trip.mmsi), options.fractions);
  if (options.splitBy === "vessel") return byVessel;
  // Held-out vessels count only in the held-out time, and the others only before it.
  return (byVessel === "train") === (byTime === "train") ? byVessel : undefined;
}

/** All time is of one split. */
export const NO_CUTS: TimeCuts = { validation: Number.POSITIVE_INFINITY, test: Number.POSITIVE_INFINITY };

/** Deals trips to their splits, and counts the points that make no window. */
export function splitTrips(trips: readonly Trip[], options: ResolvedAis, cuts: TimeCuts): SplitTrips {
  const traces: Trace[] = [];
  const unused: Record<string, number> = {};
  const leave = (reason: string, points: number) => {
    if (points > 0) unused[reason] = (unused[reason] ?? 0) + points;
  };
  const windows = { train: 0, validation: 0, test: 0 };
  let short = 0;
  let used = 0;
  for (const trip of trips) {
    const split = splitOf(trip, options, cuts);
    if (split === undefined) {
      leave("between_splits", trip.length);
      continue;
    }
    const use = windowUse(trip.length, options.window);
    if (use.windows === 0) {
      short += 1;
      leave("trip_short", trip.length);
      continue;
    }
    used += use.used;
    leave("tail", use.tail);
    leave("stride_gap", use.strideGap);
    windows[split] += use.windows;
    traces.push({ id: tripId(trip), entity: String(trip.mmsi), split, firstRow: trip.firstRow, rows: trip.length });
  }
  return { traces, all: trips.length, short, used, unused, windows };
}

/** Rows as they were read, before the cleaning. */
export interface CountedRows {
  readonly all: number;
  /** Rows that the cleaning does not see, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly noted: Readonly<Record<string, number>>;
  /** How many rows of a file come after a later one of the same vessel (§3.6). */
  readonly reordered: number;
}

/** What became of every row. */
export function ledgerOf(clean: CleanCounts, split: SplitTrips, rows: CountedRows): Ledger {
  const noted: Record<string, number> = {
    ...rows.noted,
    sog_derived: clean.sogDerived,
    cog_derived: clean.cogDerived,
    reordered: rows.reordered,
    jump_cut: clean.jumpCut,
  };
  return {
    input: rows.all,
    kept: clean.kept,
    dropped: addCounts(rows.dropped, clean.dropped),
    points: { used: split.used, unused: split.unused },
    windows: split.windows,
    traces: { all: split.all, short: split.short },
    noted: Object.fromEntries(Object.entries(noted).filter(([, count]) => count > 0)),
  };
}
