/** Anchors: the (frame, agent) pairs of a scene that samples are made of. */

import { WindrowError } from "../../core/index.ts";
import type { L5kitScene } from "./scene.ts";

/** Anchors of a scene in columns, by frame; the recording car comes first, then agents in the order of their rows. */
export interface Anchors {
  readonly length: number;
  /** Frame within the scene. */
  readonly frame: Uint32Array;
  /** Row of the scene's agents; −1 for the recording car. */
  readonly row: Int32Array;
}

/** Which anchors. */
export interface AnchorOptions {
  /** Every so many frames of the scene, from its first on; 1 where absent. */
  readonly step?: number;
  /** Whose samples; both where absent. The recording car is an anchor in each frame, as in l5kit's EgoDataset. */
  readonly of?: "agents" | "ego" | "both";
}

/**
 * The anchors of a scene: the rows chosen, and the recording car. Rows without a usable pose and second rows of a track in one frame are
 * none, whatever a mask says.
 * @param chosen One byte a row of the scene, as `selectAgents` gives it, or a part of a stored one.
 * @throws WindrowError `usage` for a step that is no whole number from 1 up, and for a choice of another length.
 */
export function sceneAnchors(scene: L5kitScene, chosen: Uint8Array, options: AnchorOptions = {}): Anchors {
  const { step = 1, of = "both" } = options;
  if (!(Number.isInteger(step) && step >= 1))
    throw new WindrowError("usage", `Cannot choose anchors: step must be a whole number from 1 up, got ${step}`);
  if (chosen.length !== scene.rows.length)
    throw new WindrowError(
      "usage",
      `Cannot choose anchors: the choice must be of ${scene.rows.length} rows, got ${chosen.length}`,
    );
  const frames: number[] = [];
  const rows: number[] = [];
  const { place, egoPlace } = scene.tracks;
  for (let frame = 0; frame < scene.length; frame += step) {
    if (of !== "agents" && egoPlace[frame]! >= 0) {
      frames.push(frame);
      rows.push(-1);
    }
    if (of === "ego") continue;
    const to = scene.agents.to[frame]! - scene.firstAgent;
    for (let row = scene.agents.from[frame]! - scene.firstAgent; row < to; row++) {
      if (chosen[row] !== 1 || place[row]! < 0) continue;
      frames.push(frame);
      rows.push(row);
    }
  }
  return { length: frames.length, frame: Uint32Array.from(frames), row: Int32Array.from(rows) };
}

/** A part of the anchors, not copied: what one batch of samples is made of. */
export function anchorSlice({ frame, row }: Anchors, from: number, to: number): Anchors {
  const part = row.subarray(from, to);
  return { length: part.length, frame: frame.subarray(from, to), row: part };
}

/**
 * The names of samples: trace `scene/track`, −1 for the recording car, and the frame within the scene where it starts. Both follow from the
 * content alone, so that a scene gives the same samples whatever it is stored beside.
 */
export function anchorNames(scene: L5kitScene, anchors: Anchors): { trace: string[]; start: Uint32Array } {
  const trace: string[] = [];
  for (const row of anchors.row) trace.push(`${scene.name}/${row < 0 ? -1 : scene.rows.trackId[row]}`);
  return { trace, start: anchors.frame };
}
