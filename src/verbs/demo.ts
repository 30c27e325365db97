/** `demo ais`: a simulated fleet becomes training shards, which are verified, proven apart, and judged. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WindrowError } from "../core/index.ts";
import type { Manifest } from "../materialize/index.ts";
import { type BaselineAisReport, baselineAis } from "./ais/baseline.ts";
import { materializeAis } from "./ais/materialize.ts";
import { simulateAis } from "./ais/simulate.ts";
import { leak, shuffleReport, verify } from "./inspect/inspect.ts";
import { type Progress, SILENT } from "./progress.ts";

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
  /** How many samples of the training split are in an order that looks like chance, and how many questions could have said otherwise. */
  readonly shuffled: { readonly samples: number; readonly questions: number };
  /** What a model has to beat: the forecast without training that is nearest after 10 minutes, and how far off it is on average. */
  readonly toBeat: {
    readonly forecast: string;
    readonly after: readonly { readonly seconds: number; readonly nmi: number }[];
  };
}

function nearest({ forecasts }: BaselineAisReport): DemoResult["toBeat"] {
  const each = Object.entries(forecasts).map(([forecast, { times }]) => ({
    forecast,
    after: times.flatMap(({ seconds, errors }) => (errors === null ? [] : [{ seconds, nmi: errors.nmi.mean }])),
  }));
  const first = ({ after }: DemoResult["toBeat"]) => after[0]?.nmi ?? Number.POSITIVE_INFINITY;
  return each.reduce((best, next) => (first(next) < first(best) ? next : best));
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
  const quietly = signal === undefined ? {} : { signal };
  progress.stage("verify");
  const verified = await verify(out, quietly);
  progress.stage("look for leaks");
  const apart = await leak(out, quietly);
  progress.stage("judge the order");
  const { verdict, samples, generations } = await shuffleReport(out, {}, quietly);
  if (!verified.holds || !apart.holds || verdict !== "pass")
    throw new WindrowError("internal", `Cannot show the demo: what was written to ${out} does not hold`);
  progress.stage("judge forecasts");
  const toBeat = nearest(await baselineAis(out, {}, quietly));
  return {
    input: csv,
    out,
    manifest,
    verified: {
      files: verified.checked.files,
      samples: verified.checked.mds_samples + verified.checked.parquet_samples,
    },
    vessels: { ...apart.entities },
    shuffled: {
      samples,
      questions: generations.flatMap(({ tests }) => tests.filter((each) => each.verdict === "pass")).length,
    },
    toBeat,
  };
}
