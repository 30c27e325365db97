/** Says what lies at a place: a dataset of windrow's, an MDS folder that anyone made, Parquet or Arrow files. */

import { type Codecs, type Hashes, type Key, type ReadStore, WindrowError } from "../core/index.ts";
import { INDEX_FILE, MANIFEST_FILE, type Manifest, readManifest } from "../formats/dataset/index.ts";

/** A place to look at, and what reads it. */
export interface InspectPlace {
  readonly store: ReadStore;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
  /** One file of the store, where a file was named; else the whole folder is meant. */
  readonly key?: Key;
}

/** What lies there. */
export type Source =
  /** A finished dataset. */
  | { readonly kind: "dataset"; readonly manifest: Manifest }
  /** A dataset whose run has not ended. */
  | { readonly kind: "unfinished" }
  /** An MDS folder with an index.json. */
  | { readonly kind: "mds" }
  /** Folders with an index.json each, and none above them: not one dataset yet. */
  | { readonly kind: "workers"; readonly folders: readonly string[] }
  /** Parquet files, in order of their names. */
  | { readonly kind: "parquet"; readonly keys: readonly Key[] }
  /** Arrow IPC files, in order of their names. */
  | { readonly kind: "arrow"; readonly keys: readonly Key[] };

/** The state folder of an unfinished run (DESIGN §4). */
const STATE_FOLDER = ".windrow/";
const MDS_INDEX = "index.json";
/** Names that the tools of Arrow give files and streams. */
const ARROW_NAME = /\.(arrow|arrows|feather|ipc)$/;
const ARROW_MAGIC = "ARROW1";

/** What users call the place, for messages. */
export function placeName({ store, key }: InspectPlace): string {
  return key === undefined ? store.name : `${store.name}/${key}`;
}

/**
 * Looks at names, and at the manifest where there is one.
 * @throws WindrowError `missing` where nothing that is known lies there; `damaged` or `unsupported` for the manifest.
 */
export async function sourceAt(place: InspectPlace): Promise<Source> {
  const { store, key } = place;
  if (key !== undefined) return fileSource(place, key);
  const manifest = await readManifest(store);
  if (manifest !== undefined) return { kind: "dataset", manifest };
  if ((await store.size(MDS_INDEX)) !== undefined) return { kind: "mds" };
  const keys = await Array.fromAsync(store.list(""));
  const hasIndex =
    keys.includes(INDEX_FILE) && keys.some((each) => each.startsWith("mds/") || each.startsWith("parquet/"));
  if (hasIndex || keys.some((each) => each.startsWith(STATE_FOLDER))) return { kind: "unfinished" };
  const folders = keys.flatMap((each) =>
    /^[^/]+\/index\.json$/.test(each) ? [each.slice(0, -MDS_INDEX.length - 1)] : [],
  );
  if (folders.length > 0) return { kind: "workers", folders };
  const parquet = keys.filter((each) => each.endsWith(".parquet"));
  if (parquet.length > 0) return { kind: "parquet", keys: parquet };
  const arrow = keys.filter((each) => ARROW_NAME.test(each));
  if (arrow.length > 0) return { kind: "arrow", keys: arrow };
  if (keys.some((each) => ZARR_NAME.test(each))) throw notSamples(store.name);
  throw new WindrowError(
    "missing",
    `Cannot look at ${store.name}: expected a ${MANIFEST_FILE}, an MDS ${MDS_INDEX}, .parquet or .arrow files, got ${keys.length === 0 ? "nothing" : keys[0]}`,
  );
}

/** What the root of a group or an array of Zarr has. */
const ZARR_NAME = /^(\.z(group|array|metadata)|zarr\.json)$/;

function notSamples(path: string): WindrowError {
  return new WindrowError(
    "unsupported",
    `Cannot look at the samples of ${path}: Zarr has arrays, not samples; "windrow info" lists them, and "windrow convert" to a folder that ends in .parquet makes tables of them`,
  );
}

async function fileSource(place: InspectPlace, key: Key): Promise<Source> {
  const size = (await place.store.size(key)) ?? 0;
  const head = await place.store.get(key, { from: 0, to: Math.min(ARROW_MAGIC.length, size) });
  const magic = new TextDecoder().decode(head);
  if (magic.startsWith("PK") && /\.zarr\.zip$/.test(key)) throw notSamples(placeName(place));
  if (magic.startsWith("PAR1")) return { kind: "parquet", keys: [key] };
  if (magic === ARROW_MAGIC || ARROW_NAME.test(key)) return { kind: "arrow", keys: [key] };
  if (key.endsWith(".parquet")) {
    throw new WindrowError("damaged", `Cannot read ${placeName(place)}: a Parquet file begins with PAR1 (at byte 0)`, {
      details: { key, offset: 0 },
    });
  }
  throw new WindrowError(
    "unsupported",
    `Cannot look at ${placeName(place)}: expected a Parquet or Arrow file or the folder of a dataset`,
  );
}

/**
 * What lies at a place, if its samples can be read.
 * @throws WindrowError `missing` for a run that has not ended and for workers' folders without a root index; as `sourceAt`.
 */
export async function wholeSource(place: InspectPlace): Promise<Exclude<Source, { kind: "unfinished" | "workers" }>> {
  const source = await sourceAt(place);
  if (source.kind === "unfinished") {
    throw new WindrowError(
      "missing",
      `Cannot use ${placeName(place)}: it has no ${MANIFEST_FILE}, so its run has not ended; the same command goes on with it`,
    );
  }
  if (source.kind === "workers") {
    const found = source.folders.slice(0, 3).join(", ");
    throw new WindrowError(
      "missing",
      `Cannot use ${placeName(place)}: ${found} have an index.json but no root above them; windrow merge makes one`,
    );
  }
  return source;
}

/** Told how a long look goes; the command draws it. */
export interface InspectProgress {
  /** A stage begins; `total` is in its own unit. */
  stage(name: string, total?: number, unit?: string): void;
  /** So much of the stage is done. */
  at(done: number): void;
}

/** What a long look is run with. */
export interface InspectRun {
  readonly progress?: InspectProgress;
  readonly signal?: AbortSignal;
}
