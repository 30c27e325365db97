/** Writes batches as an MDS folder: shards as they fill, index.json last. */

import { type Batch, type Schema, type Store, WindrowError } from "../../core/index.ts";
import { mdsIndex, type ShardEntry } from "./index-json.ts";
import { type MdsLayoutOptions, mdsLayout } from "./layout.ts";
import { type Packers, packShard, shardName } from "./pack-shard.ts";
import { shardBuilder } from "./shard-builder.ts";

/** How to write. */
export interface MdsSinkOptions extends MdsLayoutOptions {
  readonly packers: Packers;
}

/** A folder being written. Disposed before `close`, it leaves nothing behind. */
export interface MdsSink extends AsyncDisposable {
  /** Appends rows. The batch may be used again when the promise is settled. */
  write(batch: Batch): Promise<void>;
  /** Writes the last shard and index.json, and returns the entries. */
  close(): Promise<readonly ShardEntry[]>;
}

/**
 * A writer of the folder `prefix`; the store's root where it is empty.
 * @throws WindrowError `exists` when the folder has an index.json already.
 */
export async function mdsSink(store: Store, prefix: string, schema: Schema, options: MdsSinkOptions): Promise<MdsSink> {
  const layout = mdsLayout(schema, options);
  const keyOf = (name: string) => (prefix === "" ? name : `${prefix}/${name}`);
  if ((await store.size(keyOf("index.json"))) !== undefined) {
    throw new WindrowError("exists", `Cannot write ${keyOf("index.json")}: there is one already`);
  }
  // A raw shard lies in its builder's buffer while it is stored, so that two take turns; a packed one has bytes of its own.
  const builders =
    layout.compression === undefined ? [shardBuilder(layout), shardBuilder(layout)] : [shardBuilder(layout)];
  const entries: ShardEntry[] = [];
  const keys: string[] = [];
  let storing = Promise.resolve();
  let closing: Promise<readonly ShardEntry[]> | undefined;
  const builder = () => builders[entries.length % builders.length]!;

  async function flush(): Promise<void> {
    const packed = packShard(builder().finish(), layout, shardName(entries.length), options.packers);
    await storing;
    const key = keyOf(packed.basename);
    keys.push(key);
    entries.push(packed.entry);
    storing = store.put(key, packed.bytes);
    // Whoever awaits it next gets the error; until then it is not unhandled.
    storing.catch(() => undefined);
  }

  async function finish(): Promise<readonly ShardEntry[]> {
    if (builder().samples > 0) await flush();
    await storing;
    await store.put(keyOf("index.json"), mdsIndex(entries));
    return entries;
  }

  async function discard(): Promise<void> {
    await storing.catch(() => undefined);
    for (const key of keys.splice(0)) await store.delete(key);
  }

  function check(): void {
    if (closing !== undefined) throw new WindrowError("usage", `Cannot write ${keyOf("index.json")}: it is closed`);
  }

  return {
    async write(batch) {
      check();
      for (let row = 0; row < batch.length; ) {
        row += builder().add(batch, row, batch.length);
        if (row < batch.length) await flush();
      }
    },
    async close() {
      check();
      closing = finish();
      return closing;
    },
    async [Symbol.asyncDispose]() {
      // `return sink.close()` disposes while it closes: what is being closed is kept, unless that fails.
      const open = closing ?? Promise.reject();
      closing = open;
      await open.catch(discard);
    },
  };
}
