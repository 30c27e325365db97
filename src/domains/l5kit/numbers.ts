/** Columns of one of several number kinds, as the one kind that the rules work on. */

import type { Batch, NumberArray } from "../../core/index.ts";

/** Floats as a file has them: rules that l5kit applies in float32 round where the file does. */
export type Floats = Float32Array | Float64Array;

/** The numbers of a column. The layout has been checked: the column is there and holds numbers. */
export function numbers(batch: Batch, name: string): NumberArray {
  return batch.columns[name]!.data as NumberArray; // l5kitLayout has checked its kind
}

/** The floats of a column, not copied. */
export function floats(batch: Batch, name: string): Floats {
  return batch.columns[name]!.data as Floats; // l5kitLayout has checked its kind
}

/** Whole numbers of 4 or 8 bytes as 64-bit ones; 8-byte ones are not copied, so that those from 2⁶³ up come out negative. */
export function longs(values: NumberArray): BigInt64Array {
  if (values instanceof BigInt64Array) return values;
  if (values instanceof BigUint64Array) return new BigInt64Array(values.buffer, values.byteOffset, values.length);
  return BigInt64Array.from(values as Int32Array, BigInt); // the other kinds that the layout has are 4 bytes wide
}

/** Every `width`-th value from `at` on, as float64. */
export function every(values: Floats, width: number, at: number): Float64Array {
  const out = new Float64Array(values.length / width);
  for (let i = 0, p = at; i < out.length; i++, p += width) out[i] = values[p]!;
  return out;
}
