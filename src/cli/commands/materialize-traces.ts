/** `windrow materialize traces`. */

import { command, type OptionValues, valuesOf } from "../command.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { existing, FILE_OPTIONS, ORDER_OPTIONS, PLACE_OPTIONS, RUN_OPTIONS } from "../output-options.ts";
import { RECORDING_OPTIONS, recordingOptions } from "../recording-options.ts";
import { SYNC_OPTIONS, syncSpec } from "../sync-options.ts";
import { count } from "../terminal.ts";
import { oneOf, whole, words } from "../values.ts";

/** What the verb has under the same names. */
const OWN_OPTIONS = {
  ...PLACE_OPTIONS,
  sensors: {
    value: "<list>",
    summary: "sensors, or fields as sensor.field, that become columns",
    fallback: "all",
    parse: words,
  },
  window: { value: "<n>", summary: "rows of a sample", fallback: "1", parse: whole },
  stride: { value: "<n>", summary: "rows from one window to the next", fallback: "as --window", parse: whole },
  ...ORDER_OPTIONS,
  splitBy: {
    value: "<what>",
    summary: "hold out whole entities, the end of the time span, or both: entity, time, entity+time",
    fallback: "entity",
    parse: oneOf("entity", "time", "entity+time"),
  },
  ...FILE_OPTIONS,
  with: {
    value: "<ids>",
    summary: "ids as further columns of each sample: entity, t_start, t_end, trace_id, start, key",
    fallback: "none",
    parse: words,
  },
} as const;
const OPTIONS = { ...OWN_OPTIONS, ...RECORDING_OPTIONS, ...SYNC_OPTIONS, ...RUN_OPTIONS } as const;

/** The verb's options from those of the command line. */
function tracesOptions(inputs: readonly string[], values: OptionValues<typeof OPTIONS>) {
  const { out = "", ...own } = valuesOf(OWN_OPTIONS, values);
  const { append: _, overwrite: __, ...run } = valuesOf(RUN_OPTIONS, values);
  const { reference, union, grid } = values;
  const isMatched = reference !== undefined || union !== undefined || grid !== undefined;
  return {
    ...own,
    ...run,
    ...existing(values),
    inputs,
    out,
    recordings: recordingOptions(values),
    ...(isMatched && { sync: syncSpec(values) }),
  };
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
  options: OPTIONS,
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
        : `\nwrote ${count(ledger.windows.train)} training windows of ${Object.keys(schema).join(", ")} to ${out} (${formats.join(", ")}); every row is accounted for`,
    ]);
    return 0;
  },
});
