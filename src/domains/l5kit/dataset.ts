/** L5Kit scenes as a dataset: a scene is a trace of the recording car, the agents and the traffic lights, a sample a frame each. */

import { type Batch, type Column, type RowChoice, type Schema, WindrowError } from "../../core/index.ts";
import {
  type Dataset,
  dataset,
  type IndexMap,
  type Match,
  nearest,
  type Sensor,
  type Synchronization,
  seconds,
  sensor,
  type Timestamps,
  type Trace,
  trace,
} from "../../sync/index.ts";
import { type Crowds, crowds } from "./crowds.ts";
import { availability, dense, type FrameLink, frameChildren } from "./frame-children.ts";
import { floats, longs, numbers } from "./numbers.ts";
import { rotationYaws } from "./scene-frames.ts";
import type { L5kitScenes } from "./scenes.ts";
import { FACE_INTERVAL, type L5kitLayout, LIGHT_STATES, PERCEPTION_LABELS } from "./schema.ts";

const EGO_SCHEMA = {
  translation: { kind: "f64", shape: [3], unit: "m" },
  rotation: { kind: "f64", shape: [3, 3] },
  yaw: { kind: "f64", unit: "rad" },
} as const satisfies Schema;

const agentsSchema = (most: number) =>
  ({
    count: { kind: "u32" },
    availability: { kind: "bool", shape: [most] },
    centroid: { kind: "f64", shape: [most, 2], unit: "m" },
    extent: { kind: "f32", shape: [most, 3], unit: "m" },
    yaw: { kind: "f64", shape: [most], unit: "rad" },
    velocity: { kind: "f32", shape: [most, 2], unit: "m/s" },
    track_id: { kind: "i64", shape: [most] },
    label_probabilities: { kind: "f32", shape: [most, PERCEPTION_LABELS.length] },
  }) as const satisfies Schema;

const lightsSchema = (most: number) =>
  ({
    count: { kind: "u32" },
    availability: { kind: "bool", shape: [most] },
    /** A list of texts. */
    face_id: { kind: "json" },
    /** A list of texts. */
    traffic_light_id: { kind: "json" },
    status: { kind: "f32", shape: [most, LIGHT_STATES.length] },
  }) as const satisfies Schema;

/** The sensors of a scene. Each has one sample a frame. */
export type L5kitSensors = Readonly<{
  /** The recording car in the world's frame. */
  ego: Sensor<typeof EGO_SCHEMA>;
  /** As many agents as the fullest frame has; `availability` says which are there, `count` how many. */
  agents: Sensor<ReturnType<typeof agentsSchema>>;
  /** Likewise the faces of traffic lights; without any in version 1 of the layout. */
  trafficLights: Sensor<ReturnType<typeof lightsSchema>>;
}>;

/** How much room a sample has. */
export interface L5kitDatasetOptions {
  /** Agents of a frame, the first ones where there are more; the greatest number there is where absent, which reads all intervals. */
  readonly mostAgents?: number;
  /** Likewise faces of traffic lights. */
  readonly mostFaces?: number;
}

/** A scene's frames: all sensors are sampled together, so that sample i of each is row i, also where two frames have one time. */
const BY_FRAME = nearest({ reference: "ego" });

function framewise<N extends string>(timestamps: Timestamps<N>): Match<N> {
  const { index, dt, valid, missing, ...found } = BY_FRAME.match({ ego: Object.values<Float64Array>(timestamps)[0]! });
  const all = <V>(value: V) =>
    Object.fromEntries(Object.keys(timestamps).map((name) => [name, value])) as Readonly<Record<N, V>>; // the same names
  const own = { index: all(index.ego), dt: all(dt.ego), valid: all(valid.ego), missing: all(missing.ego) };
  return { ...found, ...own, between: {} as Match<N>["between"] }; // nothing is interpolated
}

const synchronization: Synchronization = Object.assign(
  <N extends string>(timestamps: Timestamps<N>): IndexMap<N> => framewise(timestamps).index,
  { match: framewise, spec: { rule: "frame" } },
);

/** The frames of one scene, as rows of `frames`. */
interface Frames {
  readonly layout: L5kitLayout;
  readonly from: number;
  readonly length: number;
}

function rowsOf({ from }: Frames, choice: RowChoice): RowChoice {
  if (choice instanceof Uint32Array) return choice.map((row) => row + from);
  return { from: choice.from + from, to: choice.to + from };
}

const columnsOf = (columns: Readonly<Record<string, Column["data"]>>): Batch["columns"] =>
  Object.fromEntries(Object.entries(columns).map(([name, data]) => [name, { data }]));

/** What the sensors of a scene have in common. */
function framed<S extends Schema>(of: Frames, schema: S, read: (rows: RowChoice) => Promise<Batch>): Sensor<S> {
  const { layout, from, length } = of;
  return sensor({
    schema,
    meta: { rateHz: 10 },
    length: async () => length,
    async times() {
      const batch = await layout.frames.read({ from, to: from + length }, { columns: ["timestamp"] });
      return seconds(longs(numbers(batch, "timestamp")), "ns");
    },
    read: (rows) => read(rowsOf(of, rows)),
  });
}

function ego(of: Frames): L5kitSensors["ego"] {
  return framed(of, EGO_SCHEMA, async (rows) => {
    const batch = await of.layout.frames.read(rows, { columns: ["ego_translation", "ego_rotation"] });
    const translation = Float64Array.from(floats(batch, "ego_translation"));
    const rotation = Float64Array.from(floats(batch, "ego_rotation"));
    return { length: batch.length, columns: columnsOf({ translation, rotation, yaw: rotationYaws(rotation) }) };
  });
}

function agents(of: Frames, most: number): L5kitSensors["agents"] {
  const { count: _, availability: __, ...fields } = agentsSchema(most);
  const link: FrameLink = { frames: of.layout.frames, field: "agent_index_interval", child: of.layout.agents, most };
  return framed(of, agentsSchema(most), async (rows) => {
    const found = await frameChildren(link, rows, Object.keys(fields));
    const ids = longs(numbers(found.batch, "track_id"));
    const kept = { ...found, batch: { ...found.batch, columns: { ...found.batch.columns, track_id: { data: ids } } } };
    const columns = Object.entries(fields).map(([name, { kind, shape }]) => {
      const width = shape[1] ?? 1;
      return [name, dense(kept, name, { kind, most, width })] as const;
    });
    const masks = { count: found.counts, availability: availability(found, most) };
    return { length: found.counts.length, columns: columnsOf({ ...masks, ...Object.fromEntries(columns) }) };
  });
}

function trafficLights(of: Frames, most: number): L5kitSensors["trafficLights"] {
  const { frames, faces } = of.layout;
  return framed(of, lightsSchema(most), async (rows) => {
    if (faces === undefined) return noLights(rows instanceof Uint32Array ? rows.length : rows.to - rows.from, most);
    const names = ["face_id", "traffic_light_id", "traffic_light_face_status"];
    const found = await frameChildren({ frames, field: FACE_INTERVAL, child: faces, most }, rows, names);
    const lists = (name: string) => {
      const texts = found.batch.columns[name]!.data as readonly string[]; // l5kitLayout has checked its kind
      return Array.from(found.counts, (_, i) => texts.slice(found.begin[i], found.begin[i + 1]));
    };
    const columns = {
      count: found.counts,
      availability: availability(found, most),
      face_id: lists("face_id"),
      traffic_light_id: lists("traffic_light_id"),
      status: dense(found, "traffic_light_face_status", { kind: "f32", most, width: LIGHT_STATES.length }),
    };
    return { length: found.counts.length, columns: columnsOf(columns) };
  });
}

function noLights(length: number, most: number): Batch {
  const columns = {
    count: new Uint32Array(length),
    availability: new Uint8Array(length * most),
    face_id: Array.from({ length }, () => []),
    traffic_light_id: Array.from({ length }, () => []),
    status: new Float32Array(length * most * LIGHT_STATES.length),
  };
  return { length, columns: columnsOf(columns) };
}

/** A sample of so many agents takes 8 MB. */
const MOST_ROOM = 65_536;

/** How many agents and faces a sample has room for. */
async function roomOf(scenes: L5kitScenes, { mostAgents, mostFaces }: L5kitDatasetOptions): Promise<Crowds> {
  const full = mostAgents === undefined || mostFaces === undefined ? await crowds(scenes) : undefined;
  const room = { agents: mostAgents ?? full!.agents, faces: mostFaces ?? full!.faces };
  const names = { agents: "mostAgents", faces: "mostFaces" } as const;
  for (const [what, most] of Object.entries(room)) {
    if (Number.isInteger(most) && most >= 0 && most <= MOST_ROOM) continue;
    const option = names[what as keyof Crowds]; // a name of room
    throw new WindrowError(
      "usage",
      `Cannot make a dataset of scenes: ${option} must be a whole number from 0 to ${MOST_ROOM}, got ${most}; without it the fullest frame decides`,
    );
  }
  // An array without a place cannot be written to every format: where there is nothing, there is room for one.
  return { agents: Math.max(1, room.agents), faces: Math.max(1, room.faces) };
}

/**
 * The scenes as a dataset; a row is a frame. Lengths follow from the list of scenes; frames, agents and lights are read when they are asked for.
 * Beyond its rows, scenes are found by `scenes.sceneOf`, and what a frame holds by `sceneFrames` and `readScene`.
 * @throws WindrowError `usage` for room for more than 65,536; from its functions, `damaged` for intervals that leave their arrays.
 *
 * @example
 * const scenes = await l5kitScenes(l5kitLayout(tables));
 * const { ego, agents } = await (await l5kitDataset(scenes)).sample(100);
 */
export async function l5kitDataset(
  scenes: L5kitScenes,
  options: L5kitDatasetOptions = {},
): Promise<Dataset<L5kitSensors>> {
  const room = await roomOf(scenes, options);
  const { layout, frames } = scenes;
  const lengthOf = (scene: number) => frames.to[scene]! - frames.from[scene]!;
  return dataset<L5kitSensors>({
    traces: scenes.length,
    lengths: Float64Array.from({ length: scenes.length }, (_, scene) => lengthOf(scene)),
    trace(scene): Trace<L5kitSensors> {
      const of = { layout, from: frames.from[scene]!, length: lengthOf(scene) };
      const sensors: L5kitSensors = {
        ego: ego(of),
        agents: agents(of, room.agents),
        trafficLights: trafficLights(of, room.faces),
      };
      return trace<L5kitSensors>({ name: scenes.name(scene), sensors, synchronization });
    },
  });
}
