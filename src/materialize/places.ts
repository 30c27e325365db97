/** Names of what a run publishes, and of what its tasks leave for each other. */

export { mdsFolder, parquetFile, workerFolder } from "../formats/dataset/index.ts";

/** Row groups that a gather task encoded, for the file of its part. */
export function fragmentFile(task: string): string {
  return `fragment-${task}.bin`;
}

/** Index rows that a gather task found. */
export function indexFragment(task: string): string {
  return `index-${task}.bin`;
}
