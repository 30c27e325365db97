/** Reads a split's windows of AIS positions in order, with the vessel of each where an index tells. */

import { type Batch, type ColumnType, type Json, type Schema, valuesPerRow, WindrowError } from "../../core/index.ts";
import { FEATURES, type FeatureColumn } from "../../domains/ais/index.ts";
import type { DatasetSplit, Manifest } from "../../formats/dataset/index.ts";
import { openIndex } from "../../inspect/index-table.ts";
import { pieces } from "../../inspect/pieces.ts";
import { type InspectPlace, placeName, wholeSource } from "../../inspect/source.ts";

/** Windows of a batch. */
export interface AisWindows {
  readonly features: FeatureColumn;
  /** Each sample's vessel; absent where there is no index. */
  readonly vessels?: readonly string[];
}

/** A split to be read. */
export interface AisSplit {
  readonly name: string;
  /** `null` where the place says nothing of splits. */
  readonly split: DatasetSplit | null;
  /** `undefined` where it is not known before it is read. */
  readonly samples: number | undefined;
  /** Positions of a window that are a model's input, as the manifest says. */
  readonly inputLength: number | undefined;
  batches(): AsyncIterable<AisWindows>;
}

/** Windows are some kilobytes each; a batch of them fits the processor's cache. */
const BATCH_ROWS = 64;

/**
 * Opens the samples of a place. Of a dataset those of a split, `validation` where none is named; of other places all of them.
 * @throws WindrowError `empty` where there are none; as `wholeSource` and `pieces`.
 */
export async function aisSplit(place: InspectPlace, asked: DatasetSplit | undefined): Promise<AisSplit> {
  const source = await wholeSource(place);
  const manifest = source.kind === "dataset" ? source.manifest : undefined;
  const split = asked ?? (manifest === undefined ? null : "validation");
  const tables = pieces(place, source, split === null ? {} : { split });
  const samples = split === null ? undefined : manifest?.counts[split].reduce((sum, part) => sum + part, 0);
  const name = placeName(place);
  if (samples === 0) {
    throw new WindrowError(
      "empty",
      `Cannot judge forecasts: the ${split} split of ${name} has no samples; --split names another; how large each is, materialize --val and --test say`,
    );
  }
  async function* batches(): AsyncGenerator<AisWindows> {
    await using vessels = manifest === undefined || split === null ? undefined : vesselNames(place, split);
    for (const piece of tables) {
      await using table = await piece.open();
      // A file by itself is the place and the piece.
      const where = place.key === undefined ? `${name}/${piece.name}` : name;
      const [column, type] = featuresColumn(table.schema, where);
      for await (const batch of table.batches({ columns: [column], batchRows: BATCH_ROWS })) {
        const features = windowsOf(batch, column, type, where);
        yield { features, ...(vessels === undefined ? {} : { vessels: await vessels.take(batch.length) }) };
      }
    }
  }
  return { name, split, samples, inputLength: inputLengthOf(manifest), batches };
}

function inputLengthOf(manifest: Manifest | undefined): number | undefined {
  const { options } = object(manifest?.about);
  const length = object(options)["input_length"];
  return typeof length === "number" ? length : undefined;
}

function object(value: Json | undefined): { readonly [key: string]: Json | undefined } {
  // Lists have no keys that are asked for.
  return typeof value === "object" && value !== null ? (value as { readonly [key: string]: Json }) : {};
}

/** The column of windows: `features`, or the only one there is. */
function featuresColumn(schema: Schema, name: string): [string, ColumnType] {
  const names = Object.keys(schema);
  const column = names.includes("features") || names.length !== 1 ? "features" : names[0]!;
  const type = schema[column];
  const isBytes = type?.kind === "bytes";
  if (type !== undefined && (isBytes || (type.kind === "f32" && valuesPerRow(type) % FEATURES.length === 0)))
    return [column, type];
  const got = type === undefined ? `the columns ${names.join(", ")}` : `${type.kind} [${type.shape ?? ""}]`;
  throw new WindrowError(
    "unsupported",
    `Cannot judge forecasts: ${name} must have a column features of float32 [positions, ${FEATURES.length}], got ${got}`,
  );
}

function windowsOf({ length, columns }: Batch, column: string, type: ColumnType, where: string): FeatureColumn {
  const { data: values, valid } = columns[column]!;
  // What stands in place of null is zeros: a ship at 0, 0.
  if (valid?.includes(0))
    throw new WindrowError("damaged", `Cannot judge forecasts: ${where} must have a window in each row, got null`);
  // featuresColumn saw that it is one or the other.
  const data = type.kind === "bytes" ? floatsOf(values as readonly Uint8Array[]) : (values as Float32Array);
  const positions = length === 0 ? 0 : data.length / length / FEATURES.length;
  return { data, shape: [length, positions, FEATURES.length] };
}

/** Samples that are stored as the bytes of float32, little-endian, as mosaicml-streaming's users do. */
function floatsOf(samples: readonly Uint8Array[]): Float32Array {
  const size = samples[0]?.length ?? 0;
  const bytes = new Uint8Array(samples.length * size);
  const wrong = samples.find(({ length }) => length !== size || length % (4 * FEATURES.length) !== 0);
  if (wrong !== undefined) {
    throw new WindrowError(
      "unsupported",
      `Cannot judge forecasts: samples of bytes must all be as long, and whole positions of float32, got ${wrong.length} bytes`,
    );
  }
  for (const [i, sample] of samples.entries()) bytes.set(sample, i * size);
  return new Float32Array(bytes.buffer);
}

/** The vessels of a split's samples, in order. */
function vesselNames(
  place: InspectPlace,
  split: DatasetSplit,
): AsyncDisposable & { take(count: number): Promise<readonly string[]> } {
  async function* lists(): AsyncGenerator<string[]> {
    const index = await openIndex(place, ["split", "entity"]);
    await using _ = index.table;
    for await (const { columns } of index.batches())
      yield columns.entity.data.filter((_, row) => columns.split.data[row] === split);
  }
  const batches = lists();
  let waiting: string[] = [];
  return {
    async take(count) {
      while (waiting.length < count) {
        const { value, done } = await batches.next();
        if (done === true) {
          throw new WindrowError(
            "damaged",
            `Cannot judge forecasts: index.parquet of ${placeName(place)} must have a row for each sample of ${split}, got fewer`,
          );
        }
        waiting = waiting.concat(value);
      }
      return waiting.splice(0, count);
    },
    async [Symbol.asyncDispose]() {
      await batches.return(undefined);
    },
  };
}
