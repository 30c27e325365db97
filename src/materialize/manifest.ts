/** Publishes the manifest, a dataset's last file. */

import type { Json, ReadStore, Store } from "../core/index.ts";
import {
  addLedgers,
  checkLedger,
  DATASET_FORMAT,
  DATASET_VERSION,
  type Generation,
  type Ledger,
  MANIFEST_FILE,
  type Manifest,
  manifestBytes,
  type PublishedFile,
} from "../formats/dataset/index.ts";
import type { Split } from "../order/index.ts";
import { type DatasetSpec, sampleSchema } from "./spec.ts";

/** The dataset as it was before this run, which appends to it. */
export interface Previous {
  readonly manifest: Manifest;
  /** Copies of the files that this run replaces. */
  readonly store: ReadStore;
}

/** What publishing needs to know. */
export interface PublishContext {
  readonly places: { readonly store: Store; release(path: string): Promise<void> };
  readonly spec: DatasetSpec;
  /** `request`, `about`, and the hashes of this run's `inputs`. */
  readonly manifest: Json;
  readonly ledger: Ledger;
  readonly previous: Previous | undefined;
}

function allCounts(spec: DatasetSpec, previous: Previous | undefined): Manifest["counts"] {
  const of = (split: Split) => [...(previous?.manifest.counts[split] ?? []), ...spec.counts[split]];
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

/** Checks the ledger against what was written, and publishes the manifest. */
export async function publish(context: PublishContext, files: readonly PublishedFile[]): Promise<Json> {
  const { spec, ledger, previous } = context;
  const total = (split: Split) => spec.counts[split].reduce((sum, count) => sum + count, 0);
  checkLedger(ledger, { train: total("train"), validation: total("validation"), test: total("test") });
  // Plain data by its types; the cast only says so to the compiler.
  const { request, about, inputs } = context.manifest as unknown as { request: string; about: Json; inputs: string[] };
  const generation: Generation = { request, inputs, first_part: spec.firstPart, ledger };
  const replaced = new Set(files.map((file) => file.path));
  const kept = previous?.manifest.files.filter((file) => !replaced.has(file.path)) ?? [];
  const manifest: Manifest = {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    created_by: spec.createdBy,
    request,
    about,
    schema: sampleSchema(spec),
    window: spec.window,
    seed: spec.seed,
    formats: spec.formats,
    counts: allCounts(spec, previous),
    shard_samples: spec.unitRows,
    ledger: previous === undefined ? ledger : addLedgers(previous.manifest.ledger, ledger),
    generations: [...(previous?.manifest.generations ?? []), generation],
    files: [...kept, ...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  // From here on only names change, and the manifest is the last of them.
  for (const file of files) await context.places.release(file.path);
  await context.places.store.put(MANIFEST_FILE, manifestBytes(manifest));
  return { files: manifest.files.length };
}
