/** The dataset that a run appends to: copies of the files that it replaces. */

import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { INDEX_FILE } from "../../formats/dataset/index.ts";
import { openParquet } from "../../formats/parquet/index.ts";
import { MANIFEST_FILE, type Previous, readManifest } from "../../materialize/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";
import { nodeHashes } from "../../node/hashes.ts";

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

/** The names that a dataset has: those of the index's traces, or of their entities. */
export async function indexNames(out: string, column: "trace_id" | "entity"): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  await using index = await openParquet(INDEX_FILE, {
    store: folderStore(out),
    codecs: nodeCodecs(),
    hashes: await nodeHashes(),
  });
  for await (const { columns } of index.batches({ columns: [column] }))
    for (const name of columns[column]!.data as readonly string[]) names.add(name); // texts, by the index's schema
  return names;
}

/** The dataset that a run appends to, as it was; `undefined` when it appends to nothing. */
export async function readPrevious(temp: string): Promise<Previous | undefined> {
  const folder = join(temp, PREVIOUS);
  if (!existsSync(folder)) return undefined;
  const store = folderStore(folder);
  const manifest = await readManifest(store);
  return manifest === undefined ? undefined : { manifest, store };
}
