/** The first samples, as plain values. */

import {
  type Batch,
  type Column,
  type ColumnType,
  isNumeric,
  type Json,
  type Schema,
  unreachable,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";
import { type DatasetSplit, INDEX_FILE } from "../formats/dataset/index.ts";
import { openParquet } from "../formats/parquet/index.ts";
import { featureNames } from "./features.ts";
import { type PieceChoice, pieces } from "./pieces.ts";
import { type InspectPlace, placeName, type Source, wholeSource } from "./source.ts";

/** What `head` takes. */
export interface HeadOptions extends PieceChoice {
  /** How many; 3. */
  readonly rows?: number;
}

/** A sample. */
export interface HeadSample {
  /** Where it is, from 0. */
  readonly row: number;
  /** What the index says of it; `null` where there is none. */
  readonly index: Readonly<Record<string, Json>> | null;
  /** Its columns. Arrays are flat, row-major; NaN is `null`, whole numbers of 64 bits are text, bytes are `{bytes, hex}` of the first 32. */
  readonly columns: Readonly<Record<string, Json>>;
}

/** What `head` answers. */
export interface HeadReport {
  readonly path: string;
  readonly kind: Source["kind"];
  readonly split: DatasetSplit | null;
  readonly schema: Schema;
  /** Names along the last axis of the samples' array; `null` where nobody gave any. */
  readonly features: readonly string[] | null;
  readonly samples: readonly HeadSample[];
}

const SHOWN_BYTES = 32;

function plain(value: unknown, kind: ColumnType["kind"]): Json {
  switch (kind) {
    case "bool":
      return value === 1;
    case "i64":
    case "u64":
      return String(value);
    case "f16":
    case "f32":
    case "f64":
      return Number.isFinite(value) ? (value as number) : null; // its kind says so
    case "i8":
    case "u8":
    case "i16":
    case "u16":
    case "i32":
    case "u32":
      return value as number; // its kind says so
    case "str":
    case "json":
      return value as Json; // its kind says so
    case "bytes": {
      const bytes = value as Uint8Array; // its kind says so
      return { bytes: bytes.length, hex: bytes.subarray(0, SHOWN_BYTES).toHex() };
    }
    default:
      return unreachable(kind);
  }
}

function cell({ data, valid }: Column, type: ColumnType, row: number): Json {
  if (valid?.[row] === 0) return null;
  if (!isNumeric(type.kind) || type.shape === undefined) return plain(data[row], type.kind);
  const size = valuesPerRow(type);
  return Array.from({ length: size }, (_, i) => plain(data[row * size + i], type.kind));
}

function rowsOf(batch: Batch, schema: Schema): Record<string, Json>[] {
  return Array.from({ length: batch.length }, (_, row) =>
    Object.fromEntries(Object.entries(schema).map(([name, type]) => [name, cell(batch.columns[name]!, type, row)])),
  );
}

/** Rows of the index, those of one split where it is named. */
async function indexRows(
  place: InspectPlace,
  rows: number,
  split: DatasetSplit | undefined,
): Promise<Record<string, Json>[]> {
  const table = await openParquet(INDEX_FILE, place);
  const found: Record<string, Json>[] = [];
  for await (const batch of table.batches()) {
    found.push(...rowsOf(batch, table.schema).filter((row) => split === undefined || row["split"] === split));
    if (found.length >= rows) break;
  }
  return found.slice(0, rows);
}

/**
 * The first samples of a source, of a dataset in training order.
 * @throws WindrowError `usage` for fewer rows than one; `missing` where there is nothing whole; `damaged` for what cannot be read.
 */
export async function head(place: InspectPlace, options: HeadOptions = {}): Promise<HeadReport> {
  const { rows = 3, split } = options;
  if (!Number.isSafeInteger(rows) || rows < 1)
    throw new WindrowError("usage", `Cannot show samples: rows must be a whole number from 1 up, got ${rows}`);
  const source = await wholeSource(place);
  const names = featureNames(source);
  const samples: Record<string, Json>[] = [];
  let schema: Schema = source.kind === "dataset" ? source.manifest.schema : {};
  for (const piece of pieces(place, source, options)) {
    if (samples.length >= rows) break;
    await using table = piece.format === "mds" ? await piece.open({ arrays: "uniform" }) : await piece.open();
    schema = table.schema;
    const to = Math.min(table.length, rows - samples.length);
    for await (const batch of table.batches({ to })) samples.push(...rowsOf(batch, schema));
  }
  const index = source.kind === "dataset" ? await indexRows(place, samples.length, split) : [];
  return {
    path: placeName(place),
    kind: source.kind,
    split: split ?? null,
    schema,
    features: names ?? null,
    samples: samples.map((columns, row) => ({ row, index: index[row] ?? null, columns })),
  };
}
