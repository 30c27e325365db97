/** The ledger as people read it. */

import type { Ledger } from "../verbs/index.ts";
import { count, table } from "./terminal.ts";

function counted(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts).map(([name, value]) => [`  ${name}`, count(value)]);
}

/** Where every row went, as lines of a table. */
export function ledgerLines(ledger: Ledger): string[] {
  const rows: string[][] = [
    ["rows read", count(ledger.input)],
    ["kept", count(ledger.kept)],
    ...counted(ledger.points.used > 0 ? { "used in windows": ledger.points.used } : {}),
    ...counted(
      Object.fromEntries(Object.entries(ledger.points.unused).map(([name, value]) => [`unused: ${name}`, value])),
    ),
    ["dropped", count(ledger.input - ledger.kept)],
    ...counted(ledger.dropped),
  ];
  if (Object.keys(ledger.noted).length > 0) rows.push(["noted", ""], ...counted(ledger.noted));
  rows.push(["trips", count(ledger.traces.all)], ["  too short for a window", count(ledger.traces.short)]);
  const windows = Object.values(ledger.windows).reduce((sum, value) => sum + value, 0);
  rows.push(["windows", count(windows)], ...counted(ledger.windows));
  return table([["", ""], ...rows]).slice(1);
}
