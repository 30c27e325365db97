/** Where every input row and every kept point went. The sums are checked by the program itself. */

import { WindrowError } from "../../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit } from "./places.ts";

/** Counts by name of the reason. */
export type Counts = Readonly<Record<string, number>>;

/** The account of a run. */
export interface Ledger {
  /** Rows read, bad ones included: `kept` and all of `dropped`. */
  readonly input: number;
  readonly kept: number;
  readonly dropped: Counts;
  /** Kept rows: in at least one window, or in none for a reason. */
  readonly points: { readonly used: number; readonly unused: Counts };
  readonly windows: Readonly<Record<DatasetSplit, number>>;
  /** Traces before the split, and those too short for a window. */
  readonly traces: { readonly all: number; readonly short: number };
  /** What was mended or derived on the way, and any number worth knowing; no part of the sums. */
  readonly noted: Counts;
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function added(a: Counts, b: Counts): Counts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** The account of two runs together. */
export function addLedgers(a: Ledger, b: Ledger): Ledger {
  return {
    input: a.input + b.input,
    kept: a.kept + b.kept,
    dropped: added(a.dropped, b.dropped),
    points: { used: a.points.used + b.points.used, unused: added(a.points.unused, b.points.unused) },
    windows: {
      train: a.windows.train + b.windows.train,
      validation: a.windows.validation + b.windows.validation,
      test: a.windows.test + b.windows.test,
    },
    traces: { all: a.traces.all + b.traces.all, short: a.traces.short + b.traces.short },
    noted: added(a.noted, b.noted),
  };
}

/** The sums that must hold: what each is called, and both of its sides. */
export function ledgerSums(ledger: Ledger): ReadonlyArray<readonly [name: string, left: number, right: number]> {
  return [
    ["input = kept + dropped", ledger.input, ledger.kept + sum(ledger.dropped)],
    ["kept = used + unused points", ledger.kept, ledger.points.used + sum(ledger.points.unused)],
  ];
}

/**
 * Checks a ledger's sums, and its windows against what was written.
 * @throws WindrowError `internal` that names the sum that does not hold.
 */
export function checkLedger(ledger: Ledger, written: Readonly<Record<DatasetSplit, number>>): void {
  const windows = DATASET_SPLITS.map(
    (split) => [`${split} windows = ${split} samples`, ledger.windows[split], written[split]] as const,
  );
  for (const [name, left, right] of [...ledgerSums(ledger), ...windows]) {
    if (left !== right)
      throw new WindrowError(
        "internal",
        `Cannot account for every row: ${name} does not hold, got ${left} and ${right}`,
      );
  }
}
