/** The list of scenes: their names, frames and hosts; nothing of what they hold. */

import { type Batch, WindrowError } from "../../core/index.ts";
import { checkIntervals, type Gap, type Intervals, intervalAt, intervalsOf } from "./intervals.ts";
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

/** Scenes that are read at a time: a file may claim any number of them, but those that were not written have one name. */
const PIECE = 16_384;

/** A scene is read whole; 29 hours of ten frames a second. */
const MOST_FRAMES = 2 ** 20;

const COLUMNS = ["frame_index_interval", "host", "start_time", "end_time"];

/** The columns of the list, as far as they are read. */
class SceneList {
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly hosts: string[] = [];
  readonly startTimes: bigint[] = [];
  readonly endTimes: bigint[] = [];
  readonly gaps: Gap[] = [];
  readonly #rows = new Map<string, number>();

  name(scene: number): string {
    return `${this.hosts[scene]}-${this.startTimes[scene]}`;
  }

  /** Adds some scenes; `end` is where the last frame must end, where they are the last scenes. */
  add(batch: Batch, { childLength, end }: { readonly childLength: number; readonly end: number | undefined }): void {
    const firstRow = this.hosts.length;
    const frames = intervalsOf(numbers(batch, "frame_index_interval"));
    const place = { array: "scenes", field: "frame_index_interval", firstRow, childLength, begin: this.to.at(-1) ?? 0 };
    const gaps = checkIntervals(frames, end === undefined ? place : { ...place, end });
    for (const gap of gaps) this.gaps.push({ ...gap, at: gap.at + firstRow });
    const hosts = batch.columns["host"]!.data as readonly string[]; // l5kitLayout has checked its kind
    const [starts, ends] = [longs(numbers(batch, "start_time")), longs(numbers(batch, "end_time"))];
    for (let i = 0; i < batch.length; i++) {
      this.from.push(frames.from[i]!);
      this.to.push(frames.to[i]!);
      this.hosts.push(hosts[i]!);
      this.startTimes.push(starts[i]!);
      this.endTimes.push(ends[i]!);
      this.#check(firstRow + i);
    }
  }

  #check(scene: number): void {
    const name = this.name(scene);
    const frames = this.to[scene]! - this.from[scene]!;
    if (frames > MOST_FRAMES)
      throw new WindrowError(
        "unsupported",
        `Cannot use scenes: a scene may have at most ${MOST_FRAMES} frames, got ${frames} at row ${scene}`,
        { details: { array: "scenes", row: scene } },
      );
    // Two scenes of one name would mix their samples: a copy of a dataset beside it, or a file written twice.
    const first = this.#rows.get(name);
    if (first !== undefined)
      throw new WindrowError(
        "damaged",
        `Cannot use scenes: host and start_time must name one scene, got ${name} at rows ${first} and ${scene}`,
        { details: { array: "scenes", name, row: scene } },
      );
    this.#rows.set(name, scene);
  }

  findings(): SceneFinding[] {
    const { length } = this.hosts;
    return this.gaps.map(({ at, from, to }) => {
      const rows = `rows ${from} to ${to} of frames`;
      if (length === 0) return { kind: "frame_gap", count: 1, message: `${rows} are of no scene` };
      const where = at < length ? `before scene ${this.name(at)}` : `behind scene ${this.name(length - 1)}`;
      const scene = Math.min(at, length - 1);
      return { kind: "frame_gap", scene, count: 1, message: `${rows}, ${where}, are of no scene` };
    });
  }
}

async function sceneList({ scenes, frames }: L5kitLayout): Promise<SceneList> {
  const list = new SceneList();
  const childLength = frames.length;
  for (let from = 0; from === 0 || from < scenes.length; from += PIECE) {
    const to = Math.min(from + PIECE, scenes.length);
    const end = to === scenes.length ? childLength : undefined;
    list.add(await scenes.read({ from, to }, { columns: COLUMNS }), { childLength, end });
  }
  return list;
}

/**
 * Reads the list of scenes, which takes some 100 bytes a scene, and checks that their frames lie in `frames` without an overlap.
 * @throws WindrowError `damaged` for intervals that do not, and for two scenes of one host and start; `unsupported` for a scene of more than 2²⁰ frames.
 */
export async function l5kitScenes(layout: L5kitLayout): Promise<L5kitScenes> {
  const list = await sceneList(layout);
  const frames = { from: Float64Array.from(list.from), to: Float64Array.from(list.to) };
  const { hosts } = list;
  return {
    layout,
    length: hosts.length,
    frames,
    hosts,
    startTimes: BigInt64Array.from(list.startTimes),
    endTimes: BigInt64Array.from(list.endTimes),
    findings: list.findings(),
    name(scene) {
      if (hosts[scene] !== undefined) return list.name(scene);
      throw new WindrowError(
        "usage",
        `Cannot open scene ${scene}: it must be one of the ${hosts.length} of the dataset`,
      );
    },
    sceneOf: (frame) => intervalAt(frames, frame),
  };
}
