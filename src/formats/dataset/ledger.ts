/** Where every input row and every kept point went. The sums are checked by the program itself. */

import { WindrowError } from "../../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit } from "./places.ts";

/** Counts by name of the reason. */
export type Counts = Readonly<Record<string, number>>;

/** What became of one sensor's samples, and how often rows found none. */
export interface SensorCounts {
  /** Samples in the recordings: those that a row has, and the others. */
  readonly samples: number;
  readonly used: number;
  readonly unused: number;
  /** Of the rows read: those that found a sample, and the others. */
  readonly matched: number;
  readonly missing: number;
}

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
  /** By sensor, where rows are matched from several. */
  readonly sensors?: Readonly<Record<string, SensorCounts>>;
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function added(a: Counts, b: Counts): Counts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

function addedSensors(a: Ledger, b: Ledger): Pick<Ledger, "sensors"> {
  if (a.sensors === undefined && b.sensors === undefined) return {};
  const none: SensorCounts = { samples: 0, used: 0, unused: 0, matched: 0, missing: 0 };
  const names = [...new Set([...Object.keys(a.sensors ?? {}), ...Object.keys(b.sensors ?? {})])];
  const sums = names.map((name) => {
    const [left, right] = [a.sensors?.[name] ?? none, b.sensors?.[name] ?? none];
    const { samples, used, unused, matched, missing } = left;
    return [
      name,
      {
        samples: samples + right.samples,
        used: used + right.used,
        unused: unused + right.unused,
        matched: matched + right.matched,
        missing: missing + right.missing,
      },
    ] as const;
  });
  return { sensors: Object.fromEntries(sums) };
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
    ...addedSensors(a, b),
  };
}

/** The sums that must hold: what each is called, and both of its sides. */
export function ledgerSums(ledger: Ledger): ReadonlyArray<readonly [name: string, left: number, right: number]> {
  const sensors = Object.entries(ledger.sensors ?? {}).flatMap(([name, counts]) => {
    const { samples, used, unused, matched, missing } = counts;
    return [
      [`${name}: samples = used + unused`, samples, used + unused],
      [`${name}: input = matched + missing`, ledger.input, matched + missing],
    ] as const;
  });
  return [
    ...sensors,
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
