/** The tables that a source's samples lie in, in order. */

import { type Schema, type Table, WindrowError } from "../core/index.ts";
import { type ArrowTable, openArrow } from "../formats/arrow/index.ts";
import {
  DATASET_SPLITS,
  type DatasetSplit,
  type Manifest,
  mdsFolder,
  parquetFile,
  workerFolder,
} from "../formats/dataset/index.ts";
import { type MdsTable, type OpenMdsOptions, openMds } from "../formats/mds/index.ts";
import { openParquet, type ParquetOpenOptions, type ParquetTable } from "../formats/parquet/index.ts";
import { type InspectPlace, placeName, type Source } from "./source.ts";

/** A table of samples. */
export type Piece = MdsPiece | ParquetPiece | ArrowPiece;

interface PieceOf<F extends "mds" | "parquet" | "arrow", T extends Table, O> {
  readonly format: F;
  /** Folder or file, below the place; empty for the place itself. */
  readonly name: string;
  /** In a dataset: which split and part of it; no part where all are in one file. */
  readonly split?: DatasetSplit;
  readonly part?: number;
  /** In a dataset: samples that the manifest counts. */
  readonly samples?: number;
  open(options?: O): Promise<T>;
}

/** How an MDS piece is opened. */
export type MdsPieceOptions = Pick<Partial<OpenMdsOptions>, "verify" | "arrays" | "store">;

/** A folder of shards. */
export type MdsPiece = PieceOf<"mds", MdsTable, MdsPieceOptions>;
/** A Parquet file. */
export type ParquetPiece = PieceOf<"parquet", ParquetTable, FilePieceOptions>;

/** An Arrow file. */
export type ArrowPiece = PieceOf<"arrow", ArrowTable, FilePieceOptions>;

/** How a file is opened: with some of its columns, where others are not read here. */
export type FilePieceOptions = Pick<ParquetOpenOptions, "columns">;

/** Which of a dataset's samples are meant. */
export interface PieceChoice {
  readonly split?: DatasetSplit;
  /** Which of the formats it is read from; where absent the one that reads faster. */
  readonly format?: "mds" | "parquet";
}

/**
 * The tables of a source, so that each sample is in one of them: those of a dataset by split, then part.
 * @throws WindrowError `usage` for a split of what has none.
 */
export function pieces(
  place: InspectPlace,
  source: Exclude<Source, { kind: "unfinished" }>,
  choice: PieceChoice = {},
): readonly Piece[] {
  if (source.kind === "dataset") return datasetPieces(place, source.manifest, choice);
  if (choice.split !== undefined) {
    throw new WindrowError(
      "usage",
      `Cannot choose the split ${choice.split} of ${placeName(place)}: only datasets made by windrow say which samples are in it`,
    );
  }
  switch (source.kind) {
    case "mds":
      return [mdsPiece(place, "")];
    case "workers":
      return source.folders.map((folder) => mdsPiece(place, folder));
    case "parquet":
      return source.keys.map((key) => parquetPiece(place, key));
    case "arrow":
      return source.keys.map((key) => arrowPiece(place, key));
  }
}

function datasetPieces(place: InspectPlace, manifest: Manifest, { split, format }: PieceChoice): readonly Piece[] {
  // MDS shards come in one piece of memory; Parquet's pages must be put together.
  const chosen = format ?? (manifest.formats.includes("mds") ? "mds" : "parquet");
  return DATASET_SPLITS.filter((each) => split === undefined || each === split).flatMap((each) => {
    const parts = manifest.counts[each];
    // Parts of the training split are files of their own; those of each other split share one, which is there also when it is empty.
    if (chosen === "parquet" && each !== "train") {
      return [
        {
          ...parquetPiece(place, parquetFile(each, 0)),
          split: each,
          samples: parts.reduce((sum, samples) => sum + samples, 0),
        },
      ];
    }
    return parts.flatMap((samples, part): Piece[] => {
      const piece =
        chosen === "mds"
          ? mdsPiece(place, workerFolder(each, part), manifest.schema)
          : parquetPiece(place, parquetFile(each, part));
      return samples === 0 ? [] : [{ ...piece, split: each, part, samples }];
    });
  });
}

/** A folder of MDS shards. Columns of bytes are read as what `schema` says they hold. */
function mdsPiece(place: InspectPlace, name: string, schema: Schema = {}): MdsPiece {
  return {
    format: "mds",
    name,
    open: (options = {}) => openMds(name, { ...place, arrays: "uniform", bytesAs: schema, ...options }),
  };
}

/** A Parquet file of samples. */
function parquetPiece(place: InspectPlace, key: string): ParquetPiece {
  return { format: "parquet", name: key, open: (options = {}) => openParquet(key, { ...place, ...options }) };
}

/** An Arrow file of samples. */
function arrowPiece(place: InspectPlace, key: string): ArrowPiece {
  return { format: "arrow", name: key, open: (options = {}) => openArrow(key, { ...place, ...options }) };
}

/** The folder of a split's root index, where a dataset has one. */
export function splitRoots(
  manifest: Manifest,
): readonly { readonly split: DatasetSplit; readonly folder: string; readonly workers: readonly string[] }[] {
  if (!manifest.formats.includes("mds")) return [];
  return DATASET_SPLITS.map((split) => ({
    split,
    folder: mdsFolder(split),
    workers: manifest.counts[split].flatMap((samples, part) => (samples > 0 ? [workerFolder(split, part)] : [])),
  })).filter(({ workers }) => workers.length > 0);
}
