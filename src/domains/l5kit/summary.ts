/** What L5Kit scenes hold, in short: counts, hosts, times, classes, and what is odd about them. */

import { WindrowError } from "../../core/index.ts";
import { seconds } from "../../sync/index.ts";
import { floats } from "./numbers.ts";
import { sceneFrames } from "./scene-frames.ts";
import { type L5kitScenes, l5kitScenes, type SceneFinding } from "./scenes.ts";
import { type L5kitLayout, PERCEPTION_LABELS, type PerceptionLabel } from "./schema.ts";
import { likeliest } from "./select.kernel.ts";

/** What scenes hold. */
export interface L5kitSummary {
  /** 2 with traffic lights, 1 without. */
  readonly layout_version: 1 | 2;
  readonly scenes: number;
  readonly frames: number;
  readonly agents: number;
  /** `null` in version 1. */
  readonly traffic_light_faces: number | null;
  /** Scenes of each recording car. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Epoch seconds of the first and the last frame; `null` without frames. */
  readonly time: { readonly first: number; readonly last: number } | null;
  /** Agents by their likeliest class; only classes that there are. */
  readonly labels: Readonly<Partial<Record<PerceptionLabel, number>>>;
  /** Agents that were counted for `labels`: all, or evenly chosen stretches of many. */
  readonly labels_of: number;
  /** What is odd: gaps, time that goes back, and the first violation of an interval. */
  readonly warnings: readonly string[];
}

/** An interval that overlaps or leaves its array is told of; what cannot be read is an error. */
function violation(error: unknown): string {
  if (error instanceof WindrowError && error.code === "damaged" && error.details["field"] !== undefined)
    return error.message;
  throw error;
}

const messageOf = ({ message, count }: SceneFinding) =>
  count === 1 ? message : `${message}; ${count} times in this scene`;

/** A scene's frames, as far as a look at them needs. */
interface Look {
  readonly scenes: L5kitScenes | undefined;
  readonly warnings: readonly string[];
  readonly time: L5kitSummary["time"];
}

async function look(layout: L5kitLayout): Promise<Look> {
  let scenes: L5kitScenes;
  try {
    scenes = await l5kitScenes(layout);
  } catch (error) {
    return { scenes: undefined, warnings: [violation(error)], time: null };
  }
  const warnings: string[] = [];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // Findings of the list of scenes come with the scene that they belong to, but for those of frames without a scene.
  warnings.push(...scenes.findings.filter(({ scene }) => scene === undefined).map(messageOf));
  for (let scene = 0; scene < scenes.length; scene++) {
    try {
      const { findings, timestamps } = await sceneFrames(scenes, scene);
      warnings.push(...findings.map(messageOf));
      for (const time of seconds(timestamps, "ns")) {
        first = Math.min(first, time);
        last = Math.max(last, time);
      }
    } catch (error) {
      warnings.push(violation(error));
    }
  }
  return { scenes, warnings, time: first <= last ? { first, last } : null };
}

/**
 * What is odd about scenes, in sentences that name the place: gaps between intervals, time that goes back, intervals that overlap or leave
 * their array. Reads scenes and frames.
 * @throws WindrowError `damaged` for what cannot be read.
 */
export async function l5kitWarnings(layout: L5kitLayout): Promise<readonly string[]> {
  return (await look(layout)).warnings;
}

/** Agents that are read at a time, and how many are counted at most. */
const BLOCK = 1 << 16;
const MOST_COUNTED = 160 * BLOCK;

async function labelCounts({ agents }: L5kitLayout): Promise<Pick<L5kitSummary, "labels" | "labels_of">> {
  const counts = new Float64Array(PERCEPTION_LABELS.length);
  const blocks = Math.ceil(agents.length / BLOCK);
  const step = Math.max(1, Math.ceil((blocks * BLOCK) / MOST_COUNTED));
  let rows = 0;
  for (let block = 0; block < blocks; block += step) {
    const range = { from: block * BLOCK, to: Math.min(agents.length, (block + 1) * BLOCK) };
    const batch = await agents.read(range, { columns: ["label_probabilities"] });
    const labels = floats(batch, "label_probabilities");
    for (let row = 0; row < batch.length; row++) counts[likeliest(labels, row)]! += 1;
    rows += batch.length;
  }
  const labels = PERCEPTION_LABELS.flatMap((label, i) => (counts[i]! > 0 ? [[label, counts[i]!] as const] : []));
  return { labels: Object.fromEntries(labels), labels_of: rows };
}

/**
 * Looks at scenes: reads scenes and frames, and the classes of agents, of more than ten million of them evenly chosen stretches.
 * @throws WindrowError `damaged` for what cannot be read.
 */
export async function l5kitSummary(layout: L5kitLayout): Promise<L5kitSummary> {
  const { scenes, warnings, time } = await look(layout);
  const hosts = new Map<string, number>();
  for (const host of scenes?.hosts ?? []) hosts.set(host, (hosts.get(host) ?? 0) + 1);
  return {
    layout_version: layout.faces === undefined ? 1 : 2,
    scenes: layout.scenes.length,
    frames: layout.frames.length,
    agents: layout.agents.length,
    traffic_light_faces: layout.faces?.length ?? null,
    hosts: Object.fromEntries(hosts),
    time,
    ...(await labelCounts(layout)),
    warnings,
  };
}
