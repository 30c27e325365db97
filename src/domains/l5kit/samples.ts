/** Motion-prediction samples: for each anchor its past and future, and who is around it, in its own frame. */

import { type Batch, type Column, type ColumnType, type Schema, WindrowError } from "../../core/index.ts";
import type { Anchors } from "./anchors.ts";
import { checkedMotion, type MotionOptions } from "./motion-options.ts";
import { type NeighbourColumns, neighbourSchema, neighbours } from "./neighbours.ts";
import {
  type AnchorPose,
  type PlacedAnchor,
  type PoseColumns,
  putFuture,
  putHistory,
  putVelocity,
} from "./samples.kernel.ts";
import type { AgentColumns, L5kitScene } from "./scene.ts";
import { EGO_EXTENT, EGO_TRACK, PERCEPTION_LABELS } from "./schema.ts";

const LABELS = PERCEPTION_LABELS.length;
const CAR = PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_CAR");

const f32 = (...shape: number[]): ColumnType<"f32"> => (shape.length === 0 ? { kind: "f32" } : { kind: "f32", shape });

/**
 * The columns of a sample. Positions in metres, yaws in radians, both in the anchor's frame; `history_*` from the anchor's frame back.
 * @throws WindrowError `usage` for lengths that are no whole numbers, or too large.
 */
export function motionSchema(options: Partial<MotionOptions> = {}): Schema {
  const all = checkedMotion(options);
  const { history, future } = all;
  return {
    history_positions: { ...f32(history + 1, 2), unit: "m" },
    history_yaws: { ...f32(history + 1, 1), unit: "rad" },
    history_availabilities: f32(history + 1),
    target_positions: { ...f32(future, 2), unit: "m" },
    target_yaws: { ...f32(future, 1), unit: "rad" },
    target_availabilities: f32(future),
    extent: { ...f32(3), unit: "m" },
    velocity: { ...f32(2), unit: "m/s" },
    centroid: { kind: "f64", shape: [2], unit: "m" },
    yaw: { ...f32(), unit: "rad" },
    world_from_agent: { kind: "f64", shape: [3, 3] },
    label_probabilities: f32(LABELS),
    track_id: { kind: "i64" },
    scene_index: { kind: "i64" },
    frame_index: { kind: "i64" },
    timestamp: { kind: "i64", unit: "ns" },
    ...neighbourSchema(all),
  };
}

/** What a sample says of the anchor itself. */
interface OwnColumns {
  readonly extent: Float32Array;
  readonly velocity: Float32Array;
  readonly centroid: Float64Array;
  readonly yaw: Float32Array;
  readonly world_from_agent: Float64Array;
  readonly label_probabilities: Float32Array;
  readonly track_id: BigInt64Array;
  readonly scene_index: BigInt64Array;
  readonly frame_index: BigInt64Array;
  readonly timestamp: BigInt64Array;
}

function ownColumns(n: number): OwnColumns {
  return {
    extent: new Float32Array(3 * n),
    velocity: new Float32Array(2 * n),
    centroid: new Float64Array(2 * n),
    yaw: new Float32Array(n),
    world_from_agent: new Float64Array(9 * n),
    label_probabilities: new Float32Array(LABELS * n),
    track_id: new BigInt64Array(n),
    scene_index: new BigInt64Array(n),
    frame_index: new BigInt64Array(n),
    timestamp: new BigInt64Array(n),
  };
}

const poseColumns = (n: number): PoseColumns => ({
  positions: new Float32Array(2 * n),
  yaws: new Float32Array(n),
  availabilities: new Float32Array(n),
});

/** Where the pose of an anchor is among the tracks. */
function placeOf({ tracks }: L5kitScene, frame: number, row: number): number {
  const place = row < 0 ? tracks.egoPlace[frame] : tracks.place[row];
  if (place !== undefined && place >= 0 && tracks.frame[place] === frame) return place;
  throw new WindrowError("usage", `Cannot make a motion sample: frame ${frame} must have the agent at row ${row}`);
}

function anchorPose({ tracks }: L5kitScene, place: number): AnchorPose {
  const yaw = tracks.yaw[place]!;
  return { x: tracks.x[place]!, y: tracks.y[place]!, yaw, cos: Math.cos(yaw), sin: Math.sin(yaw) };
}

/** Fills what is the anchor's own. */
function putOwn(scene: L5kitScene, { frame, row, pose }: PlacedAnchor, into: OwnColumns, i: number): void {
  const { x, y, yaw, cos, sin } = pose;
  into.centroid.set([x, y], 2 * i);
  into.yaw[i] = yaw;
  into.world_from_agent.set([cos, -sin, x, sin, cos, y, 0, 0, 1], 9 * i);
  into.scene_index[i] = BigInt(scene.scene);
  into.frame_index[i] = BigInt(scene.firstFrame + frame);
  into.timestamp[i] = scene.timestamps[frame]!;
  if (row < 0) putVelocity(scene.ego.velocity, 2 * frame, pose, into.velocity, i);
  else putVelocity(scene.rows.velocity, 2 * row, pose, into.velocity, i);
  putKind(scene.rows, row, into, i);
}

/** Fills what the dataset says of an agent's row, or what is known of the recording car. */
function putKind(rows: AgentColumns, row: number, into: OwnColumns, i: number): void {
  if (row < 0) {
    into.extent.set(EGO_EXTENT, 3 * i);
    into.label_probabilities[LABELS * i + CAR] = 1;
    into.track_id[i] = EGO_TRACK;
    return;
  }
  for (let k = 0; k < 3; k++) into.extent[3 * i + k] = rows.extent[3 * row + k]!;
  for (let k = 0; k < LABELS; k++) into.label_probabilities[LABELS * i + k] = rows.labels[LABELS * row + k]!;
  into.track_id[i] = rows.trackId[row]!;
}

const columnsOf = (arrays: object): Record<string, Column> =>
  Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { data }]));

const named = (prefix: string, { positions, yaws, availabilities }: PoseColumns) => ({
  [`${prefix}_positions`]: positions,
  [`${prefix}_yaws`]: yaws,
  [`${prefix}_availabilities`]: availabilities,
});

/**
 * Makes the samples of a scene's anchors, as many at a time as are asked for; their schema is `motionSchema` of the same options. What a track
 * lacks (before the scene, after it, in a frame without it) is 0, with availability 0.
 *
 * `history_positions` entry k is the place k frames before, entry 0 the anchor's own; `target_positions` entry k the place k + 1 frames after:
 * R(−yaw) · (place − centroid), computed in float64. Yaws are differences to the anchor's, in (−π, π].
 *
 * @returns A function from anchors to a batch of `anchors.length` samples.
 * @throws WindrowError `usage` for options out of range; the function, for an anchor whose row has no pose in its frame.
 *
 * @example
 * const scene = await readScene(scenes, 0);
 * const anchors = sceneAnchors(scene, selectAgents(scene).chosen);
 * const batch = motionSamples(scene, { history: 10, future: 50 })(anchorSlice(anchors, 0, 256));
 */
export function motionSamples(scene: L5kitScene, options: Partial<MotionOptions> = {}): (anchors: Anchors) => Batch {
  const all = checkedMotion(options);
  const { history, future } = all;
  const around = neighbours(scene, all);
  return (anchors) => {
    const n = anchors.length;
    const past = poseColumns(n * (history + 1));
    const next = poseColumns(n * future);
    const own = ownColumns(n);
    const near: NeighbourColumns | undefined = around?.columns(n);
    for (let i = 0; i < n; i++) {
      const frame = anchors.frame[i]!;
      const row = anchors.row[i]!;
      const place = placeOf(scene, frame, row);
      const pose = anchorPose(scene, place);
      putHistory(scene.tracks, place, history, pose, past, i * (history + 1));
      putFuture(scene.tracks, place, future, pose, next, i * future);
      const anchor = { frame, row, pose };
      putOwn(scene, anchor, own, i);
      if (near !== undefined) around?.put(anchor, near, i);
    }
    const arrays = { ...named("history", past), ...named("target", next), ...own };
    const rest = near === undefined ? {} : { ...named("neighbour", near.poses), ...near.own };
    return { length: n, columns: columnsOf({ ...arrays, ...rest }) };
  };
}
