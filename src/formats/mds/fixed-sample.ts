/** Samples that all have the same size: where their values lie, and the bytes that each must have before them. */

import { isNumeric, rowBytes } from "../../core/index.ts";
import type { ReadColumn } from "./decode.ts";
import { storedKind } from "./encoding.ts";
import { arrayHead } from "./ndarray.ts";

/** Where a column's value lies in each sample. */
export interface FixedColumn {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

/** How every sample of a table looks. */
export interface FixedSample {
  readonly bytes: number;
  readonly columns: readonly FixedColumn[];
  /** Bytes that are the same in every sample: lengths of values, headers of arrays. A sample that has others is not of this form. */
  readonly same: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** What the samples of these columns look like; `undefined` where a column's values vary in size. */
export function fixedSample(columns: readonly ReadColumn[]): FixedSample | undefined {
  const sizes = columns.map(storedSize);
  const lengths: number[] = [];
  const fixed: FixedColumn[] = [];
  const same: { at: number; bytes: Uint8Array }[] = [];
  let at = 4 * columns.filter(({ size }) => size === null).length;
  for (const [i, { name, size }] of columns.entries()) {
    const stored = sizes[i];
    if (stored === undefined) return undefined;
    const { before, bytes } = stored;
    if (size === null) lengths.push(before.length + bytes);
    if (before.length > 0) same.push({ at, bytes: before });
    at += before.length;
    fixed.push({ name, at, bytes });
    at += bytes;
  }
  if (lengths.length > 0) same.unshift({ at: 0, bytes: uint32s(lengths) });
  return { bytes: at, columns: fixed, same };
}

function storedSize({ encoding, size, type }: ReadColumn): { before: Uint8Array; bytes: number } | undefined {
  const { kind } = type;
  const bytes = rowBytes(type);
  const before = new Uint8Array(0);
  if (bytes === undefined || !isNumeric(kind) || encoding.is === "str_float") return undefined;
  if (size !== null || encoding.is !== "ndarray") return { before, bytes };
  // Headers that say the same in more bytes than they need are read sample by sample.
  return { before: arrayHead(storedKind(kind), type.shape ?? [], { kind: encoding.kind !== undefined }), bytes };
}

// MDS is little-endian.
function uint32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}
