/** A raw shard into the file that is stored, and its entry for index.json. */

import { type Codecs, type Hashes, WindrowError } from "../../core/index.ts";
import type { FileEntry, ShardEntry } from "./index-json.ts";
import { type MdsLayout, shardConfig } from "./layout.ts";

/** What packs and digests; the names come from the layout. */
export interface Packers {
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** A shard ready to be stored. */
export interface PackedShard {
  /** Name of the file, in the folder of its index.json. */
  readonly basename: string;
  /** Its bytes: the raw shard itself, not a copy, where there is no compression. */
  readonly bytes: Uint8Array;
  readonly entry: ShardEntry;
}

/** The name of a raw shard, as MDSWriter counts them: `shard.00007.mds`. */
export function shardName(number: number): string {
  return `shard.${String(number).padStart(5, "0")}.mds`;
}

/**
 * Compresses and digests a raw shard of a layout. The suffix of the file is the codec's name, whatever the level.
 * @throws WindrowError `unsupported` when a codec or a hash is not at hand.
 */
export function packShard(raw: Uint8Array, layout: MdsLayout, basename: string, packers: Packers): PackedShard {
  const { compression } = layout;
  const samples = new DataView(raw.buffer, raw.byteOffset).getUint32(0, true);
  const rest = { ...shardConfig(layout), samples };
  const raw_data = fileEntry(raw, basename, layout, packers.hashes);
  if (compression === undefined) return { basename, bytes: raw, entry: { ...rest, raw_data, zip_data: null } };
  const codec = packers.codecs.get(compression.codec);
  if (codec === undefined) {
    throw new WindrowError(
      "unsupported",
      `Cannot write ${basename}: no codec of this name is at hand, got ${compression.codec}`,
    );
  }
  const zipName = `${basename}.${compression.codec}`;
  const bytes = codec.pack(raw, compression.level);
  return {
    basename: zipName,
    bytes,
    entry: { ...rest, raw_data, zip_data: fileEntry(bytes, zipName, layout, packers.hashes) },
  };
}

function fileEntry(bytes: Uint8Array, basename: string, layout: MdsLayout, hashes: Hashes): FileEntry {
  const digests = layout.hashes.map((name) => {
    const hash = hashes.get(name);
    if (hash === undefined) {
      throw new WindrowError("unsupported", `Cannot write ${basename}: no hash of this name is at hand, got ${name}`);
    }
    return [name, hash.digest(bytes)] as const;
  });
  return { basename, bytes: bytes.length, hashes: Object.fromEntries(digests) };
}
