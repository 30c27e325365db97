/** Names of everything that a dataset's folder holds (DESIGN §4). */

/** What a sample is for, in the order that files and counts have. */
export const DATASET_SPLITS = ["train", "validation", "test"] as const;

/** One of them. */
export type DatasetSplit = (typeof DATASET_SPLITS)[number];

/** The file that has a row for each sample. */
export const INDEX_FILE = "index.parquet";

/** The folder of a split's MDS shards. */
export function mdsFolder(split: DatasetSplit): string {
  return split === "train" ? "mds" : `mds_${split}`;
}

/** The folder of one part's shards. */
export function workerFolder(split: DatasetSplit, part: number): string {
  return `${mdsFolder(split)}/worker_${String(part).padStart(2, "0")}`;
}

/** The Parquet file of a part of the training split, or of another split, which is one file. */
export function parquetFile(split: DatasetSplit, part: number): string {
  return split === "train" ? `parquet/samples_${String(part).padStart(3, "0")}.parquet` : `${split}.parquet`;
}
