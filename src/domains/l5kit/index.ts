/** L5Kit: recorded scenes of traffic, checked, selected, made into motion-prediction samples. */

export { type AnchorOptions, type Anchors, anchorNames, anchorSlice, sceneAnchors } from "./anchors.ts";
export { type Crowds, crowds } from "./crowds.ts";
export { type L5kitDatasetOptions, type L5kitSensors, l5kitDataset } from "./dataset.ts";
export { type Intervals, intervalAt } from "./intervals.ts";
export { type AgentPlace, agentsOf, placeOf, type RowRange } from "./lookup.ts";
export { MOTION, type MotionOptions } from "./motion-options.ts";
export type { Floats } from "./numbers.ts";
export { motionSamples, motionSchema } from "./samples.ts";
export { type AgentColumns, type L5kitScene, readScene } from "./scene.ts";
export { type EgoPoses, refuseFindings, rotationYaws, type SceneFrames, sceneFrames } from "./scene-frames.ts";
export { type L5kitScenes, l5kitScenes, type SceneFinding } from "./scenes.ts";
export {
  AGENT_LABELS,
  AGENT_SCHEMA,
  EGO_EXTENT,
  EGO_TRACK,
  FACE_SCHEMA,
  FRAME_SCHEMA,
  L5KIT_ARRAYS,
  type L5kitArray,
  type L5kitLayout,
  type L5kitTables,
  LIGHT_STATES,
  l5kitLayout,
  PERCEPTION_LABELS,
  type PerceptionLabel,
  SCENE_SCHEMA,
} from "./schema.ts";
export {
  type AgentSelection,
  maskPath,
  SELECTION,
  type SelectionOptions,
  type SelectionReason,
  type SelectionReport,
  type StoredMask,
  selectAgents,
  storedSelection,
} from "./select.ts";
export { type SimulatedScene, type SimulateScenesOptions, simulateScenes } from "./simulate.ts";
export { type SceneLayout, sceneSchemas } from "./simulate-rows.ts";
export { type L5kitSummary, l5kitSummary, l5kitWarnings } from "./summary.ts";
export type { Tracks } from "./tracks.kernel.ts";
