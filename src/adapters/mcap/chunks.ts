/** Unpacks chunks, and keeps the last ones. */

import type { Codecs, Hash, Hashes } from "../../core/index.ts";
import { WindrowError } from "../../core/index.ts";
import type { Chunk } from "./contents.ts";
import { mcapFault, OPCODES, RECORD_HEAD, recordAt, type SourceFile, u64, viewOf } from "./records.ts";

/** Start, end, raw size, checksum, and the length of the codec's name (specification, "Chunk"). */
const CHUNK_HEAD = 32;
/** A chunk is unpacked whole. Writers make them of some megabytes. */
const MOST_UNPACKED = 1 << 30;

/** What a chunk's record says before its data. */
export interface ChunkHead {
  readonly rawBytes: number;
  /** 0 for a chunk that has none. */
  readonly crc: number;
  readonly compression: string;
  /** Where its data begin and end, from the beginning of its record. */
  readonly from: number;
  readonly to: number;
}

/** The head of the chunk whose record these bytes begin with; `undefined` where they do not reach so far. */
export function chunkHead(bytes: Uint8Array): ChunkHead | undefined {
  const fields = viewOf(bytes);
  if (bytes.length < RECORD_HEAD + CHUNK_HEAD || fields.getUint8(0) !== OPCODES.chunk) return undefined;
  const name = RECORD_HEAD + CHUNK_HEAD;
  const nameEnd = name + fields.getUint32(name - 4, true);
  if (nameEnd + 8 > bytes.length) return undefined;
  return {
    rawBytes: u64(fields, RECORD_HEAD + 16),
    crc: fields.getUint32(RECORD_HEAD + 24, true),
    compression: new TextDecoder().decode(bytes.subarray(name, nameEnd)),
    from: nameEnd + 8,
    to: nameEnd + 8 + u64(fields, nameEnd),
  };
}

// By the names of the specification, "Well-known compression formats".
const CODECS: Readonly<Record<string, string>> = { zstd: "zstd", lz4: "lz4-frame" };

/** What reads the chunks of a file. */
export interface ChunksOptions {
  readonly file: SourceFile;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
  /** Unpacked bytes that are kept for the next reader. */
  readonly cacheBytes: number;
}

/** The chunks of a file, unpacked when they are asked for. */
export class Chunks {
  readonly #file: SourceFile;
  readonly #codecs: Codecs;
  readonly #crc32: Hash;
  readonly #most: number;
  /** The latest last. */
  readonly #kept = new Map<number, Promise<Uint8Array>>();
  readonly #bytes = new Map<number, number>();
  #held = 0;

  /** @throws WindrowError `unsupported` without the hash crc32. */
  constructor({ file, codecs, hashes, cacheBytes }: ChunksOptions) {
    const crc32 = hashes.get("crc32");
    if (crc32 === undefined) throw lacking("the hash crc32");
    this.#file = file;
    this.#codecs = codecs;
    this.#crc32 = crc32;
    this.#most = cacheBytes;
  }

  /**
   * The records of a chunk. Of one that is asked for by several at a time, all get the same bytes.
   * @throws WindrowError `damaged` for a chunk that is not what it says, `unsupported` for a codec that is not at hand.
   */
  records(chunk: Chunk): Promise<Uint8Array> {
    const kept = this.#kept.get(chunk.at);
    if (kept !== undefined) {
      this.#kept.delete(chunk.at);
      this.#kept.set(chunk.at, kept);
      return kept;
    }
    const unpacking = this.#unpack(chunk);
    this.#kept.set(chunk.at, unpacking);
    unpacking.then(
      (bytes) => this.#hold(chunk.at, bytes.length),
      () => this.#kept.delete(chunk.at),
    );
    return unpacking;
  }

  #hold(at: number, bytes: number): void {
    this.#bytes.set(at, bytes);
    this.#held += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#held <= this.#most) return;
      const own = this.#bytes.get(oldest);
      // One that is being unpacked holds nothing yet.
      if (own === undefined || oldest === at) continue;
      this.#held -= own;
      this.#bytes.delete(oldest);
      this.#kept.delete(oldest);
    }
  }

  async #unpack({ at, bytes, kind }: Chunk): Promise<Uint8Array> {
    const record = await this.#file.read(at, at + bytes);
    if (kind === "run") return record;
    const fault = (what: string, cause?: unknown) => mcapFault(this.#file.path, at, `a chunk ${what}`, cause);
    const head = chunkHead(record);
    if (kind === "cut" && head !== undefined) return this.#begun(head, record.subarray(head.from));
    if (head === undefined || recordAt(viewOf(record), 0)?.to !== bytes || !(head.to <= bytes))
      throw fault("must begin and end here, got another record");
    const raw = await this.#raw(head, record.subarray(head.from, head.to)).catch((cause: unknown) => {
      throw fault(`cannot be unpacked (${cause instanceof Error ? cause.message : cause})`, cause);
    });
    if (head.crc !== 0 && Number.parseInt(this.#crc32.digest(raw), 16) !== head.crc)
      throw fault("has another checksum than it says");
    return raw;
  }

  /** What a packed chunk that is cut short still unpacks to; nothing where its codec cannot tell. */
  #begun({ compression, rawBytes }: ChunkHead, packed: Uint8Array): Uint8Array {
    const codec = this.#codecs.get(CODECS[compression] ?? "");
    if (codec?.unpackCut === undefined || !(rawBytes <= MOST_UNPACKED)) return new Uint8Array();
    try {
      return codec.unpackCut(packed, rawBytes);
    } catch {
      // It is told as cut short, which it is as well.
      return new Uint8Array();
    }
  }

  async #raw({ compression, rawBytes }: ChunkHead, packed: Uint8Array): Promise<Uint8Array> {
    if (!(rawBytes <= MOST_UNPACKED))
      throw new WindrowError("unsupported", `at most ${MOST_UNPACKED} bytes are unpacked, got ${rawBytes}`);
    if (compression === "") {
      if (packed.length === rawBytes) return packed;
      throw new WindrowError("damaged", `it must have ${rawBytes} bytes, got ${packed.length}`);
    }
    const codec = this.#codecs.get(CODECS[compression] ?? "");
    if (codec === undefined) throw lacking(`the codec ${JSON.stringify(compression)}`);
    return (await codec.unpackLater?.(packed, rawBytes)) ?? codec.unpack(packed, rawBytes);
  }
}

function lacking(what: string): WindrowError {
  return new WindrowError("unsupported", `Cannot read MCAP: it needs ${what}, which is not at hand`);
}
