/** What a dataset of scenes holds, told in numbers. */

import { intervalsOf } from "./intervals.ts";
import { floats, longs, numbers } from "./numbers.ts";
import { sceneFrames } from "./scene-frames.ts";
import type { L5kitScenes, SceneFinding } from "./scenes.ts";
import { FACE_INTERVAL, type L5kitLayout, PERCEPTION_LABELS, type PerceptionLabel } from "./schema.ts";
import { likeliest } from "./select.kernel.ts";

/** Rows that are read at a time. */
const PIECE = 65_536;

/** A dataset in numbers. */
export interface L5kitSummary {
  readonly scenes: number;
  readonly frames: number;
  readonly agents: number;
  /** Absent in version 1. */
  readonly faces?: number;
  /** Recording cars by name, and how many scenes each has; in the order of their names. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Times of the earliest and the latest frame, nanoseconds of the epoch; absent without frames. */
  readonly time?: { readonly from: bigint; readonly to: bigint };
  /** Agents by their most likely class; only those that occur. */
  readonly labels: Readonly<Partial<Record<PerceptionLabel, number>>>;
  readonly findings: readonly SceneFinding[];
}

/** The greatest numbers of agents and of faces in one frame. */
export interface Crowds {
  readonly agents: number;
  readonly faces: number;
}

function longest(pairs: Parameters<typeof intervalsOf>[0]): number {
  const { from, to } = intervalsOf(pairs);
  let most = 0;
  for (let i = 0; i < from.length; i++) most = Math.max(most, to[i]! - from[i]!);
  return most;
}

/** Finds the fullest frames, from the intervals alone. Intervals are not checked, but none counts more than there are rows. */
export async function crowds({ frames, agents, faces }: L5kitLayout): Promise<Crowds> {
  let [mostAgents, mostFaces] = [0, 0];
  const columns = faces === undefined ? ["agent_index_interval"] : ["agent_index_interval", FACE_INTERVAL];
  for (let from = 0; from < frames.length; from += PIECE) {
    const batch = await frames.read({ from, to: Math.min(from + PIECE, frames.length) }, { columns });
    mostAgents = Math.max(mostAgents, longest(numbers(batch, "agent_index_interval")));
    if (faces !== undefined) mostFaces = Math.max(mostFaces, longest(numbers(batch, FACE_INTERVAL)));
  }
  return { agents: Math.min(mostAgents, agents.length), faces: Math.min(mostFaces, faces?.length ?? 0) };
}

/**
 * What is odd about the scenes, by scene; each kind once a scene, with its first place.
 * @throws WindrowError `damaged` at the first interval that overlaps or leaves its array.
 */
export async function sceneFindings(scenes: L5kitScenes): Promise<SceneFinding[]> {
  const findings = scenes.findings.filter(({ scene }) => scene === undefined);
  for (let scene = 0; scene < scenes.length; scene++) findings.push(...(await sceneFrames(scenes, scene)).findings);
  return findings;
}

async function timeSpan({ frames }: L5kitLayout): Promise<{ from: bigint; to: bigint } | undefined> {
  let span: { from: bigint; to: bigint } | undefined;
  for (let from = 0; from < frames.length; from += PIECE) {
    const choice = { from, to: Math.min(from + PIECE, frames.length) };
    const batch = await frames.read(choice, { columns: ["timestamp"] });
    for (const time of longs(numbers(batch, "timestamp"))) {
      span ??= { from: time, to: time };
      if (time < span.from) span.from = time;
      if (time > span.to) span.to = time;
    }
  }
  return span;
}

async function labelCounts({ agents }: L5kitLayout): Promise<Partial<Record<PerceptionLabel, number>>> {
  const counts = new Float64Array(PERCEPTION_LABELS.length);
  for (let from = 0; from < agents.length; from += PIECE) {
    const choice = { from, to: Math.min(from + PIECE, agents.length) };
    const batch = await agents.read(choice, { columns: ["label_probabilities"] });
    const labels = floats(batch, "label_probabilities");
    for (let row = 0; row < batch.length; row++) counts[likeliest(labels, row)]! += 1;
  }
  const entries = PERCEPTION_LABELS.map((label, k) => [label, counts[k]!] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

function hostCounts(hosts: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Reads a dataset once, a piece at a time, and tells what it holds and what is odd about it.
 * @throws WindrowError `damaged` at the first interval that overlaps or leaves its array.
 */
export async function l5kitSummary(scenes: L5kitScenes): Promise<L5kitSummary> {
  const { layout } = scenes;
  const time = await timeSpan(layout);
  return {
    scenes: scenes.length,
    frames: layout.frames.length,
    agents: layout.agents.length,
    ...(layout.faces && { faces: layout.faces.length }),
    hosts: hostCounts(scenes.hosts),
    ...(time && { time }),
    labels: await labelCounts(layout),
    findings: await sceneFindings(scenes),
  };
}
