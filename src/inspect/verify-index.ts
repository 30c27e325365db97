/** Checks index.parquet row by row: places, keys, order, parts. */

import {
  DATASET_SPLITS,
  type DatasetSplit,
  INDEX_FILE,
  INDEX_SCHEMA,
  type Manifest,
} from "../formats/dataset/index.ts";
import { partOf, type Seed, seedOf, writeSampleKey } from "../order/index.ts";
import { DigestGroups, type GroupDigests } from "./column-digests.ts";
import { type IndexBatch, openIndex } from "./index-table.ts";
import type { Problems } from "./problems.ts";
import type { InspectPlace, InspectRun } from "./source.ts";

const COLUMNS = [
  "key",
  "split",
  "part",
  "row",
  "mds_shard",
  "mds_row",
  "trace_id",
  "start",
  "t_start",
  "t_end",
] as const;

type Rows = IndexBatch<(typeof COLUMNS)[number]>;

/** Columns that samples may repeat: their digests are compared. */
const ID_COLUMNS = ["key", "trace_id", "start", "t_start", "t_end"] as const;

/** Where a row must be. */
interface Expected {
  readonly split: DatasetSplit;
  readonly part: number;
  readonly row: number;
}

/** Places of all samples, in the order of the index. */
function* places(counts: Manifest["counts"]): Generator<Expected> {
  for (const split of DATASET_SPLITS)
    for (const [part, rows] of counts[split].entries()) for (let row = 0; row < rows; row++) yield { split, part, row };
}

/** Parts of a generation: its first one in the split, and how many. Keys are dealt to them, and ascend from the first to the last. */
interface Generation {
  readonly first: number;
  readonly parts: number;
}

/** The generation of each part, by split. */
function generationsOf({ counts, generations }: Manifest): Readonly<Record<DatasetSplit, readonly Generation[]>> {
  const of = (split: DatasetSplit) =>
    counts[split].map((_, part) => {
      const firsts = generations.map((each) => each.first_part[split]);
      const first = Math.max(0, ...firsts.filter((each) => each <= part));
      const end = Math.min(counts[split].length, ...firsts.filter((each) => each > part));
      return { first, parts: end - first };
    });
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

/** The rows that one file of samples holds: a part of the training split, or another split as a whole. */
export function groupName(split: string, part: number | undefined): string {
  return split === "train" ? `train/${part}` : split;
}

/** Finds the key of a row anew. */
class Keys {
  readonly #seed: Seed;
  readonly #words = new Uint32Array(2);
  readonly #key = new BigUint64Array(this.#words.buffer);
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(256);

  constructor(seed: string) {
    this.#seed = seedOf(BigInt(seed));
  }

  of(traceId: string, start: number): bigint {
    // No UTF-16 unit takes more than 3 bytes.
    if (this.#bytes.length < 3 * traceId.length) this.#bytes = new Uint8Array(6 * traceId.length);
    const { written } = this.#encoder.encodeInto(traceId, this.#bytes);
    writeSampleKey(this.#bytes, 0, written, start, this.#seed, this.#words, 0);
    return this.#key[0]!;
  }
}

/** What was read of the index. */
export interface ReadIndex {
  readonly rows: number;
  /** Digests of the columns that samples may repeat. */
  readonly digests: GroupDigests;
}

interface RowCheck {
  readonly manifest: Manifest;
  readonly problems: Problems;
  readonly keys: Keys;
  readonly order: Order;
  readonly generations: ReturnType<typeof generationsOf>;
}

/** What is wrong with a row's place among the shards. */
function wrongShard({ columns }: Rows, at: number, row: number, manifest: Manifest): string | undefined {
  const { mds_shard: shard, mds_row: inShard } = columns;
  const isThere = shard.valid?.[at] !== 0 && inShard.valid?.[at] !== 0;
  const must = manifest.formats.includes("mds");
  if (isThere !== must)
    return `mds_shard must ${must ? "be there" : "be empty"}, got ${isThere ? shard.data[at] : "nothing"}`;
  const [wantedShard, wantedRow] = [Math.floor(row / manifest.shard_samples), row % manifest.shard_samples];
  if (!must || (shard.data[at] === wantedShard && inShard.data[at] === wantedRow)) return undefined;
  return `must be row ${wantedRow} of shard ${wantedShard}, got row ${inShard.data[at]} of shard ${shard.data[at]}`;
}

/** What is wrong with a row by itself. */
function wrongRow(batch: Rows, at: number, expected: Expected, check: RowCheck): string | undefined {
  const { columns } = batch;
  const { manifest } = check;
  const [split, part, row] = [columns.split.data[at]!, columns.part.data[at]!, columns.row.data[at]!];
  if (split !== expected.split || part !== expected.part || row !== expected.row) {
    return `must be row ${expected.row} of ${expected.split} part ${expected.part}, got row ${row} of ${split.slice(0, 20)} part ${part}`;
  }
  const [traceId, start, key] = [columns.trace_id.data[at]!, columns.start.data[at]!, columns.key.data[at]!];
  const wanted = check.keys.of(traceId, start);
  if (key !== wanted) return `key of ${traceId} at ${start} must be ${wanted} with seed ${manifest.seed}, got ${key}`;
  const { first, parts } = check.generations[expected.split][part]!;
  const keyPart = first + partOf(Number(key >> 32n), Number(key & 0xffff_ffffn), parts);
  if (keyPart !== part) return `key ${key} must be in part ${keyPart}, got part ${part}`;
  if (!(columns.t_start.data[at]! <= columns.t_end.data[at]!))
    return `t_start must not be after t_end, got ${columns.t_start.data[at]} and ${columns.t_end.data[at]}`;
  return wrongShard(batch, at, row, manifest) ?? check.order.wrong(`${split} ${first}`, key, `${traceId} at ${start}`);
}

/** Keys must ascend within a generation of a split; equal ones are of different samples. */
class Order {
  #within = "";
  #key = 0n;
  #name = "";

  wrong(within: string, key: bigint, name: string): string | undefined {
    const before = { within: this.#within, key: this.#key, name: this.#name };
    [this.#within, this.#key, this.#name] = [within, key, name];
    if (within !== before.within) return undefined;
    if (key < before.key) return `keys must ascend, got ${key} after ${before.key}`;
    return name === before.name ? `must be another sample than the row before, got ${name} again` : undefined;
  }
}

const ID_SCHEMA = Object.fromEntries(ID_COLUMNS.map((name) => [name, INDEX_SCHEMA[name]]));

/** Digests the id columns of a batch, stretch by stretch of one part. */
function digestIds(batch: Rows, digests: DigestGroups): void {
  for (let from = 0; from < batch.length; ) {
    const to = partEnd(batch, from);
    const columns = Object.fromEntries(
      ID_COLUMNS.map((name) => [name, { data: batch.columns[name].data.slice(from, to) }]),
    );
    digests.add(groupName(batch.columns.split.data[from]!, batch.columns.part.data[from]), ID_SCHEMA, {
      length: to - from,
      columns,
    });
    from = to;
  }
}

/** Where a stretch of rows of one part ends in a batch. */
function partEnd({ length, columns }: Rows, from: number): number {
  let to = from + 1;
  while (
    to < length &&
    columns.part.data[to] === columns.part.data[from] &&
    columns.split.data[to] === columns.split.data[from]
  )
    to++;
  return to;
}

/** Reads every row. `undefined` where the file cannot be opened. */
export async function verifyIndex(
  place: InspectPlace,
  manifest: Manifest,
  problems: Problems,
  run: InspectRun,
): Promise<ReadIndex | undefined> {
  const index = await openIndex(place, COLUMNS).catch((error: unknown) => problems.take(error, INDEX_FILE, "index"));
  if (index === undefined) return undefined;
  const expected = places(manifest.counts);
  const digests = new DigestGroups(place.hashes);
  const check: RowCheck = {
    manifest,
    problems,
    keys: new Keys(manifest.seed),
    order: new Order(),
    generations: generationsOf(manifest),
  };
  let rows = 0;
  run.progress?.stage("read index", index.table.length, "samples");
  try {
    for await (const batch of index.batches()) {
      run.signal?.throwIfAborted();
      for (let at = 0; at < batch.length; at++) {
        const next = expected.next();
        const wrong = next.done ? undefined : wrongRow(batch, at, next.value, check);
        if (wrong !== undefined) problems.add(INDEX_FILE, `row ${rows + at}`, wrong);
      }
      digestIds(batch, digests);
      rows += batch.length;
      run.progress?.at(rows);
    }
  } catch (error) {
    problems.take(error, INDEX_FILE);
    return undefined;
  }
  const wanted = DATASET_SPLITS.flatMap((split) => manifest.counts[split]).reduce((sum, count) => sum + count, 0);
  if (rows !== wanted) problems.add(INDEX_FILE, null, `must have ${wanted} rows as in manifest.json, got ${rows}`);
  return { rows, digests: digests.end() };
}
