/** Which split each trip goes to, and the ledger that accounts for every row. */

import { type CleanCounts, type Trip, tripId } from "../../domains/ais/index.ts";
import type { Ledger } from "../../materialize/index.ts";
import type { TimeCuts } from "../../order/index.ts";
import { type SplitStretches, type Stretch, splitStretches } from "../dataset/split-stretches.ts";
import { addCounts } from "./counts.ts";
import type { ResolvedAis } from "./options.ts";

/** Deals trips to their splits, and counts the points that make no window. */
export function splitTrips(trips: readonly Trip[], options: ResolvedAis, cuts: TimeCuts): SplitStretches {
  const stretches = trips.map(
    (trip): Stretch => ({
      id: tripId(trip),
      entity: String(trip.mmsi),
      firstRow: trip.firstRow,
      rows: trip.length,
      from: trip.from,
    }),
  );
  const { seed, fractions, window } = options;
  const splitBy = ({ vessel: "entity", time: "time", "vessel+time": "entity+time" } as const)[options.splitBy];
  return splitStretches(stretches, { splitBy, seed, fractions, window, short: "trip_short" }, cuts);
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
export function ledgerOf(clean: CleanCounts, split: SplitStretches, rows: CountedRows): Ledger {
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
