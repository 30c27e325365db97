/** Thrift's compact protocol, written: values are small objects that know their type and write themselves. */

import { ByteWriter } from "../byte-writer.ts";

// thrift-compact-protocol.md, "Struct encoding" and "List and set": the type codes.
const TRUE = 1;
const FALSE = 2;
const I8 = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** A value that can be written. */
export interface Thrift {
  readonly type: number;
  write(out: ByteWriter): void;
}

/** Fields by id; those that are `undefined` are left out. Integer keys of an object come in ascending order, as Thrift likes it. */
export type ThriftFields = Readonly<Record<number, Thrift | undefined>>;

function zigzag(type: number, value: number): Thrift {
  return { type, write: (out) => out.varint(value < 0 ? -2 * value - 1 : 2 * value) };
}

export function i8(value: number): Thrift {
  return { type: I8, write: (out) => out.byte(value & 0xff) };
}

export function i16(value: number): Thrift {
  return zigzag(I16, value);
}

export function i32(value: number): Thrift {
  return zigzag(I32, value);
}

/** A 64-bit integer, of those that a JavaScript number holds exactly. */
export function i64(value: number): Thrift {
  return zigzag(I64, value);
}

/** A boolean as a field of a struct: its type is its value. In a list it is a byte. */
export function bool(value: boolean): Thrift {
  const type = value ? TRUE : FALSE;
  return { type, write: (out) => out.byte(type) };
}

export function binary(value: Uint8Array): Thrift {
  return {
    type: BINARY,
    write(out) {
      out.varint(value.length);
      out.bytes(value);
    },
  };
}

export function text(value: string): Thrift {
  return binary(new TextEncoder().encode(value));
}

export function list(items: readonly Thrift[]): Thrift {
  return {
    type: LIST,
    write(out) {
      const type = items[0]?.type ?? STRUCT;
      const elementType = type === FALSE ? TRUE : type;
      if (items.length < 15) out.byte((items.length << 4) | elementType);
      else {
        out.byte(0xf0 | elementType);
        out.varint(items.length);
      }
      for (const item of items) item.write(out);
    },
  };
}

export function struct(fields: ThriftFields): Thrift {
  return {
    type: STRUCT,
    write(out) {
      let last = 0;
      for (const [key, field] of Object.entries(fields)) {
        if (field === undefined) continue;
        const id = Number(key);
        // Every struct of Parquet has fewer than 16 fields, so that the short form of a field's header is enough.
        out.byte(((id - last) << 4) | field.type);
        last = id;
        if (field.type > FALSE) field.write(out);
      }
      out.byte(0);
    },
  };
}

/** The bytes of a value. */
export function thriftBytes(value: Thrift): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  value.write(out);
  return out.done();
}
