/** Moves words between records and columns. Words are of 1, 2 or 4 bytes, whichever both sides lie at multiples of. */

/** Arrays of words. */
export type Words = Uint8Array | Uint16Array | Uint32Array;

/** Bytes as words of a size that divides their length and their place in memory. */
export function wordsOf(bytes: Uint8Array, wordBytes: number): Words {
  if (wordBytes === 4) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  if (wordBytes === 2) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  return bytes;
}

/** Copies `run` words for each of `count` rows; the steps are in words from row to row. */
export function copyRuns(
  source: Words,
  from: number,
  fromStep: number,
  out: Words,
  to: number,
  toStep: number,
  run: number,
  count: number,
): void {
  if (run === 1) {
    for (let row = 0, at = from, end = to; row < count; row++, at += fromStep, end += toStep) out[end] = source[at]!;
    return;
  }
  if (run === 2) {
    for (let row = 0, at = from, end = to; row < count; row++, at += fromStep, end += toStep) {
      out[end] = source[at]!;
      out[end + 1] = source[at + 1]!;
    }
    return;
  }
  for (let row = 0, at = from, end = to; row < count; row++, at += fromStep, end += toStep)
    for (let i = 0; i < run; i++) out[end + i] = source[at + i]!;
}

/** Copies records of `run` words to one place behind the other, those whose numbers `rows` has, to where `places` says. */
export function copyRecords(source: Words, rows: Uint32Array, out: Words, places: Uint32Array, run: number): void {
  for (let k = 0; k < rows.length; k++) {
    const from = rows[k]! * run;
    const to = places[k]! * run;
    for (let i = 0; i < run; i++) out[to + i] = source[from + i]!;
  }
}

/** Turns the bytes of each value of `size` bytes about. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size)
    for (let low = at, high = at + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
}
