/** The options of `materialize traces`, which `plan traces` shares. */

import { type OptionValues, valuesOf } from "./command.ts";
import { existing, FILE_OPTIONS, ORDER_OPTIONS, PLACE_OPTIONS, RUN_OPTIONS } from "./output-options.ts";
import { RECORDING_OPTIONS, recordingOptions } from "./recording-options.ts";
import { SYNC_OPTIONS, syncSpec } from "./sync-options.ts";
import { oneOf, whole, words } from "./values.ts";

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
/** As the command line knows them. */
export const TRACES_OPTIONS = { ...OWN_OPTIONS, ...RECORDING_OPTIONS, ...SYNC_OPTIONS, ...RUN_OPTIONS } as const;

/** The verb's options from those of the command line. */
export function tracesOptions(inputs: readonly string[], values: OptionValues<typeof TRACES_OPTIONS>) {
  const { out = "", ...own } = valuesOf(OWN_OPTIONS, values);
  const { append: _, overwrite: __, ...run } = valuesOf(RUN_OPTIONS, values);
  const sync = syncSpec(values);
  // The rule has a default, which alone says nothing.
  const isSaid = values.sync !== undefined || Object.keys(sync).length > 1;
  return {
    ...own,
    ...run,
    ...existing(values),
    inputs,
    out,
    recordings: recordingOptions(values),
    ...(isSaid && { sync }),
  };
}
