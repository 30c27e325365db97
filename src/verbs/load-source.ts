/** Finds what `load` reads at a path: one table of samples, whatever files it lies in. */

import { type Schema, type ShardedTable, WindrowError } from "../core/index.ts";
import { DATASET_SPLITS, type DatasetSplit, type Manifest, mdsFolder, parquetFile } from "../formats/dataset/index.ts";
import { openMds } from "../formats/mds/index.ts";
import { type InspectPlace, placeName, wholeSource } from "../inspect/source.ts";
import { joinedTable, type LoadSource } from "../load/index.ts";
import { placeAt } from "./inspect/place.ts";

/** What of a path is loaded. */
export interface LoadChoice {
  /** Of a dataset made by windrow; `train`. */
  readonly split?: DatasetSplit;
  /** Which of a dataset's formats is read; `mds` where there is one. */
  readonly format?: "mds" | "parquet";
  /** Whether MDS files are checked against the hashes of their index as they are read; `none`. Pages of Parquet always are. */
  readonly verify?: "none" | "hashes";
}

/**
 * The samples at a path: a dataset's split, a folder of MDS, a Parquet file or a folder of them, in order of their names.
 * @throws WindrowError `missing`, `damaged`, `unsupported` as what is there is; `usage` for a split or a format that it has not.
 */
export async function loadSource(path: string, choice: LoadChoice, bytesAs: Schema): Promise<LoadSource> {
  const { verify = "none", split: asked = "train", format: wanted = "mds" } = choice;
  oneOf("verify", verify, ["none", "hashes"]);
  oneOf("split", asked, DATASET_SPLITS);
  oneOf("format", wanted, ["mds", "parquet"]);
  const hashes = verify === "hashes" ? await (await import("../node/hashes.ts")).nodeHashes() : undefined;
  const place = placeAt(path, hashes);
  const source = await wholeSource(place);
  if (source.kind === "dataset") return datasetSource(place, source.manifest, { choice, bytesAs });
  const { split, format } = choice;
  if (split !== undefined) {
    throw new WindrowError(
      "usage",
      `Cannot load the split ${split} of ${placeName(place)}: only datasets made by windrow say which samples are in it`,
    );
  }
  if (format !== undefined && format !== source.kind) {
    throw new WindrowError("usage", `Cannot load ${placeName(place)} as ${format}: it is ${source.kind}`);
  }
  if (source.kind === "parquet") return parquetSource(place, source.keys);
  const table = await openMds("", { ...place, verify: choice.verify ?? "none", bytesAs });
  return { table, identity: JSON.stringify(table.shards) };
}

/** Programs without types may say anything. */
function oneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new WindrowError("usage", `Cannot load: ${name} must be one of ${known.join(", ")}, got ${value}`);
}

async function datasetSource(
  place: InspectPlace,
  manifest: Manifest,
  { choice, bytesAs }: { readonly choice: LoadChoice; readonly bytesAs: Schema },
): Promise<LoadSource> {
  const { split = "train", format = manifest.formats.includes("mds") ? "mds" : "parquet", verify = "none" } = choice;
  if (format === "mds" && !manifest.formats.includes("mds")) {
    throw new WindrowError("usage", `Cannot load ${placeName(place)} as mds: it has ${manifest.formats.join(", ")}`);
  }
  const parts = manifest.counts[split].flatMap((samples, part) => (samples === 0 ? [] : [part]));
  if (parts.length === 0) return { table: emptyTable(manifest.schema), identity: JSON.stringify([split, format]) };
  // The root index of MDS has the parts of all generations, in order.
  const names = format === "mds" ? [mdsFolder(split)] : parts.map((part) => parquetFile(split, part));
  const keys = [...new Set(names)];
  const isOf = (file: string) => keys.some((key) => file === key || file.startsWith(`${key}/`));
  const files = manifest.files.filter(({ path }) => isOf(path)).map(({ path, xxh64 }) => [path, xxh64]);
  const identity = JSON.stringify([split, format, files]);
  if (format === "parquet") return { ...(await parquetSource(place, keys)), identity };
  const table = await openMds(keys[0]!, { ...place, verify, bytesAs: { ...manifest.schema, ...bytesAs } });
  return { table, identity };
}

async function parquetSource(place: InspectPlace, keys: readonly string[]): Promise<LoadSource> {
  // Loaded when first used: most datasets are read as MDS.
  const { openParquet } = await import("../formats/parquet/index.ts");
  const tables: ShardedTable[] = [];
  const files: unknown[] = [];
  for (const key of keys) {
    const table = await openParquet(key, place);
    tables.push(table);
    files.push([key, await place.store.size(key), table.rowGroups]);
  }
  return { table: joinedTable(tables, keys), identity: JSON.stringify(files) };
}

function emptyTable(schema: Schema): ShardedTable {
  return {
    schema,
    length: 0,
    shardRows: [],
    async *batches() {},
    async openShard(number) {
      throw new WindrowError("usage", `Cannot open a shard: the table is empty, got ${number}`);
    },
    async [Symbol.asyncDispose]() {},
  };
}
