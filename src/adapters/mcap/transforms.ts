/** Messages that are lists of transforms: tf2_msgs/TFMessage, foxglove.FrameTransforms, and what looks like them. */

import type { Fields } from "./fields.ts";

const LIST = "transforms";
const CHILD = "child_frame_id";

/** What a list of transforms is made of; `undefined` for messages that are none. */
export function transformFields(fields: Fields): Fields | undefined {
  const field = fields.get(LIST);
  const element = field?.shape.kind === "json" ? field.shape.element : undefined;
  const child = element?.get(CHILD)?.shape;
  return child?.kind === "scalar" && child.type === "str" ? element : undefined;
}

/** The transforms of a message. */
export function transformsIn(message: unknown): readonly unknown[] {
  return ((message as Record<string, unknown> | undefined)?.[LIST] ?? []) as readonly unknown[]; // by its schema
}

/** The frame that a transform places. */
export function childFrame(transform: unknown): string {
  return String((transform as Record<string, unknown>)[CHILD] ?? ""); // by its schema
}
