/** Which split each stretch of rows goes to, and what becomes of its rows. */

import type { Trace } from "../../materialize/index.ts";
import { entitySplit, type Split, type SplitSpec, type TimeCuts } from "../../order/index.ts";
import { type WindowSpec, windowUse } from "../../window/index.ts";

/** What splits are made by: whole entities, time, or both. */
export type SplitBy = "entity" | "time" | "entity+time";

/** Rows in which windows are cut, all of them on one side of every cut of time. */
export interface Stretch extends Omit<Trace, "split"> {
  /** When its first row is, in epoch seconds. */
  readonly from: number;
}

/** How stretches are split and cut. */
export interface SplitRules {
  readonly splitBy: SplitBy;
  readonly seed: bigint;
  readonly fractions: SplitSpec;
  readonly window: WindowSpec;
  /** What the ledger calls rows of a stretch that has no window. */
  readonly short: string;
}

/** What the split decided of all stretches. */
export interface SplitStretches {
  /** Those that have a window. */
  readonly traces: readonly Trace[];
  readonly all: number;
  readonly short: number;
  /** Rows in at least one window. */
  readonly used: number;
  /** The others, by reason. */
  readonly unused: Record<string, number>;
  readonly windows: Record<Split, number>;
}

/** The split of a stretch; `undefined` when it lies between the splits. */
function splitOf(stretch: Stretch, rules: SplitRules, cuts: TimeCuts): Split | undefined {
  const byTime: Split = stretch.from >= cuts.test ? "test" : stretch.from >= cuts.validation ? "validation" : "train";
  if (rules.splitBy === "time") return byTime;
  const byEntity = entitySplit(rules.seed, stretch.entity, rules.fractions);
  if (rules.splitBy === "entity") return byEntity;
  // Held-out entities count only in the held-out time, and the others only before it.
  return (byEntity === "train") === (byTime === "train") ? byEntity : undefined;
}

/** Deals stretches to their splits, and counts the rows that make no window. */
export function splitStretches(stretches: readonly Stretch[], rules: SplitRules, cuts: TimeCuts): SplitStretches {
  const traces: Trace[] = [];
  const unused: Record<string, number> = {};
  const leave = (reason: string, rows: number) => {
    if (rows > 0) unused[reason] = (unused[reason] ?? 0) + rows;
  };
  const windows = { train: 0, validation: 0, test: 0 };
  let short = 0;
  let used = 0;
  for (const stretch of stretches) {
    const split = splitOf(stretch, rules, cuts);
    if (split === undefined) {
      leave("between_splits", stretch.rows);
      continue;
    }
    const use = windowUse(stretch.rows, rules.window);
    if (use.windows === 0) {
      short += 1;
      leave(rules.short, stretch.rows);
      continue;
    }
    used += use.used;
    leave("tail", use.tail);
    leave("stride_gap", use.strideGap);
    windows[split] += use.windows;
    const { from: _, ...trace } = stretch;
    traces.push({ ...trace, split });
  }
  return { traces, all: stretches.length, short, used, unused, windows };
}
