/** Encodes a batch as one row group: bytes that know nothing of the file around them, and a plain description for the footer. */

import {
  type Batch,
  type Codecs,
  type Column,
  type Compression,
  type Hashes,
  type Schema,
  WindrowError,
} from "../../core/index.ts";
import { ByteWriter } from "../byte-writer.ts";
import { base64 } from "./arrow-schema.ts";
import { checkBatch } from "./batch.ts";
import { type Bounds, compare, encodeBound, joined } from "./bounds.ts";
import { CODECS, ENCODING, PAGE } from "./codes.ts";
import { crc32Of } from "./crc32.kernel.ts";
import { type Leaf, leaves } from "./leaf.ts";
import { writeAllDefined, writeHybrid, writeListStarts } from "./levels.kernel.ts";
import { pageHeader } from "./page-header.ts";
import { type PageValues, pageValues } from "./values.ts";

/** How row groups are encoded. */
export interface RowGroupOptions {
  /** Codec of the pages: `zstd`, `snappy`, `gz` or `br`; none where absent. */
  readonly compression?: Compression | undefined;
  readonly codecs: Codecs;
  /** A hash named `crc32` makes the pages' checksums faster; they are the same without. */
  readonly hashes?: Hashes | undefined;
  /** Whether `f32` and `f64` columns are written as byte streams: smaller and faster to pack, but not every reader takes it. */
  readonly byteStreamSplit?: boolean | undefined;
  /**
   * Memory that the bytes may lie in, such as that of a row group that is written already; they lie elsewhere where it is too small.
   * New memory costs the system as much time as copying into it.
   */
  readonly memory?: ArrayBuffer | undefined;
  /** Raw bytes of a page; 1 MiB where absent. A page holds at least a row. */
  readonly pageBytes?: number | undefined;
}

/** A page's place, counted from the row group's start, with its header. */
export interface PageMeta {
  readonly offset: number;
  readonly bytes: number;
  readonly firstRow: number;
}

/** A least and a greatest value as base64 of their PLAIN bytes. */
export interface BoundsMeta {
  readonly min: string;
  readonly max: string;
  readonly isMinExact: boolean;
  readonly isMaxExact: boolean;
}

/** What the column index says of each page. */
export interface PageIndexMeta {
  /** Base64, empty for a page of nulls. */
  readonly mins: readonly string[];
  readonly maxs: readonly string[];
  readonly nulls: readonly number[];
  readonly isNull: readonly boolean[];
  /** parquet.thrift, `BoundaryOrder`: 0 none, 1 ascending, 2 descending. */
  readonly order: number;
}

/** One column of a row group. Offsets count from the group's start. */
export interface ChunkMeta {
  readonly offset: number;
  readonly bytes: number;
  /** Bytes before compression, page headers included. */
  readonly rawBytes: number;
  /** Bytes of the dictionary page at the chunk's start; 0 where there is none. */
  readonly dictionaryBytes: number;
  /** Values with gaps counted: for a list, those of all rows. */
  readonly values: number;
  readonly encodings: readonly number[];
  readonly codec: number;
  readonly nulls?: number;
  readonly bounds?: BoundsMeta;
  readonly pages: readonly PageMeta[];
  readonly index?: PageIndexMeta;
}

/** A row group as plain data: it goes through JSON and comes back the same. */
export interface RowGroupMeta {
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly ChunkMeta[];
}

/** A row group that `parquetAssembly` takes. */
export interface EncodedRowGroup {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly meta: RowGroupMeta;
}

const PAGE_BYTES = 1 << 20;
/** Rows of a page at most, as parquet-java and pyarrow have it: small pages make the page index worth reading. */
const PAGE_ROWS = 20_000;

/** What all chunks of a row group share while they are encoded. */
interface Context {
  readonly out: ByteWriter;
  readonly pack: (body: Uint8Array) => Uint8Array;
  readonly codec: number;
  readonly crc32: (bytes: Uint8Array) => number;
  readonly byteStreamSplit: boolean;
  readonly pageBytes: number;
}

function context(options: RowGroupOptions, capacity: number): Context {
  const { compression, codecs, hashes, memory, pageBytes = PAGE_BYTES } = options;
  if (!(pageBytes >= 1))
    throw new WindrowError("usage", `Cannot write Parquet: pageBytes must be from 1 up, got ${pageBytes}`);
  const crc = hashes?.get("crc32");
  const shared = {
    out: new ByteWriter((memory?.byteLength ?? 0) < capacity ? capacity : memory),
    crc32: crc === undefined ? crc32Of : (bytes: Uint8Array) => Number.parseInt(crc.digest(bytes), 16),
    byteStreamSplit: options.byteStreamSplit === true,
    pageBytes,
  };
  if (compression === undefined) return { ...shared, pack: (body) => body, codec: 0 };
  const codec = codecs.get(compression.codec);
  const code = CODECS[compression.codec];
  if (code === undefined || codec === undefined)
    throw new WindrowError(
      "unsupported",
      `Cannot write Parquet: compression must be one of ${Object.keys(CODECS).join(", ")} and at hand, got ${compression.codec}`,
    );
  return { ...shared, pack: (body) => codec.pack(body, compression.level), codec: code };
}

/**
 * Encodes rows as a row group. The bytes depend on nothing but the arguments.
 * @throws WindrowError `usage` for a batch that does not fit the schema, `unsupported` for a codec that is not there
 */
export function encodeRowGroup(schema: Schema, batch: Batch, options: RowGroupOptions): EncodedRowGroup {
  const all = leaves(schema);
  checkBatch(schema, batch);
  // What packs well is smaller; what does not is a little larger. Memory that is never written is never taken.
  const capacity = all.reduce((sum, leaf) => sum + (leaf.width ?? 16) * leaf.values * batch.length, 1 << 16);
  const shared = context(options, capacity);
  const columns = all.map((leaf) => encodeChunk(leaf, batch.columns[leaf.name]!, batch.length, shared));
  return { bytes: shared.out.done(), meta: { rows: batch.length, bytes: shared.out.length, columns } };
}

/** Rows of one page, and which of the present values are theirs. */
interface PageRows {
  readonly from: number;
  readonly to: number;
  readonly firstValue: number;
  readonly lastValue: number;
}

function* pages(rows: number, valid: Uint8Array | undefined, limit: number, values: PageValues): Generator<PageRows> {
  let from = 0;
  let firstValue = 0;
  while (from < rows) {
    let to = from;
    let value = firstValue;
    let bytes = 0;
    while (to < rows && to - from < PAGE_ROWS) {
      const isPresent = valid === undefined || valid[to] !== 0;
      if (isPresent) bytes += values.rowBytes(value);
      if (bytes > limit && to > from) break;
      if (isPresent) value++;
      to++;
    }
    yield { from, to, firstValue, lastValue: value };
    from = to;
    firstValue = value;
  }
}

/** Levels of a page, each kind with its length in front (parquet-format, "Data pages"). */
function levels(leaf: Leaf, page: PageRows, valid: Uint8Array | undefined): Uint8Array {
  const out = new ByteWriter();
  const section = (write: (part: ByteWriter) => void): void => {
    const part = new ByteWriter();
    write(part);
    out.u32(part.length);
    out.bytes(part.done());
  };
  const rows = page.to - page.from;
  if (leaf.isList) {
    section((part) => writeListStarts(part, rows, leaf.values));
    section((part) => writeAllDefined(part, rows * leaf.values));
  } else if (leaf.isOptional) {
    section((part) => {
      if (valid === undefined) writeAllDefined(part, rows);
      else writeHybrid(part, valid.subarray(page.from, page.to), 1);
    });
  }
  return out.done();
}

/** Writes a page: header, then the packed body. Answers its raw bytes. */
function writePage(
  shared: Context,
  body: Uint8Array,
  data: { encoding: number; values: number; type: number },
): number {
  const packed = shared.pack(body);
  const header = pageHeader({ ...data, rawBytes: body.length, bytes: packed.length, crc: shared.crc32(packed) });
  shared.out.bytes(header);
  shared.out.bytes(packed);
  return header.length + body.length;
}

/** Joins two parts in an array that is used again for each page; a lone part is not copied. */
function pageBody(): (head: Uint8Array, tail: Uint8Array) => Uint8Array {
  let scratch = new Uint8Array(0);
  return (head, tail) => {
    if (head.length === 0) return tail;
    const length = head.length + tail.length;
    if (scratch.length < length) scratch = new Uint8Array(length + 1024);
    scratch.set(head);
    scratch.set(tail, head.length);
    return scratch.subarray(0, length);
  };
}

/** What is known of a page while the chunk is written. */
interface PageFacts {
  readonly bounds: Bounds | undefined;
  readonly nulls: number;
  readonly rows: number;
}

/** 1 for each row that has a value; `undefined` where all have one. */
function gaps(column: Column): Uint8Array | undefined {
  return column.valid?.includes(0) ? column.valid.map((value) => (value === 0 ? 0 : 1)) : undefined;
}

function encodeChunk(leaf: Leaf, column: Column, rows: number, shared: Context): ChunkMeta {
  const valid = gaps(column);
  const values = pageValues(leaf, { data: column.data, ...(valid && { valid }) }, shared.byteStreamSplit);
  const offset = shared.out.length;
  const { dictionary } = values;
  let rawBytes = 0;
  if (dictionary !== undefined)
    rawBytes += writePage(shared, dictionary.bytes, {
      encoding: ENCODING.plain,
      values: dictionary.count,
      type: PAGE.dictionary,
    });
  const dictionaryBytes = shared.out.length - offset;
  const body = pageBody();
  const places: PageMeta[] = [];
  const facts: PageFacts[] = [];
  for (const page of pages(rows, valid, shared.pageBytes, values)) {
    const start = shared.out.length;
    const { from, to, firstValue, lastValue } = page;
    rawBytes += writePage(shared, body(levels(leaf, page, valid), values.bytes(firstValue, lastValue)), {
      encoding: values.encoding,
      values: (to - from) * leaf.values,
      type: PAGE.data,
    });
    places.push({ offset: start, bytes: shared.out.length - start, firstRow: from });
    const nulls = to - from - (lastValue - firstValue);
    facts.push({ bounds: values.bounds(firstValue, lastValue), nulls, rows: to - from });
  }
  return {
    offset,
    bytes: shared.out.length - offset,
    rawBytes,
    dictionaryBytes,
    values: rows * leaf.values,
    encodings: [...new Set([values.encoding, ENCODING.rle, ...(dictionary === undefined ? [] : [ENCODING.plain])])],
    codec: shared.codec,
    pages: places,
    ...(leaf.isList ? {} : statistics(leaf, facts)),
  };
}

function statistics(leaf: Leaf, facts: readonly PageFacts[]): Pick<ChunkMeta, "nulls" | "bounds" | "index"> {
  const { kind } = leaf.type;
  const nulls = facts.reduce((sum, page) => sum + page.nulls, 0);
  const all = facts.reduce<Bounds | undefined>((bounds, page) => joined(bounds, page.bounds), undefined);
  if (all === undefined) return { nulls };
  const min = encodeBound(kind, all.min, "min");
  const max = encodeBound(kind, all.max, "max");
  const bounds = { min: base64(min.bytes), max: base64(max.bytes), isMinExact: min.isExact, isMaxExact: max.isExact };
  // A page of NaN alone has values but no bounds, and parquet.thrift leaves a column index no way to say so.
  if (facts.some((page) => page.bounds === undefined && page.nulls < page.rows)) return { nulls, bounds };
  const sides = (side: "min" | "max"): string[] =>
    facts.map((page) => (page.bounds ? base64(encodeBound(kind, page.bounds[side], side).bytes) : ""));
  const index: PageIndexMeta = {
    mins: sides("min"),
    maxs: sides("max"),
    nulls: facts.map((page) => page.nulls),
    isNull: facts.map((page) => page.bounds === undefined),
    order: boundaryOrder(facts.flatMap((page) => page.bounds ?? [])),
  };
  return { nulls, bounds, index };
}

/** parquet.thrift, `BoundaryOrder`: whether least and greatest values both go up, or both down, from page to page. */
function boundaryOrder(bounds: readonly Bounds[]): number {
  const steps = bounds.slice(1).map((next, i) => {
    const before = bounds[i]!;
    return [compare(next.min, before.min), compare(next.max, before.max)] as const;
  });
  if (steps.every(([min, max]) => min >= 0 && max >= 0)) return 1;
  return steps.every(([min, max]) => min <= 0 && max <= 0) ? 2 : 0;
}
