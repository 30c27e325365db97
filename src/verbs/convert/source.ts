/** What is converted: the tables at a path, one after the other, and how to tell whether they have changed. */

import { statSync } from "node:fs";
import { join } from "node:path";
import { commonSchema, fixedRowBytes, type JoinedTable, joinedTables, type SourcePart } from "../../convert/index.ts";
import { type Schema, type Table, WindrowError } from "../../core/index.ts";
import { rowMeasure } from "../../formats/grouped.ts";
import type { MdsTable } from "../../formats/mds/index.ts";
import { type Piece, pieces } from "../../inspect/pieces.ts";
import { type InspectPlace, wholeSource } from "../../inspect/source.ts";
import { inspectPlace } from "../inspect/place.ts";

/** Which split of a dataset is converted. */
export type ConvertSplit = "train" | "validation" | "test";

/** Which rows are meant. */
export interface SourceChoice {
  /** A folder or a file. */
  readonly path: string;
  /** Of a dataset; `null` for what has no splits. */
  readonly split: ConvertSplit | null;
  /** Names of the columns that are wanted; `null` for all. */
  readonly columns: readonly string[] | null;
}

/** A file of the source, as it was: a change of size or time is a change. */
type FileState = readonly [key: string, bytes: number, modified: number];

/** A source as a plan has it. */
export interface PlannedSource extends SourceChoice {
  readonly schema: Schema;
  readonly parts: readonly { readonly name: string; readonly rows: number }[];
  readonly files: readonly FileState[];
}

function fileState({ store }: InspectPlace, key: string): FileState {
  const stat = statSync(join(store.name, key), { throwIfNoEntry: false });
  return [key, stat?.size ?? -1, stat?.mtimeMs ?? -1];
}

/** Files that hold a piece's samples, or say where they lie. Of a shard the raw file or the packed one may be there. */
function filesOf(piece: Piece, table: Table): readonly string[] {
  if (piece.format !== "mds") return [piece.name];
  const below = (name: string) => (piece.name === "" ? name : `${piece.name}/${name}`);
  const { shards } = table as MdsTable; // a piece of that format opens as one
  const files = shards.flatMap(({ raw_data, zip_data }) => [
    raw_data.basename,
    ...(zip_data ? [zip_data.basename] : []),
  ]);
  return ["index.json", ...files].map(below);
}

async function sourcePieces(
  place: InspectPlace,
  { split }: SourceChoice,
): Promise<{ pieces: readonly Piece[]; declared: Schema; split: ConvertSplit | null }> {
  const source = await wholeSource(place);
  const chosen = source.kind === "dataset" ? (split ?? "train") : split;
  return {
    pieces: pieces(place, source, chosen === null ? {} : { split: chosen }),
    declared: source.kind === "dataset" ? source.manifest.schema : {},
    split: chosen,
  };
}

/** Opens a piece with the columns that are wanted, in the order in which they were asked for. */
async function openPiece(piece: Piece, columns: readonly string[] | null): Promise<Table> {
  const table: Table = piece.format === "mds" || columns === null ? await piece.open() : await piece.open({ columns });
  const stray = columns?.find((name) => !Object.hasOwn(table.schema, name));
  if (stray === undefined) return table;
  throw noColumn(stray, table.schema);
}

function chosenSchema(schema: Schema, columns: readonly string[] | null): Schema {
  if (columns === null) return schema;
  const stray = columns.find((name) => !Object.hasOwn(schema, name));
  if (stray !== undefined) throw noColumn(stray, schema);
  return Object.fromEntries(columns.map((name) => [name, schema[name]!]));
}

function noColumn(name: string, schema: Schema): WindrowError {
  return new WindrowError(
    "missing",
    `Cannot convert column ${name}: there is no such column, only ${Object.keys(schema).join(", ")}`,
  );
}

/** Units that a manifest knows, and MDS has no place for. */
function withUnits(schema: Schema, units: Schema): Schema {
  const columns = Object.entries(schema).map(([name, type]) => {
    const unit = type.unit ?? units[name]?.unit;
    return [name, unit === undefined ? type : { ...type, unit }] as const;
  });
  return Object.fromEntries(columns);
}

/**
 * Looks at what lies at a path: indexes and footers only.
 * @throws WindrowError `missing`, `damaged`, `unsupported` for what cannot be read; `usage` for a split of what has none.
 */
export async function plannedSource(choice: SourceChoice): Promise<PlannedSource> {
  const place = await inspectPlace(choice.path);
  const { pieces: found, declared, split } = await sourcePieces(place, choice);
  const tables: { name: string; schema: Schema; rows: number; files: readonly string[] }[] = [];
  for (const piece of found) {
    await using table = await openPiece(piece, choice.columns);
    tables.push({ name: piece.name, schema: table.schema, rows: table.length, files: filesOf(piece, table) });
  }
  // A dataset's split without samples has no files of them; what they would be, the manifest says.
  const all = tables.length === 0 ? declared : commonSchema(tables);
  const schema = withUnits(chosenSchema(all, choice.columns), declared);
  return {
    ...choice,
    split,
    schema,
    parts: tables.map(({ name, rows }) => ({ name, rows })),
    files: tables.flatMap(({ files }) => files.map((key) => fileState(place, key))),
  };
}

/** A planned source as one table, and its watch. */
export interface OpenSource {
  readonly table: JoinedTable;
  /** @throws WindrowError `damaged` where a file is not what it was when the conversion was planned. */
  unchanged(): Promise<void>;
}

/** Opens what was planned. */
export async function openSource(planned: PlannedSource): Promise<OpenSource> {
  const place = await inspectPlace(planned.path);
  const { pieces: found } = await sourcePieces(place, planned);
  const parts = planned.parts.map(({ name, rows }): SourcePart => {
    const piece = found.find((each) => each.name === name);
    if (piece === undefined) throw changed(planned.path, name);
    return { name, length: rows, isSharded: piece.format !== "arrow", open: () => openPiece(piece, planned.columns) };
  });
  return {
    table: joinedTables(parts, planned.schema),
    async unchanged() {
      for (const before of planned.files) {
        const now = fileState(place, before[0]);
        if (now[1] !== before[1] || now[2] !== before[2]) throw changed(planned.path, before[0]);
      }
    },
  };
}

function changed(path: string, key: string): WindrowError {
  return new WindrowError(
    "damaged",
    `Cannot convert ${path}: ${key === "" ? "it" : key} has changed since the conversion began; run it again`,
  );
}

const SAMPLED_ROWS = 64;

/** Raw bytes of a row; where they vary, an average of the first rows. */
export async function averageRowBytes(planned: PlannedSource): Promise<number> {
  const fixed = fixedRowBytes(planned.schema);
  if (fixed !== undefined) return Math.max(1, fixed);
  const { table } = await openSource(planned);
  await using _ = table;
  const sizeOf = rowMeasure(planned.schema);
  const to = Math.min(SAMPLED_ROWS, table.length);
  let bytes = 0;
  for await (const batch of table.batches({ to, columns: Object.keys(planned.schema), batchRows: 8 })) {
    for (let row = 0; row < batch.length; row++) bytes += sizeOf(batch, row);
  }
  return Math.max(1, Math.ceil(bytes / Math.max(1, to)));
}
