/** The fullest frames: how much room a sample of fixed size needs. */

import { intervalsOf } from "./intervals.ts";
import { numbers } from "./numbers.ts";
import type { L5kitScenes } from "./scenes.ts";
import { FACE_INTERVAL } from "./schema.ts";

/** Frames that are read at a time. */
const PIECE = 65_536;

/** The greatest numbers of agents and of faces in one frame. */
export interface Crowds {
  readonly agents: number;
  readonly faces: number;
}

function longest(pairs: Parameters<typeof intervalsOf>[0]): number {
  const { from, to } = intervalsOf(pairs);
  let most = 0;
  for (let i = 0; i < from.length; i++) most = Math.max(most, to[i]! - from[i]!);
  return most;
}

/** Finds the fullest frames of all scenes, from the intervals alone. These are not checked, but none counts more than there are rows. */
export async function crowds({ layout, frames: ofScenes }: L5kitScenes): Promise<Crowds> {
  const { frames, agents, faces } = layout;
  const length = ofScenes.to.at(-1) ?? 0;
  let [mostAgents, mostFaces] = [0, 0];
  const columns = faces === undefined ? ["agent_index_interval"] : ["agent_index_interval", FACE_INTERVAL];
  for (let from = 0; from < length; from += PIECE) {
    const batch = await frames.read({ from, to: Math.min(from + PIECE, length) }, { columns });
    mostAgents = Math.max(mostAgents, longest(numbers(batch, "agent_index_interval")));
    if (faces !== undefined) mostFaces = Math.max(mostFaces, longest(numbers(batch, FACE_INTERVAL)));
  }
  return { agents: Math.min(mostAgents, agents.length), faces: Math.min(mostFaces, faces?.length ?? 0) };
}
