/** `windrow materialize traces`. */

import { command } from "../command.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count } from "../terminal.ts";
import { TRACES_OPTIONS, tracesOptions } from "../traces-options.ts";

const SHOWN_COLUMNS = 12;

/** The first of many names. */
function shown(names: readonly string[]): string {
  const more = names.length - SHOWN_COLUMNS;
  return [...names.slice(0, SHOWN_COLUMNS), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** Recordings of several sensors in, globally shuffled training shards out. */
export const materializeTracesCommand = command({
  name: "materialize traces",
  summary: "turn recordings of several sensors into globally shuffled training windows",
  args: [
    {
      name: "input",
      summary: "recordings, each a trace: folders and files as sync takes them",
      isMany: true,
    },
  ],
  options: TRACES_OPTIONS,
  examples: [
    "windrow materialize traces drives/* --reference camera --tolerance 0.05 --window 32 --stride 16 --out data",
    "windrow materialize traces subject.csv --trace-column session --unit ms --window 256 --out data --val 0.1",
  ],
  async run({ args, options, io }) {
    const { materializeTraces } = await import("../../verbs/index.ts");
    const { out, manifest, badRows, wasThere } = await materializeTraces(tracesOptions(args, options), {
      progress: io.progress,
      signal: io.signal,
    });
    for (const bad of badRows) io.say(`bad row: ${bad.file} line ${bad.line}: ${bad.why}`);
    const { ledger, counts, window, formats, schema } = manifest;
    if (ledger.windows.validation === 0) io.say("warning: no window is held out for validation; raise --val");
    if (ledger.windows.train === 0)
      io.say("warning: all windows are held out and none is for training; lower --val and --test");
    io.result({ out, was_there: wasThere, formats, window, schema, counts, ledger }, () => [
      ...ledgerLines(ledger),
      wasThere
        ? `\n${out} holds this very dataset already; nothing was done`
        : `\nwrote ${count(ledger.windows.train)} training windows of ${shown(Object.keys(schema))} to ${out} (${formats.join(", ")}); every row is accounted for`,
    ]);
    return 0;
  },
});
