/** Thrift's compact protocol, read: any bytes give either a struct or a `damaged` error, in time and memory bounded by their length. */

import { damaged } from "../fault.ts";

/** A value as it was read; 64-bit integers beyond 2^53 are rounded, and refused by `whole`. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** Fields by id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

const MAX_DEPTH = 16;
/** Values in one struct: the largest real footers hold a few million; more is a bomb. */
const MAX_VALUES = 1 << 24;

class Reader {
  at: number;
  readonly #bytes: Uint8Array;
  #values = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) damaged("a Thrift value goes on behind the end of its bytes");
    this.at++;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let i = 0, scale = 1; i < 10; i++, scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return damaged("a Thrift number is longer than 10 bytes");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at)
      damaged(`a Thrift value of ${length} bytes is longer than the ${this.#bytes.length - this.at} left`);
    const taken = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  value(type: number, depth: number): ThriftValue {
    if (++this.#values > MAX_VALUES) damaged(`more than ${MAX_VALUES} Thrift values`);
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return (this.byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return this.zigzag();
      case 7:
        return new DataView(this.take(8).slice().buffer).getFloat64(0, true);
      case 8:
        return this.take(this.varint());
      case 9:
      case 10:
        return this.list(depth);
      case 12:
        return this.struct(depth);
      default:
        return damaged(`unknown Thrift type ${type}`);
    }
  }

  list(depth: number): ThriftValue[] {
    const head = this.byte();
    const type = head & 0x0f;
    const size = head >> 4 === 15 ? this.varint() : head >> 4;
    // An element takes at least a byte, so that a list cannot promise more than is there.
    if (size > this.#bytes.length - this.at)
      damaged(`a Thrift list of ${size} values in ${this.#bytes.length - this.at} bytes`);
    const values: ThriftValue[] = [];
    for (let i = 0; i < size; i++) values.push(type <= 2 ? this.byte() === 1 : this.value(type, depth));
    return values;
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) damaged(`Thrift structs deeper than ${MAX_DEPTH}`);
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (;;) {
      const head = this.byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.zigzag() : id + (head >> 4);
      fields.set(id, this.value(head & 0x0f, depth + 1));
    }
  }
}

/** The struct at a place, and where it ends. @throws WindrowError `damaged` */
export function readStruct(bytes: Uint8Array, from = 0): { readonly value: ThriftStruct; readonly end: number } {
  const reader = new Reader(bytes, from);
  return { value: reader.struct(0), end: reader.at };
}

/** A field that is a whole number of at least 0, or `undefined` where it is absent. @throws WindrowError `damaged` */
export function whole(fields: ThriftStruct, id: number): number | undefined {
  const value = fields.get(id);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    damaged(`field ${id} must be a whole number from 0 up, got ${typeof value === "number" ? value : typeof value}`);
  return value;
}

/** A field that is a whole number of at least 0. @throws WindrowError `damaged` also where it is absent */
export function need(fields: ThriftStruct, id: number): number {
  return whole(fields, id) ?? damaged(`field ${id} is missing`);
}

/** A field that is bytes. @throws WindrowError `damaged` */
export function bytesField(fields: ThriftStruct, id: number): Uint8Array | undefined {
  const value = fields.get(id);
  if (value === undefined || value instanceof Uint8Array) return value;
  return damaged(`field ${id} must be bytes, got ${typeof value}`);
}

/** A field that is text. @throws WindrowError `damaged` */
export function textField(fields: ThriftStruct, id: number): string | undefined {
  const value = bytesField(fields, id);
  return value === undefined ? undefined : new TextDecoder().decode(value);
}

/** A field that is a struct. @throws WindrowError `damaged` */
export function structField(fields: ThriftStruct, id: number): ThriftStruct | undefined {
  const value = fields.get(id);
  if (value === undefined || value instanceof Map) return value;
  return damaged(`field ${id} must be a struct, got ${typeof value}`);
}

/** A field that is a list of structs; empty where it is absent. @throws WindrowError `damaged` */
export function structList(fields: ThriftStruct, id: number): readonly ThriftStruct[] {
  return listField(fields, id).map((item) => (item instanceof Map ? item : damaged(`field ${id} must list structs`)));
}

/** A field that is a list; empty where it is absent. @throws WindrowError `damaged` */
function listField(fields: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = fields.get(id) ?? [];
  return Array.isArray(value) ? value : damaged(`field ${id} must be a list, got ${typeof value}`);
}
