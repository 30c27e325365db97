/** The header of an `.npy` file, versions 1 to 3 (numpy/lib/format.py, "Format Version 1.0" to "3.0"). */

import { kindBytes, type NumericKind, WindrowError } from "../../core/index.ts";
import { fileName, type SourceFile } from "../recording.ts";
import { missing } from "../text-lines.ts";
import { npyDict } from "./dict.ts";

/** What a header says; the file is as long as it promises. */
export interface NpyHeader {
  readonly kind: NumericKind;
  readonly isLittle: boolean;
  /** Whether the first axis varies fastest. */
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Byte of the file at which the values begin. */
  readonly dataFrom: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version, and the length of what follows: 2 bytes in version 1, 4 above. */
const LONGEST_PREFIX = 12;
/** An array of numbers needs some 100 bytes; numpy itself refuses more than 10,000 of what it does not trust. */
const LONGEST_HEADER = 10_000;

const KINDS: Readonly<Record<string, NumericKind>> = {
  b1: "bool",
  i1: "i8",
  u1: "u8",
  i2: "i16",
  u2: "u16",
  i4: "i32",
  u4: "u32",
  i8: "i64",
  u8: "u64",
  f2: "f16",
  f4: "f32",
  f8: "f64",
};

function fault(file: SourceFile, why: string, offset: number): WindrowError {
  const details = { path: fileName(file), offset };
  return new WindrowError("damaged", `Cannot read ${fileName(file)}: ${why} (at byte ${offset})`, { details });
}

/** Where the dictionary lies. */
function dictRange(head: Uint8Array, file: SourceFile): { readonly from: number; readonly to: number } {
  if (!MAGIC.every((byte, i) => head[i] === byte))
    throw fault(file, "an .npy file begins with \\x93NUMPY, got other bytes", 0);
  const version = head[6];
  if (version === undefined || version < 1 || version > 3)
    throw fault(file, `version 1, 2 or 3 is expected, got ${version}`, 6);
  const from = version === 1 ? 10 : 12;
  if (head.length < from) throw fault(file, `a header is expected, got a file of ${head.length} bytes`, 8);
  const view = new DataView(head.buffer, head.byteOffset);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER)
    throw fault(file, `a header of up to ${LONGEST_HEADER} bytes is expected, got ${length}`, 8);
  return { from, to: from + length };
}

function placed(file: SourceFile, offset: number, cause: unknown): unknown {
  if (!(cause instanceof WindrowError)) return cause;
  const details = { path: fileName(file), offset };
  return new WindrowError(cause.code, `Cannot read ${fileName(file)}: ${cause.message} (at byte ${offset})`, {
    details,
    cause,
  });
}

function parsed(file: SourceFile, text: string, offset: number) {
  try {
    const dict = npyDict(text);
    const found = /^([<>|=])([a-zA-Z]\d+)$/.exec(dict.descr);
    const kind = KINDS[found?.[2] ?? ""];
    if (kind === undefined || (found![1] === "|" && kindBytes(kind) > 1))
      throw new WindrowError(
        "unsupported",
        `arrays of booleans, integers and floats are read, got type ${JSON.stringify(dict.descr)}`,
      );
    return { ...dict, kind, isLittle: found![1] !== ">" };
  } catch (cause) {
    throw placed(file, offset, cause);
  }
}

/**
 * Reads and checks a file's header; the values are not read.
 * @throws WindrowError `missing`; `damaged` for a header that is none, or promises more or less bytes than the file has; `unsupported` for
 * values that are no numbers. Each names file and byte.
 */
export async function readNpyHeader(file: SourceFile): Promise<NpyHeader> {
  const { store, key } = file;
  const size = await store.size(key);
  const head = size === undefined ? undefined : await store.get(key, { from: 0, to: Math.min(size, LONGEST_PREFIX) });
  if (size === undefined || head === undefined) throw missing(file);
  const { from, to } = dictRange(head, file);
  if (to > size) throw fault(file, `the header ends at byte ${to}, got a file of ${size}`, 8);
  const bytes = (await store.get(key, { from, to }))!;
  // Versions 1 and 2 say Latin-1, version 3 UTF-8; the types that are read have names in ASCII.
  const { kind, isLittle, isFortran, shape } = parsed(file, String.fromCharCode(...bytes), from);
  const wanted = shape.reduce((product, axis) => product * BigInt(axis), BigInt(kindBytes(kind)));
  if (wanted !== BigInt(size - to))
    throw fault(file, `values of shape (${shape.join(", ")}) take ${wanted} bytes, got ${size - to}`, to);
  return { kind, isLittle, isFortran, shape, dataFrom: to };
}

/** Whether a file begins as an `.npy` file does. */
export async function isNpy({ store, key }: SourceFile): Promise<boolean> {
  const size = await store.size(key);
  if (size === undefined || size < MAGIC.length) return false;
  const head = await store.get(key, { from: 0, to: MAGIC.length });
  return MAGIC.every((byte, i) => head?.[i] === byte);
}
