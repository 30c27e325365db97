/** Whether two places hold the same samples, in the same order, with the same values; formats may differ. */

import { type ColumnType, type Schema, valuesPerRow, WindrowError } from "../core/index.ts";
import type { DatasetSplit } from "../formats/dataset/index.ts";
import { orderByKey } from "../order/index.ts";
import { type SampleHashes, type SampleIds, type SampleSource, sampleSource } from "./samples.ts";
import { type InspectPlace, type InspectRun, sourceAt } from "./source.ts";

/** What `diff` takes. */
export interface DiffOptions {
  /** Which split of datasets is compared. Where absent: all of them, but of a dataset beside other files the training split. */
  readonly split?: DatasetSplit;
}

/** The first place where the orders differ. */
export interface FirstDifference {
  readonly row: number;
  /** `end`: one of the two ends here · `sample`: another sample · `values`: the same sample with other values. */
  readonly what: "end" | "sample" | "values";
}

/** What `diff` answers. */
export interface DiffReport {
  readonly a: string;
  readonly b: string;
  readonly split: DatasetSplit | null;
  /** By what samples were told apart. */
  readonly by: SampleIds;
  /** Columns whose values were compared. */
  readonly columns: readonly string[];
  readonly columns_only_in_a: readonly string[];
  readonly columns_only_in_b: readonly string[];
  /** Columns of both that hold different types, so that their values were not compared. */
  readonly columns_of_other_type: readonly string[];
  readonly samples_a: number;
  readonly samples_b: number;
  readonly same_samples: boolean;
  /** Whether the orders are the same too. */
  readonly same_order: boolean;
  /** Whether every sample that is in both holds the same values in both. */
  readonly same_values: boolean;
  readonly in_both: number;
  readonly only_in_a: number;
  readonly only_in_b: number;
  /** Samples in both whose values differ. */
  readonly changed: number;
  readonly first_difference: FirstDifference | null;
}

interface Columns {
  readonly common: readonly string[];
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly otherType: readonly string[];
}

function compareSchemas(a: Schema, b: Schema): Columns {
  // MDS has no bools: it holds them as bytes, which is how they are held here.
  const stored = ({ kind }: ColumnType) => (kind === "bool" ? "u8" : kind);
  const isSame = (x: ColumnType, y: ColumnType) => stored(x) === stored(y) && valuesPerRow(x) === valuesPerRow(y);
  const both = Object.keys(a)
    .filter((name) => Object.hasOwn(b, name))
    .sort();
  return {
    common: both.filter((name) => isSame(a[name]!, b[name]!)),
    otherType: both.filter((name) => !isSame(a[name]!, b[name]!)),
    onlyA: Object.keys(a).filter((name) => !Object.hasOwn(b, name)),
    onlyB: Object.keys(b).filter((name) => !Object.hasOwn(a, name)),
  };
}

/** Hashes in stretches of equal length from two streams. */
async function* inStep(
  a: AsyncIterable<SampleHashes>,
  b: AsyncIterable<SampleHashes>,
): AsyncGenerator<readonly [SampleHashes, SampleHashes]> {
  const streams = [a[Symbol.asyncIterator](), b[Symbol.asyncIterator]()] as const;
  let held: (SampleHashes | undefined)[] = [undefined, undefined];
  try {
    while (true) {
      for (const [i, stream] of streams.entries()) {
        while (held[i] === undefined || held[i].ids.length === 0) {
          const { value, done } = await stream.next();
          if (done) return;
          held[i] = value;
        }
      }
      const [left, right] = held as [SampleHashes, SampleHashes]; // filled just above
      const length = Math.min(left.ids.length, right.ids.length);
      yield [cut(left, 0, length), cut(right, 0, length)];
      held = [cut(left, length), cut(right, length)];
    }
  } finally {
    for (const stream of streams) await stream.return?.();
  }
}

function cut({ ids, values }: SampleHashes, from: number, to?: number): SampleHashes {
  return { ids: ids.subarray(from, to), values: values.subarray(from, to) };
}

interface Comparison {
  readonly a: SampleSource;
  readonly b: SampleSource;
  readonly by: SampleIds;
  readonly columns: readonly string[];
  readonly run: InspectRun;
}

/** Reads both side by side up to the first place where they differ: all that is needed where they do not. */
async function firstDifference({ a, b, by, columns, run }: Comparison): Promise<FirstDifference | undefined> {
  let row = 0;
  run.progress?.stage("compare in order", Math.min(a.length, b.length), "samples");
  for await (const [left, right] of inStep(a.hashes(by, columns, run), b.hashes(by, columns, run))) {
    for (let i = 0; i < left.ids.length; i++) {
      if (left.ids[i] !== right.ids[i]) return { row: row + i, what: "sample" };
      if (left.values[i] !== right.values[i]) return { row: row + i, what: "values" };
    }
    row += left.ids.length;
    run.progress?.at(row);
  }
  return a.length === b.length ? undefined : { row, what: "end" };
}

/** All samples' hashes, by id: 28 bytes a sample, once they are joined. */
async function sorted(
  source: SampleSource,
  { by, columns, run }: Comparison,
): Promise<SampleHashes & { readonly order: Uint32Array }> {
  // What a file says of its length is not believed before so many samples were read.
  const found: SampleHashes[] = [];
  run.progress?.stage(`read ${source.name}`, source.length, "samples");
  let length = 0;
  for await (const hashes of source.hashes(by, columns, run)) {
    found.push(hashes);
    length += hashes.ids.length;
    run.progress?.at(length);
  }
  const ids = joined(
    found.map((each) => each.ids),
    length,
  );
  const values = joined(
    found.map((each) => each.values),
    length,
  );
  const compare = (x: number, y: number) => (values[x]! < values[y]! ? -1 : values[x]! > values[y]! ? 1 : 0);
  return { ids, values, order: orderByKey(ids, compare) };
}

function joined(parts: readonly BigUint64Array[], length: number): BigUint64Array {
  const all = new BigUint64Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

interface SetCounts {
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly changed: number;
}

/** Walks both in order of ids; a sample that is there twice counts twice. */
async function compareSets(comparison: Comparison): Promise<SetCounts> {
  const a = await sorted(comparison.a, comparison);
  const b = await sorted(comparison.b, comparison);
  let [both, changed, i, j] = [0, 0, 0, 0];
  while (i < a.order.length && j < b.order.length) {
    const [x, y] = [a.order[i]!, b.order[j]!];
    if (a.ids[x]! < b.ids[y]!) i++;
    else if (a.ids[x]! > b.ids[y]!) j++;
    else {
      both++;
      if (a.values[x] !== b.values[y]) changed++;
      i++;
      j++;
    }
  }
  return { both, changed, onlyA: a.order.length - both, onlyB: b.order.length - both };
}

/** Whether the same ids follow each other in both, whatever their samples hold. */
async function isSameOrder({ a, b, by, columns, run }: Comparison): Promise<boolean> {
  for await (const [left, right] of inStep(a.hashes(by, columns, run), b.hashes(by, columns, run))) {
    for (let i = 0; i < left.ids.length; i++) if (left.ids[i] !== right.ids[i]) return false;
  }
  return a.length === b.length;
}

async function splitOf(
  places: readonly InspectPlace[],
  split: DatasetSplit | undefined,
): Promise<readonly (DatasetSplit | undefined)[]> {
  const isDataset = await Array.fromAsync(places, async (place) => (await sourceAt(place)).kind === "dataset");
  // A lone folder or file is one split, and mostly the training one.
  const chosen = split ?? (isDataset.includes(false) ? "train" : undefined);
  return isDataset.map((is) => (is ? chosen : undefined));
}

/**
 * Compares two places sample by sample. Samples are told apart by ids where both have the same kind of them, else by their values.
 * Where all is the same, memory is that of a batch; else that of 28 bytes a sample.
 * @throws WindrowError `unsupported` where no column is in both; `missing`, `damaged` for what cannot be read.
 */
export async function diff(
  placeA: InspectPlace,
  placeB: InspectPlace,
  options: DiffOptions = {},
  run: InspectRun = {},
): Promise<DiffReport> {
  const splits = await splitOf([placeA, placeB], options.split);
  const [a, b] = (await Promise.all(
    [placeA, placeB].map((place, i) => sampleSource(place, splits[i] === undefined ? {} : { split: splits[i] })),
  )) as [SampleSource, SampleSource]; // two places, two sources
  const columns = compareSchemas(a.schema, b.schema);
  const isEmpty = a.length === 0 || b.length === 0;
  if (columns.common.length === 0 && !isEmpty) {
    const names = [a, b].map(({ schema }) => Object.keys(schema).join(", ") || "none");
    throw new WindrowError(
      "unsupported",
      `Cannot compare ${a.name} and ${b.name}: no column is in both with one type, got ${names.join(" and ")}`,
    );
  }
  const by = a.ids.find((id) => b.ids.includes(id)) ?? "values";
  const comparison = { a, b, by, columns: columns.common, run };
  const first = await firstDifference(comparison);
  const sets = first === undefined ? { both: a.length, onlyA: 0, onlyB: 0, changed: 0 } : await compareSets(comparison);
  const isSame = sets.onlyA === 0 && sets.onlyB === 0;
  return {
    a: a.name,
    b: b.name,
    split: splits.find((split) => split !== undefined) ?? null,
    by,
    columns: columns.common,
    columns_only_in_a: columns.onlyA,
    columns_only_in_b: columns.onlyB,
    columns_of_other_type: columns.otherType,
    samples_a: a.length,
    samples_b: b.length,
    same_samples: isSame,
    same_order: isSame && (first === undefined || (first.what === "values" && (await isSameOrder(comparison)))),
    same_values: sets.changed === 0,
    in_both: sets.both,
    only_in_a: sets.onlyA,
    only_in_b: sets.onlyB,
    changed: sets.changed,
    first_difference: first ?? null,
  };
}
