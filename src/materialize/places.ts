/** Names of everything that a run publishes (DESIGN §4) or keeps for itself. */

import type { Split } from "../order/index.ts";

/** The folder of a split's MDS shards. */
export function mdsFolder(split: Split): string {
  return split === "train" ? "mds" : `mds_${split}`;
}

/** The folder of one part's shards. */
export function workerFolder(split: Split, part: number): string {
  return `${mdsFolder(split)}/worker_${String(part).padStart(2, "0")}`;
}

/** The Parquet file of a part of the training split, or of another split, which is one file. */
export function parquetFile(split: Split, part: number): string {
  return split === "train" ? `parquet/samples_${String(part).padStart(3, "0")}.parquet` : `${split}.parquet`;
}

/** Row groups that a gather task encoded, for the file of its part. */
export function fragmentFile(task: string): string {
  return `fragment-${task}.bin`;
}

/** Index rows that a gather task found. */
export function indexFragment(task: string): string {
  return `index-${task}.bin`;
}
