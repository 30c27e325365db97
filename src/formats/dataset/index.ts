/** A finished dataset's folder: what its files are called, its manifest, its index, its ledger. */

export { INDEX_SCHEMA } from "./index-columns.ts";
export { addLedgers, type Counts, checkLedger, type Ledger, ledgerSums, type SensorCounts } from "./ledger.ts";
export {
  DATASET_FORMAT,
  DATASET_VERSION,
  type Generation,
  MANIFEST_FILE,
  type Manifest,
  manifestBytes,
  type PublishedFile,
  readManifest,
} from "./manifest.ts";
export { DATASET_SPLITS, type DatasetSplit, INDEX_FILE, mdsFolder, parquetFile, workerFolder } from "./places.ts";
