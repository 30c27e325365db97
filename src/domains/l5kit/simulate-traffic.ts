/** What moves on a made-up road: cars that follow it or turn off, cyclists, pedestrians, and what merely stands there. */

import type { Rng } from "../../core/index.ts";
import { besideRoad, between, metreAt, type Road } from "./simulate-road.ts";

/** A kind of agent. */
interface AgentKind {
  /** Place in the perception labels. */
  readonly label: number;
  /** Of all agents. */
  readonly share: number;
  /** Metres a second. */
  readonly speed: readonly [number, number];
  /** Metres from the middle of the road, on either side. */
  readonly lateral: readonly [number, number];
  /** Length, width and height in metres, and by how much of it one differs from another. */
  readonly extent: readonly [number, number, number];
  readonly variation: number;
  readonly canTurn: boolean;
}

const CAR = { label: 3, extent: [4.6, 1.85, 1.6], variation: 0.08 } as const;

// Shares and sizes are about those of the scenes that were published; the labels are places in PERCEPTION_LABELS.
const KINDS: readonly AgentKind[] = [
  { ...CAR, share: 0.4, speed: [0, 0], lateral: [5.5, 7], canTurn: false },
  { ...CAR, share: 0.28, speed: [5, 14], lateral: [1.6, 1.9], canTurn: true },
  {
    label: 12,
    share: 0.03,
    speed: [3, 6],
    lateral: [3.8, 4.4],
    extent: [1.8, 0.7, 1.7],
    variation: 0.05,
    canTurn: true,
  },
  {
    label: 14,
    share: 0.09,
    speed: [0.8, 1.6],
    lateral: [8, 10],
    extent: [0.7, 0.7, 1.7],
    variation: 0.1,
    canTurn: true,
  },
  { label: 1, share: 0.2, speed: [0, 0], lateral: [8, 25], extent: [0.8, 0.6, 1.1], variation: 0.4, canTurn: false },
];

/** Something that is seen for a while. */
export interface Track {
  /** From 1 up within its scene. */
  readonly id: number;
  readonly label: number;
  /** Probability of its label; the rest falls to `unknown`. */
  readonly certainty: number;
  readonly extent: readonly number[];
  x: number;
  y: number;
  /** Radians, not wrapped. */
  yaw: number;
  /** Metres a second, now. */
  speed: number;
  /** Metres a second, usually. */
  readonly cruise: number;
  /** Where in its slow changes of speed it is at frame 0, in radians. */
  readonly phase: number;
  /** 1 along the road, -1 against it. */
  readonly direction: number;
  readonly lateral: number;
  /** Metres along the road. */
  distance: number;
  /** Metres along the road at which it turns off; Infinity for what does not. */
  readonly turnAt: number;
  /** Radians of its turn that are left; `undefined` before. */
  turn: number | undefined;
}

/** Seconds from one frame to the next. */
export const FRAME_SECONDS = 0.1;
/** Farther from the ego nothing is seen, in metres. */
export const SIGHT = 100;
/** Of frames, in which a track ends though it is in sight. */
const LOSS = 1 / 300;
const TURN_RADIUS = 9;
const SURE = 0.95;

function kindOf(random: Rng): AgentKind {
  let u = random.uniform();
  for (const kind of KINDS) {
    if (u < kind.share) return kind;
    u -= kind.share;
  }
  return KINDS[0]!;
}

/** Where the next crossing lies for who goes on from `distance`. */
function nextCrossing({ crossings }: Road, distance: number, direction: number): number {
  const next = direction > 0 ? crossings.find((at) => at > distance) : crossings.findLast((at) => at < distance);
  return next ?? Number.POSITIVE_INFINITY;
}

/** A new agent within sight of the ego. */
export function newTrack(way: Road, ego: Track, random: Rng, id: number): Track {
  const kind = kindOf(random);
  const side = random.uniform() < 0.5 ? -1 : 1;
  const lateral = side * between(random, kind.lateral);
  // One drives on the right; on foot, either way.
  const direction = kind.label === 14 && random.uniform() < 0.5 ? side : -side;
  const distance = ego.distance + between(random, [-0.9 * SIGHT, 0.9 * SIGHT]);
  const place = besideRoad(way, distance, lateral);
  const size = 1 + kind.variation * (2 * random.uniform() - 1);
  const turns = kind.canTurn && random.uniform() < 0.25;
  const cruise = between(random, kind.speed);
  return {
    id,
    label: kind.label,
    certainty: random.uniform() < SURE ? 1 : between(random, [0.4, 0.95]),
    extent: kind.extent.map((metres) => metres * size),
    ...place,
    yaw: place.yaw + (direction < 0 ? Math.PI : 0),
    speed: cruise,
    cruise,
    phase: between(random, [0, 2 * Math.PI]),
    direction,
    lateral,
    distance,
    turnAt: turns ? nextCrossing(way, distance, direction) : Number.POSITIVE_INFINITY,
    turn: undefined,
  };
}

/** The recording car at the beginning, `margin` metres from the road's. */
export function egoTrack(way: Road, random: Rng, margin: number): Track {
  const lateral = -1.75;
  return {
    id: 0,
    label: 3,
    certainty: 1,
    extent: [4.87, 1.85, 1.8],
    ...besideRoad(way, margin, lateral),
    speed: 0,
    cruise: between(random, [5, EGO_CRUISE]),
    phase: between(random, [0, 2 * Math.PI]),
    direction: 1,
    lateral,
    distance: margin,
    turnAt: Number.POSITIVE_INFINITY,
    turn: undefined,
  };
}

/** Most metres a second that the ego usually goes, and the share of it that its speed changes by. */
const EGO_CRUISE = 12;
const SWAY = 0.25;
/** No frame brings the ego farther than this, in metres. */
export const EGO_STEP = EGO_CRUISE * (1 + SWAY) * FRAME_SECONDS;

/** Radians for each metre that it goes. */
function turning(track: Track, way: Road): number {
  if (track.turn !== undefined) return track.turn === 0 ? 0 : Math.sign(track.turn) / TURN_RADIUS;
  const curvature = way.curvature[metreAt(way, track.distance)]!;
  return (track.direction * curvature) / (1 - curvature * track.lateral);
}

/** One frame on. Who follows the road bends as it does, at its own distance from the middle. */
export function move(track: Track, way: Road, frame: number): void {
  if (track.cruise === 0) return;
  track.speed = track.cruise * (1 + SWAY * Math.sin(track.phase + frame / 20));
  const metres = track.speed * FRAME_SECONDS;
  const bend = turning(track, way) * metres;
  const middle = track.yaw + bend / 2;
  track.x += metres * Math.cos(middle);
  track.y += metres * Math.sin(middle);
  track.yaw += bend;
  if (track.turn !== undefined) {
    track.turn = Math.abs(bend) >= Math.abs(track.turn) ? 0 : track.turn - bend;
    return;
  }
  const curvature = way.curvature[metreAt(way, track.distance)]!;
  track.distance += (track.direction * metres) / (1 - curvature * track.lateral);
  if ((track.distance - track.turnAt) * track.direction > 0 && Number.isFinite(track.turnAt))
    track.turn = track.lateral * track.direction < 0 ? -Math.PI / 2 : Math.PI / 2;
}

/** Whether a track goes on after this frame. */
export function isSeen(track: Track, ego: Track, random: Rng): boolean {
  return random.uniform() >= LOSS && Math.hypot(track.x - ego.x, track.y - ego.y) < SIGHT;
}
