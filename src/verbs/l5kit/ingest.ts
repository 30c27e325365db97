/** Reads L5Kit scenes into the rows file: each row is a motion-prediction sample. */

import { type RowTable, WindrowError } from "../../core/index.ts";
import {
  type Anchors,
  anchorNames,
  anchorSlice,
  type L5kitScene,
  l5kitLayout,
  l5kitScenes,
  motionSamples,
  readScene,
  refuseFindings,
  type SelectionReport,
  sceneAnchors,
  selectAgents,
  storedSelection,
} from "../../domains/l5kit/index.ts";
import type { Ledger, RowFiles, Trace } from "../../materialize/index.ts";
import { entitySplit } from "../../order/index.ts";
import type { ArraysPlace } from "../convert/arrays-place.ts";
import { maskStore, storedMask } from "./mask.ts";
import type { ResolvedL5kit } from "./options.ts";
import { l5kitTables, ofInput } from "./tables.ts";

/** Samples that are made at a time. */
const BATCH = 256;

/** Anchors of one track after those of another, each in order of frames: so that a track's samples are stretches of rows. */
function byTrack(scene: L5kitScene, anchors: Anchors): Anchors {
  const { track, tracks } = scene.rows;
  const place = (row: number) => (row < 0 ? 0 : track[row]! + 1);
  const next = new Uint32Array(tracks + 2);
  for (const row of anchors.row) next[place(row) + 1]! += 1;
  for (let i = 1; i < next.length; i++) next[i]! += next[i - 1]!;
  const frame = new Uint32Array(anchors.length);
  const row = new Int32Array(anchors.length);
  for (let i = 0; i < anchors.length; i++) {
    const own = place(anchors.row[i]!);
    const at = next[own]!;
    next[own] = at + 1;
    frame[at] = anchors.frame[i]!;
    row[at] = anchors.row[i]!;
  }
  return { length: anchors.length, frame, row };
}

/** Stretches of a track whose anchors are `step` frames apart: each a trace whose samples are named by their frames. */
function stretches(
  scene: L5kitScene,
  anchors: Anchors,
  { firstRow, step }: { readonly firstRow: number; readonly step: number },
): Omit<Trace, "split">[] {
  const { trace, start } = anchorNames(scene, anchors);
  const found: Omit<Trace, "split">[] = [];
  for (let from = 0; from < anchors.length; ) {
    let to = from + 1;
    while (to < anchors.length && trace[to] === trace[from] && start[to] === start[to - 1]! + step) to++;
    const rows = to - from;
    const own = { firstRow: firstRow + from, rows, firstStart: start[from]!, step };
    found.push({ id: trace[from]!, entity: scene.name, ...own });
    from = to;
  }
  return found;
}

/** When what a sample reaches over begins and ends, in epoch seconds: two numbers for each. */
function reach({ timestamps, length }: L5kitScene, { frame }: Anchors, { motion }: ResolvedL5kit): Float64Array {
  const times = new Float64Array(2 * frame.length);
  for (const [i, at] of frame.entries()) {
    times[2 * i] = Number(timestamps[Math.max(0, at - motion.history)]!) / 1e9;
    times[2 * i + 1] = Number(timestamps[Math.min(length - 1, at + motion.future)]!) / 1e9;
  }
  return times;
}

/** Which rows of a scene are chosen, why not the others, and what l5kit would store of it. */
interface Choice {
  readonly chosen: Uint8Array;
  readonly dropped: Readonly<Record<string, number>>;
  readonly cuts: Readonly<Partial<SelectionReport["cuts"]>>;
  /** Past and future of each row, where they were counted. */
  readonly counts?: Uint32Array;
}

async function choice(scene: L5kitScene, mask: RowTable | undefined, options: ResolvedL5kit): Promise<Choice> {
  const { rows, firstAgent } = scene;
  if (options.of === "ego") return { chosen: new Uint8Array(rows.length), dropped: {}, cuts: {} };
  if (mask === undefined) {
    const { chosen, counts, report } = selectAgents(scene, options.selection);
    return { chosen, counts, dropped: report.dropped, cuts: report.cuts };
  }
  const batch = await mask.read({ from: firstAgent, to: firstAgent + rows.length });
  const { shape = [] } = mask.schema["value"]!; // looked at when it was opened
  const data = batch.columns["value"]!.data as Uint32Array; // whole numbers of some kind
  const chosen = storedSelection({ data, shape: [rows.length, ...shape] }, rows.length, options.selection);
  const left = chosen.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0);
  return { chosen, dropped: { mask: left }, cuts: {} };
}

function add(counts: Record<string, number>, more: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count = 0] of Object.entries(more)) if (count > 0) counts[name] = (counts[name] ?? 0) + count;
}

/** The scenes of the dataset that is appended to: their samples' names are taken. */
export interface ThereAlready {
  readonly out: string;
  readonly scenes: ReadonlySet<string>;
}

/** Reads scenes one after the other, and accounts for every agent and every frame of the recording car. */
export class SceneIngest {
  readonly traces: Trace[] = [];
  /** The recording car of each scene. */
  readonly hosts = new Map<string, string>();
  readonly #options: ResolvedL5kit;
  readonly #files: RowFiles;
  readonly #inputs = new Map<string, string>();
  readonly #dropped: Record<string, number> = {};
  readonly #unused: Record<string, number> = {};
  readonly #noted: Record<string, number> = {};
  readonly #windows = { train: 0, validation: 0, test: 0 };
  readonly #there: ThereAlready;
  #tracks = 0;
  #input = 0;
  #kept = 0;
  #used = 0;

  constructor(files: RowFiles, options: ResolvedL5kit, there: ThereAlready) {
    this.#files = files;
    this.#there = there;
    this.#options = options;
  }

  /**
   * Reads the scenes of an input.
   * @throws WindrowError `damaged` for a scene with a gap or time that goes back, naming it; `usage` for one that two inputs have;
   * `exists` for one that the dataset has; `missing` for a mask that is not there.
   */
  async add(
    place: ArraysPlace,
    source: { readonly number: number; readonly name: string },
    tick: () => void,
  ): Promise<void> {
    const refused = (error: unknown): never => {
      throw ofInput(error, source.name);
    };
    const scenes = await l5kitScenes(l5kitLayout(await l5kitTables(place))).catch(refused);
    const { mask: use, selection } = this.#options;
    const all = scenes.layout.agents.length;
    const mask = use === "stored" ? await storedMask(place, selection.labelThreshold, all) : undefined;
    await using storing = use === "store" ? await maskStore(place, selection.labelThreshold, all) : undefined;
    let agents = 0;
    for (let number = 0; number < scenes.length; number++) {
      const scene = await readScene(scenes, number).catch(refused);
      refuseFindings(scene);
      this.#known(scene.name, source.name, scenes.hosts[number]!);
      const chosen = await choice(scene, mask, this.#options);
      if (chosen.counts !== undefined) await storing?.add(chosen.counts);
      this.#scene(scene, chosen, source.number);
      agents += scene.rows.length;
      tick();
    }
    if (agents !== all)
      throw new WindrowError(
        "damaged",
        `Cannot materialize ${source.name}: its scenes must hold all ${all} agents, got ${agents}`,
      );
    await storing?.close();
  }

  /** Notes a scene, and refuses one that is there already: its samples would have the names of others. */
  #known(scene: string, input: string, host: string): void {
    const other = this.#inputs.get(scene);
    if (other !== undefined)
      throw new WindrowError(
        "usage",
        `Cannot materialize: scene ${scene} is in ${other} and in ${input}; name one of them`,
      );
    if (this.#there.scenes.has(scene))
      throw new WindrowError(
        "exists",
        `Cannot append ${input}: ${this.#there.out} has its scene ${scene} already, from an input with other files; leave it out, or use --overwrite`,
      );
    this.#inputs.set(scene, input);
    this.hosts.set(scene, host);
  }

  #scene(scene: L5kitScene, { chosen, dropped, cuts }: Choice, source: number): void {
    const { of, step } = this.#options;
    const every = sceneAnchors(scene, chosen, { of });
    const anchors = byTrack(scene, step === 1 ? every : sceneAnchors(scene, chosen, { of, step }));
    this.#account(scene, { every, anchors, chosen, dropped });
    add(this.#noted, { "runs_cut: hole": cuts.hole, "runs_cut: yaw": cuts.yaw, "runs_cut: extent": cuts.extent });
    const split = entitySplit(this.#options.seed, scene.name, this.#options.fractions);
    this.#windows[split] += anchors.length;
    let track: string | undefined;
    for (const stretch of stretches(scene, anchors, { firstRow: this.#files.rows, step })) {
      this.traces.push({ ...stretch, split });
      // Those of one track lie side by side.
      if (stretch.id !== track) this.#tracks++;
      track = stretch.id;
    }
    const samples = motionSamples(scene, this.#options.motion);
    for (let from = 0; from < anchors.length; from += BATCH) {
      const some = anchorSlice(anchors, from, from + BATCH);
      this.#files.append({ batch: samples(some), times: reach(scene, some, this.#options), source });
    }
  }

  /** Every row of agents and every frame of the recording car is a sample, or is left out for a reason. */
  #account(
    scene: L5kitScene,
    of: {
      readonly every: Anchors;
      readonly anchors: Anchors;
      readonly chosen: Uint8Array;
      readonly dropped: Choice["dropped"];
    },
  ): void {
    const who = this.#options.of;
    const rows = who === "ego" ? 0 : scene.rows.length;
    const frames = who === "agents" ? 0 : scene.length;
    const agents = of.every.row.reduce((sum, row) => sum + (row < 0 ? 0 : 1), 0);
    const ego = of.every.length - agents;
    const chosen = of.chosen.reduce((sum, one) => sum + one, 0);
    this.#input += rows + frames;
    this.#kept += of.every.length;
    this.#used += of.anchors.length;
    add(this.#dropped, of.dropped);
    // A mask may choose what no sample can be made of.
    add(this.#dropped, { pose: chosen - agents, ego_pose: frames - ego });
    add(this.#unused, { between_steps: of.every.length - of.anchors.length });
    const own = of.anchors.row.reduce((sum, row) => sum + (row < 0 ? 1 : 0), 0);
    add(this.#noted, { ego_samples: own, agent_samples: of.anchors.length - own, scenes: 1 });
  }

  /** The account of all that was added. */
  ledger(): Ledger {
    return {
      input: this.#input,
      kept: this.#kept,
      dropped: this.#dropped,
      points: { used: this.#used, unused: this.#unused },
      windows: this.#windows,
      traces: { all: this.#tracks, short: 0 },
      noted: this.#noted,
    };
  }
}
