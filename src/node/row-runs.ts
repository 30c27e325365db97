/** Merges sorted runs of rows that lie one behind the other in a file. */

import type { BlockFile } from "./row-blocks.ts";
import { type RowLayout, type Rows, rowsIn } from "./row-buckets.kernel.ts";

/** Rows in order: those at `order[from … from + length)`, or without an order those that stand there. */
export interface Run {
  readonly rows: Rows;
  readonly order?: Uint32Array;
  readonly from: number;
  readonly length: number;
}

/** A run that is being read. */
interface Cursor {
  readonly rows: Rows;
  /** The next row in `rows`, and how many there are. */
  at: number;
  held: number;
  /** The next row of the file to read, and the run's end. */
  next: number;
  readonly end: number;
}

const LEAST_ROWS = 64;

/** The runs of these lengths, in rows, as one: by key's number, then by time, ties in the order of the runs. */
export function* mergedRuns(
  file: BlockFile,
  lengths: readonly number[],
  layout: RowLayout,
  memoryBytes: number,
): Iterable<Run> {
  const rowBytes = 8 * layout.width;
  const held = Math.max(LEAST_ROWS, Math.floor(memoryBytes / (lengths.length * rowBytes)));
  const numberAt = 2 * layout.doubles + layout.singles + 1;
  const number = ({ rows }: Cursor, row: number) => rows.wholes[2 * row * layout.width + numberAt]!;
  const time = ({ rows }: Cursor, row: number) => rows.doubles[row * layout.width]!;
  const order = (a: Cursor, row: number, b: Cursor) => number(a, row) - number(b, b.at) || time(a, row) - time(b, b.at);
  const fill = (cursor: Cursor) => {
    cursor.at = 0;
    cursor.held = Math.min(held, cursor.end - cursor.next);
    const into = new Uint8Array(cursor.rows.buffer, 0, cursor.held * rowBytes);
    file.read(0, { from: cursor.next * rowBytes, into });
    cursor.next += cursor.held;
  };
  let start = 0;
  const cursors = lengths.map((length): Cursor => {
    const cursor = { rows: rowsIn(new ArrayBuffer(held * rowBytes)), at: 0, held: 0, next: start, end: start + length };
    start += length;
    fill(cursor);
    return cursor;
  });
  while (cursors.length > 0) {
    const first = cursors.reduce((best, cursor) => (order(cursor, cursor.at, best) < 0 ? cursor : best));
    const place = cursors.indexOf(first);
    const from = first.at;
    // As long as a run stays ahead of all others its rows go out together: in a file that is in order that is all of it.
    const isAhead = (other: Cursor, index: number) => {
      const by = order(first, first.at, other);
      return index === place || by < 0 || (by === 0 && place < index);
    };
    first.at += 1;
    while (first.at < first.held && cursors.every(isAhead)) first.at += 1;
    yield { rows: first.rows, from, length: first.at - from };
    if (first.at < first.held) continue;
    if (first.next < first.end) fill(first);
    else cursors.splice(place, 1);
  }
}
