/** The list of scenes: their names, frames and hosts; nothing of what they hold. */

import { WindrowError } from "../../core/index.ts";
import { checkIntervals, type Intervals, intervalAt, intervalsOf } from "./intervals.ts";
import { longs, numbers } from "./numbers.ts";
import type { L5kitLayout } from "./schema.ts";

/**
 * What is odd about a scene, but not damaged: rows that nothing leads to, or time that goes back. Looking at such data warns;
 * training data is not made of it.
 */
export interface SceneFinding {
  readonly kind: "frame_gap" | "agent_gap" | "face_gap" | "time_back";
  /** Number of the scene; absent for frames of a dataset without scenes. */
  readonly scene?: number;
  /** How often in this scene. */
  readonly count: number;
  /** Where first, in a sentence that names the scene. */
  readonly message: string;
}

/** The scenes of a dataset. */
export interface L5kitScenes {
  readonly layout: L5kitLayout;
  readonly length: number;
  /** Rows of `frames`, by scene. */
  readonly frames: Intervals;
  readonly hosts: readonly string[];
  /** Nanoseconds of the epoch. */
  readonly startTimes: BigInt64Array;
  readonly endTimes: BigInt64Array;
  /** Frames that no scene has. */
  readonly findings: readonly SceneFinding[];
  /**
   * `<host>-<start_time>`: by content, so that a scene keeps it wherever its files lie.
   * @throws WindrowError `usage` for a scene that is not there.
   */
  name(scene: number): string;
  /** The scene that has a row of `frames`; `undefined` where none has. */
  sceneOf(frame: number): number | undefined;
}

/** Two scenes of one name would mix their samples: a copy of a dataset beside it, or a file written twice. */
function refuseDuplicates(names: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const [scene, name] of names.entries()) {
    const first = seen.get(name);
    if (first !== undefined)
      throw new WindrowError(
        "damaged",
        `Cannot use scenes: host and start_time must name one scene, got ${name} at rows ${first} and ${scene}`,
        { details: { array: "scenes", name, row: scene } },
      );
    seen.set(name, scene);
  }
}

/**
 * Reads the list of scenes, which takes some 100 bytes a scene, and checks that their frames lie in `frames` without an overlap.
 * @throws WindrowError `damaged` for intervals that do not, and for two scenes of one host and start.
 */
export async function l5kitScenes(layout: L5kitLayout): Promise<L5kitScenes> {
  const length = layout.scenes.length;
  const columns = ["frame_index_interval", "host", "start_time", "end_time"];
  const batch = await layout.scenes.read({ from: 0, to: length }, { columns });
  const frames = intervalsOf(numbers(batch, "frame_index_interval"));
  const hosts = batch.columns["host"]!.data as readonly string[]; // l5kitLayout has checked its kind
  const startTimes = longs(numbers(batch, "start_time"));
  const nameOf = (scene: number) => `${hosts[scene]}-${startTimes[scene]}`;
  refuseDuplicates(hosts.map((_, scene) => nameOf(scene)));
  const childLength = layout.frames.length;
  const gaps = checkIntervals(frames, {
    array: "scenes",
    field: "frame_index_interval",
    firstRow: 0,
    childLength,
    begin: 0,
    end: childLength,
  });
  const findings = gaps.map(({ at, from, to }): SceneFinding => {
    const rows = `rows ${from} to ${to} of frames`;
    if (length === 0) return { kind: "frame_gap", count: 1, message: `${rows} are of no scene` };
    const where = at < length ? `before scene ${nameOf(at)}` : `behind scene ${nameOf(length - 1)}`;
    const scene = Math.min(at, length - 1);
    return { kind: "frame_gap", scene, count: 1, message: `${rows}, ${where}, are of no scene` };
  });
  return {
    layout,
    length,
    frames,
    hosts,
    startTimes,
    endTimes: longs(numbers(batch, "end_time")),
    findings,
    name(scene) {
      if (hosts[scene] !== undefined) return nameOf(scene);
      throw new WindrowError("usage", `Cannot open scene ${scene}: it must be one of the ${length} of the dataset`);
    },
    sceneOf: (frame) => intervalAt(frames, frame),
  };
}
