/** What a column's pages have brought and nobody has taken yet: rows, and the values of those that have one. */

import type { StoredValues, Values } from "./decode.ts";

/** Rows one after another. */
export interface RowStretch {
  readonly rows: number;
  /** One byte a row, 0 where it has no value; absent where all have one. */
  readonly valid?: Uint8Array | undefined;
}

/** Rows in the order of their pages. */
export interface HeldRows {
  readonly isEmpty: boolean;
  push(stretches: Iterable<RowStretch>): void;
  /** The next rows: `most`, or those of one page where they are fewer. */
  take(most: number): RowStretch;
}

export function heldRows(): HeldRows {
  const waiting: Iterator<RowStretch>[] = [];
  let first: RowStretch | undefined;
  const peek = (): RowStretch | undefined => {
    while (first === undefined && waiting.length > 0) {
      const { value, done } = waiting[0]!.next();
      if (done === true) waiting.shift();
      else if (value.rows > 0) first = value;
    }
    return first;
  };
  return {
    get isEmpty() {
      return peek() === undefined;
    },
    push(stretches) {
      waiting.push(stretches[Symbol.iterator]());
    },
    take(most) {
      const { rows, valid } = peek()!;
      first = rows <= most ? undefined : { rows: rows - most, valid: valid?.subarray(most) };
      return rows <= most ? { rows, valid } : { rows: most, valid: valid?.subarray(0, most) };
    },
  };
}

/** Values in the order of their pages. */
export interface HeldValues {
  readonly length: number;
  /** `done` is called when the last of them is taken. */
  push(values: StoredValues, done: () => void): void;
  /** Moves the next `count` values to place `at` of an array, or nowhere. */
  take(count: number, into?: Values, at?: number): void;
}

export function heldValues(): HeldValues {
  const parts: { readonly values: StoredValues; readonly done: () => void }[] = [];
  let first = 0;
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(values, done) {
      if (values.length === 0) done();
      else parts.push({ values, done });
      length += values.length;
    },
    take(count, into, at = 0) {
      for (let left = count; left > 0; ) {
        const { values, done } = parts[0]!;
        const to = Math.min(values.length, first + left);
        if (into !== undefined) values.copy(first, to, into, at + count - left);
        left -= to - first;
        first = to;
        if (to < values.length) continue;
        done();
        parts.shift();
        first = 0;
      }
      length -= count;
    },
  };
}
