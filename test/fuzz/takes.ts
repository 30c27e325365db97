/** Shards that are opened and whose rows are taken: what the loader does must come to the rows that batches give. */

import {
  isNumeric,
  kindBytes,
  type OpenShardRows,
  type Schema,
  type ShardedTable,
  valuesPerRow,
  WindrowError,
} from "../../src/core/index.ts";
import { roomFor } from "../../src/load/columns.ts";
import { loader } from "../../src/load/index.ts";
import { fault, MOST_ROWS, type OpenPartsStore, rowHashes } from "./oracle.ts";

/** Rows of one take, of which half are numbered. */
const STEP = 9;
/** Bytes of a row at most: rooms are the caller's, who knows what he asks for. */
const MOST_BYTES = 1 << 16;

/** Rows of a shard beyond which it is only read forward: in any order all of them are in memory, as is asked for. */
const MOST_SHARD_ROWS = 1 << 16;

/** Opens the table anew, with a store whose files can be opened. */
export type Reopen = () => Promise<ShardedTable>;

function isNarrow(schema: Schema): boolean {
  const bytes = Object.values(schema).map((type) =>
    isNumeric(type.kind) ? kindBytes(type.kind) * valuesPerRow(type) : 8,
  );
  return bytes.reduce((sum, each) => sum + each, 0) <= MOST_BYTES;
}

type Access = "any" | "forward";

const numbered = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, i) => from + i);

/** Rows `from` to `to` of a shard: the first half as a range, the others by number; and backwards where any order will do. */
async function someTaken(
  { shard, schema, access }: { readonly shard: OpenShardRows; readonly schema: Schema; readonly access: Access },
  from: number,
  to: number,
): Promise<number[]> {
  const middle = from + ((to - from) >> 1);
  const into = roomFor(schema, to - from);
  await shard.take({ from, to: middle }, into, 0);
  await shard.take(numbered(middle, to), into, middle - from);
  const some = await rowHashes(one(into));
  if (access === "forward" || from > 0) return some;
  await shard.take(numbered(from, to).reverse(), into, 0);
  if ((await rowHashes(one(into))).reverse().join() !== some.join()) fault("rows taken backwards are others");
  return some;
}

async function taken(table: ShardedTable, access: Access): Promise<number[]> {
  const hashes: number[] = [];
  for (const [number, rows] of table.shardRows.entries()) {
    // Batches do not look into a shard of no rows.
    if (rows === 0 || hashes.length >= MOST_ROWS) continue;
    using shard = await table.openShard(number, { access });
    if (shard.length !== rows) fault(`a shard of ${rows} rows, got ${shard.length}`);
    for (let from = 0; from < rows && hashes.length < MOST_ROWS; from += STEP)
      hashes.push(...(await someTaken({ shard, schema: table.schema, access }, from, Math.min(rows, from + STEP))));
  }
  return hashes.slice(0, MOST_ROWS);
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

async function loaded(open: Reopen, epoch: number): Promise<number[]> {
  const batches = loader(async () => ({ table: await open(), identity: "fuzz" }), "all", {
    batchSize: 5,
    epoch,
    seed: 1,
  });
  return rowHashes(batches);
}

/** What `read` gives, or the refusal. */
export async function tried(read: () => Promise<number[]>): Promise<number[] | WindrowError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WindrowError) return error;
    throw error;
  }
}

const sorted = (hashes: readonly number[]) => hashes.toSorted((a, b) => a - b).join();

function compared(
  name: string,
  whole: readonly number[] | WindrowError,
  found: readonly number[] | WindrowError,
): void {
  if (found instanceof WindrowError !== whole instanceof WindrowError) {
    const error = [found, whole].find((each) => each instanceof WindrowError);
    fault(
      `${name} and batches differ: ${found === error ? "only the first refuses" : "only the second refuses"}, ${error!.message}`,
    );
  }
  if (!(found instanceof WindrowError || whole instanceof WindrowError) && found.join() !== whole.join())
    fault(`rows of ${name} are not those of batches`);
}

/**
 * Holds all ways to take rows against the rows of batches, and sees that nothing stays open: both are refused, or both
 * give the same.
 */
export async function checkTakes(
  store: OpenPartsStore,
  open: Reopen,
  whole: readonly number[] | WindrowError,
): Promise<void> {
  {
    await using table = await open();
    if (!isNarrow(table.schema)) return;
    compared("an open file", whole, await tried(() => rowHashes(table.batches())));
    const isSmall = table.shardRows.every((rows) => rows <= MOST_SHARD_ROWS);
    for (const access of isSmall ? (["any", "forward"] as const) : (["forward"] as const))
      compared(`takes, ${access},`, whole, await tried(() => taken(table, access)));
    if (!(whole instanceof WindrowError) && table.length < MOST_ROWS && Object.keys(table.schema).length > 0) {
      compared("a loader", whole, await tried(() => loaded(open, 0)));
      const shuffled = await tried(() => loaded(open, 1));
      if (shuffled instanceof WindrowError || sorted(shuffled) !== sorted(whole))
        fault("a shuffled epoch has other rows");
    }
  }
  if (store.left !== 0) fault(`${store.left} files stay open`);
}
