/** The ledger as people read it. */

import type { Ledger } from "../verbs/index.ts";
import { count, table } from "./terminal.ts";

function counted(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts).map(([name, value]) => [`  ${name}`, count(value)]);
}

/** What a field calls the rows that went in, what samples are cut from, and samples. */
interface LedgerWords {
  readonly rows: string;
  readonly traces: string;
  readonly samples: "windows" | "samples";
}

const TRIPS: LedgerWords = { rows: "rows read", traces: "trips", samples: "windows" };
const SYNCHRONIZED: LedgerWords = { rows: "rows asked for", traces: "stretches without a gap", samples: "windows" };

/** Samples of one row each are no windows, and none is too short for one. */
const SCENES: LedgerWords = { rows: "agents, and frames of the car", traces: "tracks", samples: "samples" };

/** The words for what a command made; where nothing is said of it, those of sensors or of trips. */
function wordsOf({ sensors }: Ledger, made: string | undefined): LedgerWords {
  if (made === "materialize l5kit") return SCENES;
  return sensors === undefined ? TRIPS : SYNCHRONIZED;
}

/** A line for each sensor: what became of its samples, and how many rows found one. */
function sensorLines({ sensors }: Ledger): string[] {
  if (sensors === undefined) return [];
  const rows = Object.entries(sensors).map(([name, { samples, used, unused, matched, missing }]) => [
    name,
    ...[samples, used, unused, matched, missing].map(count),
  ]);
  return [...table([["sensor", "samples", "used", "unused", "rows matched", "rows missing"], ...rows]), ""];
}

/** Where every row went, as lines of a table; `made` is the command that the ledger is of. */
export function ledgerLines(ledger: Ledger, made?: string): string[] {
  const { rows: rowsName, traces, samples } = wordsOf(ledger, made);
  const rows: string[][] = [
    [rowsName, count(ledger.input)],
    ["kept", count(ledger.kept)],
    ...counted(ledger.points.used > 0 ? { [`used in ${samples}`]: ledger.points.used } : {}),
    ...counted(
      Object.fromEntries(Object.entries(ledger.points.unused).map(([name, value]) => [`unused: ${name}`, value])),
    ),
    ["dropped", count(ledger.input - ledger.kept)],
    ...counted(ledger.dropped),
  ];
  if (Object.keys(ledger.noted).length > 0) rows.push(["noted", ""], ...counted(ledger.noted));
  rows.push([traces, count(ledger.traces.all)]);
  if (samples === "windows") rows.push(["  too short for a window", count(ledger.traces.short)]);
  const windows = Object.values(ledger.windows).reduce((sum, value) => sum + value, 0);
  rows.push([samples, count(windows)], ...counted(ledger.windows));
  return [...sensorLines(ledger), ...table([["", ""], ...rows]).slice(1)];
}
