/** The rows of a made-up scene, as the tables of the layout have them. */

import { type Batch, NUMERIC_ARRAYS, type Rng, type Schema } from "../../core/index.ts";
import { FACE_SCHEMA, PERCEPTION_LABELS, SCENE_SCHEMA } from "./schema.ts";
import { metreAt, type Road } from "./simulate-road.ts";
import { FRAME_SECONDS, type Track } from "./simulate-traffic.ts";

/** Which layout: 2 has traffic lights, and 8 bytes for poses and track ids; 1 has no lights, and 4 bytes for each. */
export type SceneLayout = 1 | 2;

const LABELS = PERCEPTION_LABELS.length;
const UNKNOWN = PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_UNKNOWN");

const I64 = { kind: "i64" } as const;
const INTERVAL = { kind: "i64", shape: [2] } as const;

/** The columns of each table of a layout. */
export function sceneSchemas(layout: SceneLayout): Readonly<Record<string, Schema>> {
  const pose = layout === 2 ? "f64" : "f32";
  const frames: Schema = {
    timestamp: { ...I64, unit: "ns" },
    agent_index_interval: INTERVAL,
    ...(layout === 2 ? { traffic_light_faces_index_interval: INTERVAL } : {}),
    ego_translation: { kind: pose, shape: [3], unit: "m" },
    ego_rotation: { kind: pose, shape: [3, 3] },
  };
  const agents: Schema = {
    centroid: { kind: pose, shape: [2], unit: "m" },
    extent: { kind: "f32", shape: [3], unit: "m" },
    yaw: { kind: "f32", unit: "rad" },
    velocity: { kind: "f32", shape: [2], unit: "m/s" },
    track_id: { kind: layout === 2 ? "u64" : "u32" },
    label_probabilities: { kind: "f32", shape: [LABELS] },
  };
  return { scenes: SCENE_SCHEMA, frames, agents, ...(layout === 2 ? { traffic_light_faces: FACE_SCHEMA } : {}) };
}

/** An angle in (−π, π]. */
function wrapped(radians: number): number {
  return radians - 2 * Math.PI * Math.ceil((radians - Math.PI) / (2 * Math.PI));
}

/** How far off a detector is: metres of a centroid, share of an extent, radians, metres a second. */
const NOISE = { centroid: 0.03, extent: 0.005, yaw: 0.01, velocity: 0.1 } as const;

/** Detections of a scene's agents. */
export class AgentRows {
  readonly #centroid: Float32Array | Float64Array;
  readonly #extent: Float32Array;
  readonly #yaw: Float32Array;
  readonly #velocity: Float32Array;
  readonly #track: Uint32Array;
  readonly #labels: Float32Array;
  #length = 0;

  /** With room for so many. */
  constructor(room: number, layout: SceneLayout) {
    this.#centroid = layout === 2 ? new Float64Array(2 * room) : new Float32Array(2 * room);
    this.#extent = new Float32Array(3 * room);
    this.#yaw = new Float32Array(room);
    this.#velocity = new Float32Array(2 * room);
    this.#track = new Uint32Array(room);
    this.#labels = new Float32Array(LABELS * room);
  }

  /** One detection, as good as detectors are. */
  add(track: Track, random: Rng): void {
    const row = this.#length++;
    const noise = (size: number) => size * random.normal();
    this.#centroid[2 * row] = track.x + noise(NOISE.centroid);
    this.#centroid[2 * row + 1] = track.y + noise(NOISE.centroid);
    for (let axis = 0; axis < 3; axis++) this.#extent[3 * row + axis] = track.extent[axis]! * (1 + noise(NOISE.extent));
    this.#yaw[row] = wrapped(track.yaw + noise(NOISE.yaw));
    // What stands still is seen to.
    const isMoving = track.speed > 0;
    this.#velocity[2 * row] = isMoving ? track.speed * Math.cos(track.yaw) + noise(NOISE.velocity) : 0;
    this.#velocity[2 * row + 1] = isMoving ? track.speed * Math.sin(track.yaw) + noise(NOISE.velocity) : 0;
    this.#track[row] = track.id;
    const labels = LABELS * row;
    this.#labels[labels + UNKNOWN] = 1 - track.certainty;
    this.#labels[labels + track.label]! += track.certainty;
  }

  get length(): number {
    return this.#length;
  }

  batch(layout: SceneLayout): Batch {
    const rows = this.#length;
    const ids = this.#track.subarray(0, rows);
    return {
      length: rows,
      columns: {
        centroid: { data: this.#centroid.subarray(0, 2 * rows) },
        extent: { data: this.#extent.subarray(0, 3 * rows) },
        yaw: { data: this.#yaw.subarray(0, rows) },
        velocity: { data: this.#velocity.subarray(0, 2 * rows) },
        track_id: { data: layout === 2 ? BigUint64Array.from(ids, BigInt) : ids },
        label_probabilities: { data: this.#labels.subarray(0, LABELS * rows) },
      },
    };
  }
}

/** Frames of a scene. */
export class FrameRows {
  readonly #layout: SceneLayout;
  readonly #timestamp: BigInt64Array;
  readonly #agents: BigInt64Array;
  readonly #faces: BigInt64Array;
  readonly #translation: Float32Array | Float64Array;
  readonly #rotation: Float32Array | Float64Array;
  #length = 0;

  constructor(frames: number, layout: SceneLayout) {
    const floats = NUMERIC_ARRAYS[layout === 2 ? "f64" : "f32"];
    this.#layout = layout;
    this.#timestamp = new BigInt64Array(frames);
    this.#agents = new BigInt64Array(2 * frames);
    this.#faces = new BigInt64Array(2 * frames);
    this.#translation = new floats(3 * frames);
    this.#rotation = new floats(9 * frames);
  }

  add(timestamp: bigint, agents: readonly [number, number], faces: readonly [number, number], ego: Track): void {
    const row = this.#length++;
    this.#timestamp[row] = timestamp;
    this.#agents.set(agents.map(BigInt), 2 * row);
    this.#faces.set(faces.map(BigInt), 2 * row);
    // Hills: the height goes up and down, and the car leans with it.
    const hill = ego.distance / 200;
    this.#translation.set([ego.x, ego.y, 270 + 4 * Math.sin(hill)], 3 * row);
    this.#rotation.set(rotation(ego.yaw, -Math.atan((4 / 200) * Math.cos(hill))), 9 * row);
  }

  batch(): Batch {
    const lights = this.#layout === 2 ? { traffic_light_faces_index_interval: { data: this.#faces } } : {};
    return {
      length: this.#length,
      columns: {
        timestamp: { data: this.#timestamp },
        agent_index_interval: { data: this.#agents },
        ...lights,
        ego_translation: { data: this.#translation },
        ego_rotation: { data: this.#rotation },
      },
    };
  }

  /** Times of the first and the last frame. */
  get times(): readonly [bigint, bigint] {
    return [this.#timestamp[0]!, this.#timestamp.at(-1)!];
  }
}

/** Vehicle to world: by the pitch about its left side (nose down above 0), then by the yaw; row-major. */
function rotation(yaw: number, pitch: number): number[] {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(pitch)];
  return [c * cp, -s, c * sp, s * cp, c, s * sp, -sp, 0, cp];
}

/** Bulbs of a traffic light, and how long each is lit, in seconds. */
const BULBS = [
  ["red", 22],
  ["yellow", 3],
  ["green", 20],
] as const;
const CYCLE = BULBS.reduce((all, [, seconds]) => all + seconds, 0);
const LIGHTS_SIGHT = 80;
/** Where a status says that a bulb is lit, is not, or cannot be seen (l5kit's TL_FACE_LABELS). */
const STATUS = { active: 0, inactive: 1, unknown: 2 } as const;

interface Light {
  readonly id: string;
  readonly faces: readonly string[];
  readonly x: number;
  readonly y: number;
  /** Seconds that it is ahead of the one that begins with red. */
  readonly ahead: number;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function shortId(random: Rng): string {
  return Array.from({ length: 4 }, () => LETTERS[random.int(LETTERS.length)]).join("");
}

/** The lights of a road's crossings: one along it, one across. */
export function lightsOf(way: Road, random: Rng): readonly Light[] {
  return way.crossings.flatMap((at) => {
    const phase = random.uniform() * CYCLE;
    const metre = metreAt(way, at);
    return [0, CYCLE / 2].map((offset) => ({
      id: shortId(random),
      faces: BULBS.map(() => shortId(random)),
      x: way.x[metre]!,
      y: way.y[metre]!,
      ahead: phase + offset,
    }));
  });
}

function litBulb(light: Light, seconds: number): number {
  let at = (seconds + light.ahead) % CYCLE;
  for (const [bulb, [, lasts]] of BULBS.entries()) {
    if (at < lasts) return bulb;
    at -= lasts;
  }
  return 0;
}

/** Bulbs that are seen in a scene's frames. */
export class FaceRows {
  readonly #face: string[] = [];
  readonly #light: string[] = [];
  readonly #status: number[] = [];

  get length(): number {
    return this.#face.length;
  }

  /** Those within sight of the ego; one in twenty is hidden. */
  add(lights: readonly Light[], ego: Track, frame: number, random: Rng): void {
    for (const light of lights) {
      if (Math.hypot(light.x - ego.x, light.y - ego.y) > LIGHTS_SIGHT) continue;
      const lit = litBulb(light, frame * FRAME_SECONDS);
      const isHidden = random.uniform() < 0.05;
      for (const [bulb, face] of light.faces.entries()) {
        const seen = bulb === lit ? STATUS.active : STATUS.inactive;
        const status = isHidden ? STATUS.unknown : seen;
        this.#face.push(face);
        this.#light.push(light.id);
        this.#status.push(...[0, 1, 2].map((each) => (each === status ? 1 : 0)));
      }
    }
  }

  batch(): Batch {
    return {
      length: this.length,
      columns: {
        face_id: { data: this.#face },
        traffic_light_id: { data: this.#light },
        traffic_light_face_status: { data: Float32Array.from(this.#status) },
      },
    };
  }
}
