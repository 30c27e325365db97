/** The frames of one scene: times, the recording car's poses, and which agents and lights each has; checked. */

import { type Batch, WindrowError } from "../../core/index.ts";
import { checkIntervals, type Gap, type Intervals, intervalsOf } from "./intervals.ts";
import { every, floats, longs, numbers } from "./numbers.ts";
import type { L5kitScenes, SceneFinding } from "./scenes.ts";
import { FACE_INTERVAL } from "./schema.ts";

/** The recording car, a value a frame: metres and radians of the world's frame, metres a second. */
export interface EgoPoses {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly yaw: Float64Array;
  /** Displacement since the frame before over the time between; 0 where that is not known: in a scene's first frame, and where time stands still. */
  readonly velocity: Float64Array;
}

/** The frames of a scene. */
export interface SceneFrames {
  /** Its number in the dataset. */
  readonly scene: number;
  readonly name: string;
  /** Row of `frames` of its first frame. */
  readonly firstFrame: number;
  /** Number of frames. */
  readonly length: number;
  /** Nanoseconds of the epoch. */
  readonly timestamps: BigInt64Array;
  /** Rows of `agents`, by frame. */
  readonly agents: Intervals;
  /** Rows of `traffic_light_faces`, by frame; absent in version 1. */
  readonly faces: Intervals | undefined;
  readonly ego: EgoPoses;
  readonly findings: readonly SceneFinding[];
}

/** Below this a rotation has no yaw (transforms3d `mat2euler`: four times the distance from 1 to the next float64). */
const NO_YAW = 4 * Number.EPSILON;

/** The yaw of each 3×3 rotation, row-major: that of Euler angles about fixed axes x, y, z, as `rotation33_as_yaw` has it. */
export function rotationYaws(rotations: ArrayLike<number>): Float64Array {
  const yaws = new Float64Array(rotations.length / 9);
  for (let i = 0; i < yaws.length; i++) {
    const cos = rotations[9 * i]!;
    const sin = rotations[9 * i + 3]!;
    // A yaw that is no number must stay none: only a small length gives 0.
    yaws[i] = Math.sqrt(cos * cos + sin * sin) <= NO_YAW ? 0 : Math.atan2(sin, cos);
  }
  return yaws;
}

/** World velocities of a path, from each place to the next: x, y of each frame. */
function velocities(x: Float64Array, y: Float64Array, times: BigInt64Array): Float64Array {
  const out = new Float64Array(2 * x.length);
  for (let i = 1; i < x.length; i++) {
    const seconds = Number(times[i]! - times[i - 1]!) / 1e9;
    const [dx, dy] = [x[i]! - x[i - 1]!, y[i]! - y[i - 1]!];
    if (!(seconds > 0 && Number.isFinite(dx + dy))) continue;
    out[2 * i] = dx / seconds;
    out[2 * i + 1] = dy / seconds;
  }
  return out;
}

const LINKS = [
  { field: "agent_index_interval", child: "agents", kind: "agent_gap" },
  { field: FACE_INTERVAL, child: "traffic_light_faces", kind: "face_gap" },
] as const;

/** What the messages of a scene's findings say. */
interface Named {
  readonly scene: number;
  readonly name: string;
  readonly firstFrame: number;
}

function gapFinding(of: Named, link: (typeof LINKS)[number], gaps: readonly Gap[]): SceneFinding[] {
  const [first] = gaps;
  if (first === undefined) return [];
  const message = `scene ${of.name}: rows ${first.from} to ${first.to} of ${link.child}, before row ${of.firstFrame + first.at} of frames, are of no frame`;
  return [{ kind: link.kind, scene: of.scene, count: gaps.length, message }];
}

function timeFinding(of: Named, times: BigInt64Array): SceneFinding[] {
  let first = 0;
  let count = 0;
  for (let i = 1; i < times.length; i++) {
    if (times[i]! >= times[i - 1]!) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return [];
  const message = `scene ${of.name}: time goes back from ${times[first - 1]} to ${times[first]} ns at row ${of.firstFrame + first} of frames`;
  return [{ kind: "time_back", scene: of.scene, count, message }];
}

/** Columns of `batch` from row `skip` on. */
function rowsFrom<A extends { subarray(from: number): A }>(values: A, skip: number, width: number): A {
  return skip === 0 ? values : values.subarray(skip * width);
}

/** The frames of a scene and, ahead of them, the row that lies before it, so that intervals can be followed across the border. */
function framesOf(scenes: L5kitScenes, of: Named, batch: Batch, before: 0 | 1): SceneFrames {
  const { layout } = scenes;
  const last = of.firstFrame + batch.length - before === layout.frames.length;
  const findings: SceneFinding[] = scenes.findings.filter(({ scene }) => scene === of.scene);
  const children = { agents: layout.agents.length, traffic_light_faces: layout.faces?.length };
  const [agents, faces] = LINKS.map((link): Intervals | undefined => {
    const childLength = children[link.child];
    if (childLength === undefined) return undefined;
    const all = intervalsOf(numbers(batch, link.field));
    const own = { from: all.from.subarray(before), to: all.to.subarray(before) };
    const begin = before === 0 ? 0 : Math.max(0, Math.min(childLength, all.to[0]!));
    const place = { array: "frames", field: link.field, firstRow: of.firstFrame, childLength, begin };
    const gaps = checkIntervals(own, last ? { ...place, end: childLength } : place);
    findings.push(...gapFinding(of, link, gaps));
    return own;
  });
  const timestamps = rowsFrom(longs(numbers(batch, "timestamp")), before, 1);
  findings.push(...timeFinding(of, timestamps));
  const translation = floats(batch, "ego_translation").subarray(3 * before);
  const x = every(translation, 3, 0);
  const y = every(translation, 3, 1);
  const yaw = rotationYaws(floats(batch, "ego_rotation").subarray(9 * before));
  const ego = { x, y, yaw, velocity: velocities(x, y, timestamps) };
  return { ...of, length: batch.length - before, timestamps, agents: agents!, faces, ego, findings };
}

/**
 * Reads the frames of a scene.
 * @throws WindrowError `usage` for a scene that is not there, `damaged` for intervals that overlap or leave their array, naming the row.
 */
export async function sceneFrames(scenes: L5kitScenes, scene: number): Promise<SceneFrames> {
  const name = scenes.name(scene);
  const firstFrame = scenes.frames.from[scene]!;
  const to = scenes.frames.to[scene]!;
  const before = firstFrame > 0 && to > firstFrame ? 1 : 0;
  const columns = ["timestamp", "agent_index_interval", "ego_translation", "ego_rotation"];
  if (scenes.layout.faces !== undefined) columns.push(FACE_INTERVAL);
  const batch = await scenes.layout.frames.read({ from: firstFrame - before, to }, { columns });
  return framesOf(scenes, { scene, name, firstFrame }, batch, before);
}

/**
 * Refuses frames with findings, for work that must not stand on them.
 * @throws WindrowError `damaged` naming the scene and its first finding.
 */
export function refuseFindings({ name, findings }: Pick<SceneFrames, "name" | "findings">): void {
  const [first] = findings;
  if (first === undefined) return;
  throw new WindrowError(
    "damaged",
    `Cannot make samples of scene ${name}: intervals must leave no gap and time must not go back, got ${first.message.replace(`scene ${name}: `, "")}`,
    { details: { scene: name, kind: first.kind } },
  );
}
