/** Tracks of a scene: which rows are of one agent, and the poses of each in the order of its frames. */

/**
 * Numbers the different ids among `count` of them, in the order of their first rows.
 * @param words The ids as pairs of 32-bit words.
 * @param into Number of each row's id.
 * @returns how many different ones there are.
 */
export function numberTracks(words: Int32Array, count: number, into: Int32Array): number {
  // Open addressing; a place holds the first row of an id, from 1 up.
  const size = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const mask = size - 1;
  const firstRows = new Int32Array(size);
  let tracks = 0;
  for (let row = 0; row < count; row++) {
    const low = words[2 * row]!;
    const high = words[2 * row + 1]!;
    let hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const first = firstRows[at]! - 1;
      if (first < 0) {
        firstRows[at] = row + 1;
        into[row] = tracks++;
        break;
      }
      if (words[2 * first] === low && words[2 * first + 1] === high) {
        into[row] = into[first]!;
        break;
      }
    }
  }
  return tracks;
}

/** Poses sorted by track, within a track by frame; one a frame. The recording car is the last track. */
export interface Tracks {
  /** Metres and radians of the world's frame. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly yaw: Float64Array;
  /** Frame within the scene. */
  readonly frame: Int32Array;
  readonly track: Int32Array;
  /** Where each track begins, and at the end their number. */
  readonly begin: Int32Array;
  /** Where the pose of a row of agents is; −1 for one that is no number, lies in no frame, or repeats its track in its frame. */
  readonly place: Int32Array;
  /** Where the recording car's pose of a frame is; −1 for one that is no number. */
  readonly egoPlace: Int32Array;
}

/** Rows of agents, and the recording car's poses. */
export interface TrackRows {
  /** x, y of each row. */
  readonly centroids: ArrayLike<number>;
  readonly yaws: ArrayLike<number>;
  /** Frame within the scene; −1 for a row of no frame. Never goes back but for that. */
  readonly frameOf: Int32Array;
  readonly trackOf: Int32Array;
  readonly trackCount: number;
  readonly ego: { readonly x: Float64Array; readonly y: Float64Array; readonly yaw: Float64Array };
}

/** Sorts poses by track: one count, one pass, since rows come by frame. */
export function sortTracks({ centroids, yaws, frameOf, trackOf, trackCount, ego }: TrackRows): Tracks {
  const rows = frameOf.length;
  const place = new Int32Array(rows);
  const lastFrame = new Int32Array(trackCount).fill(-1);
  const next = new Int32Array(trackCount + 1);
  for (let row = 0; row < rows; row++) {
    const frame = frameOf[row]!;
    const track = trackOf[row]!;
    // A number less itself is 0; NaN and the infinities are not.
    const sum = centroids[2 * row]! + centroids[2 * row + 1]! + yaws[row]!;
    if (frame < 0 || lastFrame[track] === frame || sum - sum !== 0) {
      place[row] = -1;
      continue;
    }
    lastFrame[track] = frame;
    next[track]! += 1;
  }
  const begin = new Int32Array(trackCount + 2);
  for (let track = 0; track < trackCount; track++) {
    begin[track + 1] = begin[track]! + next[track]!;
    next[track] = begin[track]!;
  }
  const frames = ego.x.length;
  const egoPlace = new Int32Array(frames);
  let total = begin[trackCount]!;
  for (let frame = 0; frame < frames; frame++) {
    const sum = ego.x[frame]! + ego.y[frame]! + ego.yaw[frame]!;
    egoPlace[frame] = sum - sum === 0 ? total++ : -1;
  }
  begin[trackCount + 1] = total;
  const x = new Float64Array(total);
  const y = new Float64Array(total);
  const yaw = new Float64Array(total);
  const frame = new Int32Array(total);
  const track = new Int32Array(total);
  for (let row = 0; row < rows; row++) {
    if (place[row]! < 0) continue;
    const at = next[trackOf[row]!]!++;
    place[row] = at;
    x[at] = centroids[2 * row]!;
    y[at] = centroids[2 * row + 1]!;
    yaw[at] = yaws[row]!;
    frame[at] = frameOf[row]!;
    track[at] = trackOf[row]!;
  }
  for (let f = 0; f < frames; f++) {
    const at = egoPlace[f]!;
    if (at < 0) continue;
    x[at] = ego.x[f]!;
    y[at] = ego.y[f]!;
    yaw[at] = ego.yaw[f]!;
    frame[at] = f;
    track[at] = trackCount;
  }
  return { x, y, yaw, frame, track, begin, place, egoPlace };
}
