/** A Parquet file as it is read: its stretches, and the footer as plain data. */

import { bytesOf, type Key, type OpenFile, type ReadStore, WindrowError } from "../../core/index.ts";
import { CODECS, MAGIC, REPETITION } from "./codes.ts";
import { at, damaged, unsupported } from "./fault.ts";
import {
  bytesField,
  need,
  readStruct,
  structField,
  structList,
  type ThriftStruct,
  textField,
  whole,
} from "./thrift-read.ts";

/** A file in a store. */
export interface SourceFile {
  readonly key: Key;
  readonly size: number;
  /** Bytes `from` to `to`, all of them. @throws WindrowError `damaged` where the store gives fewer */
  read(from: number, to: number): Promise<Uint8Array>;
  /** Opens it for many reads, where the store can. Its caller closes it. @throws WindrowError `damaged` where it has another size by then */
  open(): OpenFile | undefined;
}

/** @throws WindrowError `missing` where there is no such key */
export async function sourceFile(store: ReadStore, key: Key): Promise<SourceFile> {
  const size = await store.size(key);
  const missing = (): never => {
    throw new WindrowError("missing", `Cannot read ${key}: there is no such file in ${store.name}`, {
      details: { key },
    });
  };
  if (size === undefined) return missing();
  return {
    key,
    size,
    async read(from, to) {
      const bytes = bytesOf((await store.get(key, { from, to })) ?? missing());
      return at({ key, offset: from }, () =>
        bytes.length === to - from ? bytes : damaged(`${to - from} bytes expected, got ${bytes.length}`),
      );
    },
    open() {
      const open = store.open?.(key);
      if (open === undefined || open.bytes === size) return open;
      open[Symbol.dispose]();
      return at({ key, offset: 0 }, () => damaged(`the file had ${size} bytes when it was opened, got ${open.bytes}`));
    },
  };
}

/** An element of the schema tree. */
export interface SchemaNode {
  readonly name: string;
  /** Code of `REPETITION`. */
  readonly repetition: number;
  /** Code of `PHYSICAL`; absent for a group. */
  readonly physical?: number;
  /** Bytes of a value, for `fixedByteArray`. */
  readonly width?: number;
  /** Code of `CONVERTED`. */
  readonly converted?: number;
  readonly logical?: ThriftStruct;
  readonly children: readonly SchemaNode[];
}

/** A column of a row group. */
export interface ChunkInfo {
  /** Its bytes in the file, half open. */
  readonly from: number;
  readonly to: number;
  readonly physical: number;
  /** Values with gaps counted. */
  readonly values: number;
  /** Name of the codec; `undefined` for none. */
  readonly codec: string | undefined;
  readonly offsetIndex?: { readonly from: number; readonly to: number };
}

/** A row group. */
export interface GroupInfo {
  readonly firstRow: number;
  readonly rows: number;
  readonly chunks: readonly ChunkInfo[];
}

/** What the footer says. */
export interface FileInfo {
  readonly rows: number;
  /** Top-level columns. */
  readonly fields: readonly SchemaNode[];
  readonly groups: readonly GroupInfo[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Footers are read whole; the largest that we know of have some 50 MB. */
const MAX_FOOTER = 1 << 28;
const MAX_DEPTH = 32;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Reads and checks the footer. @throws WindrowError `damaged`, `unsupported` */
export async function fileInfo(file: SourceFile): Promise<FileInfo> {
  const { key, size } = file;
  if (size < 12) at({ key, offset: 0 }, () => damaged(`a Parquet file has at least 12 bytes, got ${size}`));
  const [head, tail] = await Promise.all([file.read(0, 4), file.read(size - 8, size)]);
  const length = at({ key, offset: size - 8 }, () => {
    const magic = tail.subarray(4);
    if (sameBytes(magic, new TextEncoder().encode("PARE"))) unsupported("the file is encrypted");
    if (!sameBytes(magic, MAGIC) || !sameBytes(head, MAGIC)) damaged("it does not begin and end with PAR1");
    const bytes = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
    if (bytes > size - 12) damaged(`a footer of ${bytes} bytes in a file of ${size}`);
    return bytes > MAX_FOOTER ? unsupported(`footers of up to ${MAX_FOOTER} bytes are read, got ${bytes}`) : bytes;
  });
  const start = size - 8 - length;
  const bytes = await file.read(start, size - 8);
  return at({ key, offset: start }, () => parse(readStruct(bytes).value, start));
}

function parse(footer: ThriftStruct, end: number): FileInfo {
  const elements = structList(footer, 2);
  const next = { at: 0 };
  const root = node(elements, next, 0);
  if (next.at !== elements.length) damaged(`the schema has ${elements.length} elements, got ${next.at} in its tree`);
  const leaves = countLeaves(root);
  let firstRow = 0;
  const groups = structList(footer, 4).map((fields): GroupInfo => {
    const group = {
      firstRow,
      rows: need(fields, 3),
      chunks: structList(fields, 1).map((chunk) => chunkInfo(chunk, end)),
    };
    if (group.chunks.length !== leaves) damaged(`${leaves} columns, got a row group of ${group.chunks.length}`);
    firstRow += group.rows;
    return group;
  });
  const rows = need(footer, 3);
  if (rows !== firstRow) damaged(`the file has ${rows} rows, got ${firstRow} in its row groups`);
  const metadata = structList(footer, 5).map(
    (entry) => [textField(entry, 1) ?? "", textField(entry, 2) ?? ""] as const,
  );
  return { rows, fields: root.children, groups, metadata: new Map(metadata) };
}

function node(elements: readonly ThriftStruct[], next: { at: number }, depth: number): SchemaNode {
  if (depth > MAX_DEPTH) unsupported(`schemas are read ${MAX_DEPTH} levels deep`);
  const fields = elements[next.at++] ?? damaged("the schema tree goes behind its end");
  const physical = whole(fields, 1);
  const width = whole(fields, 2);
  const converted = whole(fields, 6);
  const logical = structField(fields, 10);
  const repetition = whole(fields, 3) ?? REPETITION.required;
  if (repetition > REPETITION.repeated) damaged(`unknown repetition ${repetition}`);
  const children: SchemaNode[] = [];
  const count = whole(fields, 5) ?? 0;
  if (count > elements.length - next.at)
    damaged(`a group of ${count} columns, got ${elements.length - next.at} elements`);
  if (physical === undefined || depth === 0)
    for (let i = 0; i < count; i++) children.push(node(elements, next, depth + 1));
  return {
    name: textField(fields, 4) ?? damaged("an element of the schema has no name"),
    repetition,
    children,
    ...(physical === undefined ? {} : { physical }),
    ...(width === undefined ? {} : { width }),
    ...(converted === undefined ? {} : { converted }),
    ...(logical === undefined ? {} : { logical }),
  };
}

/** Columns that hold values below an element of the schema. */
export function countLeaves(of: SchemaNode): number {
  if (of.children.length === 0) return of.physical === undefined ? 0 : 1;
  return of.children.reduce((sum, child) => sum + countLeaves(child), 0);
}

const CODEC_NAMES = new Map(Object.entries(CODECS).map(([name, code]) => [code, name]));

function chunkInfo(chunk: ThriftStruct, end: number): ChunkInfo {
  if (chunk.has(8) || chunk.has(9)) unsupported("a column is encrypted");
  if ((bytesField(chunk, 1)?.length ?? 0) > 0) unsupported("a column lies in another file");
  const fields = structField(chunk, 3) ?? damaged("a column has no metadata");
  const data = need(fields, 9);
  const dictionary = whole(fields, 11) ?? 0;
  // Some writers say 0 where there is no dictionary, some where there is no data page.
  const from = dictionary > 0 && (dictionary < data || data === 0) ? dictionary : data;
  const to = from + need(fields, 7);
  if (from < MAGIC.length || to > end) damaged(`a column of bytes ${from} to ${to}, got a footer at ${end}`);
  const code = need(fields, 4);
  const index = offsetIndexOf(chunk, end);
  return {
    from,
    to,
    physical: need(fields, 1),
    values: need(fields, 5),
    codec: code === 0 ? undefined : (CODEC_NAMES.get(code) ?? `codec number ${code}`),
    ...(index === undefined ? {} : { offsetIndex: index }),
  };
}

function offsetIndexOf(chunk: ThriftStruct, end: number): ChunkInfo["offsetIndex"] {
  const from = whole(chunk, 4);
  const bytes = whole(chunk, 5) ?? 0;
  if (from === undefined || bytes === 0) return undefined;
  return from + bytes > end
    ? damaged(`an offset index of bytes ${from} to ${from + bytes}, got a footer at ${end}`)
    : { from, to: from + bytes };
}
