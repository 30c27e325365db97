/** `merge`: a root index over workers' folders that someone else made without one. */

import { WindrowError } from "../../core/index.ts";
import { MANIFEST_FILE } from "../../formats/dataset/index.ts";
import { mergeWorkers, readMdsIndex } from "../../formats/mds/index.ts";
import { folderStore } from "../../node/folder-store.ts";

/** What `merge` answers. */
export interface MergeReport {
  readonly path: string;
  readonly workers: number;
  readonly shards: number;
  readonly samples: number;
  /** Whether the same index was there before. */
  readonly was_there: boolean;
}

const INDEX = "index.json";

/**
 * Writes `index.json` over every folder directly below `path` that has one of its own, so that it opens as one dataset. No other file
 * is touched.
 * @throws WindrowError `missing` where no folder has an index, or a shard is not there; `usage` where columns differ; `exists` where
 * another root index is in the way; `damaged` for an index that cannot be read, or a shard of another size.
 */
export async function merge(path: string): Promise<MergeReport> {
  const store = folderStore(path);
  if ((await store.size(MANIFEST_FILE)) !== undefined) {
    // Its folders are splits: one index over all of them would put validation into training.
    throw new WindrowError(
      "exists",
      `Cannot merge ${path}: it is a dataset of windrow, whose splits have an index each, such as mds/${INDEX}`,
    );
  }
  const bytes = await mergeWorkers(store, "");
  const { shards } = readMdsIndex(bytes, INDEX);
  for (const { raw_data, zip_data } of shards) {
    const sizes = [
      await store.size(raw_data.basename),
      zip_data === null ? undefined : await store.size(zip_data.basename),
    ];
    const wanted = [raw_data.bytes, zip_data?.bytes];
    const file = zip_data ?? raw_data;
    if (sizes.every((size) => size === undefined)) {
      throw new WindrowError("missing", `Cannot merge ${path}: ${file.basename} is not there`, {
        details: { key: file.basename },
      });
    }
    const odd = sizes.findIndex((size, i) => size !== undefined && size !== wanted[i]);
    if (odd >= 0)
      throw new WindrowError(
        "damaged",
        `Cannot merge ${path}: ${file.basename} must have ${wanted[odd]} bytes, got ${sizes[odd]}`,
        { details: { key: file.basename } },
      );
  }
  const before = await store.get(INDEX);
  const isSame = before?.toHex() === bytes.toHex();
  if (before !== undefined && !isSame) {
    throw new WindrowError("exists", `Cannot merge ${path}: it has another ${INDEX} already; move it away first`);
  }
  if (!isSame) await store.put(INDEX, bytes);
  return {
    path,
    workers: new Set(shards.map(({ raw_data }) => raw_data.basename.split("/")[0])).size,
    shards: shards.length,
    samples: shards.reduce((sum, { samples }) => sum + samples, 0),
    was_there: isSame,
  };
}
