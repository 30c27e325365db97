/** The ledger as people read it. */

import type { Ledger } from "../verbs/index.ts";
import { count, table } from "./terminal.ts";

function counted(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts).map(([name, value]) => [`  ${name}`, count(value)]);
}

/** What a field calls the rows that went in, and what windows are cut from. */
export interface LedgerWords {
  readonly rows: string;
  readonly traces: string;
}

const TRIPS: LedgerWords = { rows: "rows read", traces: "trips" };
const SYNCHRONIZED: LedgerWords = { rows: "rows asked for", traces: "stretches without a gap" };

/** A line for each sensor: what became of its samples, and how many rows found one. */
function sensorLines({ sensors }: Ledger): string[] {
  if (sensors === undefined) return [];
  const rows = Object.entries(sensors).map(([name, { samples, used, unused, matched, missing }]) => [
    name,
    ...[samples, used, unused, matched, missing].map(count),
  ]);
  return [...table([["sensor", "samples", "used", "unused", "rows matched", "rows missing"], ...rows]), ""];
}

/** Where every row went, as lines of a table. */
export function ledgerLines(ledger: Ledger, words?: LedgerWords): string[] {
  const { rows: rowsName, traces } = words ?? (ledger.sensors === undefined ? TRIPS : SYNCHRONIZED);
  const rows: string[][] = [
    [rowsName, count(ledger.input)],
    ["kept", count(ledger.kept)],
    ...counted(ledger.points.used > 0 ? { "used in windows": ledger.points.used } : {}),
    ...counted(
      Object.fromEntries(Object.entries(ledger.points.unused).map(([name, value]) => [`unused: ${name}`, value])),
    ),
    ["dropped", count(ledger.input - ledger.kept)],
    ...counted(ledger.dropped),
  ];
  if (Object.keys(ledger.noted).length > 0) rows.push(["noted", ""], ...counted(ledger.noted));
  rows.push([traces, count(ledger.traces.all)], ["  too short for a window", count(ledger.traces.short)]);
  const windows = Object.values(ledger.windows).reduce((sum, value) => sum + value, 0);
  rows.push(["windows", count(windows)], ...counted(ledger.windows));
  return [...sensorLines(ledger), ...table([["", ""], ...rows]).slice(1)];
}
