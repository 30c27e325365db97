/** The options that say what recordings are. */

import { WindrowError } from "../core/index.ts";
import type { OpenRecordingsOptions } from "../verbs/index.ts";
import { RECORDING_KINDS } from "../verbs/recordings/kind-names.ts";
import type { OptionValues } from "./command.ts";
import { oneOf, word, words } from "./values.ts";

const HOW = oneOf("linear", "angle", "quaternion", "hold");

/** `speed=linear,heading=angle`. */
function interpolation(text: string): NonNullable<OpenRecordingsOptions["interpolation"]> {
  const pairs = words(text).map((each) => {
    const at = each.lastIndexOf("=");
    if (at <= 0) throw new WindrowError("usage", `expected columns such as speed=linear,heading=angle, got "${text}"`);
    return [each.slice(0, at), HOW(each.slice(at + 1))] as const;
  });
  return Object.fromEntries(pairs);
}

/** As the command line knows them. */
export const RECORDING_OPTIONS = {
  kind: {
    value: "<kind>",
    summary: `what the inputs are: ${RECORDING_KINDS.join(", ")}`,
    fallback: "what they look like",
    parse: oneOf(...RECORDING_KINDS),
  },
  only: { value: "<sensors>", summary: "the sensors that are read and matched", fallback: "all", parse: words },
  timeColumn: {
    value: "<column>",
    summary: "of tables: the column of times",
    fallback: "t, time or timestamp",
    parse: word,
  },
  unit: {
    value: "<unit>",
    summary: "of tables: what the numbers of times count: s, ms, us, ns; never guessed",
    parse: oneOf("s", "ms", "us", "ns"),
  },
  traceColumn: { value: "<column>", summary: "of tables: the column that says which trace a row is of", parse: word },
  columns: { value: "<names>", summary: "of text tables whose first line names no columns: their names", parse: words },
  interpolation: {
    value: "<list>",
    summary:
      "of tables: how columns are interpolated, as in speed=linear,heading=angle: linear, angle, quaternion, hold",
    fallback: "hold",
    parse: interpolation,
  },
  topics: { value: "<names>", summary: "of MCAP: the topics wanted", fallback: "all", parse: words },
  messageTime: {
    value: "<which>",
    summary: "of MCAP: the time of a message: log, publish, header",
    fallback: "log",
    parse: oneOf("log", "publish", "header"),
  },
};

/** What these options say. */
export function recordingOptions(options: OptionValues<typeof RECORDING_OPTIONS>): OpenRecordingsOptions {
  const { kind, only, timeColumn, unit, traceColumn, columns, interpolation: how, topics, messageTime } = options;
  const given = { kind, only, timeColumn, unit, traceColumn, columns, interpolation: how, topics, messageTime };
  // Only what was given: an option that is absent is no option that is undefined.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
