/** The little of FlatBuffers that Arrow needs: tables, strings, vectors of tables and of structs, written and read. */

import { ByteWriter } from "./byte-writer.ts";
import { damaged } from "./fault.ts";

/** A number in a table's slot, of 1, 2, 4 or 8 bytes; whole, and safe where it has 8. */
export interface Scalar {
  readonly width: 1 | 2 | 4 | 8;
  readonly value: number;
}

/** Something that a slot points at. */
export type FlatNode =
  | { readonly table: readonly Slot[] }
  | { readonly text: string }
  | { readonly vector: readonly FlatNode[] }
  /** A vector of `count` structs that take up `bytes`, aligned to 8. */
  | { readonly structs: Uint8Array; readonly count: number };

/** What a slot of a table holds; `undefined` leaves the default. */
export type Slot = Scalar | FlatNode | undefined;

function pad(out: ByteWriter, alignment: number): void {
  while (out.length % alignment !== 0) out.byte(0);
}

function patch(out: ByteWriter, at: number, value: number): void {
  new DataView(out.done().buffer).setUint32(at, value, true);
}

function isScalar(slot: Slot): slot is Scalar {
  return slot !== undefined && "width" in slot;
}

/** Writes a node and all that it points at, forward: what is pointed at comes behind what points. Answers the node's place. */
function write(out: ByteWriter, node: FlatNode): number {
  if ("table" in node) return writeTable(out, node.table);
  if ("structs" in node) {
    // What is aligned is the first struct, behind the count.
    while (out.length % 8 !== 4) out.byte(0);
    const place = out.length;
    out.u32(node.count);
    out.bytes(node.structs);
    return place;
  }
  pad(out, 4);
  const start = out.length;
  if ("text" in node) {
    const bytes = new TextEncoder().encode(node.text);
    out.u32(bytes.length);
    out.bytes(bytes);
    out.byte(0);
    return start;
  }
  out.u32(node.vector.length);
  for (const _ of node.vector) out.u32(0);
  for (const [i, item] of node.vector.entries()) {
    const place = start + 4 + 4 * i;
    patch(out, place, write(out, item) - place);
  }
  return start;
}

/** Where each slot lies in its table, counted from the table's start, 0 for one that is left out; and the table's length. */
function tableLayout(slots: readonly Slot[]): { readonly offsets: readonly number[]; readonly length: number } {
  let length = 4;
  const offsets = slots.map((slot) => {
    if (slot === undefined) return 0;
    const width = isScalar(slot) ? slot.width : 4;
    const offset = Math.ceil(length / width) * width;
    length = offset + width;
    return offset;
  });
  return { offsets, length };
}

function writeTable(out: ByteWriter, slots: readonly Slot[]): number {
  pad(out, 8);
  const { offsets, length } = tableLayout(slots);
  const vtable = out.length;
  const vtableLength = 4 + 2 * slots.length;
  for (const value of [vtableLength, length, ...offsets]) {
    out.byte(value & 0xff);
    out.byte(value >> 8);
  }
  // The table begins at a multiple of 8, for its 8-byte numbers.
  pad(out, 8);
  const start = out.length;
  out.u32(start - vtable);
  while (out.length < start + length) out.byte(0);
  for (const [i, slot] of slots.entries()) {
    if (slot === undefined) continue;
    const place = start + offsets[i]!;
    if (isScalar(slot)) writeScalar(out, place, slot);
    else patch(out, place, write(out, slot) - place);
  }
  return start;
}

function writeScalar(out: ByteWriter, place: number, { width, value }: Scalar): void {
  const view = new DataView(out.done().buffer);
  if (width === 1) view.setUint8(place, value);
  else if (width === 2) view.setInt16(place, value, true);
  else if (width === 4) view.setInt32(place, value, true);
  else view.setBigInt64(place, BigInt(value), true);
}

/** The buffer whose root is a table, padded to a multiple of 8 bytes. */
export function flatbuffer(root: FlatNode): Uint8Array {
  const out = new ByteWriter();
  out.u32(0);
  patch(out, 0, write(out, root));
  pad(out, 8);
  return out.done();
}

/** Structs of one size, one after the other. */
export interface FlatStructs {
  readonly count: number;
  /** A whole number of 4 bytes, or a safe one of 8, at byte `at` of a struct. */
  int(index: number, at: number, width: 4 | 8): number;
}

/** A table being read; every access is checked against the buffer's end. */
export interface FlatTable {
  /** A number of 1 (unsigned), 2, 4 or 8 bytes (signed); `absent`, or 0, where the slot is. */
  int(slot: number, width: 1 | 2 | 4 | 8, absent?: number): number;
  text(slot: number): string | undefined;
  table(slot: number): FlatTable | undefined;
  tables(slot: number): readonly FlatTable[];
  /** A vector of structs, or of numbers, of `width` bytes each. */
  structs(slot: number, width: number): FlatStructs;
}

/** Reads the root table of a buffer. Its accessors throw WindrowError `damaged` (or RangeError behind the end: `at` makes it damage). */
export function flatRoot(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return flatTable(view, view.getUint32(0, true));
}

function flatTable(view: DataView, start: number): FlatTable {
  const vtable = start - view.getInt32(start, true);
  const slots = (view.getUint16(vtable, true) - 4) / 2;
  const place = (slot: number): number | undefined => {
    const offset = slot < slots ? view.getUint16(vtable + 4 + 2 * slot, true) : 0;
    return offset === 0 ? undefined : start + offset;
  };
  const target = (slot: number): number | undefined => {
    const from = place(slot);
    return from === undefined ? undefined : from + view.getUint32(from, true);
  };
  return {
    int(slot, width, absent = 0) {
      const from = place(slot);
      return from === undefined ? absent : readInt(view, from, width);
    },
    text(slot) {
      const from = target(slot);
      if (from === undefined) return undefined;
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from + 4, bounded(view, from, 1)));
    },
    table(slot) {
      const from = target(slot);
      return from === undefined ? undefined : flatTable(view, from);
    },
    tables(slot) {
      const from = target(slot);
      if (from === undefined) return [];
      return Array.from({ length: bounded(view, from, 4) }, (_, i) => {
        const item = from + 4 + 4 * i;
        return flatTable(view, item + view.getUint32(item, true));
      });
    },
    structs(slot, width) {
      const from = target(slot);
      if (from === undefined) return { count: 0, int: () => damaged("a vector that is not there was read") };
      return {
        count: bounded(view, from, width),
        int: (index, at, bytes) => readInt(view, from + 4 + width * index + at, bytes),
      };
    },
  };
}

function readInt(view: DataView, from: number, width: 1 | 2 | 4 | 8): number {
  if (width === 1) return view.getUint8(from);
  if (width === 2) return view.getInt16(from, true);
  if (width === 4) return view.getInt32(from, true);
  const value = Number(view.getBigInt64(from, true));
  return Number.isSafeInteger(value) ? value : damaged(`a number of up to 2^53 was expected, got ${value}`);
}

/** The count in front of a string or vector whose items take `width` bytes each, if they all fit. */
function bounded(view: DataView, from: number, width: number): number {
  const count = view.getUint32(from, true);
  if (count * width > view.byteLength - from - 4) damaged(`a FlatBuffers vector of ${count} items goes behind its end`);
  return count;
}
