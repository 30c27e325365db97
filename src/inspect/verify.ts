/** Recomputes every hash and count of what lies at a place. */

import { WindrowError } from "../core/index.ts";
import { DATASET_SPLITS, INDEX_FILE, ledgerSums, MANIFEST_FILE, type Manifest } from "../formats/dataset/index.ts";
import { mergeWorkers, readMdsIndex } from "../formats/mds/index.ts";
import { DigestGroups, type GroupDigests } from "./column-digests.ts";
import { type Piece, pieces, splitRoots } from "./pieces.ts";
import { type Problem, Problems } from "./problems.ts";
import { type InspectPlace, type InspectRun, placeName, type Source, wholeSource } from "./source.ts";
import { strayFiles, verifyFiles } from "./verify-files.ts";
import { groupName, type ReadIndex, verifyIndex } from "./verify-index.ts";
import { type ReadTable, type TableCheck, verifyArrow, verifyMds, verifyParquet } from "./verify-tables.ts";

/** What `verify` answers. */
export interface VerifyReport {
  readonly path: string;
  readonly kind: Source["kind"];
  /** Whether nothing is wrong. */
  readonly holds: boolean;
  /** How much was looked at. */
  readonly checked: VerifyCounts;
  readonly problems_found: number;
  /** How many of them are indexes that cannot be read, so that what they tell of was not looked at. */
  readonly unreadable_indexes: number;
  /** The first of them. */
  readonly problems: readonly Problem[];
  /** Files in a dataset's folder that its manifest does not have: no damage, but nothing of windrow's. */
  readonly stray_files: readonly string[];
}

/** How much was looked at. */
export interface VerifyCounts {
  /** Files of the manifest, and their bytes, hashed. */
  readonly files: number;
  readonly file_bytes: number;
  readonly shards: number;
  readonly mds_samples: number;
  readonly parquet_files: number;
  readonly parquet_samples: number;
  readonly arrow_files: number;
  readonly arrow_samples: number;
  readonly index_rows: number;
  readonly ledger_sums: number;
}

type Counts = { -readonly [K in keyof VerifyCounts]: number };

const NOTHING: VerifyCounts = {
  files: 0,
  file_bytes: 0,
  shards: 0,
  mds_samples: 0,
  parquet_files: 0,
  parquet_samples: 0,
  arrow_files: 0,
  arrow_samples: 0,
  index_rows: 0,
  ledger_sums: 0,
};

/** Rows that are compared as one: of other sources than datasets, each table by itself. */
function groupOf({ name, split, part }: Piece): string {
  return split === undefined ? name : groupName(split, part);
}

/** Reads a piece and counts what was read. */
async function verifyPiece(piece: Piece, check: TableCheck, counts: Counts): Promise<ReadTable | undefined> {
  const group = groupOf(piece);
  if (piece.format === "mds") {
    const read = await verifyMds(piece, group, check);
    counts.shards += read?.blocks ?? 0;
    counts.mds_samples += read?.samples ?? 0;
    return read;
  }
  if (piece.format === "arrow") {
    const read = await verifyArrow(piece, group, check);
    counts.arrow_files += read === undefined ? 0 : 1;
    counts.arrow_samples += read?.samples ?? 0;
    return read;
  }
  // Beside a manifest a file without its footer is one damaged file of many; by itself, nothing else says what should be in it.
  const read = await verifyParquet(piece, { group, footer: piece.split === undefined ? "index" : "data" }, check);
  counts.parquet_files += read === undefined ? 0 : 1;
  counts.parquet_samples += read?.samples ?? 0;
  return read;
}

/** A check of tables that draws its progress over `samples`. */
function tableCheck(place: InspectPlace, problems: Problems, run: InspectRun, samples?: number): TableCheck {
  let done = 0;
  run.progress?.stage("read samples", samples, "samples");
  return {
    place,
    problems,
    run,
    digests: new DigestGroups(place.hashes),
    read(count) {
      done += count;
      run.progress?.at(done);
    },
  };
}

function verifyLedger({ ledger, counts }: Manifest, problems: Problems): number {
  const written = DATASET_SPLITS.map((split) => {
    const samples = counts[split].reduce((sum, count) => sum + count, 0);
    return [`${split} windows = ${split} samples`, ledger.windows[split], samples] as const;
  });
  const sums = [...ledgerSums(ledger), ...written];
  for (const [name, left, right] of sums) {
    if (left !== right) problems.add(MANIFEST_FILE, "ledger", `${name} does not hold, got ${left} and ${right}`);
  }
  return sums.length;
}

/** Each root index must be what its workers' indexes make together. */
async function verifyRoots({ store }: InspectPlace, manifest: Manifest, problems: Problems): Promise<void> {
  for (const { folder } of splitRoots(manifest)) {
    const key = `${folder}/index.json`;
    try {
      const found = await store.get(key);
      if (found === undefined) {
        problems.add(key, null, "there is no such file", "index");
        continue;
      }
      readMdsIndex(found, key);
      const wanted = await mergeWorkers(store, folder);
      if (found.toHex() !== wanted.toHex())
        problems.add(key, null, "must list the shards of its workers' indexes, got others");
    } catch (error) {
      problems.take(unmergeable(error), key, "index");
    }
  }
}

/** Workers that cannot be merged are a user's mistake for who merges them; here they were one dataset, so an index is damaged. */
function unmergeable(error: unknown): unknown {
  if (!(error instanceof WindrowError) || error.code !== "usage") return error;
  return new WindrowError("damaged", error.message, { details: error.details, cause: error });
}

/** Sizes of the shards: rows of the index find their shard by them. */
async function verifyShardSizes(piece: Piece, manifest: Manifest, check: TableCheck): Promise<void> {
  const key = `${piece.name}/index.json`;
  const bytes = await check.place.store.get(key);
  if (bytes === undefined) return;
  const { shards } = readMdsIndex(bytes, key);
  for (const [i, { samples }] of shards.entries()) {
    const wanted = Math.min(manifest.shard_samples, (piece.samples ?? 0) - i * manifest.shard_samples);
    if (samples !== wanted) check.problems.add(key, `shards[${i}].samples`, `must be ${wanted}, got ${samples}`);
  }
}

/** Columns of the same name must hold the same in both. */
function compareDigests(a: GroupDigests, b: GroupDigests, say: (group: string, column: string) => void): void {
  for (const [group, columns] of a) {
    for (const [column, digest] of columns) {
      const other = b.get(group)?.get(column);
      if (other !== undefined && other !== digest) say(group, column);
    }
  }
}

/** Reads both formats; both, and the index, must tell of the same samples in the same order. */
async function verifySamples(
  place: InspectPlace,
  source: Source & { kind: "dataset" },
  problems: Problems,
  to: { readonly run: InspectRun; readonly counts: Counts; readonly index: ReadIndex | undefined },
): Promise<void> {
  const { manifest } = source;
  const { counts, run, index } = to;
  const mds = manifest.formats.includes("mds") ? pieces(place, source, { format: "mds" }) : [];
  const parquet = pieces(place, source, { format: "parquet" }).filter(
    ({ split }) => split !== "train" || manifest.formats.includes("parquet"),
  );
  const total = [...mds, ...parquet].reduce((sum, { samples }) => sum + (samples ?? 0), 0);
  const check = tableCheck(place, problems, run, total);
  const read = async (piece: Piece, digests: DigestGroups) => {
    const table = await verifyPiece(piece, { ...check, digests }, counts);
    if (table === undefined) return digests.leaveOut(groupOf(piece));
    if (piece.format === "mds") await verifyShardSizes(piece, manifest, check);
    if (table.samples !== piece.samples)
      problems.add(piece.name, null, `must have ${piece.samples} samples as in ${MANIFEST_FILE}, got ${table.samples}`);
  };
  const [ofMds, ofParquet] = [new DigestGroups(place.hashes), new DigestGroups(place.hashes)];
  for (const piece of mds) await read(piece, ofMds);
  for (const piece of parquet) await read(piece, ofParquet);
  const [mdsEnd, parquetEnd] = [ofMds.end(), ofParquet.end()];
  const nameOf = (group: string) => parquet.find((piece) => groupOf(piece) === group)?.name ?? group;
  compareDigests(parquetEnd, mdsEnd, (group, column) =>
    problems.add(
      nameOf(group),
      `column ${column}`,
      "must hold the same values as the MDS shards, got others; windrow diff finds the first",
    ),
  );
  const samples = mds.length > 0 ? mdsEnd : parquetEnd;
  compareDigests(samples, index?.digests ?? new Map(), (group, column) =>
    problems.add(INDEX_FILE, `column ${column}`, `must hold the same values as the samples of ${group}, got others`),
  );
}

async function verifyDataset(
  place: InspectPlace,
  source: Source & { kind: "dataset" },
  problems: Problems,
  run: InspectRun,
): Promise<VerifyCounts> {
  const { manifest } = source;
  const counts: Counts = { ...NOTHING };
  counts.ledger_sums = verifyLedger(manifest, problems);
  counts.files = manifest.files.length;
  counts.file_bytes = await verifyFiles(place, manifest, problems, run);
  const index = await verifyIndex(place, manifest, problems, run);
  counts.index_rows = index?.rows ?? 0;
  await verifyRoots(place, manifest, problems);
  await verifySamples(place, source, problems, { run, counts, index });
  return counts;
}

async function verifyForeign(
  place: InspectPlace,
  source: Exclude<Source, { kind: "unfinished" | "dataset" }>,
  problems: Problems,
  run: InspectRun,
): Promise<VerifyCounts> {
  const counts: Counts = { ...NOTHING };
  const check = tableCheck(place, problems, run);
  for (const piece of pieces(place, source)) await verifyPiece(piece, check, counts);
  return counts;
}

/**
 * Reads everything that lies at a place and checks it against all that is said of it: of a dataset, its manifest, hashes, ledger,
 * index, both formats; of other shards and files, their own indexes and checksums. Goes on behind damage.
 * @throws WindrowError `missing` where there is nothing whole; `damaged` for a manifest that cannot be read.
 */
export async function verify(place: InspectPlace, run: InspectRun = {}): Promise<VerifyReport> {
  const source = await wholeSource(place);
  const problems = new Problems();
  const isDataset = source.kind === "dataset";
  const checked = isDataset
    ? await verifyDataset(place, source, problems, run)
    : await verifyForeign(place, source, problems, run);
  return {
    path: placeName(place),
    kind: source.kind,
    holds: problems.count === 0,
    checked,
    problems_found: problems.count,
    unreadable_indexes: problems.unreadableIndexes,
    problems: problems.kept,
    stray_files: isDataset ? await strayFiles(place, source.manifest) : [],
  };
}
