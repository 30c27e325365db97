/** What a gather task leaves of each sample for the index: rows of fixed width in the workspace. */

/** t_start, t_end (f64), key low and high, trace, start, source (u32), and four bytes that keep rows aligned. */
const ROW_BYTES = 40;
const ROW_TIMES = ROW_BYTES / 8;
const ROW_WORDS = ROW_BYTES / 4;
/** The first word behind the times. */
const FIRST_WORD = 4;
const KEY_LOW = FIRST_WORD;
const KEY_HIGH = FIRST_WORD + 1;
const TRACE = FIRST_WORD + 2;
const START = FIRST_WORD + 3;
const SOURCE = FIRST_WORD + 4;

/** Index rows, to be filled in or read. */
export interface IndexRows {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly times: Float64Array;
  readonly words: Uint32Array;
}

/** Rows over a buffer; as many as it holds. */
export function indexRowsOf(buffer: ArrayBuffer): IndexRows {
  return {
    length: buffer.byteLength / ROW_BYTES,
    bytes: new Uint8Array(buffer),
    times: new Float64Array(buffer),
    words: new Uint32Array(buffer),
  };
}

/** Room for rows. */
export function indexRows(length: number): IndexRows {
  return indexRowsOf(new ArrayBuffer(length * ROW_BYTES));
}

/** What a row says besides the words of its record. */
export interface IndexTimes {
  readonly tStart: number;
  readonly tEnd: number;
  readonly source: number;
}

/** Fills in a row: the first four words of the sample's record (key, trace, start), and its times. */
export function setIndexRow(
  rows: IndexRows,
  row: number,
  record: Uint32Array,
  { tStart, tEnd, source }: IndexTimes,
): void {
  rows.times[row * ROW_TIMES] = tStart;
  rows.times[row * ROW_TIMES + 1] = tEnd;
  for (let word = 0; word < 4; word++) rows.words[row * ROW_WORDS + FIRST_WORD + word] = record[word]!;
  rows.words[row * ROW_WORDS + SOURCE] = source;
}

/** One row. */
export interface IndexRow extends IndexTimes {
  readonly key: bigint;
  readonly trace: number;
  readonly start: number;
}

/** Reads a row. */
export function indexRow(rows: IndexRows, row: number): IndexRow {
  const word = (index: number) => rows.words[row * ROW_WORDS + index]!;
  return {
    key: (BigInt(word(KEY_HIGH)) << 32n) | BigInt(word(KEY_LOW)),
    trace: word(TRACE),
    start: word(START),
    source: word(SOURCE),
    tStart: rows.times[row * ROW_TIMES]!,
    tEnd: rows.times[row * ROW_TIMES + 1]!,
  };
}
