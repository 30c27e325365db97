/** The dataset that a run appends to: copies of the files that it replaces. */

import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { INDEX_FILE } from "../formats/dataset/index.ts";
import { MANIFEST_FILE, type Previous, readManifest } from "../materialize/index.ts";
import { folderStore } from "../node/folder-store.ts";

/** Files that an appending run replaces: it reads what they were from copies. */
const REPLACED = [MANIFEST_FILE, INDEX_FILE, "validation.parquet", "test.parquet"];
const PREVIOUS = "previous";

/** Keeps the files that an appending run replaces, in the temporary folder. Published files are replaced and never edited, so a link does. */
export function keepPrevious(out: string, temp: string): void {
  const folder = join(temp, PREVIOUS);
  mkdirSync(folder, { recursive: true });
  for (const name of REPLACED) {
    rmSync(join(folder, name), { force: true });
    try {
      linkSync(join(out, name), join(folder, name));
    } catch {
      // Another file system, or one without links.
      copyFileSync(join(out, name), join(folder, name));
    }
  }
}

/** The dataset that a run appends to, as it was; `undefined` when it appends to nothing. */
export async function readPrevious(temp: string): Promise<Previous | undefined> {
  const folder = join(temp, PREVIOUS);
  if (!existsSync(folder)) return undefined;
  const store = folderStore(folder);
  const manifest = await readManifest(store);
  return manifest === undefined ? undefined : { manifest, store };
}
