/** `load`: batches of samples from files, for training. A door of its own, `windrow/load`, that loads nothing else: a loop begins sooner. */

import { type Schema, WindrowError } from "../core/index.ts";
import { type ColumnsSpec, isNames, type Loader, type LoaderOptions, loader, type SchemaOf } from "../load/index.ts";
import { type LoadChoice, loadSource } from "./load-source.ts";

export type { ColumnsSpec, ColumnTypes, LoadBatch, LoadColumn, LoadCursor, Loader, LoadInfo } from "../load/index.ts";

/** The columns that a dataset of windows has. */
const WINDOWS = { features: "f32" } as const satisfies ColumnsSpec;

/** How to load a path. */
export interface LoadOptions<C extends ColumnsSpec | "all" = typeof WINDOWS> extends LoaderOptions, LoadChoice {
  /**
   * The columns of a batch: names, `["features", "key"]`, or with what each holds: `{ features: "f32" }`, which is the default. A kind, or a type with its shape, which is also what
   * MDS columns of bytes are read as: `{ image: { kind: "u8", shape: [28, 28] }, label: "i64" }`. The compiler takes it for the type of
   * the batches, so another kind or shape in the files is an error. `"all"` gives what there is, and the compiler knows nothing of it.
   */
  readonly columns?: C;
}

/** The schema of the batches that a choice of columns gives. */
export type LoadedSchema<C extends ColumnsSpec | "all"> = C extends ColumnsSpec ? SchemaOf<C> : Schema;

/**
 * Batches of the samples at a path, for training: a dataset made by windrow, a folder of MDS (also of mosaicml's), a Parquet file or a
 * folder of them. Returns at once; files are opened by the loop, and closed when it ends, however it does.
 *
 * Epoch 0 is the stored order, each later epoch another permutation of shards and of rows within them. Batch k is the same samples in
 * the same order for any `worldSize` that divides `batchSize`; each rank gets its slice. The last batch may be shorter, and of a slice
 * then nothing may be left: every rank gets the same number of batches, the last perhaps of length 0.
 * @throws WindrowError `usage` at once for options that do not fit each other; from the loop: `missing`, `damaged`, `unsupported` as the
 * files are, `usage` for a cursor of something else, or columns that hold something else.
 * @example
 *     for await (const batch of load("data", { batchSize: 64, epoch: 1, seed: 42 })) {
 *       const { data, shape } = batch.columns.features; // Float32Array, [64, 928, 5]
 *     }
 */
export function load<const C extends ColumnsSpec | "all" = typeof WINDOWS>(
  path: string,
  options: LoadOptions<C>,
): Loader<LoadedSchema<C>> {
  // Programs without types may leave out what there is no default for.
  if (typeof path !== "string" || typeof options !== "object")
    throw new WindrowError("usage", `Cannot load: expected a path and { batchSize }, got ${path} and ${options}`);
  const columns: ColumnsSpec | "all" = options.columns ?? WINDOWS;
  const open = () => loadSource(path, options, columns === "all" ? {} : typesIn(columns));
  return loader(open, columns, options) as Loader<LoadedSchema<C>>; // checked against the files before the first batch
}

/** The columns that come with a type, which may say what bytes hold. */
function typesIn(columns: ColumnsSpec): Schema {
  if (isNames(columns)) return {};
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, type]) => (typeof type === "string" ? [] : [[name, type] as const])),
  );
}
