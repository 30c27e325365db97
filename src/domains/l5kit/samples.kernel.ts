/** Poses around an anchor, in the anchor's frame: its own track's, and its neighbours'. */

import type { Tracks } from "./tracks.kernel.ts";

/** The largest float32 below π: an angle that rounds beyond it would leave (−π, π]. */
const LARGEST_ANGLE = 3.1415925025939941;

/** A difference of angles in (−π, π], so that float32 keeps it there. */
export function wrapAngle(difference: number): number {
  let angle = difference;
  if (angle <= -Math.PI || angle > Math.PI) angle -= 2 * Math.PI * Math.ceil((angle - Math.PI) / (2 * Math.PI));
  return Math.max(-LARGEST_ANGLE, Math.min(angle, LARGEST_ANGLE));
}

/** Where an anchor stands, in the world's frame. */
export interface AnchorPose {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
  readonly cos: number;
  readonly sin: number;
}

/** An anchor: a frame of the scene, a row of its agents or −1 for the recording car, and where that stands. */
export interface PlacedAnchor {
  readonly frame: number;
  readonly row: number;
  readonly pose: AnchorPose;
}

/** Poses of one or more tracks over frames: x and y, yaw, 1 where there is one. Where there is none all stay 0. */
export interface PoseColumns {
  readonly positions: Float32Array;
  readonly yaws: Float32Array;
  readonly availabilities: Float32Array;
}

function putPose(tracks: Tracks, from: number, anchor: AnchorPose, into: PoseColumns, at: number): void {
  const dx = tracks.x[from]! - anchor.x;
  const dy = tracks.y[from]! - anchor.y;
  into.positions[2 * at] = anchor.cos * dx + anchor.sin * dy;
  into.positions[2 * at + 1] = anchor.cos * dy - anchor.sin * dx;
  into.yaws[at] = wrapAngle(tracks.yaw[from]! - anchor.yaw);
  into.availabilities[at] = 1;
}

/** Puts the pose at `place` and those of its track in the `history` frames before, newest first, from `at` on. */
export function putHistory(
  tracks: Tracks,
  place: number,
  history: number,
  anchor: AnchorPose,
  into: PoseColumns,
  at: number,
): void {
  const current = tracks.frame[place]!;
  const first = tracks.begin[tracks.track[place]!]!;
  for (let from = place; from >= first; from--) {
    const age = current - tracks.frame[from]!;
    if (age > history) return;
    putPose(tracks, from, anchor, into, at + age);
  }
}

/** Puts the poses of a track in the `future` frames after the one at `place`, from `at` on. */
export function putFuture(
  tracks: Tracks,
  place: number,
  future: number,
  anchor: AnchorPose,
  into: PoseColumns,
  at: number,
): void {
  const current = tracks.frame[place]!;
  const behind = tracks.begin[tracks.track[place]! + 1]!;
  for (let from = place + 1; from < behind; from++) {
    const ahead = tracks.frame[from]! - current;
    if (ahead > future) return;
    putPose(tracks, from, anchor, into, at + ahead - 1);
  }
}

/** The nearest so far, nearest first. */
export interface Nearest {
  /** Squared distances, metres. */
  readonly squares: Float64Array;
  /** Rows of the scene's agents; −1 for the recording car. */
  readonly rows: Int32Array;
  length: number;
}

/** Takes one more, if it is among the nearest; of equal ones the first taken goes first. */
function offer(nearest: Nearest, square: number, row: number): void {
  const { squares, rows } = nearest;
  let at = nearest.length;
  if (at === squares.length) {
    if (!(square < squares[at - 1]!)) return;
    at--;
  } else nearest.length++;
  for (; at > 0 && squares[at - 1]! > square; at--) {
    squares[at] = squares[at - 1]!;
    rows[at] = rows[at - 1]!;
  }
  squares[at] = square;
  rows[at] = row;
}

/** Who may be a neighbour: rows `from` to `to` of the scene's agents, and the recording car. */
export interface Candidates {
  readonly from: number;
  readonly to: number;
  /** Row of the anchor; −1 for the recording car. */
  readonly self: number;
  /** Where the recording car's pose is; −1 for none. */
  readonly egoPlace: number;
  /** 1 for the rows whose classes count. */
  readonly interest: Uint8Array;
}

/** Finds the nearest of the candidates, less than `radius` metres from the anchor. `nearest` has room for as many as are wanted. */
export function findNearest(
  tracks: Tracks,
  anchor: AnchorPose,
  radius: number,
  candidates: Candidates,
  nearest: Nearest,
): void {
  const { x, y, place } = tracks;
  const { self, egoPlace, interest } = candidates;
  const limit = radius * radius;
  nearest.length = 0;
  if (self >= 0 && egoPlace >= 0) {
    const dx = x[egoPlace]! - anchor.x;
    const dy = y[egoPlace]! - anchor.y;
    const square = dx * dx + dy * dy;
    if (square < limit) offer(nearest, square, -1);
  }
  for (let row = candidates.from; row < candidates.to; row++) {
    const at = place[row]!;
    if (at < 0 || interest[row] !== 1 || row === self) continue;
    const dx = x[at]! - anchor.x;
    const dy = y[at]! - anchor.y;
    const square = dx * dx + dy * dy;
    if (square < limit) offer(nearest, square, row);
  }
}

/** Puts the velocity whose x is at `from` of `velocities`, turned into the anchor's frame, as number `at`. */
export function putVelocity(
  velocities: ArrayLike<number>,
  from: number,
  { cos, sin }: AnchorPose,
  into: Float32Array,
  at: number,
): void {
  into[2 * at] = cos * velocities[from]! + sin * velocities[from + 1]!;
  into[2 * at + 1] = cos * velocities[from + 1]! - sin * velocities[from]!;
}
