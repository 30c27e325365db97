/** `windrow simulate l5kit`. */

import { command } from "../command.ts";
import { count } from "../terminal.ts";
import { flag, time, whole, word } from "../values.ts";

/** Seeded scenes. */
export const simulateL5kitCommand = command({
  name: "simulate l5kit",
  summary: "make seeded scenes in the layout of L5Kit: a car on a road, and what it sees around it",
  args: [],
  options: {
    out: { value: "<path>", summary: "what ends in .zarr, a folder, or in .zarr.zip", parse: word, isRequired: true },
    scenes: { value: "<n>", summary: "scenes", fallback: "10", parse: whole },
    frames: { value: "<n>", summary: "frames of a scene, ten a second", fallback: "248", parse: whole },
    agents: { value: "<n>", summary: "agents in a frame, about", fallback: "80", parse: whole },
    seed: { value: "<n>", summary: "same seed, same values", fallback: "42", parse: whole },
    start: { value: "<time>", summary: "when the first scene begins", fallback: "2024-01-01", parse: time },
    layout: {
      value: "<n>",
      summary: "2, or 1: without traffic lights, poses and track ids of 4 bytes",
      fallback: "2",
      parse: whole,
    },
    overwrite: flag("replace scenes that are there, once the new ones are whole"),
  },
  examples: ["windrow simulate l5kit --out scenes.zarr --scenes 100"],
  async run({ options, io }) {
    const { simulateL5kit } = await import("../../verbs/index.ts");
    const { out = "", overwrite, ...scenes } = options;
    const made = await simulateL5kit(
      { ...scenes, out, ...(overwrite ? { existing: "overwrite" as const } : {}) },
      { progress: io.progress, signal: io.signal },
    );
    io.result(made, () => [
      `wrote ${count(made.scenes)} scenes with ${count(made.frames)} frames and ${count(made.agents)} agents to ${made.out}`,
    ]);
    return 0;
  },
});
