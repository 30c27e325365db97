/** Batches of samples in the order of an epoch, for one rank of many, from any place on. */

import { type Schema, type ShardedTable, WindrowError } from "../core/index.ts";
import { seedOf } from "../order/index.ts";
import { type ColumnsSpec, type LoadBatch, loadedSchema, roomFor } from "./columns.ts";
import { checkCursor, fingerprint, type LoadCursor, parseCursor, wrong } from "./cursor.ts";
import { type EpochOrder, epochOrder } from "./epoch-order.ts";
import { prefetch } from "./prefetch.ts";
import { ShardWalk } from "./shard-walk.ts";

/** What is loaded. */
export interface LoadSource {
  readonly table: ShardedTable;
  /** What tells this dataset and split from others, for cursors. */
  readonly identity: string;
}

/** How to load. */
export interface LoaderOptions {
  /** Samples of a batch on all ranks together; divisible by `worldSize`. */
  readonly batchSize: number;
  /** Decides the order of every epoch but the stored one; 0, or the cursor's. */
  readonly seed?: number | bigint;
  /** 0, the stored order, or the cursor's. */
  readonly epoch?: number;
  /** Which slice of each batch is given; 0. */
  readonly rank?: number;
  /** Into how many slices each batch is cut; 1. */
  readonly worldSize?: number;
  /** Where to go on from. */
  readonly cursor?: LoadCursor | undefined;
  /** Batches made ahead of the one in use; 2. */
  readonly prefetch?: number;
  /**
   * Whether each batch has arrays of its own (the default), or gets those of the batch before the last, `reused`: then a batch is good
   * until the next is asked for, and memory neither grows nor waits to be collected.
   */
  readonly arrays?: "own" | "reused";
  /** Ends the loop with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known of an epoch before its first batch. */
export interface LoadInfo<S extends Schema = Schema> {
  /** The columns that are loaded. */
  readonly schema: S;
  /** Samples of an epoch, on all ranks together. */
  readonly samples: number;
  /** Batches from where this load begins to the end of the epoch; the same on every rank. */
  readonly batches: number;
}

/** The batches of one rank, from where the load begins to the end of the epoch. Each loop over it begins there. */
export interface Loader<S extends Schema = Schema> extends AsyncIterable<LoadBatch<S>>, AsyncDisposable {
  /** What is to come. Opens the files' indexes, and reads no sample. */
  info(): Promise<LoadInfo<S>>;
  /**
   * Where the sample lies that comes next after the last batch given (not after those made ahead); at the beginning, the first.
   * @throws WindrowError `usage` before the first batch or an awaited `info`, unless the load itself began from a cursor.
   */
  cursor(): LoadCursor;
}

/** What is loaded, when it is open. */
interface Opened {
  readonly table: ShardedTable;
  readonly schema: Schema;
  readonly order: EpochOrder;
  /** Where the load begins. */
  readonly cursor: LoadCursor;
}

/** What was asked for, checked. */
interface Asked {
  readonly batchSize: number;
  readonly seed: bigint;
  readonly epoch: number;
  readonly rank: number;
  readonly worldSize: number;
  readonly cursor: LoadCursor | undefined;
  readonly prefetch: number;
  readonly arrays: "own" | "reused";
  readonly signal: AbortSignal | undefined;
}

const PREFETCH = 2;

/**
 * The batches of a source. Nothing is opened before the first batch or `info` is asked for.
 * @throws WindrowError `usage` for options that do not fit each other, at once; from its loop: as opening and reading throw, `usage` for
 * a cursor of something else, `missing` and `usage` for columns that are not there or hold something else.
 */
export function loader(open: () => Promise<LoadSource>, columns: ColumnsSpec | "all", options: LoaderOptions): Loader {
  return new Batches(open, columns, asked(options));
}

class Batches implements Loader {
  readonly #open: () => Promise<LoadSource>;
  readonly #columns: ColumnsSpec | "all";
  readonly #asked: Asked;
  #opened: Promise<Opened> | undefined;
  #cursor: LoadCursor | undefined;
  #loops = 0;

  constructor(open: () => Promise<LoadSource>, columns: ColumnsSpec | "all", options: Asked) {
    this.#open = open;
    this.#columns = columns;
    this.#asked = options;
    this.#cursor = options.cursor;
  }

  async info(): Promise<LoadInfo> {
    const { schema, order, cursor } = await this.#ready();
    const { batchSize } = this.#asked;
    return { schema, samples: order.length, batches: Math.ceil((order.length - cursor.position) / batchSize) };
  }

  cursor(): LoadCursor {
    if (this.#cursor !== undefined) return this.#cursor;
    throw new WindrowError("usage", "Cannot tell the cursor: nothing is open yet; await info() or take a batch first");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LoadBatch> {
    this.#loops++;
    try {
      yield* this.#loop();
    } finally {
      this.#loops--;
      // Who keeps the loader for its cursor keeps no files, and no memory of a shard, with it.
      if (this.#loops === 0) await this[Symbol.asyncDispose]();
    }
  }

  async *#loop(): AsyncGenerator<LoadBatch> {
    const { signal, batchSize, prefetch: count, arrays } = this.#asked;
    const spare: LoadBatch[] = [];
    signal?.throwIfAborted();
    const opened = await this.#ready();
    this.#cursor = opened.cursor;
    let { position } = opened.cursor;
    for await (const batch of prefetch(this.#made(opened, spare), count)) {
      signal?.throwIfAborted();
      position = Math.min(position + batchSize, opened.order.length);
      this.#cursor = { ...opened.cursor, position };
      yield batch;
      if (arrays === "reused") spare.push(batch);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // What did not open needs no closing.
    await opened?.then(({ table }) => table[Symbol.asyncDispose]()).catch(() => {});
  }

  #ready(): Promise<Opened> {
    // What did not open is opened anew by who asks again.
    this.#opened ??= this.#load().catch((cause: unknown) => {
      this.#opened = undefined;
      throw cause;
    });
    return this.#opened;
  }

  async #load(): Promise<Opened> {
    const { table, identity } = await this.#open();
    const { seed, epoch, cursor } = this.#asked;
    const of = { seed: String(seed), epoch, samples: table.length, dataset: fingerprint(identity, table.shardRows) };
    if (cursor !== undefined) checkCursor(cursor, of);
    const begin: LoadCursor = { version: 1, ...of, position: cursor?.position ?? 0 };
    this.#cursor ??= begin;
    return {
      table,
      schema: loadedSchema(table.schema, this.#columns),
      order: epochOrder(table.shardRows, { seed, epoch }),
      cursor: begin,
    };
  }

  /** `spare` are batches that nobody uses. */
  async *#made({ table, schema, order, cursor }: Opened, spare: LoadBatch[]): AsyncGenerator<LoadBatch> {
    const { batchSize, rank, worldSize, signal } = this.#asked;
    await using walk = new ShardWalk(table, Object.keys(schema), order.isStored ? "forward" : "any");
    for (let at = cursor.position; at < order.length; at += batchSize) {
      signal?.throwIfAborted();
      const length = Math.min(batchSize, order.length - at);
      const from = at + Math.floor((length * rank) / worldSize);
      const to = at + Math.floor((length * (rank + 1)) / worldSize);
      const used = spare.pop();
      const batch = used?.length === to - from ? used : roomFor(schema, to - from);
      let row = 0;
      for (const stretch of order.stretches(from, to)) {
        const rows = await walk.at(stretch.shard);
        // Raw shards answer at once: no turn of the loop for each.
        const later = rows.take(stretch.rows, batch, row);
        if (later !== undefined) await later;
        row += stretch.length;
      }
      yield batch;
    }
  }
}

function asked(options: LoaderOptions): Asked {
  const { batchSize, rank = 0, worldSize = 1, prefetch: ahead = PREFETCH, arrays = "own", signal } = options;
  const cursor = options.cursor === undefined ? undefined : parseCursor(options.cursor);
  const { seed = BigInt(cursor?.seed ?? 0), epoch = cursor?.epoch ?? 0 } = options;
  checkWhole("batchSize", batchSize, 1);
  checkWhole("worldSize", worldSize, 1);
  checkWhole("rank", rank, 0);
  checkWhole("epoch", epoch, 0);
  checkWhole("prefetch", ahead, 0);
  seedOf(seed);
  if (!["own", "reused"].includes(arrays)) throw usage(`arrays must be own or reused, got ${arrays}`);
  if (rank >= worldSize) throw usage(`rank must be below worldSize ${worldSize}, got ${rank}`);
  if (batchSize % worldSize !== 0) {
    throw usage(`batchSize is of all ranks together and must be divisible by worldSize ${worldSize}, got ${batchSize}`);
  }
  if (cursor !== undefined && cursor.seed !== String(seed))
    throw wrong(`its seed must be ${seed} as asked`, cursor.seed);
  if (cursor !== undefined && cursor.epoch !== epoch) throw wrong(`its epoch must be ${epoch} as asked`, cursor.epoch);
  return { batchSize, seed: BigInt(seed), epoch, rank, worldSize, cursor, prefetch: ahead, arrays, signal };
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw usage(`${name} must be a whole number from ${least} up, got ${value}`);
  }
}

function usage(what: string): WindrowError {
  return new WindrowError("usage", `Cannot load: ${what}`);
}
