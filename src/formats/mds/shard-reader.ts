/** Opens one shard: finds its bytes, and checks what stands in front of its samples. */

import type { ShardEntry } from "./index-json.ts";
import type { ShardBytes } from "./shard-bytes.ts";
import { damaged, undecodable } from "./shard-fault.ts";
import { type ShardAccess, type ShardSource, shardBytes, shardBytesNow } from "./shard-files.ts";

/** A shard that can be read by sample. */
export interface OpenShard {
  readonly bytes: ShardBytes;
  /** Where each sample begins in the raw shard, and where the last ends: `samples + 1` of them, checked. */
  readonly offsets: Uint32Array;
}

/**
 * Opens a shard; where it is opened for more than ranges, the caller disposes its bytes.
 * @throws WindrowError as `shardBytes`; `damaged` where offsets or the header are not what index.json says.
 */
export async function openShard(entry: ShardEntry, source: ShardSource, access: ShardAccess): Promise<OpenShard> {
  const bytes = await shardBytes(entry, source, access);
  try {
    const table = tableBytes(entry, bytes.key);
    const offsets = readOffsets(await readRange(bytes, 0, table), entry, bytes.key);
    checkHeader(await readRange(bytes, table, offsets[0]!), entry, { key: bytes.key, offset: table });
    return { bytes, offsets };
  } catch (cause) {
    bytes[Symbol.dispose]();
    throw cause;
  }
}

/** The same at once, for any place. */
export function openShardNow(entry: ShardEntry, source: ShardSource): OpenShard {
  const bytes = shardBytesNow(entry, source);
  const read = (from: number, to: number): Uint8Array => {
    const range = new Uint8Array(to - from);
    void bytes.readInto(from, range); // those that are there now are there on return
    return range;
  };
  try {
    const table = tableBytes(entry, bytes.key);
    const offsets = readOffsets(read(0, table), entry, bytes.key);
    checkHeader(read(table, offsets[0]!), entry, { key: bytes.key, offset: table });
    return { bytes, offsets };
  } catch (cause) {
    bytes[Symbol.dispose]();
    throw cause;
  }
}

/** Bytes that are set aside before they come; twice as many when these are there. */
export const AT_ONCE = 1 << 20;

/** Bytes `from` to `to` of a raw shard: a view of it where it is in memory. */
export async function readRange(bytes: ShardBytes, from: number, to: number): Promise<Uint8Array> {
  if (bytes.whole !== undefined) return bytes.whole.subarray(from, to);
  let range = new Uint8Array(bytes.isPromised === true ? Math.min(to - from, AT_ONCE) : to - from);
  for (let done = 0; ; ) {
    await bytes.readInto(from + done, range.subarray(done));
    done = range.length;
    if (done === to - from) return range;
    const more = new Uint8Array(Math.min(to - from, 2 * done));
    more.set(range);
    range = more;
  }
}

/** Bytes of the count and the offsets. */
function tableBytes(entry: ShardEntry, key: string): number {
  const size = entry.raw_data.bytes;
  const table = 4 * (entry.samples + 2);
  if (table > size) damaged(key, 0, `must have ${table} bytes for ${entry.samples} samples, got ${size}`);
  return table;
}

function readOffsets(table: Uint8Array, entry: ShardEntry, key: string): Uint32Array {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const samples = view.getUint32(0, true);
  if (samples !== entry.samples) damaged(key, 0, `must have ${entry.samples} samples, got ${samples}`);
  const offsets = new Uint32Array(samples + 1);
  let before = table.length;
  for (let i = 0; i <= samples; i++) {
    const offset = view.getUint32(4 + 4 * i, true);
    if (offset < before || offset > entry.raw_data.bytes) {
      const range = `${before} to ${entry.raw_data.bytes}`;
      damaged(key, 4 + 4 * i, `${i === 0 ? "the header" : `sample ${i - 1}`} must end at byte ${range}, got ${offset}`);
    }
    offsets[i] = offset;
    before = offset;
  }
  if (before !== entry.raw_data.bytes) {
    damaged(key, before, `the last sample must end with the file at byte ${entry.raw_data.bytes}, got ${before}`);
  }
  return offsets;
}

/** The header repeats what index.json says of the columns; a shard of another dataset does not pass for one of this. */
function checkHeader(
  bytes: Uint8Array,
  entry: ShardEntry,
  { key, offset }: { readonly key: string; readonly offset: number },
): void {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw undecodable(key, offset, cause);
  }
  for (const name of ["version", "format", "column_names", "column_encodings", "column_sizes"] as const) {
    const found =
      typeof header === "object" && header !== null && Object.hasOwn(header, name)
        ? Reflect.get(header, name)
        : undefined;
    if (JSON.stringify(found) === JSON.stringify(entry[name])) continue;
    damaged(
      key,
      offset,
      `${name} in the header must be ${JSON.stringify(entry[name])} as in index.json, got ${JSON.stringify(found)}`,
    );
  }
}
