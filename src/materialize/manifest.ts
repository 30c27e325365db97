/** Publishes the manifest, a dataset's last file. */

import type { Json, Store } from "../core/index.ts";
import {
  checkLedger,
  DATASET_FORMAT,
  DATASET_VERSION,
  type Ledger,
  MANIFEST_FILE,
  type Manifest,
  manifestBytes,
  type PublishedFile,
} from "../formats/dataset/index.ts";
import { type DatasetSpec, sampleSchema } from "./spec.ts";
import { SPLITS } from "./traces.ts";

/** Checks the ledger against what was written, and publishes the manifest. */
export async function publish(
  context: {
    readonly places: { readonly store: Store };
    readonly spec: DatasetSpec;
    readonly manifest: Json;
    readonly ledger: Ledger;
  },
  files: readonly PublishedFile[],
): Promise<Json> {
  const { spec, ledger } = context;
  const written = Object.fromEntries(
    SPLITS.map((split) => [split, spec.counts[split].reduce((sum, count) => sum + count, 0)]),
  );
  checkLedger(ledger, written as Record<(typeof SPLITS)[number], number>);
  const { request, about } = context.manifest as { request: string; about: Json };
  const manifest: Manifest = {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    created_by: spec.createdBy,
    request,
    about,
    schema: sampleSchema(spec.features, spec.ids),
    window: spec.window,
    seed: spec.seed,
    formats: spec.formats,
    counts: spec.counts,
    shard_samples: spec.unitRows,
    ledger,
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  await context.places.store.put(MANIFEST_FILE, manifestBytes(manifest));
  return { files: manifest.files.length };
}
