/** The rows that frames lead to, for frames in any choice, as masked arrays of one size. */

import {
  type Arrays,
  type Batch,
  NUMERIC_ARRAYS,
  type NumericKind,
  type RowChoice,
  type RowTable,
} from "../../core/index.ts";
import { checkInterval, intervalsOf } from "./intervals.ts";
import { numbers } from "./numbers.ts";

/** What leads from frames to rows of another array. */
export interface FrameLink {
  readonly frames: RowTable;
  /** The field of `frames` with the intervals. */
  readonly field: string;
  /** The array with the rows. */
  readonly child: RowTable;
  /** Rows of a frame that are kept, the first ones. */
  readonly most: number;
}

/** Rows of some frames, one frame behind the other. */
export interface FrameChildren {
  /** Rows of each frame, also of those that are not kept. */
  readonly counts: Uint32Array;
  /** Where the kept rows of each frame begin in `batch`, and at the end how many there are. */
  readonly begin: Uint32Array;
  readonly batch: Batch;
}

/** Rows as a range where they are one, which formats read faster. */
function asChoice(rows: Uint32Array): RowChoice {
  const from = rows[0] ?? 0;
  return rows.every((row, i) => row === from + i) ? { from, to: from + rows.length } : rows;
}

/**
 * Reads what some frames lead to, and no other rows.
 * @param choice Rows of `frames`.
 * @throws WindrowError `damaged` for an interval that is none, or leaves its array.
 */
export async function frameChildren(
  { frames, field, child, most }: FrameLink,
  choice: RowChoice,
  columns: readonly string[],
): Promise<FrameChildren> {
  const { from, to } = intervalsOf(numbers(await frames.read(choice, { columns: [field] }), field));
  const counts = new Uint32Array(from.length);
  const begin = new Uint32Array(from.length + 1);
  for (let i = 0; i < from.length; i++) {
    const row = choice instanceof Uint32Array ? choice[i]! : choice.from + i;
    checkInterval([from[i]!, to[i]!], 0, { array: "frames", field, row, childLength: child.length });
    counts[i] = to[i]! - from[i]!;
    begin[i + 1] = begin[i]! + Math.min(counts[i]!, most);
  }
  const rows = new Uint32Array(begin.at(-1)!);
  for (let i = 0; i < from.length; i++)
    for (let at = begin[i]!, row = from[i]!; at < begin[i + 1]!; at++, row++) rows[at] = row;
  return { counts, begin, batch: await child.read(asChoice(rows), { columns }) };
}

/** A column with a place for each of `most` rows in each frame; 0 where a frame has fewer. */
export function dense<K extends NumericKind>(
  { begin, batch }: FrameChildren,
  name: string,
  { kind, most, width }: { readonly kind: K; readonly most: number; readonly width: number },
): Arrays[K] {
  const frames = begin.length - 1;
  const out = new NUMERIC_ARRAYS[kind](frames * most * width);
  const values = numbers(batch, name) as Float64Array; // all number arrays copy alike
  for (let i = 0; i < frames; i++)
    (out as Float64Array).set(values.subarray(begin[i]! * width, begin[i + 1]! * width), i * most * width);
  return out as Arrays[K]; // made of that kind
}

/** 1 where a frame has a row. */
export function availability({ begin }: FrameChildren, most: number): Uint8Array {
  const out = new Uint8Array((begin.length - 1) * most);
  for (let i = 0; i + 1 < begin.length; i++) out.fill(1, i * most, i * most + begin[i + 1]! - begin[i]!);
  return out;
}
