/** L5Kit scenes as recordings: a trace a scene. */

import { WindrowError } from "../../core/index.ts";
import { l5kitDataset, l5kitLayout, l5kitScenes } from "../../domains/l5kit/index.ts";
import { type ArraysPlace, arraysPlace } from "../convert/arrays-place.ts";
import { l5kitLayoutAt, l5kitTables } from "../l5kit/tables.ts";
import type { OpenedInput } from "./opened-input.ts";

/** Whether the arrays at a path are L5Kit scenes. */
export async function isL5kit(path: string): Promise<boolean> {
  using place = await arraysPlace(path);
  return place !== undefined && (await l5kitLayoutAt(place)) !== undefined;
}

async function scenesOf(place: ArraysPlace): Promise<OpenedInput> {
  const scenes = await l5kitDataset(await l5kitScenes(l5kitLayout(await l5kitTables(place))));
  const traces = Array.from({ length: scenes.traces }, (_, number) => ({
    name: scenes.trace(number).name,
    sensors: () => scenes.trace(number).sensors,
    // A scene's sensors are sampled together: its rows are its frames, unless something else is asked for.
    trace: () => scenes.trace(number),
  }));
  return { traces, lost: () => ({ rows: 0, examples: [] }), [Symbol.dispose]: () => place[Symbol.dispose]() };
}

/**
 * Opens the scenes at a path. Intervals of frames are read, and of agents their counts; all else when it is asked for.
 * @throws WindrowError `missing` where there are no arrays; as `l5kitScenes` for scenes that are broken.
 */
export async function openL5kit(path: string): Promise<OpenedInput> {
  const place = await arraysPlace(path);
  if (place === undefined)
    throw new WindrowError("missing", `Cannot open ${path}: a Zarr group of scenes, frames and agents is expected`);
  try {
    return await scenesOf(place);
  } catch (cause) {
    place[Symbol.dispose]();
    throw cause;
  }
}
