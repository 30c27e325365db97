/** L5Kit scenes of few rows: plain rows to write down, tables of them in memory, and scenes of any kind from fast-check. */

import fc from "fast-check";
import {
  type Batch,
  type Column,
  type ColumnType,
  isNumeric,
  NUMERIC_ARRAYS,
  type RowTable,
  rng,
  type Schema,
  WindrowError,
} from "../src/core/index.ts";
import {
  AGENT_SCHEMA,
  FACE_SCHEMA,
  FRAME_SCHEMA,
  L5KIT_ARRAYS,
  type L5kitScene,
  type L5kitTables,
  l5kitLayout,
  l5kitScenes,
  PERCEPTION_LABELS,
  readScene,
  SCENE_SCHEMA,
} from "../src/domains/l5kit/index.ts";
import { openZarr, type ZarrGroup } from "../src/formats/zarr/index.ts";
import { folderStore, nodeCodecs } from "../src/node/index.ts";

/** A row of an array; fields that are left out are 0 or empty. */
export type PlainRow = Readonly<Record<string, unknown>>;

function columnOf(type: ColumnType, values: readonly unknown[], width: number): Column {
  if (!isNumeric(type.kind)) return { data: values.map((value) => value ?? "") as string[] }; // the layout's other kind is texts
  const data = new NUMERIC_ARRAYS[type.kind](values.length * width);
  const number = (value: unknown) => (typeof data[0] === "bigint" ? BigInt(value as number) : Number(value));
  for (const [row, value] of values.entries()) {
    const list = Array.isArray(value) ? value.flat() : [value ?? 0];
    for (const [k, one] of list.entries()) data[row * width + k] = number(one) as never; // of the array's own kind
  }
  return { data };
}

/** A table in memory that gives its rows as a format's reader would, and says which rows it was asked for. */
export function memoryTable(schema: Schema, rows: readonly PlainRow[]): RowTable & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    schema,
    length: rows.length,
    asked,
    async read(choice, { columns = Object.keys(schema) } = {}): Promise<Batch> {
      const wanted =
        choice instanceof Uint32Array
          ? [...choice]
          : Array.from({ length: choice.to - choice.from }, (_, i) => choice.from + i);
      asked.push(`${wanted[0]}+${wanted.length}`);
      const chosen = wanted.map((row) => {
        const found = rows[row];
        if (found === undefined) throw new WindrowError("usage", `Cannot read row ${row}: it is not there`);
        return found;
      });
      const named = columns.map((name) => {
        const type = schema[name]!;
        const width = (type.shape ?? []).reduce((product, size) => product * size, 1);
        const values = chosen.map((row) => row[name]);
        return [name, columnOf(type, values, width)] as const;
      });
      return { length: wanted.length, columns: Object.fromEntries(named) };
    },
  };
}

/** One agent in one frame. */
export interface PlainAgent {
  readonly track: number | bigint;
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
  readonly extent?: readonly [number, number, number];
  readonly velocity?: readonly [number, number];
  /** Class and its probability; the rest is `UNKNOWN`. */
  readonly label?: number;
  readonly sure?: number;
}

/** One frame. */
export interface PlainFrame {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
  /** Nanoseconds after the scene's start; 0.1 s a frame where absent. */
  readonly after?: number;
  readonly agents: readonly PlainAgent[];
  readonly lights?: readonly { readonly face: string; readonly state: readonly number[] }[];
}

/** One scene. */
export interface PlainScene {
  readonly host: string;
  readonly start: bigint;
  readonly frames: readonly PlainFrame[];
}

/** How a file has its fields: sizes of floats and ids, and the version. */
export interface FileKind {
  readonly pose: "f32" | "f64";
  readonly yaw: "f32" | "f64";
  readonly id: "u64" | "u32" | "i64" | "i32";
  readonly version: 1 | 2;
}

/** As l5kit writes them. */
export const AS_PUBLISHED: FileKind = { pose: "f64", yaw: "f32", id: "u64", version: 2 };

const turned = (yaw: number) => [Math.cos(yaw), -Math.sin(yaw), 0, Math.sin(yaw), Math.cos(yaw), 0, 0, 0, 1];

function agentRow({ track, x, y, yaw, extent = [4, 2, 1.5], velocity = [0, 0], label = 3, sure = 1 }: PlainAgent) {
  const probabilities = PERCEPTION_LABELS.map((_, k) => (k === label ? sure : k === 1 ? 1 - sure : 0));
  return { centroid: [x, y], extent, yaw, velocity, track_id: track, label_probabilities: probabilities };
}

/** The rows of all four arrays. */
export function plainRows(scenes: readonly PlainScene[]) {
  const rows = { scenes: [], frames: [], agents: [], traffic_light_faces: [] } as Record<string, PlainRow[]>;
  for (const { host, start, frames } of scenes) {
    const from = rows["frames"]!.length;
    for (const [i, { x, y, yaw, after = i * 1e8, agents, lights = [] }] of frames.entries()) {
      const [a, f] = [rows["agents"]!.length, rows["traffic_light_faces"]!.length];
      rows["frames"]!.push({
        timestamp: start + BigInt(after),
        agent_index_interval: [a, a + agents.length],
        traffic_light_faces_index_interval: [f, f + lights.length],
        ego_translation: [x, y, 0],
        ego_rotation: turned(yaw),
      });
      rows["agents"]!.push(...agents.map(agentRow));
      const face = (light: (typeof lights)[number]) => ({
        face_id: light.face,
        traffic_light_face_status: light.state,
      });
      rows["traffic_light_faces"]!.push(...lights.map(face));
    }
    const end = start + BigInt(frames.length) * 100_000_000n;
    rows["scenes"]!.push({
      frame_index_interval: [from, from + frames.length],
      host,
      start_time: start,
      end_time: end,
    });
  }
  return rows as Record<"scenes" | "frames" | "agents" | "traffic_light_faces", PlainRow[]>;
}

/** Tables of rows, as a file of some kind has them. */
export function tablesOf(rows: ReturnType<typeof plainRows>, kind: FileKind = AS_PUBLISHED): L5kitTables {
  const { traffic_light_faces_index_interval: faces, ...older } = FRAME_SCHEMA;
  const { ego_translation: place, ego_rotation: turn } = FRAME_SCHEMA;
  const poses = { ego_translation: { ...place, kind: kind.pose }, ego_rotation: { ...turn, kind: kind.pose } };
  const frames = { ...older, ...(kind.version === 2 && { traffic_light_faces_index_interval: faces }), ...poses };
  const centroid = { ...AGENT_SCHEMA.centroid, kind: kind.pose };
  const agents = { ...AGENT_SCHEMA, centroid, yaw: { kind: kind.yaw }, track_id: { kind: kind.id } };
  return {
    scenes: memoryTable(SCENE_SCHEMA, rows.scenes),
    frames: memoryTable(frames, rows.frames),
    agents: memoryTable(agents, rows.agents),
    ...(kind.version === 2 && { traffic_light_faces: memoryTable(FACE_SCHEMA, rows.traffic_light_faces) }),
  };
}

/** Scenes as they are when read. */
export async function scenesOf(scenes: readonly PlainScene[], kind?: FileKind): Promise<L5kitScene[]> {
  const list = await l5kitScenes(l5kitLayout(tablesOf(plainRows(scenes), kind)));
  return Promise.all(scenes.map((_, i) => readScene(list, i)));
}

/** The arrays of a Zarr store in a folder. */
export async function zarrTables(path: string): Promise<L5kitTables> {
  const group = await openZarr(folderStore(path), "", { codecs: nodeCodecs() });
  const names = L5KIT_ARRAYS.map(async (name) => [name, await (group as ZarrGroup).open(name)] as const); // a dataset is a group
  return Object.fromEntries(await Promise.all(names)) as L5kitTables; // of which each array is a table
}

/** How wild made-up scenes are. */
export interface AnySceneOptions {
  /** Most frames. */
  readonly frames: number;
  /** Most tracks. */
  readonly tracks: number;
  /** Whether a track may be in a frame twice, and numbers may be NaN. */
  readonly hostile?: boolean;
}

/** One scene, the same for the same seed and number. */
export function plainScene(
  seed: number,
  number: number,
  { frames, tracks, hostile = false }: AnySceneOptions,
): PlainScene {
  const random = rng("l5kit", seed, number);
  const length = random.int(frames + 1);
  const [speed, bend] = [random.uniform() * 15, random.normal() * 0.02];
  const cars = Array.from({ length: random.int(tracks + 1) }, (_, track) => ({
    track: track + 1 + random.int(2) * 2 ** 40,
    x: random.normal() * 30,
    y: random.normal() * 30,
    yaw: random.normal() * 3,
    label: [1, 3, 12, 14][random.int(4)]!,
    sure: random.uniform(),
    turn: random.int(6) === 0 ? 0.6 : 0.05,
  }));
  const car = (of: (typeof cars)[number], i: number): PlainAgent => ({
    track: of.track,
    x: hostile && random.int(40) === 0 ? Number.NaN : of.x + speed * 0.1 * i + random.normal() * 0.1,
    y: of.y + random.normal() * 0.1,
    yaw: hostile && random.int(40) === 0 ? Number.NaN : of.yaw + random.normal() * of.turn,
    extent: [4 + random.normal() * 0.05, random.int(30) === 0 ? 0.001 : 2, 1.5],
    velocity: [random.normal() * 5, random.normal()],
    label: of.label,
    sure: random.int(8) === 0 ? random.uniform() : of.sure,
  });
  return {
    host: `host-a${100 + number}`,
    start: 1_570_000_000_000_000_000n + BigInt(number),
    frames: Array.from({ length }, (_, i) => ({
      x: hostile && random.int(40) === 0 ? Number.NaN : 700 + speed * 0.1 * i,
      y: -2000 + i * bend,
      yaw: bend * i,
      agents: cars.flatMap((of) => {
        const times = random.int(6) === 0 ? 0 : hostile && random.int(12) === 0 ? 2 : 1;
        return Array.from({ length: times }, () => car({ ...of, x: of.x + 700, y: of.y - 2000 }, i));
      }),
      lights: Array.from({ length: random.int(3) }, (_, k) => ({ face: `f${k}`, state: [k, 1 - k, 0] })),
    })),
  };
}

/** Datasets of up to three scenes. */
export function anyScenes(options: AnySceneOptions): fc.Arbitrary<PlainScene[]> {
  return fc
    .record({ seed: fc.nat(), scenes: fc.integer({ min: 0, max: 3 }) })
    .map(({ seed, scenes }) => Array.from({ length: scenes }, (_, number) => plainScene(seed, number, options)));
}
