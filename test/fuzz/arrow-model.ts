/** An Arrow file or stream taken apart to messages and buffers, and put together again with lengths and places that fit, or lie. */

import type { Codecs } from "../../src/core/index.ts";
import { HEADER } from "../../src/formats/arrow-fields.ts";
import { unpackLz4Frame } from "../../src/formats/lz4.kernel.ts";

/** A message: its metadata, and the bytes behind. */
export interface ArrowMessage {
  head: Uint8Array;
  body: Uint8Array;
}

/** A file, or a stream where there is no footer. */
export interface ArrowModel {
  messages: ArrowMessage[];
  footer: Uint8Array | undefined;
}

/** Where things lie in a record batch's metadata. */
export interface BatchPlaces {
  /** The number of rows; `undefined` where it is left out. */
  readonly rows: number | undefined;
  /** First struct, and how many of 16 bytes, of field nodes and of buffers. */
  readonly nodes: Structs;
  readonly buffers: Structs;
  /** The byte that names the packing; `undefined` where there is none or it is left out. */
  readonly codec: number | undefined;
}

interface Structs {
  readonly at: number;
  readonly count: number;
}

const MAGIC = new TextEncoder().encode("ARROW1");
const MOST_RAW = 1 << 20;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where a slot's value, or its offset, lies; `undefined` where it is left out. */
function slotAt(view: DataView, table: number, slot: number): number | undefined {
  const vtable = table - view.getInt32(table, true);
  const offset = 4 + 2 * slot < view.getUint16(vtable, true) ? view.getUint16(vtable + 4 + 2 * slot, true) : 0;
  return offset === 0 ? undefined : table + offset;
}

/** What a slot points at. */
function targetAt(view: DataView, table: number, slot: number): number | undefined {
  const place = slotAt(view, table, slot);
  return place === undefined ? undefined : place + view.getUint32(place, true);
}

function structsAt(view: DataView, table: number, slot: number): Structs {
  const place = targetAt(view, table, slot);
  if (place === undefined) return { at: 0, count: 0 };
  const count = Math.min(view.getUint32(place, true), Math.floor((view.byteLength - place - 4) / 16));
  return { at: place + 4, count };
}

/** What `read` finds; `undefined` where the bytes are too damaged to find it. */
function found<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function kindOf({ head }: ArrowMessage): number | undefined {
  const view = viewOf(head);
  return found(() => {
    const place = slotAt(view, view.getUint32(0, true), 1);
    return place === undefined ? undefined : view.getUint8(place);
  });
}

/** Where the things of a record batch, or of that in a dictionary batch, lie in its metadata. */
export function batchPlaces(message: ArrowMessage): BatchPlaces | undefined {
  const kind = kindOf(message);
  if (kind !== HEADER.recordBatch && kind !== HEADER.dictionaryBatch) return undefined;
  const view = viewOf(message.head);
  return found(() => {
    const header = targetAt(view, view.getUint32(0, true), 2);
    const table = kind === HEADER.recordBatch || header === undefined ? header : targetAt(view, header, 1);
    if (table === undefined) return undefined;
    const compression = targetAt(view, table, 3);
    const rows = slotAt(view, table, 0);
    return {
      rows: rows !== undefined && rows + 8 <= view.byteLength ? rows : undefined,
      nodes: structsAt(view, table, 1),
      buffers: structsAt(view, table, 2),
      codec: compression === undefined ? undefined : slotAt(view, compression, 0),
    };
  });
}

/** The message at a place, and where it ends; `undefined` where there is none. */
function messageAt(
  bytes: Uint8Array,
  at: number,
): { readonly message: ArrowMessage; readonly end: number } | undefined {
  const view = viewOf(bytes);
  if (at + 8 > bytes.length || view.getUint32(at, true) !== 0xffffffff) return undefined;
  const behind = at + 8 + view.getInt32(at + 4, true);
  if (behind <= at + 8 || behind > bytes.length) return undefined;
  const head = bytes.slice(at + 8, behind);
  const place = slotAt(viewOf(head), viewOf(head).getUint32(0, true), 3);
  const said = place === undefined ? 0 : Number(viewOf(head).getBigInt64(place, true));
  const body = bytes.slice(behind, behind + Math.max(0, Math.min(said, bytes.length - behind)));
  return { message: { head, body }, end: behind + body.length };
}

/** Takes a file or a stream apart; `undefined` where its messages cannot be told from each other. */
export function arrowModel(bytes: Uint8Array): ArrowModel | undefined {
  const isFile = MAGIC.every((byte, i) => bytes[i] === byte);
  return found(() => {
    const messages: ArrowMessage[] = [];
    let at = isFile ? 8 : 0;
    for (let next = messageAt(bytes, at); next !== undefined; next = messageAt(bytes, at)) {
      messages.push(next.message);
      at = next.end;
    }
    if (messages.length === 0) return undefined;
    if (!isFile) return { messages, footer: undefined };
    const end = bytes.length - MAGIC.length - 4;
    const length = viewOf(bytes).getInt32(end, true);
    return length > 0 && length <= end ? { messages, footer: bytes.slice(end - length, end) } : undefined;
  });
}

/** The buffers of a record batch, unpacked; `undefined` where one cannot be. */
export function buffersOf(message: ArrowMessage, codecs: Codecs): Uint8Array[] | undefined {
  const places = batchPlaces(message);
  if (places === undefined) return undefined;
  const view = viewOf(message.head);
  const isPacked = isCompressed(message);
  try {
    return Array.from({ length: places.buffers.count }, (_, i) => {
      const at = Number(view.getBigInt64(places.buffers.at + 16 * i, true));
      const bytes = message.body.subarray(at, at + Number(view.getBigInt64(places.buffers.at + 16 * i + 8, true)));
      return isPacked && bytes.length > 8 ? unpacked(bytes, codecOf(message), codecs) : bytes;
    });
  } catch {
    return undefined;
  }
}

function isCompressed(message: ArrowMessage): boolean {
  return batchPlaces(message)?.codec !== undefined;
}

function codecOf({ head }: ArrowMessage): number {
  const place = batchPlaces({ head, body: head })?.codec;
  return place === undefined ? -1 : head[place]!;
}

function unpacked(bytes: Uint8Array, codec: number, codecs: Codecs): Uint8Array {
  const length = Number(viewOf(bytes).getBigInt64(0, true));
  if (length === -1) return bytes.subarray(8);
  if (length > MOST_RAW) throw new RangeError("too long to be looked into");
  return codec === 0
    ? unpackLz4Frame(bytes.subarray(8), length)
    : codecs.get("zstd")!.unpack(bytes.subarray(8), length);
}

/** An LZ4 frame of one block: the first bytes as they are, the rest as one match where all of it is the same byte. */
function lz4Frame(raw: Uint8Array): Uint8Array {
  const lengthBytes = (length: number): number[] =>
    length < 15 ? [] : [...Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
  let same = raw.length;
  while (same > 1 && raw[same - 1] === raw[same - 2]) same--;
  const match = raw.length - same < 8 ? 0 : raw.length - same - 1;
  const literals = match === 0 ? raw : raw.subarray(0, same);
  const last = match === 0 ? [] : [0x10, raw.at(-1)!];
  const token = (Math.min(15, literals.length) << 4) | (match === 0 ? 0 : Math.min(15, match - 4));
  const distance = match === 0 ? [] : [1, 0, ...lengthBytes(match - 4)];
  const block = [token, ...lengthBytes(literals.length), ...literals, ...distance, ...last];
  const frame = new Uint8Array(15 + block.length);
  const view = viewOf(frame);
  view.setUint32(0, 0x184d2204, true);
  frame.set([0x60, 0x40, 0x82], 4);
  view.setUint32(7, block.length, true);
  frame.set(block, 11);
  return frame;
}

function packed(raw: Uint8Array, codec: number, codecs: Codecs): Uint8Array {
  if (raw.length === 0) return raw;
  const bytes = codec === 0 ? lz4Frame(raw) : codecs.get("zstd")!.pack(raw);
  const out = new Uint8Array(8 + bytes.length);
  viewOf(out).setBigInt64(0, BigInt(raw.length), true);
  out.set(bytes, 8);
  return out;
}

/** Puts buffers back, packed by LZ4 (0) or zstd (1) where they were packed, and says where they lie. */
export function putBuffers(message: ArrowMessage, raw: readonly Uint8Array[], codecs: Codecs, codec?: 0 | 1): void {
  const places = batchPlaces(message);
  if (places === undefined) return;
  if (codec !== undefined && places.codec !== undefined) message.head[places.codec] = codec;
  const buffers = isCompressed(message) ? raw.map((bytes) => packed(bytes, codecOf(message), codecs)) : raw;
  const view = viewOf(message.head);
  const length = buffers.reduce((sum, bytes) => sum + Math.ceil(bytes.length / 8) * 8, 0);
  message.body = new Uint8Array(length);
  let at = 0;
  for (const [i, bytes] of buffers.entries()) {
    view.setBigInt64(places.buffers.at + 16 * i, BigInt(at), true);
    view.setBigInt64(places.buffers.at + 16 * i + 8, BigInt(bytes.length), true);
    message.body.set(bytes, at);
    at += Math.ceil(bytes.length / 8) * 8;
  }
}

/** Where a message lies, as a footer has it. */
interface Placed {
  readonly kind: number | undefined;
  readonly block: readonly [offset: number, headBytes: number, bodyBytes: number];
}

/** A footer whose vector of blocks is another, behind the rest. */
function withBlocks(footer: Uint8Array, slot: number, blocks: readonly Placed["block"][]): Uint8Array {
  const start = Math.ceil((footer.length + 4) / 8) * 8;
  const out = new Uint8Array(start + 24 * blocks.length);
  out.set(footer);
  const view = viewOf(out);
  const isThere = found(() => {
    const place = slotAt(view, view.getUint32(0, true), slot);
    if (place === undefined) return false;
    view.setUint32(place, start - 4 - place, true);
    return true;
  });
  if (isThere !== true) return footer;
  view.setUint32(start - 4, blocks.length, true);
  for (const [i, [offset, headBytes, bodyBytes]] of blocks.entries()) {
    view.setBigInt64(start + 24 * i, BigInt(offset), true);
    view.setInt32(start + 24 * i + 8, headBytes, true);
    view.setBigInt64(start + 24 * i + 16, BigInt(bodyBytes), true);
  }
  return out;
}

function fitBody({ head, body }: ArrowMessage): void {
  const view = viewOf(head);
  found(() => {
    const place = slotAt(view, view.getUint32(0, true), 3);
    if (place !== undefined) view.setBigInt64(place, BigInt(body.length), true);
  });
}

/** Puts a file or a stream together; its lengths and places are those of the messages unless they are to lie as they do. */
export function arrowBytes({ messages, footer }: ArrowModel, how: "fit" | "lie" = "fit"): Uint8Array {
  const pieces: Uint8Array[] = footer === undefined ? [] : [Uint8Array.of(...MAGIC, 0, 0)];
  const placed: Placed[] = [];
  let offset = footer === undefined ? 0 : 8;
  for (const message of messages) {
    if (how === "fit") fitBody(message);
    const { head, body } = message;
    const prefix = new Uint8Array(8);
    viewOf(prefix).setUint32(0, 0xffffffff, true);
    viewOf(prefix).setInt32(4, head.length, true);
    pieces.push(prefix, head, body);
    placed.push({ kind: kindOf(message), block: [offset, 8 + head.length, body.length] });
    offset += 8 + head.length + body.length;
  }
  pieces.push(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0));
  if (footer !== undefined) {
    const of = (kind: number) => placed.filter((each) => each.kind === kind).map(({ block }) => block);
    const fitting =
      how === "lie" ? footer : withBlocks(withBlocks(footer, 2, of(HEADER.dictionaryBatch)), 3, of(HEADER.recordBatch));
    const length = new Uint8Array(4);
    viewOf(length).setInt32(0, fitting.length, true);
    pieces.push(fitting, length, MAGIC);
  }
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
