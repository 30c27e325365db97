/** Proves from the index that no entity, and no stretch of its time, is in two splits. */

import { type Json, WindrowError } from "../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit, INDEX_FILE } from "../formats/dataset/index.ts";
import { openIndex } from "./index-table.ts";
import { type InspectPlace, type InspectRun, placeName, type Source, wholeSource } from "./source.ts";

/** What the splits were made by. */
export type SplitBy = "entity" | "time" | "entity+time";

/** One thing that is in two splits. */
export interface Leak {
  /** `entity`: it is in both splits · `overlap`: samples of it share time · `order`: the earlier split ends after the later begins. */
  readonly kind: "entity" | "overlap" | "order";
  /** `null` for `order`, which is about all entities. */
  readonly entity: string | null;
  readonly splits: readonly [DatasetSplit, DatasetSplit];
  /** Epoch seconds: in `overlap` the shared stretch, in `order` from the later split's begin to the earlier one's end. */
  readonly from: number | null;
  readonly to: number | null;
}

/** What `leak` answers. */
export interface LeakReport {
  readonly path: string;
  readonly split_by: SplitBy;
  /** Whether nothing is in two splits that must not be. */
  readonly holds: boolean;
  readonly samples: Readonly<Record<DatasetSplit, number>>;
  readonly entities: Readonly<Record<DatasetSplit, number>>;
  readonly entities_in_two: number;
  /** Pairs of splits of one entity whose times were compared; 0 where no entity is in two. */
  readonly pairs_checked: number;
  /** Least seconds between samples of one entity in different splits; `null` without such a pair. Below 0 they overlap. */
  readonly smallest_gap: number | null;
  readonly leaks_found: number;
  /** The first of them. */
  readonly leaks: readonly Leak[];
}

const SHOWN_LEAKS = 20;
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** From the first position of any sample to the last, by split: 2 numbers each; of a split without a sample, +∞ and −∞. */
type Ranges = Float64Array;

function noRanges(): Ranges {
  return Float64Array.from({ length: 2 * DATASET_SPLITS.length }, (_, i) =>
    i % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  );
}

function widen(ranges: Ranges, split: number, from: number, to: number): void {
  ranges[2 * split] = Math.min(ranges[2 * split]!, from);
  ranges[2 * split + 1] = Math.max(ranges[2 * split + 1]!, to);
}

const has = (ranges: Ranges, split: number): boolean => ranges[2 * split]! < Number.POSITIVE_INFINITY;

/** Seconds from the end of the earlier range to the begin of the later; below 0 where they overlap. */
function gap(ranges: Ranges, a: number, b: number): number {
  return Math.max(ranges[2 * a]!, ranges[2 * b]!) - Math.min(ranges[2 * a + 1]!, ranges[2 * b + 1]!);
}

/** A sample: which entity's, in which split, from when to when. */
type Visit = (entity: string, split: number, from: number, to: number) => void;

/** Reads the index once, row by row. */
type Reading = (visit: Visit) => Promise<void>;

function reading(place: InspectPlace, key: string, run: InspectRun): Reading {
  return async (visit) => {
    const index = await openIndex(place, ["split", "entity", "t_start", "t_end"], key);
    run.progress?.stage("read index", index.table.length, "samples");
    let first = 0;
    for await (const { length, columns } of index.batches()) {
      run.signal?.throwIfAborted();
      for (let row = 0; row < length; row++) {
        const [from, to] = [columns.t_start.data[row]!, columns.t_end.data[row]!];
        const split = DATASET_SPLITS.indexOf(columns.split.data[row]! as DatasetSplit); // any other text is not found
        if (split < 0 || !(from <= to)) {
          const got =
            split < 0 ? `split ${JSON.stringify(columns.split.data[row]).slice(0, 40)}` : `times ${from} to ${to}`;
          throw new WindrowError(
            "damaged",
            `Cannot read ${key}: row ${first + row} must have a known split and times that ascend, got ${got}`,
            {
              details: { key, row: first + row },
            },
          );
        }
        visit(columns.entity.data[row]!, split, from, to);
      }
      first += length;
      run.progress?.at(first);
    }
  };
}

/** What one reading of the index gives. */
interface Survey {
  readonly byEntity: ReadonlyMap<string, Ranges>;
  readonly all: Ranges;
  readonly samples: readonly number[];
}

async function survey(read: Reading): Promise<Survey> {
  const byEntity = new Map<string, Ranges>();
  const all = noRanges();
  const samples = DATASET_SPLITS.map(() => 0);
  await read((entity, split, from, to) => {
    let ranges = byEntity.get(entity);
    if (ranges === undefined) {
      ranges = noRanges();
      byEntity.set(entity, ranges);
    }
    widen(ranges, split, from, to);
    widen(all, split, from, to);
    samples[split]! += 1;
  });
  return { byEntity, all, samples };
}

/** Samples of one entity as stretches of time, each with its split. */
type Stretches = { from: number; to: number; split: number }[];

/** Joins what overlaps within a split, so that long traces of many samples stay few stretches. */
function joined(stretches: Stretches): Stretches {
  const result: Stretches = [];
  for (const split of DATASET_SPLITS.keys()) {
    const own = stretches.filter((each) => each.split === split).sort((a, b) => a.from - b.from);
    let last: Stretches[number] | undefined;
    for (const { from, to } of own) {
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else {
        last = { from, to, split };
        result.push(last);
      }
    }
  }
  return result;
}

const JOIN_AT = 4096;

/** The stretches of entities whose splits' ranges meet: only these need a second reading. */
async function stretchesOf(read: Reading, entities: ReadonlySet<string>): Promise<Map<string, Stretches>> {
  const found = new Map<string, Stretches>([...entities].map((entity) => [entity, []]));
  const joinAt = new Map<string, number>();
  await read((entity, split, from, to) => {
    const own = found.get(entity);
    if (own === undefined) return;
    own.push({ from, to, split });
    if (own.length < (joinAt.get(entity) ?? JOIN_AT)) return;
    const few = joined(own);
    found.set(entity, few);
    joinAt.set(entity, 2 * few.length + JOIN_AT);
  });
  return new Map(found.entries().map(([entity, own]) => [entity, joined(own)]));
}

/** Overlaps of an entity's stretches in different splits, and the least gap between any two of them. */
function overlaps(stretches: Stretches): { readonly least: number; readonly found: readonly Omit<Leak, "entity">[] } {
  const inOrder = [...stretches].sort((a, b) => a.from - b.from);
  const found: Omit<Leak, "entity">[] = [];
  let least = Number.POSITIVE_INFINITY;
  // The stretch of each split that reaches furthest so far: those of one split do not overlap.
  const latest: (Stretches[number] | undefined)[] = DATASET_SPLITS.map(() => undefined);
  for (const each of inOrder) {
    for (const other of latest) {
      if (other === undefined || other.split === each.split) continue;
      least = Math.min(least, each.from - other.to);
      if (each.from > other.to) continue;
      const [a, b] = [Math.min(other.split, each.split), Math.max(other.split, each.split)];
      found.push({
        kind: "overlap",
        splits: [DATASET_SPLITS[a]!, DATASET_SPLITS[b]!],
        from: each.from,
        to: Math.min(each.to, other.to),
      });
    }
    latest[each.split] = each;
  }
  return { least, found };
}

/** Leaks as they are found: all are counted, the first are kept. */
class Leaks {
  count = 0;
  readonly first: Leak[] = [];

  add(leak: Leak): void {
    this.count++;
    if (this.first.length < SHOWN_LEAKS) this.first.push(leak);
  }
}

function* pairsOf(ranges: Ranges): Generator<readonly [a: number, b: number]> {
  for (const [a, b] of PAIRS) if (has(ranges, a) && has(ranges, b)) yield [a, b];
}

/**
 * Splits by time follow each other: training ends before validation begins, and that before test. Where entities are split too,
 * validation and test have different ones over the same time.
 */
function checkOrder(all: Ranges, by: SplitBy, leaks: Leaks): void {
  for (const [a, b] of pairsOf(all)) {
    if (by === "entity" || (by === "entity+time" && a !== 0)) continue;
    const [end, begin] = [all[2 * a + 1]!, all[2 * b]!];
    if (end < begin) continue;
    leaks.add({ kind: "order", entity: null, splits: [DATASET_SPLITS[a]!, DATASET_SPLITS[b]!], from: begin, to: end });
  }
}

interface TimeProof {
  readonly pairs: number;
  readonly least: number;
}

/** Compares the times of every entity that is in two splits; reads the index again only for those that it is not plain of. */
async function checkTimes(byEntity: Survey["byEntity"], read: Reading, leaks: Leaks): Promise<TimeProof> {
  let [pairs, least] = [0, Number.POSITIVE_INFINITY];
  const unclear = new Set<string>();
  for (const [entity, ranges] of byEntity) {
    for (const [a, b] of pairsOf(ranges)) {
      pairs++;
      const seconds = gap(ranges, a, b);
      if (seconds > 0) least = Math.min(least, seconds);
      else unclear.add(entity);
    }
  }
  if (unclear.size === 0) return { pairs, least };
  for (const [entity, stretches] of await stretchesOf(read, unclear)) {
    const result = overlaps(stretches);
    least = Math.min(least, result.least);
    for (const leak of result.found) leaks.add({ ...leak, entity });
  }
  return { pairs, least };
}

function splitBy(source: Source): SplitBy {
  if (source.kind !== "dataset") return "entity";
  // Options are what the field's own command wrote; entities go by its name for them, as in `vessel+time`.
  const options = (source.manifest.about as { readonly options?: { readonly [key: string]: Json } } | null)?.options;
  const by = options?.["split_by"];
  if (by === "time") return "time";
  return typeof by === "string" && by.endsWith("+time") ? "entity+time" : "entity";
}

function indexKey(place: InspectPlace, source: Source): string {
  if (source.kind === "dataset") return INDEX_FILE;
  if (source.kind === "parquet" && source.keys.length === 1) return source.keys[0]!;
  throw new WindrowError(
    "unsupported",
    `Cannot prove anything of ${placeName(place)}: it has no ${INDEX_FILE} that says which entity, time and split each sample is of`,
  );
}

/** A file without the columns is not an index: that is said in words of the question. */
function noIndex(place: InspectPlace, cause: unknown): unknown {
  if (!(cause instanceof WindrowError) || cause.code !== "missing") return cause;
  return new WindrowError(
    "unsupported",
    `Cannot prove anything of ${placeName(place)}: it must have the columns split, entity, t_start and t_end (${cause.message})`,
    { cause },
  );
}

/**
 * Looks for leaks between splits. Reads the index alone, `verify` proves that it tells of the samples; memory goes with the number of
 * entities. A Parquet file of anyone's that has the columns split, entity, t_start and t_end is taken as an index too.
 * @throws WindrowError `unsupported` for what has no index; `damaged` for one that cannot be read.
 */
export async function leak(place: InspectPlace, run: InspectRun = {}): Promise<LeakReport> {
  const source = await wholeSource(place);
  const key = indexKey(place, source);
  const by = splitBy(source);
  const read = reading(place, key, run);
  const found = await survey(read).catch((error: unknown) => {
    throw source.kind === "dataset" ? error : noIndex(place, error);
  });
  const leaks = new Leaks();
  const inTwo = [...found.byEntity].filter(([, ranges]) => !pairsOf(ranges).next().done);
  if (by !== "time") {
    for (const [entity, ranges] of inTwo) {
      for (const [a, b] of pairsOf(ranges))
        leaks.add({ kind: "entity", entity, splits: [DATASET_SPLITS[a]!, DATASET_SPLITS[b]!], from: null, to: null });
    }
  }
  checkOrder(found.all, by, leaks);
  const { pairs, least } = await checkTimes(found.byEntity, read, leaks);
  const counted = (count: (split: number) => number) =>
    Object.fromEntries(DATASET_SPLITS.map((split, i) => [split, count(i)])) as Record<DatasetSplit, number>;
  return {
    path: placeName(place),
    split_by: by,
    holds: leaks.count === 0,
    samples: counted((split) => found.samples[split]!),
    entities: counted((split) =>
      found.byEntity.values().reduce((sum, ranges) => sum + (has(ranges, split) ? 1 : 0), 0),
    ),
    entities_in_two: inTwo.length,
    pairs_checked: pairs,
    smallest_gap: Number.isFinite(least) ? least : null,
    leaks_found: leaks.count,
    leaks: leaks.first,
  };
}
