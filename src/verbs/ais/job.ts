/** AIS reports as work for `materialize`: which files, what their samples are, and what is read of them. */

import { stdin } from "node:process";
import { isNmea } from "../../adapters/nmea/index.ts";
import { WindrowError } from "../../core/index.ts";
import { FEATURES, PIPELINE } from "../../domains/ais/index.ts";
import { INDEX_FILE } from "../../formats/dataset/index.ts";
import { openParquet } from "../../formats/parquet/index.ts";
import type { Ledger } from "../../materialize/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { folderStore } from "../../node/folder-store.ts";
import { fileSha256, nodeHashes } from "../../node/hashes.ts";
import { findInputs } from "../../node/inputs.ts";
import { spooled } from "../../node/spool.ts";
import type { BadRow } from "../../node/tabular.ts";
import type { DatasetJob, Watch } from "../dataset/job.ts";
import { outputAbout } from "../dataset/output-options.ts";
import type { Progress } from "../progress.ts";
import { ingestAis, type RankedInput } from "./ingest.ts";
import type { ResolvedAis } from "./options.ts";

/** What the manifest says besides the inputs. */
function aboutOf(options: ResolvedAis): DatasetJob["about"] {
  const { rules } = options;
  const { split, files } = outputAbout(options);
  return {
    command: "materialize ais",
    pipeline: PIPELINE,
    options: {
      format: options.formats,
      window: options.window.size,
      stride: options.window.stride,
      input_length: options.inputLength,
      ...split,
      split_by: options.splitBy,
      ...files,
      columns: options.columns ?? null,
      vessel_type: options.vesselType ?? null,
      ...(options.coarse && { coarse: true }),
      ...(options.startTime !== undefined && { start_time: options.startTime }),
      rules: { ...rules, bbox: rules.bbox === undefined ? null : { ...rules.bbox } },
    },
    features: [...FEATURES],
  };
}

async function knownInputs(patterns: readonly string[], progress: Progress): Promise<RankedInput[]> {
  const found = findInputs(patterns, isNmea);
  progress.stage(
    "look at inputs",
    found.reduce((sum, file) => sum + file.bytes, 0),
    "B",
  );
  const known: RankedInput[] = [];
  let done = 0;
  for (const file of found) {
    known.push({ ...file, sha256: await fileSha256(file.path) });
    done += file.bytes;
    progress.at(done);
  }
  return known;
}

/** The most frequent reasons, for people. */
function topReasons(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return sorted
    .slice(0, 3)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function nothingToDo(ledger: Ledger, [bad]: readonly BadRow[]): WindrowError {
  const { input, kept, dropped, points, traces } = ledger;
  if (input === 0) return new WindrowError("empty", "Cannot materialize: the inputs hold no row");
  const first = bad === undefined ? "" : `; the first bad row is ${bad.file} line ${bad.line}: ${bad.why}`;
  // Most of a log's positions are lost only where nothing tells the time.
  const clock = (dropped["no_time"] ?? 0) > kept ? "; --start-time tells when a log without receive times begins" : "";
  const why =
    kept === 0
      ? `${input === 1 ? "the only row was" : `all ${input} rows were`} dropped (${topReasons(dropped)})`
      : `no trip is long enough: ${traces.all} trips of ${kept} kept rows (${topReasons(points.unused)}); see --window, --max-gap`;
  return new WindrowError("empty", `Cannot materialize: there is no window to write; ${why}${clock}${first}`);
}

/** When each vessel was last seen in a window of the dataset: what comes at or before that time is there already. */
async function lastTimes(out: string): Promise<ReadonlyMap<number, number>> {
  const last = new Map<number, number>();
  await using index = await openParquet(INDEX_FILE, {
    store: folderStore(out),
    codecs: nodeCodecs(),
    hashes: await nodeHashes(),
  });
  for await (const batch of index.batches({ columns: ["entity", "t_end"] })) {
    const entities = batch.columns["entity"]?.data as readonly string[];
    const ends = batch.columns["t_end"]?.data as Float64Array;
    for (let row = 0; row < batch.length; row++) {
      const mmsi = Number(entities[row]);
      last.set(mmsi, Math.max(last.get(mmsi) ?? Number.NEGATIVE_INFINITY, ends[row]!));
    }
  }
  return last;
}

/** A window of positions with the axis of time always there, also where it is of one. */
function featuresColumn({ window }: ResolvedAis) {
  return { name: "features", type: { kind: "f32", shape: [window.size, FEATURES.length] } } as const;
}

/** Opens what is to be read. */
export async function aisJob(options: ResolvedAis, { progress, signal }: Watch): Promise<DatasetJob<RankedInput>> {
  using scope = new DisposableStack();
  const input = scope.use(await spooled(options.inputs, { from: stdin, temp: options.temp, signal }));
  const inputs = await knownInputs(input.paths, progress);
  const kept = scope.move();
  return {
    layout: { window: options.window, columns: [featuresColumn(options)], times: "stamps" },
    inputs,
    about: aboutOf(options),
    fixed:
      options.splitBy === "vessel"
        ? undefined
        : `it is split by ${options.splitBy}, and a later time would move the split`,
    async ingest(chosen, task) {
      const lastTime = task.previous === undefined ? new Map<number, number>() : await lastTimes(task.previous.out);
      const { table, ledger, facts, factNames, badRows } = await ingestAis(chosen, options, { ...task, lastTime });
      if (table.length === 0) throw nothingToDo(ledger, badRows);
      const values = Object.fromEntries([...facts].map(([mmsi, texts]) => [String(mmsi), texts]));
      return { table, rows: ledger.kept, values: {}, ledger, facts: { names: factNames, values }, badRows };
    },
    [Symbol.asyncDispose]: async () => kept.dispose(),
  };
}
