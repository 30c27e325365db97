/** What lies at a place, in short: kind, schema, counts, sizes, where it comes from. */

import type { Json, Schema } from "../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit, type Ledger, type Manifest } from "../formats/dataset/index.ts";
import type { ShardEntry } from "../formats/mds/index.ts";
import { type Piece, pieces } from "./pieces.ts";
import { type InspectPlace, placeName, type Source, sourceAt } from "./source.ts";

/** A folder of shards, or a file. */
export interface PieceInfo {
  /** Below the place; empty for the place itself. */
  readonly name: string;
  readonly format: Piece["format"];
  readonly split: DatasetSplit | null;
  readonly part: number | null;
  readonly samples: number;
  /** Shards of MDS, row groups of Parquet, record batches of Arrow. */
  readonly blocks: number;
  /** Bytes as they lie there, and unpacked; `null` where that is not written down. */
  readonly bytes: number;
  readonly raw_bytes: number | null;
  readonly compression: string | null;
  /** Names of the hashes that each shard's files have in index.json. */
  readonly hashes: readonly string[];
}

/** What `info` answers. */
export interface InfoReport {
  readonly path: string;
  readonly kind: Source["kind"];
  /** Whether every file is there that should be: not for a run that has not ended, nor for workers without a root. */
  readonly whole: boolean;
  readonly samples: number;
  readonly schema: Schema;
  readonly pieces: readonly PieceInfo[];
  /** What only datasets made by windrow say. */
  readonly dataset: DatasetInfo | null;
}

/** What the manifest says. */
export interface DatasetInfo {
  readonly created_by: string;
  readonly about: Json;
  readonly seed: string;
  readonly window: Manifest["window"];
  readonly counts: Readonly<Record<DatasetSplit, number>>;
  readonly ledger: Ledger;
  readonly files: number;
  readonly bytes: number;
  /** The shuffle is global within a generation. */
  readonly generations: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function shardsInfo(
  shards: readonly ShardEntry[],
): Pick<PieceInfo, "blocks" | "bytes" | "raw_bytes" | "compression" | "hashes"> {
  const distinct = (values: readonly (string | null)[]) => [...new Set(values)];
  const compressions = distinct(shards.map((shard) => shard.compression));
  return {
    blocks: shards.length,
    bytes: sum(shards.map(({ raw_data, zip_data }) => (zip_data ?? raw_data).bytes)),
    raw_bytes: sum(shards.map((shard) => shard.raw_data.bytes)),
    compression:
      compressions.length === 1 ? compressions[0]! : compressions.map((name) => name ?? "none").join(", ") || null,
    hashes: distinct(
      shards.flatMap(({ raw_data, zip_data }) => Object.keys((zip_data ?? raw_data).hashes)),
    ) as string[], // names only
  };
}

async function pieceInfo(
  place: InspectPlace,
  piece: Piece,
): Promise<{ readonly info: PieceInfo; readonly schema: Schema }> {
  const { name, format, split = null, part = null } = piece;
  const about = { name, format, split, part };
  if (piece.format === "mds") {
    // Arrays of any shape: nothing but the index is looked at where columns say what they are.
    await using table = await piece.open({ arrays: "bytes" });
    return { info: { ...about, samples: table.length, ...shardsInfo(table.shards) }, schema: table.schema };
  }
  const bytes = (await place.store.size(name)) ?? 0;
  const unknown = { raw_bytes: null, hashes: [] };
  if (piece.format === "arrow") {
    await using table = await piece.open();
    const { length: samples, recordBatches, schema, compression = null } = table;
    return { info: { ...about, ...unknown, samples, blocks: recordBatches.length, bytes, compression }, schema };
  }
  await using table = await piece.open();
  const { length: samples, rowGroups, schema } = table;
  return { info: { ...about, ...unknown, samples, blocks: rowGroups.length, bytes, compression: null }, schema };
}

function datasetInfo(manifest: Manifest): DatasetInfo {
  const { generations, created_by, about, seed, window, counts, ledger, files } = manifest;
  return {
    created_by,
    about,
    seed,
    window,
    counts: Object.fromEntries(DATASET_SPLITS.map((split) => [split, sum(counts[split])])) as Record<
      DatasetSplit,
      number
    >,
    ledger,
    files: files.length,
    bytes: sum(files.map((file) => file.bytes)),
    generations: generations.length,
  };
}

/** The tables to tell of: of a dataset both formats of each part. */
function allPieces(place: InspectPlace, source: Exclude<Source, { kind: "unfinished" }>): readonly Piece[] {
  if (source.kind !== "dataset") return pieces(place, source);
  const { formats } = source.manifest;
  const mds = formats.includes("mds") ? pieces(place, source, { format: "mds" }) : [];
  const parquet = pieces(place, source, { format: "parquet" });
  return [...mds, ...(formats.includes("parquet") ? parquet : parquet.filter(({ split }) => split !== "train"))];
}

/**
 * Looks at indexes and footers, never at samples.
 * @throws WindrowError `missing` where nothing that is known lies there; `damaged` or `unsupported` for what cannot be read.
 */
export async function info(place: InspectPlace): Promise<InfoReport> {
  const source = await sourceAt(place);
  const base = { path: placeName(place), kind: source.kind };
  if (source.kind === "unfinished") return { ...base, whole: false, samples: 0, schema: {}, pieces: [], dataset: null };
  const found = await Array.fromAsync(allPieces(place, source), (piece) => pieceInfo(place, piece));
  const infos = found.map((each) => each.info);
  const isDataset = source.kind === "dataset";
  return {
    ...base,
    whole: source.kind !== "workers",
    samples: isDataset
      ? sum(DATASET_SPLITS.map((split) => sum(source.manifest.counts[split])))
      : sum(infos.map((each) => each.samples)),
    schema: isDataset ? source.manifest.schema : (found[0]?.schema ?? {}),
    pieces: infos,
    dataset: isDataset ? datasetInfo(source.manifest) : null,
  };
}
