/** The options of `materialize ais`, which `plan ais` shares. */

import { WindrowError } from "../core/index.ts";
import type { MaterializeAisOptions } from "../verbs/index.ts";
import type { OptionValues } from "./command.ts";
import { existing, FILE_OPTIONS, ORDER_OPTIONS, PLACE_OPTIONS, RUN_OPTIONS } from "./output-options.ts";
import { flag, number, oneOf, time, whole, word, words } from "./values.ts";

/** As the command line knows them. */
export const AIS_OPTIONS = {
  ...PLACE_OPTIONS,
  window: { value: "<n>", summary: "positions of a window: input and horizon", fallback: "928", parse: whole },
  inputLength: { value: "<n>", summary: "how many of them are a model's input", fallback: "128", parse: whole },
  stride: { value: "<n>", summary: "positions from one window to the next", fallback: "32", parse: whole },
  ...ORDER_OPTIONS,
  splitBy: {
    value: "<what>",
    summary: "hold out whole vessels, the end of the time span, or both: vessel, time, vessel+time",
    fallback: "vessel",
    parse: oneOf("vessel", "time", "vessel+time"),
  },
  ...FILE_OPTIONS,
  with: {
    value: "<ids>",
    summary: "ids as further columns of each sample: mmsi, t_start, t_end, trace_id, start, key",
    fallback: "none",
    parse: words,
  },
  maxGap: { value: "<seconds>", summary: "a longer gap cuts a trip", fallback: "14400", parse: number },
  sogMax: { value: "<knots>", summary: "drop reports of a higher speed", fallback: "60", parse: number },
  jumpMax: {
    value: "<knots>",
    summary: "drop positions that imply a higher speed over more than 1000 m",
    fallback: "80",
    parse: number,
  },
  keepAuxiliary: flag("keep MMSIs 98… of craft associated with a parent ship"),
  columns: {
    value: "<names>",
    summary: "columns of inputs without a known header, such as mmsi,t,lat,lon; - skips one",
    parse: words,
  },
  coarse: flag("NMEA: keep positions of type 27 too, which are known to a sixth of a minute of arc"),
  startTime: {
    value: "<time>",
    summary: "NMEA: when a log begins whose sentences have no receive time",
    parse: time,
  },
  bbox: {
    value: "<s,w,n,e>",
    summary: "keep positions inside, in degrees; west above east spans the date line",
    parse: (text: string) => box(text),
  },
  from: {
    value: "<time>",
    summary: "keep reports from then on: 2024-01-31, 2024-01-31T12:00:00 (UTC) or epoch seconds",
    parse: time,
  },
  to: { value: "<time>", summary: "keep reports up to then, included", parse: time },
  vesselType: { value: "<list>", summary: "keep vessels of these ship types, such as 60-69,70", parse: word },
  ...RUN_OPTIONS,
} as const;

function box(text: string): { south: number; west: number; north: number; east: number } {
  const [south, west, north, east, ...more] = words(text).map(number);
  if (south === undefined || west === undefined || north === undefined || east === undefined || more.length > 0) {
    throw new WindrowError("usage", `expected four numbers: south,west,north,east, got "${text}"`);
  }
  return { south, west, north, east };
}

/** The verb's options from those of the command line. */
export function aisOptions(inputs: readonly string[], values: OptionValues<typeof AIS_OPTIONS>): MaterializeAisOptions {
  const { out = "", append, overwrite, ...rest } = values;
  return { ...rest, inputs, out, ...existing({ ...(append && { append }), ...(overwrite && { overwrite }) }) };
}
