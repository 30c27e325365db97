/** One scene with its agents, in columns: what selection and samples work on. */

import { WindrowError } from "../../core/index.ts";
import type { Intervals } from "./intervals.ts";
import { type Floats, floats, longs, numbers } from "./numbers.ts";
import { type SceneFrames, sceneFrames } from "./scene-frames.ts";
import type { L5kitScenes } from "./scenes.ts";
import { AGENT_SCHEMA } from "./schema.ts";
import { numberTracks, sortTracks, type Tracks } from "./tracks.kernel.ts";

/** Agents of a scene, a value (or several) a row, in the world's frame. */
export interface AgentColumns {
  readonly length: number;
  /** x, y in metres. */
  readonly centroid: Floats;
  /** Length, width, height in metres. */
  readonly extent: Floats;
  /** Radians. */
  readonly yaw: Floats;
  /** x, y in metres a second. */
  readonly velocity: Floats;
  readonly trackId: BigInt64Array;
  /** Seventeen a row, in the order of `PERCEPTION_LABELS`. */
  readonly labels: Floats;
  /** Frame within the scene; −1 for a row that no frame has. */
  readonly frame: Int32Array;
  /** Number of its track within the scene, from 0 up in the order of first rows. */
  readonly track: Int32Array;
  /** Number of tracks. */
  readonly tracks: number;
}

/** A scene with its agents. */
export interface L5kitScene extends SceneFrames {
  /** Row of `agents` of the first of `rows`. */
  readonly firstAgent: number;
  readonly rows: AgentColumns;
  readonly tracks: Tracks;
}

function framesOfRows({ from, to }: Intervals, first: number, length: number): Int32Array {
  const frames = new Int32Array(length).fill(-1);
  for (let frame = 0; frame < from.length; frame++) frames.fill(frame, from[frame]! - first, to[frame]! - first);
  return frames;
}

/** Ids are kept as i64, where −1 is the recording car. */
function refuseNegative(ids: BigInt64Array, firstAgent: number): void {
  const words = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
  for (let i = 0; i < ids.length; i++) {
    if (words[2 * i + 1]! >= 0) continue;
    throw new WindrowError(
      "unsupported",
      `Cannot use agents: track_id must lie from 0 to 2^63 - 1, got ${BigInt.asUintN(64, ids[i]!)} at row ${firstAgent + i}`,
      { details: { array: "agents", field: "track_id", row: firstAgent + i } },
    );
  }
}

/** A scene is read whole. */
const MOST_ROWS = 2 ** 25;

/** A file may claim any number of rows without having them. */
function refuseCrowd(name: string, rows: number): void {
  if (rows <= MOST_ROWS) return;
  throw new WindrowError(
    "unsupported",
    `Cannot read scene ${name}: a scene may have at most ${MOST_ROWS} rows of agents, got ${rows}`,
    { details: { scene: name } },
  );
}

/**
 * Reads a scene with its agents: some 150 bytes an agent while it is in use.
 * @throws WindrowError as `sceneFrames`; `unsupported` for a track id that is no i64 from 0 up, and for more than 2²⁵ rows.
 */
export async function readScene(scenes: L5kitScenes, scene: number): Promise<L5kitScene> {
  const frames = await sceneFrames(scenes, scene);
  const { agents, ego } = frames;
  const firstAgent = agents.from[0] ?? 0;
  const to = agents.to.at(-1) ?? 0;
  refuseCrowd(frames.name, to - firstAgent);
  const batch = await scenes.layout.agents.read({ from: firstAgent, to }, { columns: Object.keys(AGENT_SCHEMA) });
  const length = batch.length;
  const trackId = longs(numbers(batch, "track_id"));
  refuseNegative(trackId, firstAgent);
  const track = new Int32Array(length);
  const words = new Int32Array(trackId.buffer, trackId.byteOffset, 2 * length);
  const count = numberTracks(words, length, track);
  const frame = framesOfRows(agents, firstAgent, length);
  const centroid = floats(batch, "centroid");
  const yaw = floats(batch, "yaw");
  const tracks = sortTracks({ centroids: centroid, yaws: yaw, frameOf: frame, trackOf: track, trackCount: count, ego });
  const rows: AgentColumns = {
    length,
    centroid,
    extent: floats(batch, "extent"),
    yaw,
    velocity: floats(batch, "velocity"),
    trackId,
    labels: floats(batch, "label_probabilities"),
    frame,
    track,
    tracks: count,
  };
  return { ...frames, firstAgent, rows, tracks };
}
