/** The manifest: the last file of a dataset, which says what it is and that it is whole. */

import { type Json, type Store, WindrowError } from "../core/index.ts";
import type { PublishedFile } from "./gather.ts";
import { checkLedger, type Ledger } from "./ledger.ts";
import { type DatasetSpec, sampleSchema } from "./spec.ts";
import { SPLITS } from "./traces.ts";

/** The manifest's name and version. */
export const MANIFEST_FILE = "manifest.json";
const FORMAT = "windrow-dataset";
const VERSION = 1;

/** What `manifest.json` holds. It is the same whatever ran the plan, with any number of workers. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly created_by: string;
  /** Hash of what was asked for: command, options, inputs. */
  readonly request: string;
  /** Command and options, seed, inputs with hashes. */
  readonly about: Json;
  readonly schema: Json;
  readonly window: { readonly size: number; readonly stride: number };
  readonly seed: string;
  readonly formats: readonly string[];
  /** Samples of each split, by part. */
  readonly counts: DatasetSpec["counts"];
  /** Samples of a full MDS shard. */
  readonly shard_samples: number;
  readonly ledger: Ledger;
  /** Every other file, with its size and hash. */
  readonly files: readonly PublishedFile[];
}

/** Checks the ledger against what was written, and publishes the manifest. */
export async function publish(
  context: { readonly places: { readonly store: Store }; readonly spec: DatasetSpec; readonly manifest: Json; readonly ledger: Ledger },
  files: readonly PublishedFile[],
): Promise<Json> {
  const { spec, ledger } = context;
  const written = Object.fromEntries(SPLITS.map((split) => [split, spec.counts[split].reduce((sum, count) => sum + count, 0)]));
  checkLedger(ledger, written as Record<(typeof SPLITS)[number], number>);
  const { request, about } = context.manifest as { request: string; about: Json };
  const manifest: Manifest = {
    format: FORMAT,
    version: VERSION,
    created_by: spec.createdBy,
    request,
    about,
    schema: sampleSchema(spec.features, spec.ids) as unknown as Json,
    window: spec.window,
    seed: spec.seed,
    formats: spec.formats,
    counts: spec.counts,
    shard_samples: spec.unitRows,
    ledger,
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  await context.places.store.put(MANIFEST_FILE, new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
  return { files: manifest.files.length };
}

/**
 * The manifest of a dataset; `undefined` when there is none.
 * @throws WindrowError `damaged` when it cannot be understood.
 */
export async function readManifest(store: Pick<Store, "get" | "name">): Promise<Manifest | undefined> {
  const bytes = await store.get(MANIFEST_FILE);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WindrowError("damaged", `Cannot read ${store.name}/${MANIFEST_FILE}: it is no JSON`, { cause });
  }
  const manifest = value as Manifest;
  if (typeof value !== "object" || value === null || manifest.format !== FORMAT) {
    throw new WindrowError("damaged", `Cannot read ${store.name}/${MANIFEST_FILE}: expected a ${FORMAT}`);
  }
  if (manifest.version !== VERSION) {
    throw new WindrowError("unsupported", `Cannot read ${store.name}/${MANIFEST_FILE}: version must be ${VERSION}, got ${manifest.version}`);
  }
  return manifest;
}
