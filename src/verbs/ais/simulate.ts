/** `simulate ais`: a seeded fleet with known faults, as a MarineCadastre CSV and its truth. */

import { resolve } from "node:path";
import { WindrowError } from "../../core/index.ts";
import { type BoundingBox, NO_FAULTS, simulateFleet } from "../../domains/ais/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { makeFolder } from "../../node/make-folder.ts";
import { type Progress, SILENT } from "../progress.ts";

/** What `simulateAis` takes. */
export interface SimulateAisOptions {
  /** Folder to write `ais.csv` and `truth.csv` to. */
  readonly out: string;
  /** Ships; 40. */
  readonly vessels?: number;
  /** Days of traffic; 2. */
  readonly days?: number;
  /** Same seed, same bytes; 42. */
  readonly seed?: number;
  /** Epoch seconds of the beginning; 2024-01-01T00:00:00Z. */
  readonly start?: number;
  /** Where ships sail; the North Sea. */
  readonly region?: BoundingBox;
  /** Without the faults of real recordings; false. */
  readonly isClean?: boolean;
}

/** What was written. `rows` are reports, the malformed ones included. */
export interface SimulateAisResult {
  readonly csv: string;
  readonly truth: string;
  readonly rows: number;
}

function check(options: SimulateAisOptions): void {
  for (const [name, value] of [
    ["vessels", options.vessels],
    ["days", options.days],
  ] as const) {
    if (value !== undefined && !(value > 0))
      throw new WindrowError("usage", `Cannot simulate: --${name} must be above 0, got ${value}`);
  }
}

/** Writes a simulated fleet's reports, and for each row what it is. Both files are whole or not there. */
export async function simulateAis(
  options: SimulateAisOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<SimulateAisResult> {
  check(options);
  const { out, isClean, ...fleet } = options;
  const { progress = SILENT, signal } = run;
  makeFolder(out);
  const store = folderStore(out);
  await using csv = await store.draft("ais.csv");
  await using truth = await store.draft("truth.csv");
  const encoder = new TextEncoder();
  progress.stage("simulate");
  let rows = 0;
  for (const chunk of simulateFleet({ ...fleet, ...(isClean === true ? { faults: NO_FAULTS } : {}) })) {
    signal?.throwIfAborted();
    await csv.write(encoder.encode(chunk.csv));
    await truth.write(encoder.encode(chunk.truth));
    rows += chunk.truth.split("\n").length - 1;
  }
  await truth.publish();
  await csv.publish();
  // The truth begins with its header.
  return { csv: resolve(out, "ais.csv"), truth: resolve(out, "truth.csv"), rows: rows - 1 };
}
