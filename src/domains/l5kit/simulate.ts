/** Seeded scenes in the layout of L5Kit, of any size: a car on a road, and what it sees around it ten times a second. */

import { type Batch, type Rng, rng, WindrowError } from "../../core/index.ts";
import { type Road, road } from "./simulate-road.ts";
import { AgentRows, FaceRows, FrameRows, lightsOf, type SceneLayout } from "./simulate-rows.ts";
import { EGO_STEP, egoTrack, FRAME_SECONDS, isSeen, move, newTrack, SIGHT, type Track } from "./simulate-traffic.ts";

/** What scenes to make. */
export interface SimulateScenesOptions {
  /** How many; 10. */
  readonly scenes?: number;
  /** Frames of each, a tenth of a second apart; 248, as those that were published have. */
  readonly frames?: number;
  /** Agents in a frame, about; 80. */
  readonly agents?: number;
  /** Same seed, same values; 42. */
  readonly seed?: number | string;
  /** Epoch seconds of the first frame; 2024-01-01T00:00:00Z. */
  readonly start?: number;
  /** 2. */
  readonly layout?: SceneLayout;
}

/** The rows of one scene, to be appended to each table; intervals count the rows of all scenes before. */
export type SimulatedScene = Readonly<Record<string, Batch>>;

type Options = Required<SimulateScenesOptions>;

/** Of frames, in which an agent that is there is not seen. */
const MISSED = 0.01;
/** By how much the number of agents goes up and down, as a share of it. */
const TIDE = 0.2;
/** Metres of road behind and ahead of what the ego passes. */
const MARGIN = 2 * SIGHT;
/** A scene is made whole: its rows must fit in memory. */
const MOST_ROWS = 20_000_000;
const MOST_FRAMES = 1_000_000;
const HOSTS = 20;
const FRAME_NANOSECONDS = BigInt(FRAME_SECONDS * 1e9);

function complete(options: SimulateScenesOptions): Options {
  const { scenes = 10, frames = 248, agents = 80, seed = 42, start = 1_704_067_200, layout = 2 } = options;
  const check = (ok: boolean, what: string, got: unknown): void => {
    if (!ok) throw new WindrowError("usage", `Cannot simulate scenes: ${what}, got ${String(got)}`);
  };
  const counts = {
    scenes: [scenes, 0, 2 ** 31],
    frames: [frames, 1, MOST_FRAMES],
    agents: [agents, 0, 100_000],
  } as const;
  for (const [name, [value, least, most]] of Object.entries(counts))
    check(
      Number.isInteger(value) && value >= least && value <= most,
      `${name} must be a whole number from ${least} to ${most}`,
      value,
    );
  const rows = frames * agents;
  check(rows <= MOST_ROWS, `a scene may have at most ${MOST_ROWS} rows of agents, frames × agents`, rows);
  check(start >= 0 && start <= 9e9, "start must be epoch seconds from 0 to 9e9", start);
  check(layout === 1 || layout === 2, "layout must be 1 or 2", layout);
  return { scenes, frames, agents, seed, start, layout };
}

/** What is around the ego, frame by frame. */
class Traffic {
  readonly #way: Road;
  readonly #random: Rng;
  readonly #agents: number;
  readonly #tide: number;
  #tracks: Track[] = [];
  #made = 0;

  constructor(way: Road, random: Rng, agents: number) {
    this.#way = way;
    this.#random = random;
    this.#agents = agents;
    this.#tide = random.uniform() * 2 * Math.PI;
  }

  /** Those that are there; more are born where there are too few. */
  at(frame: number, ego: Track): readonly Track[] {
    for (const track of this.#tracks) move(track, this.#way, frame);
    this.#tracks = this.#tracks.filter((track) => isSeen(track, ego, this.#random));
    const wanted = Math.round(this.#agents * (1 + TIDE * Math.sin(this.#tide + frame / 40)));
    while (this.#tracks.length < wanted) this.#tracks.push(newTrack(this.#way, ego, this.#random, ++this.#made));
    return this.#tracks;
  }
}

/** Rows of each table before a scene. */
interface Before {
  readonly frames: number;
  readonly agents: number;
  readonly faces: number;
}

function scene(number: number, before: Before, options: Options): SimulatedScene {
  const { frames, agents, layout } = options;
  const random = rng(options.seed, "l5kit", number);
  const way = road(random.fork("road"), Math.ceil(frames * EGO_STEP) + 2 * MARGIN);
  const lights = lightsOf(way, random.fork("lights"));
  const ego = egoTrack(way, random.fork("ego"), MARGIN);
  const traffic = new Traffic(way, random.fork("traffic"), agents);
  const noise = random.fork("noise");
  const rows = new FrameRows(frames, layout);
  const seen = new AgentRows(frames * Math.ceil(agents * (1 + TIDE) + 1), layout);
  const faces = new FaceRows();
  // A scene begins a minute after the one before has ended.
  const seconds = options.start + number * (Math.ceil(frames * FRAME_SECONDS) + 60);
  const start = BigInt(Math.round(seconds * 1e3)) * 1_000_000n;
  for (let frame = 0; frame < frames; frame++) {
    const first = [before.agents + seen.length, before.faces + faces.length] as const;
    move(ego, way, frame);
    for (const track of traffic.at(frame, ego)) if (noise.uniform() >= MISSED) seen.add(track, noise);
    if (layout === 2) faces.add(lights, ego, frame, noise);
    const late = BigInt(Math.round(100_000 * noise.uniform()));
    rows.add(
      start + BigInt(frame) * FRAME_NANOSECONDS + late,
      [first[0], before.agents + seen.length],
      [first[1], before.faces + faces.length],
      ego,
    );
  }
  const host = `host-a${String(100 + random.int(HOSTS))}`;
  const scenes = sceneRow([before.frames, before.frames + frames], host, rows.times);
  const tables = { scenes, frames: rows.batch(), agents: seen.batch(layout) };
  return layout === 2 ? { ...tables, traffic_light_faces: faces.batch() } : tables;
}

function sceneRow(interval: readonly [number, number], host: string, times: readonly [bigint, bigint]): Batch {
  return {
    length: 1,
    columns: {
      frame_index_interval: { data: BigInt64Array.from(interval, BigInt) },
      host: { data: [host] },
      start_time: { data: BigInt64Array.of(times[0]) },
      end_time: { data: BigInt64Array.of(times[1]) },
    },
  };
}

/**
 * Scenes one by one, each as the rows that it adds to every table of the layout. Intervals, times and tracks are consistent; memory is
 * that of one scene. Scene `n` is the same whatever number of scenes is asked for.
 * @throws WindrowError `usage` when an option is out of its range.
 * @example
 * for (const { agents } of simulateScenes({ scenes: 2 })) console.log(agents.length);
 */
export function* simulateScenes(options: SimulateScenesOptions = {}): Generator<SimulatedScene> {
  const all = complete(options);
  const before = { frames: 0, agents: 0, faces: 0 };
  for (let number = 0; number < all.scenes; number++) {
    const made = scene(number, before, all);
    yield made;
    before.frames += made["frames"]!.length;
    before.agents += made["agents"]!.length;
    before.faces += made["traffic_light_faces"]?.length ?? 0;
  }
}
