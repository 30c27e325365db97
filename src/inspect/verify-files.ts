/** Checks that every file of a manifest is there, with its size and hash, and finds those that are not in it. */

import { WindrowError } from "../core/index.ts";
import { MANIFEST_FILE, type Manifest, type PublishedFile } from "../formats/dataset/index.ts";
import type { Problems } from "./problems.ts";
import type { InspectPlace, InspectRun } from "./source.ts";

const PIECE_BYTES = 4 << 20;

async function digest(
  { store, hashes }: InspectPlace,
  { path, bytes }: PublishedFile,
  run: { signal?: AbortSignal | undefined; read(bytes: number): void },
): Promise<string> {
  const running = hashes.get("xxh64")?.begin?.();
  if (running === undefined)
    throw new WindrowError("unsupported", "Cannot verify files: the hash xxh64 is not at hand");
  for (let from = 0; from < bytes; from += PIECE_BYTES) {
    run.signal?.throwIfAborted();
    const piece = await store.get(path, { from, to: Math.min(bytes, from + PIECE_BYTES) });
    if (piece === undefined)
      throw new WindrowError("missing", `Cannot read ${path}: it went away`, { details: { key: path } });
    running.update(piece);
    run.read(piece.length);
  }
  return running.digest();
}

/** Checks every file; gives the bytes that were read. */
export async function verifyFiles(
  place: InspectPlace,
  manifest: Manifest,
  problems: Problems,
  run: InspectRun,
): Promise<number> {
  run.progress?.stage(
    "hash files",
    manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    "B",
  );
  let done = 0;
  const read = (bytes: number) => {
    done += bytes;
    run.progress?.at(done);
  };
  for (const file of manifest.files) {
    const size = await place.store.size(file.path);
    if (size === undefined) {
      problems.add(file.path, null, "there is no such file");
      continue;
    }
    if (size !== file.bytes) {
      problems.add(
        file.path,
        `byte ${Math.min(size, file.bytes)}`,
        `must have ${file.bytes} bytes as in ${MANIFEST_FILE}, got ${size}`,
      );
      continue;
    }
    try {
      const found = await digest(place, file, { signal: run.signal, read });
      if (found !== file.xxh64)
        problems.add(file.path, null, `xxh64 must be ${file.xxh64} as in ${MANIFEST_FILE}, got ${found}`);
    } catch (error) {
      problems.take(error, file.path);
    }
  }
  return done;
}

/** Files that say who ran it; they are not of the dataset, and the manifest does not have them. */
const RUN_FILES = new Set([MANIFEST_FILE, "run.json"]);

/** Files beneath the folder that the manifest does not have. */
export async function strayFiles({ store }: InspectPlace, manifest: Manifest): Promise<readonly string[]> {
  const known = new Set(manifest.files.map(({ path }) => path));
  const stray: string[] = [];
  for await (const key of store.list("")) if (!known.has(key) && !RUN_FILES.has(key)) stray.push(key);
  return stray;
}
