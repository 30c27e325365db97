/** How many frames of usable past and future each agent has: the runs that l5kit's select_agents finds. */

import type { Floats } from "./numbers.ts";
import { PERCEPTION_LABELS } from "./schema.ts";

const LABELS = PERCEPTION_LABELS.length;
// Those whose probabilities count, which lie one behind the other.
const FIRST_LABEL = PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_CAR");
const BEHIND_LABEL = PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_ANIMAL") + 1;

/** What becomes of a row by itself: 0 fine, 1 not of the classes wanted, 2 too far from the recording car. */
export const ROW_LABEL = 1;
export const ROW_DISTANCE = 2;

/** Rounds as the values of this array are rounded: l5kit's arithmetic is that of the field's type. */
function rounding(values: Floats): (value: number) => number {
  return values instanceof Float32Array ? Math.fround : (value) => value;
}

/** 1 where the probabilities of the classes that move add up to more than `threshold`. */
export function ofInterest(labels: Floats, threshold: number, into: Uint8Array): void {
  const round = rounding(labels);
  const limit = round(threshold);
  for (let row = 0, at = 0; row < into.length; row++, at += LABELS) {
    let sum = 0;
    for (let k = FIRST_LABEL; k < BEHIND_LABEL; k++) sum = round(sum + labels[at + k]!);
    into[row] = sum > limit ? 1 : 0;
  }
}

/** The class with the largest probability; of equal ones the first, as numpy's argmax. */
export function likeliest(labels: Floats, row: number): number {
  let best = 0;
  for (let k = 1; k < LABELS; k++) if (labels[LABELS * row + k]! > labels[LABELS * row + best]!) best = k;
  return best;
}

/** Columns of a scene's agents. */
export interface RunRows {
  readonly centroid: Floats;
  readonly extent: Floats;
  readonly yaw: Floats;
  /** Frame within the scene; −1 for a row of no frame. */
  readonly frame: Int32Array;
  readonly track: Int32Array;
  readonly tracks: number;
  readonly egoX: Float64Array;
  readonly egoY: Float64Array;
}

/** Limits; each is exclusive, as l5kit's are. */
export interface RunLimits {
  /** Metres. */
  readonly distance: number;
  /** Degrees from one frame to the next. */
  readonly yaw: number;
  /** Ratio of areas from one frame to the next, the larger to the smaller. */
  readonly extent: number;
}

/** Areas below, in square metres, are errors of the detector (l5kit `in_extent_ratio`). */
const LEAST_AREA = 0.01;

/**
 * Runs of rows of one track in which each row is of interest, near enough, and like the row of the frame before.
 * @param fault In: 1 where a row is not of interest. Out: the reason of each row that is in no run.
 * @param counts Past and future of each row within its run, in frames.
 * @returns how many runs were cut because of a hole, a turn, an extent.
 */
export function findRuns(
  rows: RunRows,
  limits: RunLimits,
  fault: Uint8Array,
  counts: Uint32Array,
): { hole: number; yaw: number; extent: number } {
  const { centroid, extent, yaw, frame, track, egoX, egoY } = rows;
  const turn = rounding(yaw);
  const size = rounding(extent);
  const [pi, circle] = [turn(Math.PI), turn(2 * Math.PI)];
  const [maxTurn, maxRatio, leastArea] = [turn(limits.yaw), size(limits.extent), size(LEAST_AREA)];
  const cuts = { hole: 0, yaw: 0, extent: 0 };
  const tail = new Int32Array(rows.tracks).fill(-1);
  const before = new Int32Array(frame.length);

  /** Counts the future of a run that has ended, from its last row back. */
  const end = (last: number): void => {
    for (let row = last, future = 0; row >= 0; row = before[row]!, future++) counts[2 * row + 1] = future;
  };

  /** Which rule parts two rows of one track, if any does. */
  const cut = (a: number, b: number): keyof typeof cuts | undefined => {
    if (frame[b] !== frame[a]! + 1) return "hole";
    // numpy's remainder has the sign of the divisor; IEEE's, which % is, that of the dividend.
    let angle = turn(turn(yaw[b]! - yaw[a]!) + pi) % circle;
    if (angle < 0) angle = turn(angle + circle);
    const degrees = turn(turn(Math.abs(turn(angle - pi)) * 180) / pi);
    if (!(degrees < maxTurn)) return "yaw";
    const was = size(extent[3 * a]! * extent[3 * a + 1]!);
    const is = size(extent[3 * b]! * extent[3 * b + 1]!);
    if (was < leastArea || is < leastArea) return "extent";
    return size(was > is ? was / is : is / was) < maxRatio ? undefined : "extent";
  };

  for (let row = 0; row < frame.length; row++) {
    const at = frame[row]!;
    if (at < 0) continue;
    const last = tail[track[row]!]!;
    const dx = egoX[at]! - centroid[2 * row]!;
    const dy = egoY[at]! - centroid[2 * row + 1]!;
    if (fault[row] === 0 && !(Math.sqrt(dx * dx + dy * dy) < limits.distance)) fault[row] = ROW_DISTANCE;
    if (fault[row] !== 0) {
      end(last);
      tail[track[row]!] = -1;
      continue;
    }
    tail[track[row]!] = row;
    const parted = last < 0 ? undefined : cut(last, row);
    if (parted !== undefined) {
      cuts[parted]++;
      end(last);
    }
    const joined = last >= 0 && parted === undefined;
    before[row] = joined ? last : -1;
    counts[2 * row] = joined ? counts[2 * last]! + 1 : 0;
  }
  for (const last of tail) end(last);
  return cuts;
}
