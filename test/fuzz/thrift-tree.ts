/** Thrift's compact protocol as a tree that can be changed and written again; it knows nothing of what the fields mean. */

import { varint } from "./mutate.ts";

/** A field: its type's code and its value. */
export interface ThriftField {
  id: number;
  type: number;
  value: ThriftNode;
}

/** A list: the type of its items. */
export interface ThriftList {
  type: number;
  items: ThriftNode[];
}

/** A struct: its fields in order. */
export interface ThriftTree {
  fields: ThriftField[];
}

/** A value: whole numbers as bigint, doubles and texts as their bytes. */
export type ThriftNode = bigint | boolean | Uint8Array | ThriftList | ThriftTree;

const STOP = 0;
const BOOLS = [1, 2];
const [I8, DOUBLE, BINARY, LIST, SET, STRUCT] = [3, 7, 8, 9, 10, 12] as const;

class NotThrift extends Error {}

class TreeReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    if (this.at >= this.#bytes.length) throw new NotThrift("end");
    return this.#bytes[this.at++]!;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new NotThrift("varint");
  }

  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw new NotThrift("length");
    this.at += length;
    return this.#bytes.slice(this.at - length, this.at);
  }

  value(type: number, depth: number): ThriftNode {
    if (depth > 20) throw new NotThrift("depth");
    if (BOOLS.includes(type)) return type === 1;
    if (type === I8) return BigInt.asIntN(8, BigInt(this.byte()));
    if (type === DOUBLE) return this.take(8);
    if (type === BINARY) return this.take(Number(this.varint()));
    if (type === LIST || type === SET) return this.list(depth);
    if (type === STRUCT) return this.struct(depth);
    if (type > I8 && type < DOUBLE) return this.zigzag();
    throw new NotThrift("type");
  }

  list(depth: number): ThriftList {
    const head = this.byte();
    const type = head & 15;
    const size = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
    if (size > this.#bytes.length) throw new NotThrift("list");
    const items = Array.from({ length: size }, () =>
      BOOLS.includes(type) ? this.byte() === 1 : this.value(type, depth + 1),
    );
    return { type, items };
  }

  struct(depth: number): ThriftTree {
    const fields: ThriftField[] = [];
    let id = 0;
    for (;;) {
      const head = this.byte();
      if (head === STOP) return { fields };
      id = head >> 4 === 0 ? Number(this.zigzag()) : id + (head >> 4);
      fields.push({ id, type: head & 15, value: this.value(head & 15, depth + 1) });
    }
  }
}

/** The struct at a place and where it ends; `undefined` where there is none. */
export function readTree(bytes: Uint8Array, at = 0): { readonly tree: ThriftTree; readonly end: number } | undefined {
  const reader = new TreeReader(bytes, at);
  try {
    return { tree: reader.struct(0), end: reader.at };
  } catch (error) {
    if (error instanceof NotThrift) return undefined;
    throw error;
  }
}

const zigzag = (value: bigint): Uint8Array => varint(value < 0n ? -2n * value - 1n : 2n * value);

function writeList(out: number[], { items, type }: ThriftList): void {
  out.push(...(items.length < 15 ? [(items.length << 4) | type] : [0xf0 | type, ...varint(BigInt(items.length))]));
  for (const item of items) {
    if (typeof item === "boolean") out.push(item ? 1 : 2);
    else writeValue(out, item, type);
  }
}

function writeValue(out: number[], value: ThriftNode, type: number): void {
  // Of a field, a boolean is in its head.
  if (typeof value === "boolean") return;
  if (typeof value === "bigint") out.push(...(type === I8 ? [Number(value & 255n)] : zigzag(value)));
  else if (value instanceof Uint8Array) {
    if (type === BINARY) out.push(...varint(BigInt(value.length)));
    for (const byte of value) out.push(byte);
  } else if ("items" in value) writeList(out, value);
  else writeFields(out, value);
}

function writeFields(out: number[], { fields }: ThriftTree): void {
  let before = 0;
  for (const { id, type, value } of fields) {
    const written = typeof value === "boolean" ? (value ? 1 : 2) : type;
    const step = id - before;
    out.push(...(step > 0 && step < 16 ? [(step << 4) | written] : [written, ...zigzag(BigInt(id))]));
    before = id;
    writeValue(out, value, type);
  }
  out.push(STOP);
}

/** The bytes of a struct. */
export function treeBytes(tree: ThriftTree): Uint8Array {
  const out: number[] = [];
  writeFields(out, tree);
  return Uint8Array.from(out);
}

/** The field of a struct with this id. */
export function fieldOf(tree: ThriftTree | undefined, id: number): ThriftField | undefined {
  return tree?.fields.find((field) => field.id === id);
}

/** A struct in a field. */
export function treeOf(tree: ThriftTree | undefined, id: number): ThriftTree | undefined {
  const value = fieldOf(tree, id)?.value;
  return typeof value === "object" && "fields" in value ? value : undefined;
}

/** The structs of a list in a field. */
export function treesOf(tree: ThriftTree | undefined, id: number): ThriftTree[] {
  const value = fieldOf(tree, id)?.value;
  if (typeof value !== "object" || !("items" in value)) return [];
  return value.items.filter((item): item is ThriftTree => typeof item === "object" && "fields" in item);
}

/** A whole number in a field. */
export function numberOf(tree: ThriftTree | undefined, id: number): number | undefined {
  const value = fieldOf(tree, id)?.value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

/** Changes a whole number that is there. */
export function setNumber(tree: ThriftTree | undefined, id: number, value: number): void {
  const field = fieldOf(tree, id);
  if (field !== undefined && typeof field.value === "bigint") field.value = BigInt(value);
}
