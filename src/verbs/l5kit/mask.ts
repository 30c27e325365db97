/** The mask of agents that l5kit keeps beside the scenes: read where it is asked for, stored where it is wanted. */

import { bytesOf, type RowTable, type Store, WindrowError } from "../../core/index.ts";
import { maskPath } from "../../domains/l5kit/index.ts";
import { createZarrArray, createZarrGroup, editZarrArray, type ZarrWriter } from "../../formats/zarr/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import type { ArraysPlace } from "../convert/arrays-place.ts";
import { arrayAt } from "./tables.ts";

/** Rows of a chunk, as l5kit's `select_agents` has them. */
const CHUNK_ROWS = 10_000;
const GROUP = "agents_mask";

/**
 * Opens the mask of a threshold.
 * @throws WindrowError `missing` where there is none, `damaged` for one that is not of these agents.
 */
export async function storedMask(place: ArraysPlace, labelThreshold: number, agents: number): Promise<RowTable> {
  const path = maskPath(labelThreshold);
  const mask = await arrayAt(place, path);
  if (mask === undefined)
    throw new WindrowError(
      "missing",
      `Cannot use --mask stored: ${place.path} has no array ${path}; --mask store makes it, as l5kit's select_agents does`,
    );
  const type = mask.schema["value"];
  const isWhole = type !== undefined && /^(bool|[iu]\d+)$/.test(type.kind);
  if (!isWhole || mask.length !== agents)
    throw new WindrowError(
      "damaged",
      `Cannot use --mask stored: ${path} must have a whole number or two for each of ${agents} agents, got ${mask.length} rows`,
    );
  return mask;
}

/** A mask that is stored scene by scene; disposed before it is closed, it leaves none. */
export interface MaskStore extends AsyncDisposable {
  /** Adds past and future of a scene's agents, two numbers for each. */
  add(counts: Uint32Array): Promise<void>;
  close(): Promise<void>;
}

/** Holds what would be stored against what is there: the same choice may be stored twice, another one may not. */
function comparing(there: RowTable, path: string): MaskStore {
  let row = 0;
  return {
    async add(counts) {
      const to = row + counts.length / 2;
      const batch = await there.read({ from: row, to });
      const data = batch.columns["value"]!.data as Uint32Array; // whole numbers, by `storedMask`
      if (data.length !== counts.length || counts.some((count, i) => count !== Number(data[i])))
        throw new WindrowError(
          "exists",
          `Cannot store the mask ${path}: one of another choice is there; remove it, or use it by --mask stored`,
        );
      row = to;
    },
    close: async () => {},
    async [Symbol.asyncDispose]() {},
  };
}

async function writerAt(store: Store, path: string, codecs: ArraysPlace["codecs"]): Promise<ZarrWriter> {
  if ((await store.size(`${GROUP}/.zgroup`)) === undefined) await createZarrGroup(store, GROUP);
  // A run that was killed left an array without rows.
  if ((await store.size(`${path}/.zarray`)) !== undefined) return editZarrArray(store, path, { codecs });
  return createZarrArray(store, path, { dtype: "<u4", rowShape: [2], chunkRows: CHUNK_ROWS }, { codecs });
}

/**
 * Begins to store a mask beside scenes.
 * @throws WindrowError `usage` for scenes that are not in a Zarr folder.
 */
export async function maskStore(place: ArraysPlace, labelThreshold: number, agents: number): Promise<MaskStore> {
  const path = maskPath(labelThreshold);
  if (place.format !== "zarr")
    throw new WindrowError("usage", `Cannot use --mask store: it is stored in a Zarr folder, got ${place.path}`);
  const there = await arrayAt(place, path);
  if (there !== undefined && there.length > 0) return comparing(await storedMask(place, labelThreshold, agents), path);
  const writer = await writerAt(folderStore(place.path), path, place.codecs);
  return {
    add: (counts) => writer.append(bytesOf(counts)),
    close: () => writer.close(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}
