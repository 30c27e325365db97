/** From a frame to its agents and back, without an index: the intervals are sorted, and so are an index themselves. */

import { WindrowError } from "../../core/index.ts";
import { checkInterval, intervalsOf } from "./intervals.ts";
import { numbers } from "./numbers.ts";
import type { L5kitScenes } from "./scenes.ts";
import type { L5kitLayout } from "./schema.ts";

/** Rows `[from, to)`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** An agent of a frame, by its numbers. */
export interface AgentPlace {
  /** Number of the scene; absent where no scene has the frame. */
  readonly scene?: number;
  /** Row of `frames`. */
  readonly frame: number;
  /** Number within the frame. */
  readonly agent: number;
}

const FIELD = "agent_index_interval";

/**
 * The rows of `agents` that a frame has: agent k of the frame is row `from + k`. Reads one row of `frames`.
 * @throws WindrowError `usage` for a frame that is not there, `damaged` for an interval that leaves `agents`.
 */
export async function agentsOf({ frames, agents }: L5kitLayout, frame: number): Promise<RowRange> {
  if (!(Number.isInteger(frame) && frame >= 0 && frame < frames.length))
    throw new WindrowError(
      "usage",
      `Cannot open frame ${frame}: it must be one of the ${frames.length} of the dataset`,
    );
  const batch = await frames.read({ from: frame, to: frame + 1 }, { columns: [FIELD] });
  const intervals = intervalsOf(numbers(batch, FIELD));
  const [from, to] = [intervals.from[0]!, intervals.to[0]!];
  checkInterval([from, to], 0, { array: "frames", field: FIELD, row: frame, childLength: agents.length });
  return { from, to };
}

/**
 * Where a row of `agents` belongs, by binary search over the frames' intervals: some twenty rows of `frames` are read for a million frames.
 * @returns `undefined` for a row that no frame has.
 * @throws WindrowError `usage` for a row that is not there, `damaged` for an interval that leaves `agents`.
 */
export async function placeOf(scenes: L5kitScenes, row: number): Promise<AgentPlace | undefined> {
  const { layout } = scenes;
  const { frames, agents } = layout;
  if (!(Number.isInteger(row) && row >= 0 && row < agents.length))
    throw new WindrowError("usage", `Cannot find agent ${row}: it must be one of the ${agents.length} of the dataset`);
  // The first frame whose agents end behind the row.
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((await agentsOf(layout, middle)).to > row) high = middle;
    else low = middle + 1;
  }
  if (low === frames.length) return undefined;
  const { from } = await agentsOf(layout, low);
  if (row < from) return undefined;
  const scene = scenes.sceneOf(low);
  return { ...(scene !== undefined && { scene }), frame: low, agent: row - from };
}
