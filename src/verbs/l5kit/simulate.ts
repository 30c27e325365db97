/** `simulate l5kit`: seeded scenes, written as L5Kit's own writer lays them out. */

import { waitingStore } from "../../convert/index.ts";
import { type Json, type Schema, type Store, WindrowError } from "../../core/index.ts";
import {
  PERCEPTION_LABELS,
  type SceneLayout,
  type SimulateScenesOptions,
  sceneSchemas,
  simulateScenes,
} from "../../domains/l5kit/index.ts";
import { createZarrArray, createZarrGroup, type ZarrWriter, zarrDescr } from "../../formats/zarr/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { arraysDraft, arraysTarget, checkTarget, formatByName } from "../convert/arrays-target.ts";
import { lockDestination } from "../convert/place.ts";
import { putBack } from "../dataset/output-folder.ts";
import { type Progress, SILENT } from "../progress.ts";

/** What `simulateL5kit` takes. */
export interface SimulateL5kitOptions extends Omit<SimulateScenesOptions, "layout"> {
  /** A name that ends in `.zarr`, a folder, or in `.zarr.zip`. */
  readonly out: string;
  /** 2, or 1: without traffic lights, poses and track ids of 4 bytes; 2. */
  readonly layout?: number;
  /** What to do with scenes at `out`: refused where absent. */
  readonly existing?: "overwrite";
}

/** What was written. */
export interface SimulateL5kitResult {
  readonly out: string;
  readonly scenes: number;
  readonly frames: number;
  readonly agents: number;
  readonly traffic_light_faces: number;
}

/** Rows of a chunk, as l5kit writes them (`zarr_dataset.py`). */
const CHUNK_ROWS: Readonly<Record<string, number>> = {
  scenes: 10_000,
  frames: 10_000,
  agents: 20_000,
  traffic_light_faces: 10_000,
};
/** Letters of a text. */
const LETTERS = 16;
/** Of `simulateScenes`. */
const DEFAULT_SCENES = 10;

function descrOf(schema: Schema): Json {
  const texts = Object.entries(schema).filter(([, { kind }]) => kind === "str");
  return zarrDescr(schema, Object.fromEntries(texts.map(([name]) => [name, LETTERS])));
}

function layoutOf({ layout = 2 }: SimulateL5kitOptions): SceneLayout {
  if (layout === 1 || layout === 2) return layout;
  throw new WindrowError("usage", `Cannot simulate scenes: --layout must be 1 or 2, got ${layout}`);
}

/** Writers of the tables of a layout, by name. */
type Writers = Readonly<Record<string, ZarrWriter>>;

async function beginTables(store: Store, layout: SceneLayout): Promise<Writers> {
  await createZarrGroup(store, "", { format_version: layout, labels: [...PERCEPTION_LABELS] });
  const writers: Record<string, ZarrWriter> = {};
  for (const [name, schema] of Object.entries(sceneSchemas(layout))) {
    const spec = { dtype: descrOf(schema), chunkRows: CHUNK_ROWS[name]! };
    writers[name] = await createZarrArray(store, name, spec, { codecs: nodeCodecs() });
  }
  return writers;
}

async function writeScenes(
  writers: Writers,
  options: SimulateScenesOptions,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal | undefined },
): Promise<number> {
  let scenes = 0;
  for (const scene of simulateScenes(options)) {
    signal?.throwIfAborted();
    for (const [name, batch] of Object.entries(scene)) await writers[name]!.append(batch);
    scenes += 1;
    progress.at(scenes);
  }
  for (const writer of Object.values(writers)) await writer.close();
  return scenes;
}

/**
 * Writes seeded scenes as L5Kit's own writer lays them out, scene by scene: memory is that of one. The target is whole or not there.
 * @throws WindrowError `usage` for an option out of its range, `exists` for what is in the way, `io` for the disk.
 */
export async function simulateL5kit(
  options: SimulateL5kitOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<SimulateL5kitResult> {
  const { progress = SILENT, signal } = run;
  const { out, existing, ...rest } = options;
  const layout = layoutOf(options);
  const format = formatByName(out);
  if (format !== "zarr" && format !== "zarr-zip")
    throw new WindrowError("usage", `Cannot simulate scenes: --out must end in .zarr or .zarr.zip, got ${out}`);
  const target = arraysTarget(out, format);
  using _ = lockDestination({ kind: "file", path: target.path });
  if (target.format === "zarr") putBack(target.path);
  await checkTarget(target, existing);
  await using draft = await arraysDraft(target, { codecs: nodeCodecs(), hashes: await nodeHashes() });
  const store = waitingStore(draft.store);
  progress.stage("simulate", options.scenes ?? DEFAULT_SCENES, "scenes");
  const writers = await beginTables(store, layout);
  const scenes = await writeScenes(writers, { ...rest, layout }, { progress, signal });
  await store.flush();
  await draft.publish();
  const rows = (name: string) => writers[name]?.length ?? 0;
  return {
    out: target.path,
    scenes,
    frames: rows("frames"),
    agents: rows("agents"),
    traffic_light_faces: rows("traffic_light_faces"),
  };
}
