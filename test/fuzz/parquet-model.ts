/** A Parquet file taken apart into its footer and its pages, and put together again so that every place and checksum fits. */

import { crc32 } from "node:zlib";
import type { Codecs } from "../../src/core/index.ts";
import { fieldOf, numberOf, readTree, setNumber, type ThriftTree, treeBytes, treeOf, treesOf } from "./thrift-tree.ts";

/** A page: its header, and its bytes unpacked where `codec` could. */
export interface ModelPage {
  readonly header: ThriftTree;
  body: Uint8Array;
}

/** A column of a row group: its entry in the footer, and its pages. */
export interface ModelChunk {
  readonly entry: ThriftTree;
  readonly codec: string | undefined;
  readonly pages: ModelPage[];
  /** The offset index, where there is one. */
  readonly index: ThriftTree | undefined;
}

/** A file taken apart. */
export interface ParquetModel {
  readonly footer: ThriftTree;
  readonly chunks: readonly ModelChunk[];
}

// parquet.thrift, CompressionCodec
const CODECS: Readonly<Record<number, string>> = { 1: "snappy", 2: "gz", 4: "br", 6: "zstd" };
const [RAW_BYTES, PACKED_BYTES, CRC, V2] = [2, 3, 4, 8] as const;
const MAGIC = new TextEncoder().encode("PAR1");
const MOST_RAW = 1 << 20;

/** Bytes of a version 2 page that stand unpacked before the others. */
function levelBytes(header: ThriftTree): number {
  const v2 = treeOf(header, V2);
  return (numberOf(v2, 5) ?? 0) + (numberOf(v2, 6) ?? 0);
}

function unpackedBody(
  header: ThriftTree,
  bytes: Uint8Array,
  codec: string | undefined,
  codecs: Codecs,
): Uint8Array | undefined {
  const raw = numberOf(header, RAW_BYTES) ?? -1;
  const levels = levelBytes(header);
  const isPacked = codec !== undefined && fieldOf(treeOf(header, V2), 7)?.value !== false;
  if (!isPacked || bytes.length <= levels) return bytes;
  if (raw < levels || raw > MOST_RAW) return undefined;
  try {
    const rest = codecs.get(codec)?.unpack(bytes.subarray(levels), raw - levels);
    return rest && Uint8Array.from([...bytes.subarray(0, levels), ...rest]);
  } catch {
    return undefined;
  }
}

function pagesOf(
  bytes: Uint8Array,
  range: { from: number; to: number },
  codec: string | undefined,
  codecs: Codecs,
): ModelPage[] | undefined {
  const pages: ModelPage[] = [];
  for (let at = range.from; at < range.to; ) {
    const read = readTree(bytes.subarray(0, range.to), at);
    const size = numberOf(read?.tree, PACKED_BYTES) ?? -1;
    if (read === undefined || size < 0 || read.end + size > range.to || pages.length > 500) return undefined;
    const body = unpackedBody(read.tree, bytes.subarray(read.end, read.end + size), codec, codecs);
    if (body === undefined) return undefined;
    pages.push({ header: read.tree, body });
    at = read.end + size;
  }
  return pages;
}

function chunkOf(entry: ThriftTree, bytes: Uint8Array, codecs: Codecs): ModelChunk | undefined {
  const meta = treeOf(entry, 3);
  const data = numberOf(meta, 9) ?? 0;
  const dictionary = numberOf(meta, 11) ?? 0;
  const from = dictionary > 0 && dictionary < data ? dictionary : data;
  const to = from + (numberOf(meta, 7) ?? -1);
  const code = numberOf(meta, 4) ?? 0;
  const codec = code === 0 ? undefined : (CODECS[code] ?? "unknown");
  if (from < 4 || to < from || to > bytes.length) return undefined;
  const pages = pagesOf(bytes, { from, to }, codec, codecs);
  if (pages === undefined) return undefined;
  const indexAt = numberOf(entry, 4);
  const index = indexAt === undefined || indexAt > bytes.length ? undefined : readTree(bytes, indexAt)?.tree;
  return { entry, codec, pages, index };
}

/** Takes a file apart; `undefined` where it cannot be. */
export function parquetModel(bytes: Uint8Array, codecs: Codecs): ParquetModel | undefined {
  if (bytes.length < 12) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 8, true);
  if (length > bytes.length - 12) return undefined;
  const footer = readTree(bytes.slice(bytes.length - 8 - length, bytes.length - 8))?.tree;
  if (footer === undefined) return undefined;
  const chunks: ModelChunk[] = [];
  for (const entry of treesOf(footer, 4).flatMap((group) => treesOf(group, 1))) {
    const chunk = chunkOf(entry, bytes, codecs);
    if (chunk === undefined) return undefined;
    chunks.push(chunk);
  }
  return { footer, chunks };
}

/** Bytes of a page as they lie in the file. What the header says of sizes and checksum fits, unless `lie` keeps what it said. */
function pageBytes({ header, body }: ModelPage, codec: string | undefined, codecs: Codecs, lie: boolean): Uint8Array {
  const levels = Math.min(levelBytes(header), body.length);
  const isPacked = codec !== undefined && fieldOf(treeOf(header, V2), 7)?.value !== false && body.length > levels;
  const packer = isPacked ? codecs.get(codec) : undefined;
  const rest = packer?.pack(body.subarray(levels)) ?? body.subarray(levels);
  const packed = Uint8Array.from([...body.subarray(0, levels), ...rest]);
  if (!lie) setNumber(header, RAW_BYTES, body.length);
  setNumber(header, PACKED_BYTES, packed.length);
  setNumber(header, CRC, crc32(packed) | 0);
  return Uint8Array.from([...treeBytes(header), ...packed]);
}

/** Puts a file together; with `lie`, page headers keep the raw sizes that they say. */
export function parquetBytes({ footer, chunks }: ParquetModel, codecs: Codecs, lie = false): Uint8Array {
  const out: number[] = [...MAGIC];
  const push = (bytes: Uint8Array): void => {
    for (const byte of bytes) out.push(byte);
  };
  for (const { entry, codec, pages, index } of chunks) {
    const meta = treeOf(entry, 3);
    const from = out.length;
    const locations = treesOf(index, 1);
    let data = 0;
    for (const page of pages) {
      const bytes = pageBytes(page, codec, codecs, lie);
      const isDictionary = numberOf(page.header, 1) === 2;
      if (isDictionary) setNumber(meta, 11, out.length);
      else {
        if (data === 0) setNumber(meta, 9, out.length);
        setNumber(locations[data], 1, out.length);
        setNumber(locations[data], 2, bytes.length);
        data += 1;
      }
      push(bytes);
    }
    setNumber(meta, 7, out.length - from);
  }
  for (const { entry, index } of chunks) {
    if (index === undefined) continue;
    const bytes = treeBytes(index);
    setNumber(entry, 4, out.length);
    setNumber(entry, 5, bytes.length);
    push(bytes);
  }
  const tail = treeBytes(footer);
  push(tail);
  push(new Uint8Array(Uint32Array.of(tail.length).buffer));
  push(MAGIC);
  return Uint8Array.from(out);
}
