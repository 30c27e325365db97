/** Reads every sample of a folder of shards or of a Parquet or Arrow file, and notes what is wrong. */

import type { ReadStore, Table } from "../core/index.ts";
import type { MdsTable } from "../formats/mds/index.ts";
import { DigestGroups } from "./column-digests.ts";
import type { ArrowPiece, MdsPiece, ParquetPiece } from "./pieces.ts";
import type { Problems } from "./problems.ts";
import type { InspectPlace, InspectRun } from "./source.ts";

/** What a check of tables is run with. */
export interface TableCheck {
  readonly place: InspectPlace;
  readonly problems: Problems;
  readonly run: InspectRun;
  readonly digests: DigestGroups;
  /** Told of so many samples read. */
  read(samples: number): void;
}

/** A table that was read. */
export interface ReadTable {
  readonly samples: number;
  /** Shards, row groups or record batches. */
  readonly blocks: number;
}

/** A stretch of rows, and the file that they lie in. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly file: string;
}

/** Reads stretches of rows, one after the other, going on behind one that cannot be read. */
async function readStretches(
  table: Table,
  stretches: readonly Stretch[],
  group: string,
  check: TableCheck,
): Promise<void> {
  for (const { from, to, file } of stretches) {
    try {
      for await (const batch of table.batches({ from, to })) {
        check.run.signal?.throwIfAborted();
        check.digests.add(group, table.schema, batch);
        check.read(batch.length);
      }
    } catch (error) {
      check.problems.take(error, file);
      check.digests.leaveOut(group);
    }
  }
}

function shardStretches({ shards }: MdsTable, keyOf: (basename: string) => string): Stretch[] {
  let to = 0;
  return shards.map(({ samples, raw_data, zip_data }) => {
    const from = to;
    to += samples;
    return { from, to, file: keyOf((zip_data ?? raw_data).basename) };
  });
}

/** A store in which some files are not there. */
function without(store: ReadStore, hidden: ReadonlySet<string>): ReadStore {
  return {
    name: store.name,
    get: (key, range) => store.get(key, range),
    size: async (key) => (hidden.has(key) ? undefined : store.size(key)),
    list: (prefix) => store.list(prefix),
  };
}

/** Where shards lie there packed and raw, the packed ones too are read and must hold the same. */
async function verifyPacked(
  piece: MdsPiece,
  raw: readonly string[],
  stretches: readonly Stretch[],
  check: TableCheck,
): Promise<void> {
  const { hashes, store } = check.place;
  const read = async (hidden: ReadonlySet<string>) => {
    const digests = new DigestGroups(hashes);
    await using table = await piece.open({ verify: "hashes", arrays: "bytes", store: without(store, hidden) });
    await readStretches(table, stretches, piece.name, { ...check, digests, read: () => {} });
    return digests.end().get(piece.name);
  };
  const problems = check.problems.count;
  const packed = await read(new Set(raw));
  if (check.problems.count > problems || packed === undefined) return;
  const unpacked = await read(new Set());
  for (const [column, digest] of unpacked ?? []) {
    if (packed.get(column) !== digest)
      check.problems.add(piece.name, `column ${column}`, "raw and packed shards must hold the same, got others");
  }
}

/**
 * Reads every shard of a folder: sizes, hashes, header, offsets, each sample's columns. Where a shard lies there packed and raw,
 * both are read and compared. Digests go to `group`. `undefined` where index.json cannot be read.
 */
export async function verifyMds(piece: MdsPiece, group: string, check: TableCheck): Promise<ReadTable | undefined> {
  const keyOf = (basename: string) => (piece.name === "" ? basename : `${piece.name}/${basename}`);
  const { store } = check.place;
  try {
    // Arrays that say their own shape are compared as bytes: any shape is right.
    await using table = await piece.open({ verify: "hashes", arrays: "bytes" });
    const stretches = shardStretches(table, keyOf);
    await readStretches(table, stretches, group, check);
    const raw = table.shards.filter((shard) => shard.zip_data !== null).map((shard) => keyOf(shard.raw_data.basename));
    const isThere = await Array.fromAsync(raw, async (key) => (await store.size(key)) !== undefined);
    if (isThere.includes(true)) await verifyPacked(piece, raw, stretches, check);
    return { samples: table.length, blocks: table.shards.length };
  } catch (error) {
    check.problems.take(error, keyOf("index.json"), "index");
    return undefined;
  }
}

/** Reads every page of a file: checksums, levels, values. `undefined` where its footer cannot be read, which is noted as `of.footer`. */
export async function verifyParquet(
  piece: ParquetPiece,
  of: { readonly group: string; readonly footer: "data" | "index" },
  check: TableCheck,
): Promise<ReadTable | undefined> {
  try {
    await using table = await piece.open();
    const groups = table.rowGroups.map(({ firstRow, rows }) => ({
      from: firstRow,
      to: firstRow + rows,
      file: piece.name,
    }));
    await readStretches(table, groups, of.group, check);
    return { samples: table.length, blocks: groups.length };
  } catch (error) {
    check.problems.take(error, piece.name, of.footer);
    return undefined;
  }
}

/** Reads every record batch of a file: lengths, offsets, values; Arrow has no checksums. `undefined` where its footer cannot be read. */
export async function verifyArrow(piece: ArrowPiece, group: string, check: TableCheck): Promise<ReadTable | undefined> {
  try {
    await using table = await piece.open();
    const batches = table.recordBatches.map(({ firstRow, rows }) => ({
      from: firstRow,
      to: firstRow + rows,
      file: piece.name,
    }));
    await readStretches(table, batches, group, check);
    return { samples: table.length, blocks: batches.length };
  } catch (error) {
    check.problems.take(error, piece.name, "index");
    return undefined;
  }
}
