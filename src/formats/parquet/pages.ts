/** The pages of a column, fetched one after another, checked, and unpacked ahead of who reads them. */

import { bytesOf, type Codec, type Codecs, type Hashes, type OpenFile } from "../../core/index.ts";
import { PAGE } from "./codes.ts";
import { crc32Of } from "./crc32.kernel.ts";
import { at, atLater, damaged, unsupported } from "./fault.ts";
import type { SourceFile } from "./file.ts";
import type { Lender, Lent } from "./lent-memory.ts";
import { type PageHeader, readPageHeader } from "./page-header.ts";
import { fetchedStretch, openStretch, type Stretch } from "./stretch.ts";

/** What pages are read with. */
export interface PageContext {
  readonly file: SourceFile;
  readonly codecs: Codecs;
  readonly hashes: Hashes;
  /** The file, where the store opens it for many reads. */
  readonly open: OpenFile | undefined;
  readonly memory: Lender;
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
  /** To be called when the page's bytes are used up: the next page may take their place. */
  giveBack(): void;
}

/** Raw bytes of a page at most, and values: real ones have about a megabyte. */
const MAX_PAGE = 1 << 28;
const MAX_VALUES = 1 << 25;
const HEADER_TRIES = [1 << 8, 1 << 12, 1 << 16, 1 << 20] as const;
/** Bytes of the pages that are unpacked ahead: some real pages, enough for every thread of Node's pool. */
const AHEAD_BYTES = 4 << 20;
/** Raw bytes below which the way to another thread and back takes longer than unpacking. */
const SMALL = 1 << 16;

/** A page as it lies in the file. */
interface PackedPage {
  readonly header: PageHeader;
  readonly packed: Lent;
  readonly offset: number;
  /** Whether nothing comes behind it. */
  readonly isLast: boolean;
}

/** A range of a file's bytes. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The pages of a stretch of the file, in order. @throws WindrowError `damaged`, `unsupported`, with the file and the page's offset */
export async function* readPages(context: PageContext, codec: string | undefined, range: Range): AsyncGenerator<Page> {
  const packed = packedPages(context, range);
  const limit = isUnpackedBeside(context, codec) ? AHEAD_BYTES : 0;
  const waiting: { readonly page: Promise<Page>; readonly held: number }[] = [];
  let ahead = 0;
  let isAll = false;
  const push = (page: Promise<Page>, held: number): void => {
    // Who reads on meets the error; who does not read on has no use for it.
    page.catch(() => {});
    waiting.push({ page, held });
    ahead += held;
  };
  const fetch = async (): Promise<void> => {
    try {
      const { value, done } = await packed.next();
      isAll = done === true;
      if (value === undefined) return;
      // The smallest page costs some memory too, and there may be any number of them.
      const held = Math.max(SMALL, value.header.rawBytes, value.header.bytes);
      push(unpacked(context, codec, value, waiting.length), held);
    } catch (error) {
      isAll = true;
      push(Promise.reject(error), 0);
    }
  };
  for (;;) {
    while (!isAll && (waiting.length === 0 || ahead < limit)) await fetch();
    const next = waiting.shift();
    if (next === undefined) return;
    ahead -= next.held;
    yield await next.page;
  }
}

async function* packedPages(context: PageContext, { from, to }: Range): AsyncGenerator<PackedPage, undefined> {
  const { file, open, memory } = context;
  const { key } = file;
  const stretch = open === undefined ? fetchedStretch(file, from, to) : openStretch({ open, memory }, from, to);
  while (stretch.at < to) {
    const offset = stretch.at;
    const place = { key, offset };
    const left = to - offset;
    const { header, end } = await nextHeader(stretch, place, left);
    at(place, () => checkHeader(header, left - end));
    const packed = await stretch.take(end, end + header.bytes);
    if (header.type === PAGE.index) packed.giveBack();
    else yield { header, packed, offset, isLast: stretch.at === to };
  }
}

async function nextHeader(
  stretch: Stretch,
  place: { readonly key: string; readonly offset: number },
  left: number,
): Promise<ReturnType<typeof readPageHeader>> {
  for (const size of HEADER_TRIES) {
    const bytes = await stretch.peek(size);
    const isAll = bytes.length >= left || size === HEADER_TRIES.at(-1);
    const parsed = at(place, () => tryHeader(bytes, isAll));
    if (parsed !== undefined) return parsed;
  }
  return at(place, () => damaged("a page has no header"));
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

/** Checks and unpacks a page; beside the thread where that pays, which it does not for one page alone. */
function unpacked(
  context: PageContext,
  codec: string | undefined,
  { header, packed, offset, isLast }: PackedPage,
  waiting: number,
): Promise<Page> {
  return atLater({ key: context.file.key, offset }, async () => {
    checkSum(context, header, packed.bytes);
    const { levels, rest, rawLength } = sections(header, packed.bytes);
    const page = { header, ...levels, offset, giveBack: packed.giveBack };
    // Of version 2, a page without values may be empty, which no codec unpacks.
    if (header.levels !== undefined && !(header.levels.isPacked && rest.length > 0)) return { ...page, body: rest };
    if (codec === undefined && rest.length !== rawLength)
      damaged(`a page that is not packed has ${rawLength} bytes, got ${rest.length}`);
    if (codec === undefined) return { ...page, body: rest };
    const unpacker = context.codecs.get(codec) ?? unsupported(`no codec for ${codec} is at hand`);
    const isBeside = isUnpackedBeside(context, codec) && rawLength >= SMALL && !(isLast && waiting === 0);
    return { ...page, body: await unpackedBy(unpacker, rest, { rawLength, isBeside }) };
  });
}

/** Snappy is not: it takes no longer than handing its bytes over, and its memory in the pool piled up to 600 MB instead of 180. */
function isUnpackedBeside({ codecs }: PageContext, codec: string | undefined): boolean {
  return codec !== undefined && codec !== "snappy" && codecs.get(codec)?.unpackLater !== undefined;
}

function checkSum({ hashes }: PageContext, { crc }: PageHeader, packed: Uint8Array): void {
  if (crc === undefined) return;
  const fast = hashes.get("crc32");
  const actual = fast === undefined ? crc32Of(packed) : Number.parseInt(fast.digest(packed), 16);
  if (actual !== crc) damaged(`checksum ${crc} expected, got ${actual}`);
}

/** The levels of a page of version 2, which are never packed, and what is. */
function sections(
  { levels, rawBytes }: PageHeader,
  packed: Uint8Array,
): {
  readonly levels?: { readonly repetition: Uint8Array; readonly definition: Uint8Array };
  readonly rest: Uint8Array;
  readonly rawLength: number;
} {
  if (levels === undefined) return { rest: packed, rawLength: rawBytes };
  const before = levels.repetition + levels.definition;
  if (before > packed.length || before > rawBytes) damaged(`levels of ${before} bytes in a page of ${packed.length}`);
  return {
    levels: {
      repetition: packed.subarray(0, levels.repetition),
      definition: packed.subarray(levels.repetition, before),
    },
    rest: packed.subarray(before),
    rawLength: rawBytes - before,
  };
}

async function unpackedBy(
  codec: Codec,
  packed: Uint8Array,
  { rawLength, isBeside }: { readonly rawLength: number; readonly isBeside: boolean },
): Promise<Uint8Array> {
  const unpacked = isBeside ? codec.unpackLater?.(packed, rawLength) : undefined;
  // A codec of Node's answers with a Buffer, whose `slice` does not copy.
  const bytes = bytesOf((await unpacked) ?? codec.unpack(packed, rawLength));
  return bytes.length === rawLength ? bytes : damaged(`${rawLength} bytes expected, got ${bytes.length} unpacked`);
}
