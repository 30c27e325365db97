/** `demo ais`: a simulated fleet becomes training shards, is verified, and its splits are proven apart. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WindrowError } from "../core/index.ts";
import type { Manifest } from "../materialize/index.ts";
import { leak, verify } from "./inspect-verbs.ts";
import { materializeAis } from "./materialize-ais.ts";
import { type Progress, SILENT } from "./progress.ts";
import { simulateAis } from "./simulate-ais.ts";

/** What a demo shows. */
export interface DemoResult {
  /** The simulated reports, and the dataset made of them. */
  readonly input: string;
  readonly out: string;
  readonly manifest: Manifest;
  /** What `verify` went over. */
  readonly verified: { readonly files: number; readonly samples: number };
  /** Vessels of each split; no vessel is in two. */
  readonly vessels: Readonly<Record<string, number>>;
}

/**
 * Runs the main job on a simulated fleet, in a new folder that stays.
 * @throws WindrowError `internal` when what was written does not hold.
 */
export async function demoAis(
  options: { readonly out?: string } = {},
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<DemoResult> {
  const { progress = SILENT, signal } = run;
  const watch = { progress, ...(signal === undefined ? {} : { signal }) };
  const folder = options.out ?? mkdtempSync(join(tmpdir(), "windrow-demo-"));
  const { csv } = await simulateAis({ out: folder }, watch);
  const out = join(folder, "data");
  const { manifest } = await materializeAis({ inputs: [csv], out, val: 0.1 }, watch);
  const verified = await verify(out, watch);
  const apart = await leak(out, watch);
  if (!verified.holds || !apart.holds)
    throw new WindrowError("internal", `Cannot show the demo: what was written to ${out} does not hold`);
  return {
    input: csv,
    out,
    manifest,
    verified: {
      files: verified.checked.files,
      samples: verified.checked.mds_samples + verified.checked.parquet_samples,
    },
    vessels: { ...apart.entities },
  };
}
