/** The options of `materialize` for any dataset, checked once, here. */

import { type WindowSpec, windowSpec } from "../../window/index.ts";
import {
  type OutputOptions,
  type ResolvedOutput,
  refuse,
  resolveOutput,
  SAMPLE_IDS,
} from "../dataset/output-options.ts";
import type { SplitBy } from "../dataset/split-stretches.ts";

/** What `materialize` takes. Everything but `out` has a default. */
export interface MaterializeOptions extends OutputOptions {
  /** Synchronized rows of a sample; 1. Windows never span a gap, where rows are of different segments. */
  readonly window?: number;
  /** Rows from one window to the next; as many as a window has. */
  readonly stride?: number;
  /** What is held out: whole entities, the end of the time span, or both; `entity`. */
  readonly splitBy?: SplitBy;
  /** Sensors, or fields as `sensor.field`, that become columns; all. */
  readonly sensors?: readonly string[];
}

/** The same, every default filled in and everything checked. */
export interface ResolvedTraces extends ResolvedOutput {
  readonly window: WindowSpec;
  readonly splitBy: SplitBy;
  readonly sensors: readonly string[] | undefined;
}

const SPLIT_BY: readonly SplitBy[] = ["entity", "time", "entity+time"];
/** Rows of a window: no shard holds a longer one. */
const MOST_ROWS = 100_000_000;

/**
 * Fills in the defaults and checks every option.
 * @throws WindrowError `usage` that names the option and what it takes.
 */
export function resolveTraces(options: MaterializeOptions, processors: number): ResolvedTraces {
  const { window = 1, stride = window, splitBy = "entity", sensors } = options;
  const spec = windowSpec(window, stride);
  if (window > MOST_ROWS) refuse(`--window must be at most ${MOST_ROWS}, got ${window}`);
  if (!SPLIT_BY.includes(splitBy)) refuse(`--split-by takes ${SPLIT_BY.join(", ")}, got ${splitBy}`);
  if (sensors?.length === 0) refuse("--sensors must name at least one sensor, got none");
  const ids = { entity: "entity", ...SAMPLE_IDS } as const;
  return { ...resolveOutput(options, { processors, ids }), window: spec, splitBy, sensors };
}
