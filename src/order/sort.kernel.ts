/** Sorts rows by their 64-bit keys. */

// Three digits a 32-bit word: 11, 11 and 10 bits. 2048 counters stay in the first-level cache.
const DIGITS = [
  [0, 0, 0x7ff],
  [0, 11, 0x7ff],
  [0, 22, 0x3ff],
  [1, 0, 0x7ff],
  [1, 11, 0x7ff],
  [1, 22, 0x3ff],
] as const;
const BINS = 2048;

/** Says which of two rows with equal keys comes first, as `Array.sort` takes it. */
export type CompareRows = (a: number, b: number) => number;

/**
 * The rows `0 … keys.length−1` in ascending order of their key as an unsigned number. Equal keys keep the order of their rows, or that of
 * `compareTied` where given (for samples: trace id by UTF-8 bytes, then start). Linear: an LSD radix sort that skips the digits
 * that are the same in all keys. Takes 8 bytes a row besides the keys, of which 4 are the answer.
 */
export function orderByKey(keys: BigUint64Array, compareTied?: CompareRows): Uint32Array {
  const n = keys.length;
  // Little-endian words, as on every engine: low half first.
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * n);
  const counts = new Uint32Array(DIGITS.length * BINS);
  for (let i = 0; i < n; i++) {
    const lo = words[2 * i]!;
    const hi = words[2 * i + 1]!;
    counts[lo & 0x7ff]!++;
    counts[BINS + ((lo >>> 11) & 0x7ff)]!++;
    counts[2 * BINS + (lo >>> 22)]!++;
    counts[3 * BINS + (hi & 0x7ff)]!++;
    counts[4 * BINS + ((hi >>> 11) & 0x7ff)]!++;
    counts[5 * BINS + (hi >>> 22)]!++;
  }
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let next = new Uint32Array(n);
  for (const [digit, [word, shift, mask]] of DIGITS.entries()) {
    const bins = counts.subarray(digit * BINS, (digit + 1) * BINS);
    if (n === 0 || bins[(words[word]! >>> shift) & mask] === n) continue;
    scatter(words, order, next, bins, word, shift, mask);
    [order, next] = [next, order];
  }
  if (compareTied !== undefined) sortTies(words, order, compareTied);
  return order;
}

function scatter(
  words: Uint32Array,
  order: Uint32Array,
  next: Uint32Array,
  bins: Uint32Array,
  word: number,
  shift: number,
  mask: number,
): void {
  let sum = 0;
  for (let bin = 0; bin <= mask; bin++) {
    const count = bins[bin]!;
    bins[bin] = sum;
    sum += count;
  }
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const bin = (words[2 * row + word]! >>> shift) & mask;
    next[bins[bin]!++] = row;
  }
}

function sortTies(words: Uint32Array, order: Uint32Array, compareTied: CompareRows): void {
  let from = 0;
  for (let i = 1; i <= order.length; i++) {
    const a = 2 * order[from]!;
    const b = 2 * (order[i] ?? 0);
    if (i < order.length && words[a] === words[b] && words[a + 1] === words[b + 1]) continue;
    if (i - from > 1) order.subarray(from, i).sort(compareTied);
    from = i;
  }
}
