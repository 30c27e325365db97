/** The options of `materialize l5kit`, which `plan l5kit` shares. */

import type { MaterializeL5kitOptions } from "../verbs/index.ts";
import type { OptionValues } from "./command.ts";
import { existing, FILE_OPTIONS, ORDER_OPTIONS, PLACE_OPTIONS, RUN_OPTIONS } from "./output-options.ts";
import { number, oneOf, whole, words } from "./values.ts";

/** As the command line knows them. */
export const L5KIT_OPTIONS = {
  ...PLACE_OPTIONS,
  history: { value: "<n>", summary: "frames before a sample's own", fallback: "10", parse: whole },
  future: { value: "<n>", summary: "frames after it, which are its target", fallback: "50", parse: whole },
  step: { value: "<n>", summary: "samples of every so many frames of a scene", fallback: "1", parse: whole },
  of: {
    value: "<whom>",
    summary: "samples of agents, of ego (the recording car), or of both",
    fallback: "both",
    parse: oneOf("agents", "ego", "both"),
  },
  neighbours: { value: "<n>", summary: "most neighbours of a sample; 0 for none", fallback: "30", parse: whole },
  radius: { value: "<metres>", summary: "neighbours are nearer than this", fallback: "50", parse: number },
  labelThreshold: {
    value: "<p>",
    summary: "agents whose classes from CAR to ANIMAL add up to more",
    fallback: "0.5",
    parse: number,
  },
  maxDistance: { value: "<metres>", summary: "agents nearer to the recording car", fallback: "50", parse: number },
  maxYawChange: {
    value: "<degrees>",
    summary: "a larger turn from one frame to the next begins a new run of a track",
    fallback: "30",
    parse: number,
  },
  maxExtentRatio: {
    value: "<ratio>",
    summary: "a larger change of an extent from one frame to the next begins a new run",
    fallback: "1.1",
    parse: number,
  },
  minHistory: {
    value: "<n>",
    summary: "frames of an agent's run that must lie before a sample's own",
    fallback: "10",
    parse: whole,
  },
  minFuture: { value: "<n>", summary: "frames of the run that must lie after it", fallback: "1", parse: whole },
  mask: {
    value: "<how>",
    summary:
      "stored: agents are those of agents_mask/<label threshold> in each input; store: what is chosen is stored there, for l5kit too",
    fallback: "neither",
    parse: oneOf("stored", "store"),
  },
  ...ORDER_OPTIONS,
  ...FILE_OPTIONS,
  with: {
    value: "<ids>",
    summary: "ids as further columns of each sample: scene, t_start, t_end, trace_id, start, key",
    fallback: "none",
    parse: words,
  },
  ...RUN_OPTIONS,
} as const;

/** The verb's options from those of the command line. */
export function l5kitOptions(
  inputs: readonly string[],
  values: OptionValues<typeof L5KIT_OPTIONS>,
): MaterializeL5kitOptions {
  const { out = "", append, overwrite, radius, maxDistance, maxYawChange, ...rest } = values;
  return {
    ...rest,
    inputs,
    out,
    ...(radius !== undefined && { radiusMetres: radius }),
    ...(maxDistance !== undefined && { maxDistanceMetres: maxDistance }),
    ...(maxYawChange !== undefined && { maxYawChangeDegrees: maxYawChange }),
    ...existing({ ...(append && { append }), ...(overwrite && { overwrite }) }),
  };
}
