/** The published layout of L5Kit's scenes: arrays, fields, labels; and the check that tables have it (docs/formats/l5kit.md). */

import { type ColumnType, type Kind, type RowTable, type Schema, WindrowError } from "../../core/index.ts";

/** Names of the classes, in the order of `label_probabilities`. */
export const PERCEPTION_LABELS = [
  "PERCEPTION_LABEL_NOT_SET",
  "PERCEPTION_LABEL_UNKNOWN",
  "PERCEPTION_LABEL_DONTCARE",
  "PERCEPTION_LABEL_CAR",
  "PERCEPTION_LABEL_VAN",
  "PERCEPTION_LABEL_TRAM",
  "PERCEPTION_LABEL_BUS",
  "PERCEPTION_LABEL_TRUCK",
  "PERCEPTION_LABEL_EMERGENCY_VEHICLE",
  "PERCEPTION_LABEL_OTHER_VEHICLE",
  "PERCEPTION_LABEL_BICYCLE",
  "PERCEPTION_LABEL_MOTORCYCLE",
  "PERCEPTION_LABEL_CYCLIST",
  "PERCEPTION_LABEL_MOTORCYCLIST",
  "PERCEPTION_LABEL_PEDESTRIAN",
  "PERCEPTION_LABEL_ANIMAL",
  "AVRESEARCH_LABEL_DONTCARE",
] as const;

/** The name of a class of agents. */
export type PerceptionLabel = (typeof PERCEPTION_LABELS)[number];

/** The classes that move: those from `CAR` to `ANIMAL`, whose probabilities l5kit adds up to choose agents. */
export const AGENT_LABELS: readonly PerceptionLabel[] = PERCEPTION_LABELS.slice(
  PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_CAR"),
  PERCEPTION_LABELS.indexOf("PERCEPTION_LABEL_ANIMAL") + 1,
);

/** Names of a traffic-light face's states, in the order of `traffic_light_face_status`. */
export const LIGHT_STATES = ["ACTIVE", "INACTIVE", "UNKNOWN"] as const;

/** Length, width and height of the recording car, in metres (l5kit `rasterization`). */
export const EGO_EXTENT = [4.87, 1.85, 1.8] as const;

/** The `track_id` that stands for the recording car, which is no row of `agents`. */
export const EGO_TRACK = -1n;

const I64: ColumnType<"i64"> = { kind: "i64" };
const INTERVAL = { kind: "i64", shape: [2] } as const satisfies ColumnType;

/** A row of `scenes`. Times are nanoseconds of the epoch; the interval is of rows of `frames`. */
export const SCENE_SCHEMA = {
  frame_index_interval: INTERVAL,
  host: { kind: "str" },
  start_time: { ...I64, unit: "ns" },
  end_time: { ...I64, unit: "ns" },
} as const satisfies Schema;

/** A row of `frames`, format version 2. Version 1 lacks `traffic_light_faces_index_interval`. Poses are in the world's frame, metres. */
export const FRAME_SCHEMA = {
  timestamp: { ...I64, unit: "ns" },
  agent_index_interval: INTERVAL,
  traffic_light_faces_index_interval: INTERVAL,
  ego_translation: { kind: "f64", shape: [3], unit: "m" },
  ego_rotation: { kind: "f64", shape: [3, 3] },
} as const satisfies Schema;

/** A row of `agents`: one observation of one agent in one frame, in the world's frame. */
export const AGENT_SCHEMA = {
  centroid: { kind: "f64", shape: [2], unit: "m" },
  extent: { kind: "f32", shape: [3], unit: "m" },
  yaw: { kind: "f32", unit: "rad" },
  velocity: { kind: "f32", shape: [2], unit: "m/s" },
  track_id: { kind: "u64" },
  label_probabilities: { kind: "f32", shape: [PERCEPTION_LABELS.length] },
} as const satisfies Schema;

/** A row of `traffic_light_faces`: one face in one frame. */
export const FACE_SCHEMA = {
  face_id: { kind: "str" },
  traffic_light_id: { kind: "str" },
  traffic_light_face_status: { kind: "f32", shape: [LIGHT_STATES.length] },
} as const satisfies Schema;

/** Names of the arrays, in the order of the layout. */
export const L5KIT_ARRAYS = ["scenes", "frames", "agents", "traffic_light_faces"] as const;

/** The name of an array of the layout. */
export type L5kitArray = (typeof L5KIT_ARRAYS)[number];

/** The arrays of a dataset by name, as its reader gives them; others may lie beside them. */
export type L5kitTables = Readonly<Partial<Record<L5kitArray, RowTable>>>;

/** The arrays, found to have the layout. */
export interface L5kitLayout {
  readonly scenes: RowTable;
  readonly frames: RowTable;
  readonly agents: RowTable;
  /** Absent in version 1, whose frames have no intervals of faces. */
  readonly faces: RowTable | undefined;
}

/** The kinds that a field is found with: as published, and as older or smaller files have it. */
const ALSO: Partial<Record<Kind, readonly Kind[]>> = {
  f32: ["f32", "f64"],
  f64: ["f64", "f32"],
  i64: ["i64", "u64", "i32", "u32"],
  u64: ["u64", "i64", "u32", "i32"],
};

const FIELDS: Readonly<Record<L5kitArray, Schema>> = {
  scenes: SCENE_SCHEMA,
  frames: FRAME_SCHEMA,
  agents: AGENT_SCHEMA,
  traffic_light_faces: FACE_SCHEMA,
};

/** The field of `frames` that tells the versions apart. */
export const FACE_INTERVAL = "traffic_light_faces_index_interval";

const shapeText = (type: ColumnType) => `${type.kind}[${type.shape ?? ""}]`;

function checkFields(array: L5kitArray, schema: Schema): void {
  for (const [name, wanted] of Object.entries<ColumnType>(FIELDS[array])) {
    const found = schema[name];
    if (found === undefined) {
      if (name === FACE_INTERVAL) continue;
      throw new WindrowError(
        "damaged",
        `Cannot use ${array}: an L5Kit array must have the field ${name}, got ${Object.keys(schema).join(", ")}`,
        { details: { array, field: name } },
      );
    }
    const kinds = ALSO[wanted.kind] ?? [wanted.kind];
    if (kinds.includes(found.kind) && String(found.shape ?? "") === String(wanted.shape ?? "")) continue;
    throw new WindrowError(
      "damaged",
      `Cannot use ${array}: field ${name} must be ${shapeText(wanted)}, got ${shapeText(found)}`,
      { details: { array, field: name } },
    );
  }
}

/**
 * Checks that tables have the published layout. Versions and sizes differ between real files: poses of 4 or 8 bytes, track ids and
 * intervals of 4 or 8 bytes, with or without traffic lights. Reads nothing.
 * @throws WindrowError `missing` for an array that is not there, `damaged` for a field that is not there or of another type.
 */
export function l5kitLayout(tables: L5kitTables): L5kitLayout {
  const { scenes, frames, agents, traffic_light_faces: faces } = tables;
  const missing = (array: L5kitArray) =>
    new WindrowError(
      "missing",
      `Cannot open L5Kit scenes: the layout requires the array ${array}, got ${Object.keys(tables).join(", ") || "none"}`,
      { details: { array } },
    );
  if (scenes === undefined) throw missing("scenes");
  if (frames === undefined) throw missing("frames");
  if (agents === undefined) throw missing("agents");
  checkFields("scenes", scenes.schema);
  checkFields("frames", frames.schema);
  checkFields("agents", agents.schema);
  const lights = frames.schema[FACE_INTERVAL] !== undefined;
  if (!lights) return { scenes, frames, agents, faces: undefined };
  if (faces === undefined) throw missing("traffic_light_faces");
  checkFields("traffic_light_faces", faces.schema);
  return { scenes, frames, agents, faces };
}
