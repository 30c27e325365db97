/** Statistics of every feature, and of the times and entities that the index tells of. */

import { type Batch, type Column, isNumeric, valuesPerRow, WindrowError } from "../core/index.ts";
import type { DatasetSplit } from "../formats/dataset/index.ts";
import { type Feature, featureNames, featuresOf } from "./features.ts";
import { openIndex } from "./index-table.ts";
import { type PieceChoice, pieces } from "./pieces.ts";
import {
  addFloats,
  addNumbers,
  deviation,
  mean,
  quantile,
  quantileError,
  type Sketch,
  sketch,
} from "./sketch.kernel.ts";
import { type InspectPlace, type InspectRun, placeName, type Source, wholeSource } from "./source.ts";

/** What `stats` takes. */
export interface StatsOptions extends PieceChoice {
  /** Names of the features along the last axis of the samples' array; those of the manifest where absent. */
  readonly features?: readonly string[];
}

/** Numbers about a stream of numbers; those of nothing are `null`. */
export interface NumberStats {
  readonly count: number;
  /** Values that are NaN or not there. */
  readonly missing: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null;
  readonly p1: number | null;
  readonly p5: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** A feature's numbers. */
export interface FeatureStats extends NumberStats {
  readonly name: string;
  readonly column: string;
  readonly kind: string;
  readonly unit: string | null;
}

/** What a dataset's index tells. */
export interface IndexStats {
  readonly entities: number;
  readonly traces: number;
  /** Epoch seconds. */
  readonly t_start: number | null;
  readonly t_end: number | null;
  /** From a sample's first position to its last, in seconds. */
  readonly sample_seconds: NumberStats;
  /** Samples by input. */
  readonly sources: Readonly<Record<string, number>>;
}

/** What `stats` answers. */
export interface StatsReport {
  readonly path: string;
  readonly kind: Source["kind"];
  readonly split: DatasetSplit | null;
  readonly samples: number;
  /** How far p1 … p99 may be from the exact ones, as a fraction of them. All else is exact. */
  readonly quantile_error: number;
  readonly features: readonly FeatureStats[];
  /** Columns without numbers, and what they hold. */
  readonly skipped: Readonly<Record<string, string>>;
  /** `null` for what has no index. */
  readonly index: IndexStats | null;
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

function numberStats(of: Sketch): NumberStats {
  const at = (p: number) => known(quantile(of, p));
  const has = of.count > 0;
  return {
    count: of.count,
    missing: of.missing,
    min: has ? of.min : null,
    max: has ? of.max : null,
    mean: known(mean(of)),
    std: known(deviation(of)),
    p1: at(0.01),
    p5: at(0.05),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

/** Values taken at once, so that all features of a block find it in the fastest cache. */
const BLOCK_VALUES = 4096;

/** Adds the values of a column to the sketches of its features. */
function addColumn({ data, valid }: Column, features: readonly Feature[], sketches: readonly Sketch[]): void {
  const { type, stride } = features[0]!;
  const size = valuesPerRow(type);
  if (valid !== undefined) {
    addValid(data as Float64Array, valid, { features, sketches, size });
    return;
  }
  const block = Math.max(1, Math.floor(BLOCK_VALUES / stride)) * stride;
  const isFloats = data instanceof Float32Array;
  const all = data as Float64Array; // any typed array: each kind of them is read as numbers
  for (let from = 0; from < all.length; from += block) {
    const values = all.subarray(from, from + block);
    for (const [i, { at }] of features.entries()) {
      if (isFloats) addFloats(sketches[i]!, values as unknown as Float32Array, at, stride);
      else addNumbers(sketches[i]!, values, at, stride);
    }
  }
}

function addValid(
  data: Float64Array,
  valid: Uint8Array,
  to: { features: readonly Feature[]; sketches: readonly Sketch[]; size: number },
): void {
  const { features, sketches, size } = to;
  for (const [row, isThere] of valid.entries()) {
    const values = data.subarray(row * size, (row + 1) * size);
    for (const [i, { at, stride }] of features.entries()) {
      if (isThere === 1) addNumbers(sketches[i]!, values, at, stride);
      else sketches[i]!.missing += size / stride;
    }
  }
}

/** Sketches of the features of batches. */
class FeatureSketches {
  #features: readonly Feature[] | undefined;
  #sketches: readonly Sketch[] = [];
  readonly skipped = new Map<string, string>();
  samples = 0;

  /** Takes the features of a table; tables after the first must have the same. */
  begin(features: readonly Feature[], name: string): void {
    if (this.#features === undefined) {
      this.#features = features;
      this.#sketches = features.map(sketch);
    } else if (JSON.stringify(features) !== JSON.stringify(this.#features)) {
      throw new WindrowError(
        "unsupported",
        `Cannot give statistics: ${name} has other columns than the tables before it`,
      );
    }
  }

  add(batch: Batch): void {
    this.samples += batch.length;
    const features = this.#features ?? [];
    for (const [column, places] of Map.groupBy(features.keys(), (place) => features[place]!.column)) {
      addColumn(
        batch.columns[column]!,
        places.map((place) => features[place]!),
        places.map((place) => this.#sketches[place]!),
      );
    }
  }

  get quantileError(): number {
    return Math.max(0, ...this.#sketches.map(quantileError));
  }

  stats(): FeatureStats[] {
    return (this.#features ?? []).map(({ name, column, type }, place) => ({
      name,
      column,
      kind: type.kind,
      unit: type.unit ?? null,
      ...numberStats(this.#sketches[place]!),
    }));
  }
}

/**
 * Statistics of all samples, or of one split's. Memory is that of a batch and of the sketches: some hundred kB a feature.
 * @throws WindrowError `missing` where there is nothing whole; `damaged` for what cannot be read; `usage` for names that do not fit.
 */
export async function stats(
  place: InspectPlace,
  options: StatsOptions = {},
  run: InspectRun = {},
): Promise<StatsReport> {
  const source = await wholeSource(place);
  const names = options.features ?? featureNames(source);
  const found = new FeatureSketches();
  const tables = pieces(place, source, options);
  run.progress?.stage("read samples", total(tables), "samples");
  for (const piece of tables) {
    await using table = await piece.open();
    const features = featuresOf(table.schema, names);
    found.begin(features, piece.name);
    for (const [name, { kind }] of Object.entries(table.schema)) if (!isNumeric(kind)) found.skipped.set(name, kind);
    for await (const batch of table.batches({ columns: [...new Set(features.map(({ column }) => column))] })) {
      run.signal?.throwIfAborted();
      found.add(batch);
      run.progress?.at(found.samples);
    }
  }
  return {
    path: placeName(place),
    kind: source.kind,
    split: options.split ?? null,
    samples: found.samples,
    quantile_error: found.quantileError,
    features: found.stats(),
    skipped: Object.fromEntries(found.skipped),
    index: source.kind === "dataset" ? await indexStats(place, options.split) : null,
  };
}

function total(tables: readonly { readonly samples?: number }[]): number | undefined {
  return tables.reduce<number | undefined>(
    (sum, { samples }) => (sum === undefined || samples === undefined ? undefined : sum + samples),
    0,
  );
}

async function indexStats(place: InspectPlace, split: DatasetSplit | undefined): Promise<IndexStats> {
  const entities = new Set<string>();
  const traces = new Set<string>();
  const sources = new Map<string, number>();
  const seconds = sketch();
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const index = await openIndex(place, ["split", "entity", "trace_id", "t_start", "t_end", "source"]);
  for await (const { length, columns } of index.batches()) {
    const { t_start, t_end } = columns;
    for (let row = 0; row < length; row++) {
      if (split !== undefined && columns.split.data[row] !== split) continue;
      entities.add(columns.entity.data[row]!);
      traces.add(columns.trace_id.data[row]!);
      const name = columns.source.data[row]!;
      sources.set(name, (sources.get(name) ?? 0) + 1);
      first = Math.min(first, t_start.data[row]!);
      last = Math.max(last, t_end.data[row]!);
      addNumbers(seconds, [t_end.data[row]! - t_start.data[row]!], 0, 1);
    }
  }
  const has = seconds.count > 0;
  return {
    entities: entities.size,
    traces: traces.size,
    t_start: has ? first : null,
    t_end: has ? last : null,
    sample_seconds: numberStats(seconds),
    sources: Object.fromEntries(sources),
  };
}
