/** The options of `materialize l5kit`, checked once, here. */

import {
  MOTION,
  type MotionOptions,
  motionSchema,
  SELECTION,
  type SelectionOptions,
} from "../../domains/l5kit/index.ts";
import {
  type OutputOptions,
  type ResolvedOutput,
  refuse,
  resolveOutput,
  SAMPLE_IDS,
  whole,
} from "../dataset/output-options.ts";

/** Where the choice of agents comes from, or goes to, besides being made. */
export type MaskUse =
  /** The array `agents_mask/<label threshold>` of each input, as l5kit's `select_agents` stores it, says which agents are chosen. */
  | "stored"
  /** What is chosen is stored so in each input, which must be a Zarr folder. */
  | "store";

/** What `materializeL5kit` takes. Everything but `inputs` and `out` has a default. */
export interface MaterializeL5kitOptions extends OutputOptions, Partial<MotionOptions>, Partial<SelectionOptions> {
  /** Zarr groups of L5Kit scenes, zips of such, or Parquet tables that were made of one. */
  readonly inputs: readonly string[];
  /** Frames from one anchor to the next; 1. */
  readonly step?: number;
  /** Whose samples: those of agents that are chosen, of the recording car, or of both; `both`. */
  readonly of?: "agents" | "ego" | "both";
  /** Absent: agents are chosen, and nothing is stored. */
  readonly mask?: MaskUse;
}

/** The same, every default filled in and everything checked. */
export interface ResolvedL5kit extends ResolvedOutput {
  readonly inputs: readonly string[];
  readonly motion: MotionOptions;
  readonly selection: SelectionOptions;
  readonly step: number;
  readonly of: "agents" | "ego" | "both";
  readonly mask: MaskUse | undefined;
}

/** The limits of selection as options are called. */
const LIMITS = {
  labelThreshold: "--label-threshold",
  maxDistanceMetres: "--max-distance",
  maxYawChangeDegrees: "--max-yaw-change",
  maxExtentRatio: "--max-extent-ratio",
  minHistory: "--min-history",
  minFuture: "--min-future",
} as const satisfies Record<keyof SelectionOptions, string>;

/** The options that are given; those that are not have no say. */
function chosen<T extends object>(defaults: T, options: Partial<T>): T {
  const given = Object.keys(defaults).flatMap((name) => {
    const value = options[name as keyof T]; // a name of the defaults
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...defaults, ...Object.fromEntries(given) };
}

function selectionOf(options: MaterializeL5kitOptions): SelectionOptions {
  const selection = chosen(SELECTION, options);
  for (const [name, flag] of Object.entries(LIMITS)) {
    const value = selection[name as keyof SelectionOptions]; // a name of LIMITS
    if (!(value >= 0)) refuse(`${flag} must be 0 or more, got ${value}`);
  }
  return selection;
}

function motionOf(options: MaterializeL5kitOptions): MotionOptions {
  const motion = chosen(MOTION, options);
  whole("--history", motion.history, 0);
  whole("--future", motion.future, 1);
  whole("--neighbours", motion.neighbours, 0);
  if (!(motion.radiusMetres >= 0)) refuse(`--radius must be 0 or more metres, got ${motion.radiusMetres}`);
  // What is too long for a sample is the domain's to say.
  motionSchema(motion);
  return motion;
}

/**
 * Fills in the defaults and checks every option.
 * @throws WindrowError `usage` that names the option and what it takes.
 */
export function resolveL5kit(options: MaterializeL5kitOptions, processors: number): ResolvedL5kit {
  const { inputs, step = 1, of = "both", mask } = options;
  if (inputs.length === 0) refuse("no scenes are named");
  if (!["agents", "ego", "both"].includes(of)) refuse(`--of takes agents, ego or both, got ${of}`);
  if (mask !== undefined && mask !== "stored" && mask !== "store") refuse(`--mask takes stored or store, got ${mask}`);
  if (mask !== undefined && of === "ego") refuse(`--mask ${mask} is of agents, got --of ego`);
  const ids = { scene: "entity", ...SAMPLE_IDS } as const;
  return {
    ...resolveOutput(options, { processors, ids }),
    inputs,
    motion: motionOf(options),
    selection: selectionOf(options),
    step: whole("--step", step, 1),
    of,
    mask,
  };
}
