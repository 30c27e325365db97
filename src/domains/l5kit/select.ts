/** Which agents samples are made of: l5kit's select_agents and AgentDataset, and the mask that l5kit stores beside the scenes. */

import { type NumberArray, WindrowError } from "../../core/index.ts";
import type { L5kitScene } from "./scene.ts";
import { findRuns, ofInterest, ROW_DISTANCE, ROW_LABEL } from "./select.kernel.ts";

/** Rules of selection. Limits are exclusive, as l5kit's are: 50 m is too far, a turn of 30° cuts. */
export interface SelectionOptions {
  /** The probabilities of the classes from `CAR` to `ANIMAL` must add up to more. */
  readonly labelThreshold: number;
  /** From the recording car. */
  readonly maxDistanceMetres: number;
  /** From one frame to the next; a larger turn begins a new run. */
  readonly maxYawChangeDegrees: number;
  /** Length by width, the larger over the smaller, from one frame to the next. */
  readonly maxExtentRatio: number;
  /** Frames of the run before. */
  readonly minHistory: number;
  /** Frames of the run after. */
  readonly minFuture: number;
}

/** l5kit's own values (`select_agents`, `AgentDataset`). */
export const SELECTION: SelectionOptions = {
  labelThreshold: 0.5,
  maxDistanceMetres: 50,
  maxYawChangeDegrees: 30,
  maxExtentRatio: 1.1,
  minHistory: 10,
  minFuture: 1,
};

/**
 * Why a row is not chosen, the first that holds: `label`, `distance` by itself · `pose` a centroid or yaw that is no number, or no
 * frame · `duplicate` its track is in its frame already · `history`, `future` its run is too short.
 */
export type SelectionReason = "label" | "distance" | "pose" | "duplicate" | "history" | "future";

/** What was chosen of a scene's rows. `rows` is the sum of `chosen` and `dropped`. */
export interface SelectionReport {
  readonly rows: number;
  readonly chosen: number;
  readonly dropped: Readonly<Record<SelectionReason, number>>;
  /** Runs that were cut: the track is not in the frame before, it turns too far, its extent changes too much. */
  readonly cuts: { readonly hole: number; readonly yaw: number; readonly extent: number };
}

/** The rows chosen of a scene. */
export interface AgentSelection {
  /** Frames of past and of future within the run of each row, two values a row: rows of l5kit's `agents_mask/<threshold>`. */
  readonly counts: Uint32Array;
  /** 1 for each row that is chosen. */
  readonly chosen: Uint8Array;
  readonly report: SelectionReport;
}

/** Checks the numbers of a selection. */
function checked(options: Partial<SelectionOptions>): SelectionOptions {
  const all = { ...SELECTION, ...options };
  for (const [name, value] of Object.entries(all)) {
    if (value >= 0) continue;
    throw new WindrowError("usage", `Cannot select agents: ${name} must be 0 or more, got ${value}`);
  }
  return all;
}

function reasonOf(scene: L5kitScene, row: number, fault: number): SelectionReason | undefined {
  if (fault === ROW_LABEL) return "label";
  if (fault === ROW_DISTANCE) return "distance";
  if (scene.tracks.place[row]! >= 0) return undefined;
  const { frame, centroid, yaw } = scene.rows;
  const sum = centroid[2 * row]! + centroid[2 * row + 1]! + yaw[row]!;
  return frame[row]! < 0 || sum - sum !== 0 ? "pose" : "duplicate";
}

/**
 * Chooses rows of a scene as l5kit does: a row by its classes and its distance; its run by the frames in which the track goes on without a
 * hole, a jump in yaw or in extent; and the row by what its run holds before and behind it.
 * The second row of a track in one frame is not chosen, since it would give the sample of the first another time.
 * @throws WindrowError `usage` for a limit below 0 or NaN.
 */
export function selectAgents(scene: L5kitScene, options: Partial<SelectionOptions> = {}): AgentSelection {
  const rules = checked(options);
  const { rows, ego } = scene;
  const fault = new Uint8Array(rows.length);
  ofInterest(rows.labels, rules.labelThreshold, fault);
  for (let row = 0; row < fault.length; row++) fault[row] = fault[row] === 1 ? 0 : ROW_LABEL;
  const counts = new Uint32Array(2 * rows.length);
  const limits = { distance: rules.maxDistanceMetres, yaw: rules.maxYawChangeDegrees, extent: rules.maxExtentRatio };
  const cuts = findRuns({ ...rows, egoX: ego.x, egoY: ego.y }, limits, fault, counts);
  const enough = longEnough(counts, rules);
  const chosen = new Uint8Array(rows.length);
  const dropped: Record<SelectionReason, number> = {
    label: 0,
    distance: 0,
    pose: 0,
    duplicate: 0,
    history: 0,
    future: 0,
  };
  let kept = 0;
  for (let row = 0; row < rows.length; row++) {
    const short = counts[2 * row]! < rules.minHistory ? "history" : "future";
    const reason = reasonOf(scene, row, fault[row]!) ?? (enough[row] === 1 ? undefined : short);
    if (reason === undefined) {
      chosen[row] = 1;
      kept++;
    } else dropped[reason]++;
  }
  return { counts, chosen, report: { rows: rows.length, chosen: kept, dropped, cuts } };
}

function longEnough(
  counts: Uint32Array,
  { minHistory, minFuture }: Pick<SelectionOptions, "minHistory" | "minFuture">,
): Uint8Array {
  const chosen = new Uint8Array(counts.length / 2);
  for (let row = 0; row < chosen.length; row++)
    chosen[row] = counts[2 * row]! >= minHistory && counts[2 * row + 1]! >= minFuture ? 1 : 0;
  return chosen;
}

/** A mask as it is stored: an array of shape `[rows]`, or `[rows, 2]` with past and future. */
export interface StoredMask {
  readonly data: NumberArray;
  readonly shape: readonly number[];
}

/** Where l5kit stores the counts of a threshold. */
export function maskPath(labelThreshold: number): string {
  // Python writes a whole float with a decimal point: select_agents(…, 1.0, …) makes agents_mask/1.0.
  return `agents_mask/${Number.isInteger(labelThreshold) ? labelThreshold.toFixed(1) : labelThreshold}`;
}

/**
 * Reads a mask that was stored: `[rows, 2]` counts as `select_agents` writes them, of which those with enough past and future are chosen, or `[rows]`
 * numbers of which those that are not 0 are.
 * Counts say nothing of the classes and the distance of a row that is alone in its run: with a minimum of 0 and 0 all rows are chosen, as in l5kit.
 * @param rows Rows of `agents` that it must be of.
 * @returns 1 for each row that is chosen.
 * @throws WindrowError `damaged` for a mask of another shape.
 */
export function storedSelection(
  mask: StoredMask,
  rows: number,
  options: Partial<Pick<SelectionOptions, "minHistory" | "minFuture">> = {},
): Uint8Array {
  const rules = checked(options);
  const { data, shape } = mask;
  const [length, width = 1] = shape;
  if (length !== rows || shape.length > 2 || (shape.length === 2 && width !== 2) || data.length !== rows * width)
    throw new WindrowError(
      "damaged",
      `Cannot use a mask of agents: its shape must be [${rows}] or [${rows}, 2], got [${shape.join(", ")}] with ${data.length} values`,
      { details: { rows } },
    );
  if (shape.length === 2) return longEnough(Uint32Array.from(data as Uint32Array, Number), rules); // whole numbers of any kind
  return Uint8Array.from(data as Uint8Array, (value) => (Number(value) === 0 ? 0 : 1)); // whole numbers of any kind
}
