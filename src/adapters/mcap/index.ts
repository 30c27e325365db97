/** MCAP recordings (mcap.dev): topics of ROS 1, ROS 2, JSON and Protocol Buffers messages, as sensors. */

export type { McapLost } from "./contents.ts";
export { type McapOptions, type McapRecording, openMcap } from "./open.ts";
export type { McapTime } from "./topic-sensor.ts";
