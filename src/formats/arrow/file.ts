/** An Arrow IPC file or stream: where its schema, dictionaries and record batches lie. Nothing in it is believed. */

import { type Key, type ReadStore, WindrowError } from "../../core/index.ts";
import { CONTINUATION, HEADER } from "../arrow-fields.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { type FlatStructs, type FlatTable, flatRoot } from "../flatbuffer.ts";

/** "ARROW1", which a file begins and ends with. */
const MAGIC = "ARROW1";
// Behind the footer: its length, and the magic.
const TAIL_BYTES = 10;
const BLOCK_BYTES = 24;
const MOST_ROWS = 2 ** 31 - 1;

/** A file that ranges are read from. */
export interface SourceFile {
  readonly store: ReadStore;
  readonly key: Key;
  readonly size: number;
}

/** Where a message with a body lies. */
export interface Block {
  readonly offset: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** A record batch, or the one inside of a dictionary batch. */
export interface RecordBatchInfo {
  readonly rows: number;
  /** Length and null count of each field, 16 bytes. */
  readonly nodes: FlatStructs;
  /** Offset in the body and length of each buffer, 16 bytes. */
  readonly buffers: FlatStructs;
  readonly compression: "lz4" | "zstd" | undefined;
  /** Further buffers of each field with views, 8 bytes. */
  readonly variadic: FlatStructs;
  /** The body's place in the file. */
  readonly from: number;
  readonly to: number;
}

/** What a file holds. */
export interface FileInfo {
  readonly schema: FlatTable;
  readonly dictionaries: readonly Block[];
  readonly batches: readonly Block[];
}

/** @throws WindrowError `missing` */
export async function sourceFile(store: ReadStore, key: Key): Promise<SourceFile> {
  const size = await store.size(key);
  if (size === undefined) throw gone(key);
  return { store, key, size };
}

function gone(key: Key): WindrowError {
  return new WindrowError("missing", `Cannot read ${key}: there is no such file`, { details: { key } });
}

/** Bytes of a file; its callers have held the range against the file's size. */
export async function readRange({ store, key }: SourceFile, from: number, to: number): Promise<Uint8Array> {
  if (from === to) return new Uint8Array(0);
  const bytes = await store.get(key, { from, to });
  if (bytes === undefined) throw gone(key);
  return bytes;
}

const isMagic = (bytes: Uint8Array) => new TextDecoder().decode(bytes) === MAGIC;

/** Looks at a file's footer, or walks over a stream's messages. @throws WindrowError `damaged`, `unsupported` */
export async function fileInfo(file: SourceFile): Promise<FileInfo> {
  const { size } = file;
  const head = await readRange(file, 0, Math.min(size, MAGIC.length));
  if (isMagic(head)) return footerInfo(file);
  return streamInfo(file);
}

async function footerInfo(file: SourceFile): Promise<FileInfo> {
  const { size, key } = file;
  const place = { key, offset: Math.max(0, size - TAIL_BYTES) };
  const tail = await readRange(file, place.offset, size);
  const length = at(place, () => {
    if (!isMagic(tail.subarray(4))) damaged(`an Arrow file ends with ${MAGIC}: it was not written to its end`);
    const bytes = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
    if (bytes < 8 || bytes > size - TAIL_BYTES - 8) damaged(`a footer of ${bytes} bytes in a file of ${size}`);
    return bytes;
  });
  const from = size - TAIL_BYTES - length;
  const bytes = await readRange(file, from, size - TAIL_BYTES);
  return at({ key, offset: from }, () => {
    const footer = flatRoot(bytes);
    const schema = footer.table(1) ?? damaged("the footer has no schema");
    return {
      schema,
      dictionaries: blocks(footer.structs(2, BLOCK_BYTES), from),
      batches: blocks(footer.structs(3, BLOCK_BYTES), from),
    };
  });
}

function blocks(structs: FlatStructs, end: number): readonly Block[] {
  return Array.from({ length: structs.count }, (_, i): Block => {
    const block = { offset: structs.int(i, 0, 8), headBytes: structs.int(i, 8, 4), bodyBytes: structs.int(i, 16, 8) };
    const { offset, headBytes, bodyBytes } = block;
    if (offset < 8 || headBytes < 8 || bodyBytes < 0 || offset + headBytes + bodyBytes > end)
      damaged(`block ${i} lies at ${offset} with ${headBytes} and ${bodyBytes} bytes, before the footer at ${end}`);
    return block;
  });
}

/** The length of a message's metadata and of what stands before it; 0 and more for the end of a stream. */
function prefix(bytes: Uint8Array): { readonly before: number; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Before Arrow 0.15, the length stood alone.
  const isLong = view.getUint32(0, true) === CONTINUATION;
  return { before: isLong ? 8 : 4, length: view.getInt32(isLong ? 4 : 0, true) };
}

async function streamInfo(file: SourceFile): Promise<FileInfo> {
  const dictionaries: Block[] = [];
  const batches: Block[] = [];
  let schema: FlatTable | undefined;
  let offset = 0;
  while (offset < file.size) {
    const place = { key: file.key, offset };
    const found = await readRange(file, offset, Math.min(file.size, offset + 8));
    const { before, length } = at(place, () => prefix(found));
    if (length === 0) break;
    at(place, () => {
      if (length < 0 || offset + before + length > file.size) notArrow(offset, length);
    });
    const bytes = await readRange(file, offset + before, offset + before + length);
    const { header, block, table } = at(place, () => message(bytes, { offset, before, size: file.size }));
    if (header === HEADER.schema) schema = table;
    else if (header === HEADER.dictionaryBatch) dictionaries.push(block);
    else if (header === HEADER.recordBatch) batches.push(block);
    offset = block.offset + block.headBytes + block.bodyBytes;
  }
  const found = at(
    { key: file.key, offset: 0 },
    () => schema ?? damaged("an Arrow file or stream was expected, got no schema"),
  );
  return { schema: found, dictionaries, batches };
}

function notArrow(offset: number, length: number): never {
  return damaged(
    offset === 0
      ? `an Arrow file begins with ${MAGIC}`
      : `a message of ${length} bytes goes behind the end of the stream`,
  );
}

function message(bytes: Uint8Array, { offset, before, size }: { offset: number; before: number; size: number }) {
  const root = flatRoot(bytes);
  const block = { offset, headBytes: before + bytes.length, bodyBytes: root.int(3, 8) };
  if (block.bodyBytes < 0 || offset + block.headBytes + block.bodyBytes > size)
    damaged(`a body of ${block.bodyBytes} bytes goes behind the end of the file`);
  const table = root.table(2) ?? damaged("a message has no header");
  return { header: root.int(1, 1), block, table };
}

const CODECS = ["lz4", "zstd"] as const;

function recordBatch(table: FlatTable, body: { readonly from: number; readonly to: number }): RecordBatchInfo {
  const rows = table.int(0, 8);
  if (rows < 0 || rows > MOST_ROWS) damaged(`a record batch of ${rows} rows`);
  const compression = table.table(3);
  const codec = compression?.int(0, 1) ?? 0;
  if (compression !== undefined && (CODECS[codec] === undefined || compression.int(1, 1) !== 0))
    unsupported(`record batches are packed in a way that is not read, codec ${codec}`);
  return {
    rows,
    nodes: table.structs(1, 16),
    buffers: table.structs(2, 16),
    compression: compression === undefined ? undefined : CODECS[codec],
    variadic: table.structs(4, 8),
    ...body,
  };
}

/** The head of a block, as a message of that kind. */
async function header(
  file: SourceFile,
  block: Block,
  kind: number,
): Promise<{ readonly table: FlatTable; readonly from: number; readonly to: number }> {
  const bytes = await readRange(file, block.offset, block.offset + block.headBytes);
  return at({ key: file.key, offset: block.offset }, () => {
    const { before, length } = prefix(bytes);
    if (length < 0 || before + length > bytes.length)
      damaged(`a message of ${length} bytes in a block of ${bytes.length}`);
    const root = flatRoot(bytes.subarray(before, before + length));
    if (root.int(1, 1) !== kind) damaged(`a message of kind ${kind} was expected, got ${root.int(1, 1)}`);
    const from = block.offset + block.headBytes;
    return { table: root.table(2) ?? damaged("a message has no header"), from, to: from + block.bodyBytes };
  });
}

/** A record batch's description. */
export async function batchInfo(file: SourceFile, block: Block): Promise<RecordBatchInfo> {
  const { table, from, to } = await header(file, block, HEADER.recordBatch);
  return at({ key: file.key, offset: block.offset }, () => recordBatch(table, { from, to }));
}

/** A dictionary batch's: its id, and the record batch of its values. */
export async function dictionaryInfo(
  file: SourceFile,
  block: Block,
): Promise<{ readonly id: number; readonly isDelta: boolean; readonly values: RecordBatchInfo }> {
  const { table, from, to } = await header(file, block, HEADER.dictionaryBatch);
  return at({ key: file.key, offset: block.offset }, () => ({
    id: table.int(0, 8),
    isDelta: table.int(2, 1) !== 0,
    values: recordBatch(table.table(1) ?? damaged("a dictionary batch has no values"), { from, to }),
  }));
}
