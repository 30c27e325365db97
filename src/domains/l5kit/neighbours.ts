/** The neighbours of an anchor: who is around it in its frame, and where they come from. */

import type { Schema } from "../../core/index.ts";
import type { MotionOptions } from "./motion-options.ts";
import {
  findNearest,
  type Nearest,
  type PlacedAnchor,
  type PoseColumns,
  putHistory,
  putVelocity,
} from "./samples.kernel.ts";
import type { AgentColumns, L5kitScene } from "./scene.ts";
import { EGO_EXTENT, EGO_TRACK, PERCEPTION_LABELS } from "./schema.ts";
import { likeliest, ofInterest } from "./select.kernel.ts";

/** Neighbours of some anchors, a fixed number each. */
export interface NeighbourColumns {
  /** Newest first, as the anchor's own history; in the anchor's frame. */
  readonly poses: PoseColumns;
  readonly own: {
    readonly neighbour_velocities: Float32Array;
    readonly neighbour_extents: Float32Array;
    readonly neighbour_track_ids: BigInt64Array;
    readonly neighbour_labels: Uint8Array;
  };
}

const CAR = PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_CAR");

/** The columns of neighbours, nearest first; none where none are wanted. `neighbour_labels` numbers the most likely class. */
export function neighbourSchema({ neighbours: most, history }: MotionOptions): Schema {
  if (most === 0) return {};
  return {
    neighbour_positions: { kind: "f32", shape: [most, history + 1, 2], unit: "m" },
    neighbour_yaws: { kind: "f32", shape: [most, history + 1, 1], unit: "rad" },
    neighbour_availabilities: { kind: "f32", shape: [most, history + 1] },
    neighbour_velocities: { kind: "f32", shape: [most, 2], unit: "m/s" },
    neighbour_extents: { kind: "f32", shape: [most, 3], unit: "m" },
    neighbour_track_ids: { kind: "i64", shape: [most] },
    neighbour_labels: { kind: "u8", shape: [most] },
  };
}

function columns(values: number, history: number): NeighbourColumns {
  const poses = values * (history + 1);
  return {
    poses: {
      positions: new Float32Array(2 * poses),
      yaws: new Float32Array(poses),
      availabilities: new Float32Array(poses),
    },
    own: {
      neighbour_velocities: new Float32Array(2 * values),
      neighbour_extents: new Float32Array(3 * values),
      neighbour_track_ids: new BigInt64Array(values),
      neighbour_labels: new Uint8Array(values),
    },
  };
}

/** Fills what the dataset says of a neighbour's row, or what is known of the recording car. */
function putKind(rows: AgentColumns, row: number, into: NeighbourColumns["own"], at: number): void {
  for (let k = 0; k < 3; k++) into.neighbour_extents[3 * at + k] = row < 0 ? EGO_EXTENT[k]! : rows.extent[3 * row + k]!;
  into.neighbour_track_ids[at] = row < 0 ? EGO_TRACK : rows.trackId[row]!;
  into.neighbour_labels[at] = row < 0 ? CAR : likeliest(rows.labels, row);
}

/**
 * What fills the columns of neighbours of a scene's anchors; `undefined` where none are wanted. A neighbour is an agent of the anchor's frame
 * whose classes count, or the recording car (track −1, a `CAR`), nearer than the radius; the nearest are taken, nearest first.
 */
export function neighbours(scene: L5kitScene, options: MotionOptions) {
  const { neighbours: most, history, radiusMetres } = options;
  if (most === 0) return undefined;
  const { tracks, agents, firstAgent } = scene;
  const interest = new Uint8Array(scene.rows.length);
  ofInterest(scene.rows.labels, options.labelThreshold, interest);
  const nearest: Nearest = { squares: new Float64Array(most), rows: new Int32Array(most), length: 0 };
  return {
    columns: (n: number): NeighbourColumns => columns(n * most, history),
    put({ frame, row, pose }: PlacedAnchor, into: NeighbourColumns, i: number): void {
      const from = agents.from[frame]! - firstAgent;
      const to = agents.to[frame]! - firstAgent;
      const egoPlace = tracks.egoPlace[frame]!;
      findNearest(tracks, pose, radiusMetres, { from, to, self: row, egoPlace, interest }, nearest);
      for (let k = 0; k < nearest.length; k++) {
        const at = i * most + k;
        const who = nearest.rows[k]!;
        const place = who < 0 ? egoPlace : tracks.place[who]!;
        putHistory(tracks, place, history, pose, into.poses, at * (history + 1));
        if (who < 0) putVelocity(scene.ego.velocity, 2 * frame, pose, into.own.neighbour_velocities, at);
        else putVelocity(scene.rows.velocity, 2 * who, pose, into.own.neighbour_velocities, at);
        putKind(scene.rows, who, into.own, at);
      }
    },
  };
}
