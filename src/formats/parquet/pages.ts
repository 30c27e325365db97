/** The pages of a column, fetched a block at a time, checked and unpacked. */

import { bytesOf, type Codecs, type Hashes } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import { PAGE } from "./codes.ts";
import { crc32Of } from "./crc32.kernel.ts";
import type { SourceFile } from "./file.ts";
import { type PageHeader, readPageHeader } from "./page-header.ts";

/** What pages are read with. */
export interface PageContext {
  readonly file: SourceFile;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** A page, unpacked. */
export interface Page {
  readonly header: PageHeader;
  /** Of version 2: levels apart. Of version 1 and of dictionaries, levels stand before the values. */
  readonly repetition?: Uint8Array;
  readonly definition?: Uint8Array;
  readonly body: Uint8Array;
  /** Where the page begins in the file. */
  readonly offset: number;
}

/** Bytes fetched at once. */
const BLOCK = 4 << 20;
/** Raw bytes of a page at most, and values: real ones have about a megabyte. */
const MAX_PAGE = 1 << 28;
const MAX_VALUES = 1 << 25;
const HEADER_TRIES = [1 << 12, 1 << 16, 1 << 20] as const;

/** A stretch of a file, read from the front. */
function stretchReader(
  file: SourceFile,
  from: number,
  to: number,
): {
  readonly at: number;
  /** The next bytes, at least `count` where so many are left. */
  peek(count: number): Promise<Uint8Array>;
  advance(count: number): void;
} {
  let held: Uint8Array = new Uint8Array(0);
  let place = from;
  return {
    get at() {
      return place;
    },
    async peek(count) {
      const end = place + held.length;
      const needed = Math.min(to, place + count);
      if (needed <= end) return held;
      const more = await file.read(end, Math.min(to, Math.max(needed, end + BLOCK)));
      if (held.length === 0) held = more;
      else {
        const joined = new Uint8Array(held.length + more.length);
        joined.set(held);
        joined.set(more, held.length);
        held = joined;
      }
      return held;
    },
    advance(count) {
      held = held.subarray(count);
      place += count;
    },
  };
}

/** The pages of a stretch of the file, in order. @throws WindrowError `damaged`, `unsupported`, with the file and the page's offset */
export async function* readPages(
  context: PageContext,
  codec: string | undefined,
  range: { readonly from: number; readonly to: number },
): AsyncGenerator<Page> {
  const { file } = context;
  const stretch = stretchReader(file, range.from, range.to);
  while (stretch.at < range.to) {
    const place = { key: file.key, offset: stretch.at };
    const left = range.to - stretch.at;
    let parsed: ReturnType<typeof readPageHeader> | undefined;
    for (const size of HEADER_TRIES) {
      const bytes = await stretch.peek(size);
      parsed = at(place, () => tryHeader(bytes, bytes.length >= left || size === HEADER_TRIES.at(-1)));
      if (parsed !== undefined) break;
    }
    const { header, end } = parsed!;
    at(place, () => checkHeader(header, left - end));
    const packed = (await stretch.peek(end + header.bytes)).subarray(end, end + header.bytes);
    stretch.advance(end + header.bytes);
    if (header.type === PAGE.index) continue;
    yield at(place, () => unpack(context, codec, { header, packed, offset: place.offset }));
  }
}

/** The header, or `undefined` where it may only be cut off. */
function tryHeader(bytes: Uint8Array, isAll: boolean): ReturnType<typeof readPageHeader> | undefined {
  if (isAll) return readPageHeader(bytes, 0);
  try {
    return readPageHeader(bytes, 0);
  } catch {
    return undefined;
  }
}

function checkHeader({ type, bytes, rawBytes, values }: PageHeader, left: number): void {
  if (type > PAGE.dataV2) damaged(`unknown page type ${type}`);
  if (bytes > left) damaged(`a page of ${bytes} bytes, got ${left} left in its column`);
  if (rawBytes > MAX_PAGE) unsupported(`pages of up to ${MAX_PAGE} bytes are read, got ${rawBytes}`);
  if (values > MAX_VALUES) unsupported(`pages of up to ${MAX_VALUES} values are read, got ${values}`);
}

interface PackedPage {
  readonly header: PageHeader;
  readonly packed: Uint8Array;
  readonly offset: number;
}

function unpack(context: PageContext, codec: string | undefined, { header, packed, offset }: PackedPage): Page {
  const { crc, levels } = header;
  if (crc !== undefined) {
    const fast = context.hashes.get("crc32");
    const actual = fast === undefined ? crc32Of(packed) : Number.parseInt(fast.digest(packed), 16);
    if (actual !== crc) damaged(`checksum ${crc} expected, got ${actual}`);
  }
  if (levels === undefined) return { header, body: raw(context, codec, packed, header.rawBytes), offset };
  const before = levels.repetition + levels.definition;
  if (before > packed.length || before > header.rawBytes)
    damaged(`levels of ${before} bytes in a page of ${packed.length}`);
  const rest = packed.subarray(before);
  // A page without values may be empty, which no codec unpacks.
  const isPacked = levels.isPacked && rest.length > 0;
  return {
    header,
    repetition: packed.subarray(0, levels.repetition),
    definition: packed.subarray(levels.repetition, before),
    body: isPacked ? raw(context, codec, rest, header.rawBytes - before) : rest,
    offset,
  };
}

function raw(context: PageContext, codec: string | undefined, packed: Uint8Array, length: number): Uint8Array {
  if (codec !== undefined) {
    const unpacker = context.codecs.get(codec) ?? unsupported(`no codec for ${codec} is at hand`);
    // A codec of Node's answers with a Buffer, whose `slice` does not copy.
    const bytes = bytesOf(unpacker.unpack(packed, length));
    return bytes.length === length ? bytes : damaged(`${length} bytes expected, got ${bytes.length} unpacked`);
  }
  return packed.length === length
    ? packed
    : damaged(`a page that is not packed has ${length} bytes, got ${packed.length}`);
}
