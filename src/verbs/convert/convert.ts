/** `convert`: the same samples in the same order, in another format. */

import { existsSync, realpathSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, extname, relative, resolve } from "node:path";
import { type ConvertFormat, type ConvertSpec, convertSpec, targetSchema } from "../../convert/index.ts";
import { type Compression, parseCompression, type Schema, WindrowError } from "../../core/index.ts";
import { type MdsLayout, mdsLayout } from "../../formats/mds/index.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { jsonHash } from "../dataset/run.ts";
import { type Progress, SILENT } from "../progress.ts";
import { PACKAGE_VERSION } from "../version.ts";
import { type Asked, abandon, type Begun, begin, checkApart, type Destination, end, lockDestination } from "./place.ts";
import { runConversion, writeConversion } from "./run.ts";
import { averageRowBytes, type ConvertSplit, type PlannedSource, plannedSource } from "./source.ts";

/** What `convert` takes. Everything but `from` and `to` has a default. */
export interface ConvertOptions {
  /** A dataset, an MDS folder, a Parquet or Arrow file, or a folder of such files. */
  readonly from: string;
  /** A file whose name ends in `.parquet` or `.arrow`, or a folder. */
  readonly to: string;
  /** What the name of `to` says, and of a folder `mds`. */
  readonly format?: ConvertFormat;
  /** Worker folders, or files, of a folder; one for each 4 GiB of raw samples. */
  readonly parts?: number;
  /** Which samples of a dataset; `train`. */
  readonly split?: ConvertSplit;
  /** Names of the columns to take, in order; all. */
  readonly columns?: readonly string[];
  /** `zstd:1` … `zstd:22`, `snappy`, `gz`, `br` (not for Arrow) or `none`; `zstd:1`. */
  readonly compression?: string;
  /** Most raw bytes of an MDS shard; 64 MiB. */
  readonly shardBytes?: number;
  /** Hashes kept in index.json, e.g. `sha1`, `xxh64`; none. */
  readonly hashes?: readonly string[];
  /**
   * Raw bytes of a task, at most: less makes more tasks, and smaller groups where it is below 32 MiB; 128 MiB, enough that reading
   * and starting do not count.
   */
  readonly taskBytes?: number;
  /** Bytes of memory for the whole run, beyond Node's own; 1 GiB. */
  readonly memory?: number;
  /** Threads; never changes what is written. One for each processor. */
  readonly workers?: number;
  /** What to do with a table or shards at `to`: refused where absent. */
  readonly existing?: "overwrite";
}

/** What a conversion leaves. */
export interface ConvertResult {
  readonly to: string;
  readonly format: ConvertFormat;
  readonly samples: number;
  /** Rows of each part, in order. */
  readonly parts: readonly number[];
  /** Which split of a dataset it was; `null` for a source without. */
  readonly split: ConvertSplit | null;
  readonly schema: Schema;
  /** Whether an earlier run had finished it. */
  readonly wasThere: boolean;
}

const GIB = 2 ** 30;
/** Below this not even one shard can be built. */
const LEAST_MEMORY = 64 * 2 ** 20;
const TASK_BYTES = 128 * 2 ** 20;
const FILE_FORMATS: Readonly<Record<string, ConvertFormat>> = { ".parquet": "parquet", ".arrow": "arrow" };

function usage(what: string): WindrowError {
  return new WindrowError("usage", `Cannot convert: ${what}`);
}

/** A file for a name that ends as one, unless a folder of that name is there. */
function destination({ to, format, parts = 1 }: ConvertOptions): Destination & { readonly format: ConvertFormat } {
  const path = existsSync(to) ? realpathSync(to) : resolve(to);
  const said = FILE_FORMATS[extname(path)];
  const isFolder = said === undefined || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
  if (isFolder) return { kind: "folder", path, format: format ?? said ?? "mds" };
  if (format !== undefined && format !== said)
    throw usage(`${to} names a file of ${said}, got --format ${format}; name a folder`);
  if (parts !== 1) throw usage(`${to} is one file, got --parts ${parts}; name a folder and pass --format ${said}`);
  return { kind: "file", path, format: said };
}

function checkNumbers({ memory = GIB, workers = 1, taskBytes = TASK_BYTES }: ConvertOptions): void {
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw usage(`workers must be a whole number from 1 up, got ${workers}`);
  if (!(taskBytes >= 1)) throw usage(`task bytes must be from 1 up, got ${taskBytes}`);
  if (!(memory >= LEAST_MEMORY)) throw usage(`--memory must be at least 64MiB, got ${memory} bytes`);
}

/** What only one format knows. */
async function formatOptions(
  options: ConvertOptions,
  format: ConvertFormat,
): Promise<{ readonly compression: Compression | undefined; readonly hashes: readonly string[] }> {
  const { hashes = [], shardBytes } = options;
  const compression = parseCompression(options.compression ?? "zstd:1");
  if (format !== "mds" && (shardBytes !== undefined || hashes.length > 0))
    throw usage(`shard bytes and hashes are for mds, got format ${format}`);
  if (format === "arrow" && compression !== undefined && compression.codec !== "zstd")
    throw usage(`Arrow files are packed by zstd or none, got ${compression.codec}`);
  const known = await nodeHashes();
  const stray = hashes.find((name) => !known.has(name));
  if (stray !== undefined) throw usage(`hashes are ${[...known.keys()].join(", ")}, got ${stray}`);
  return { compression, hashes };
}

function checkSource({ schema, parts }: PlannedSource, { from }: ConvertOptions, format: ConvertFormat): number {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (Object.keys(schema).length === 0) throw new WindrowError("empty", `Cannot convert ${from}: it has no columns`);
  if (rows === 0 && format === "mds")
    throw new WindrowError(
      "empty",
      `Cannot convert ${from} to MDS: it has no samples, and shards without any cannot say what their columns are; parquet and arrow can`,
    );
  return rows;
}

/** All that is to be done, and its name. */
async function planned(
  options: ConvertOptions,
  target: Destination & { readonly format: ConvertFormat },
): Promise<{ readonly source: PlannedSource; readonly spec: ConvertSpec } & Pick<Asked, "ask" | "request">> {
  const { format, kind, path } = target;
  const { compression, hashes } = await formatOptions(options, format);
  const columns = options.columns === undefined ? null : [...new Set(options.columns)];
  const source = await plannedSource({ path: resolve(options.from), split: options.split ?? null, columns });
  const rows = checkSource(source, options, format);
  const { schema } = targetSchema(source.schema, format);
  const mds: MdsLayout | undefined =
    format === "mds"
      ? mdsLayout(schema, {
          compression,
          hashes,
          ...(options.shardBytes === undefined ? {} : { shardBytes: options.shardBytes }),
        })
      : undefined;
  const spec = convertSpec({
    format,
    schema: source.schema,
    rows,
    rowBytes: await averageRowBytes(source),
    parts: options.parts,
    file: kind === "file" ? relative(dirname(path), path) : undefined,
    mds,
    compression,
    taskBytes: options.taskBytes ?? TASK_BYTES,
    createdBy: `windrow ${PACKAGE_VERSION}`,
  });
  const ask = jsonHash({
    from: source.path,
    split: source.split,
    columns,
    kind,
    format,
    parts: options.parts ?? null,
    compression: compression ?? null,
    shard_bytes: mds?.shardBytes ?? null,
    hashes,
    task_bytes: options.taskBytes ?? null,
    by: spec.createdBy,
  });
  return { source, spec, ask, request: jsonHash({ ask, files: source.files, spec }) };
}

/** Errors that the same run would meet again: nothing is kept for one. */
const HOPELESS = new Set(["usage", "unsupported", "damaged", "missing", "empty"]);

/**
 * Writes the samples of a source in another format: row i of it is row i of what is written, whatever the parts. A run that was
 * interrupted goes on where it was. The same source and options give the same bytes.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for the source and what the format cannot hold; `empty` for no
 * samples or columns where the format cannot say so; `exists` for what is in the way; `io` for the disk.
 */
export async function convert(
  options: ConvertOptions,
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<ConvertResult> {
  const { progress = SILENT, signal } = run;
  checkNumbers(options);
  const target = destination(options);
  checkApart(options.from, target.path);
  const { source, spec, ask, request } = await planned(options, target);
  const result = {
    to: target.path,
    format: target.format,
    samples: sum(spec.parts),
    parts: spec.parts,
    split: source.split,
    schema: spec.schema,
  };
  using _ = lockDestination(target);
  const begun = await begin(target, { ask, request, isOverwrite: options.existing === "overwrite" });
  if (begun.kind === "there") return { ...result, wasThere: true };
  if (begun.note !== undefined) progress.note(begun.note);
  if (begun.plan !== undefined) progress.note("resuming the conversion that was interrupted");
  await work(target, begun, { conversion: { convert: spec, source, ask, request }, options, progress, signal });
  return { ...result, wasThere: false };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function work(
  target: Destination,
  begun: Begun & { readonly kind: "work" },
  task: {
    readonly conversion: Parameters<typeof writeConversion>[1];
    readonly options: ConvertOptions;
    readonly progress: Progress;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { memory = GIB, workers = availableParallelism() } = task.options;
  const { progress, signal } = task;
  try {
    const plan = begun.plan ?? (await writeConversion(begun, task.conversion));
    await runConversion(plan, { memory, workers, progress, signal });
  } catch (error) {
    if (error instanceof WindrowError && HOPELESS.has(error.code)) abandon(target, begun);
    throw error;
  }
  await end(target, begun);
}
