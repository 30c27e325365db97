/** Compression and checksums as interfaces: `node/` brings implementations, so that the formats run in a browser too. */

/** Packs and unpacks bytes, whole. */
export interface Codec {
  /** As users write it: `zstd`, `gz`, `snappy`, `br`. */
  readonly name: string;
  /** Packs; `level` is the codec's own scale, and its default where absent. */
  pack(bytes: Uint8Array, level?: number): Uint8Array;
  /**
   * Unpacks to exactly `rawLength` bytes and never allocates more than that.
   * @throws WindrowError `damaged` when the bytes are not the codec's, or unpack to another length.
   */
  unpack(bytes: Uint8Array, rawLength: number): Uint8Array;
  /** The same beside the caller's thread, where that can be: a reader has the next bytes unpacked while it works on the last. */
  unpackLater?(bytes: Uint8Array, rawLength: number): Promise<Uint8Array>;
  /**
   * The same piece by piece, so that the first can be used long before the last is unpacked. Takes and gives no more than is asked for,
   * but a few pieces. One taken is used up when the next is asked for; each given has a buffer of its own, which belongs to the caller.
   */
  unpackPieces?(pieces: AsyncIterable<Uint8Array>, rawLength: number): AsyncIterable<Uint8Array>;
  /**
   * What bytes that were cut short still unpack to, up to `most` bytes: the beginning of the whole, perhaps nothing.
   * @throws WindrowError `damaged` when the bytes are not the codec's, or unpack to more.
   */
  unpackCut?(bytes: Uint8Array, most: number): Uint8Array;
}

/** Digests bytes to lower-case hexadecimal. */
export interface Hash {
  /** As MDS names it: `sha1`, `xxh64`, `sha256` … */
  readonly name: string;
  digest(bytes: Uint8Array): string;
  /** Begins a digest of bytes that come piece by piece, where the hash can. */
  begin?(): RunningHash;
}

/** A digest under way. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** Ends it. */
  digest(): string;
}

/** The codecs at hand, by name. */
export type Codecs = ReadonlyMap<string, Codec>;

/** The hashes at hand, by name. */
export type Hashes = ReadonlyMap<string, Hash>;

/** A codec and its level, as `zstd:3` says it. */
export interface Compression {
  readonly codec: string;
  readonly level?: number;
}
