/** Statistics of a stream of numbers in bounded memory: exact counts, bounds and moments, and quantiles from a histogram. */

// A value's bin is the upper 22 bits of its float32, taken so that they ascend with the value: sign, exponent, 13 bits of mantissa.
// A bin is then at most 1/8192 as wide as the values in it. Bins come in chunks that are made when first used: 32 MiB if every
// float occurred, some hundred kB for real features.
const DROPPED_BITS = 10;
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;
const CHUNKS = 1 << (32 - DROPPED_BITS - CHUNK_BITS);

/** How far a quantile may be from the true one, as a fraction of it. */
export const QUANTILE_ERROR = 2 ** -(23 - DROPPED_BITS);

/** A sketch as it fills. Values are added to it by `addFloats` and `addNumbers`. */
export interface Sketch {
  count: number;
  /** Values that are NaN, or not there. */
  missing: number;
  min: number;
  max: number;
  /** Sums of the distances from `origin`, and of their squares. */
  sum: number;
  squares: number;
  /** A value near the others, so that sums of long epochs keep their digits: the first one. */
  origin: number;
  /** What bins are counted from: 0 for floats, the first value for numbers that a float32 does not hold. */
  base: number;
  /** Counts of 32 bits, which are faster to raise than others; before one could overflow, all are moved to `carried`. */
  readonly chunks: (Uint32Array | undefined)[];
  readonly carried: Map<number, Float64Array>;
  carriedCount: number;
}

/** An empty sketch. */
export function sketch(): Sketch {
  return {
    count: 0,
    missing: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    sum: 0,
    squares: 0,
    origin: Number.NaN,
    base: 0,
    chunks: new Array<Uint32Array | undefined>(CHUNKS).fill(undefined),
    carried: new Map(),
    carriedCount: 0,
  };
}

function chunkAt(chunks: (Uint32Array | undefined)[], place: number): Uint32Array {
  const chunk = new Uint32Array(CHUNK);
  chunks[place] = chunk;
  return chunk;
}

/** Makes room for `more` values. */
function carry(into: Sketch, more: number): void {
  if (into.count - into.carriedCount + more < 2 ** 32) return;
  for (const [place, chunk] of into.chunks.entries()) {
    if (chunk === undefined) continue;
    const sums = into.carried.get(place) ?? new Float64Array(CHUNK);
    into.carried.set(place, sums);
    for (let i = 0; i < CHUNK; i++) sums[i]! += chunk[i]!;
    chunk.fill(0);
  }
  into.carriedCount = into.count;
}

/** Adds every `stride`-th value from `from` on. */
export function addFloats(into: Sketch, values: Float32Array, from: number, stride: number): void {
  carry(into, values.length);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const { chunks } = into;
  let { min, max, origin } = into;
  let sum = 0;
  let squares = 0;
  let missing = 0;
  let count = 0;
  for (let i = from; i < values.length; i += stride) {
    const value = values[i]!;
    if (value !== value) {
      missing++;
      continue;
    }
    if (origin !== origin) origin = value;
    if (value < min) min = value;
    if (value > max) max = value;
    const distance = value - origin;
    sum += distance;
    squares += distance * distance;
    count++;
    // Negative floats descend as their bits ascend.
    const word = bits[i]!;
    const bin = (word ^ ((word >> 31) | 0x80000000)) >>> DROPPED_BITS;
    const chunk = chunks[bin >>> CHUNK_BITS] ?? chunkAt(chunks, bin >>> CHUNK_BITS);
    chunk[bin & (CHUNK - 1)]! += 1;
  }
  into.min = min;
  into.max = max;
  into.origin = origin;
  into.sum += sum;
  into.squares += squares;
  into.missing += missing;
  into.count += count;
}

const oneFloat = new Float32Array(1);
const oneWord = new Int32Array(oneFloat.buffer);

/** Adds every `stride`-th value from `from` on, of any numeric kind. */
export function addNumbers(into: Sketch, values: ArrayLike<number | bigint>, from: number, stride: number): void {
  carry(into, values.length);
  for (let i = from; i < values.length; i += stride) {
    const value = Number(values[i]);
    if (value !== value) {
      into.missing++;
      continue;
    }
    if (into.count === 0) {
      into.origin = value;
      into.base = Number.isFinite(value) ? value : 0;
    }
    if (value < into.min) into.min = value;
    if (value > into.max) into.max = value;
    const distance = value - into.origin;
    into.sum += distance;
    into.squares += distance * distance;
    into.count++;
    oneFloat[0] = value - into.base;
    const word = oneWord[0]!;
    const bin = (word ^ ((word >> 31) | 0x80000000)) >>> DROPPED_BITS;
    const chunk = into.chunks[bin >>> CHUNK_BITS] ?? chunkAt(into.chunks, bin >>> CHUNK_BITS);
    chunk[bin & (CHUNK - 1)]! += 1;
  }
}

/** The mean; NaN of nothing. */
export function mean({ count, sum, origin }: Sketch): number {
  return origin + sum / count;
}

/** The standard deviation of the values as a whole population; NaN of nothing. */
export function deviation({ count, sum, squares }: Sketch): number {
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** The edge of a bin that is nearer to zero: bins of whole and of round numbers begin with them. */
function edge(bin: number): number {
  const word = (bin << DROPPED_BITS) | 0;
  oneWord[0] = word < 0 ? word ^ 0x80000000 : ~(word | ((1 << DROPPED_BITS) - 1));
  return oneFloat[0]!;
}

/** The value below which a fraction `p` of the values lies, within `QUANTILE_ERROR`; NaN of nothing. */
export function quantile(of: Sketch, p: number): number {
  const { count, chunks, carried, base, min, max } = of;
  if (count === 0) return Number.NaN;
  const rank = p * (count - 1);
  let before = 0;
  for (let place = 0; place < CHUNKS; place++) {
    const chunk = chunks[place];
    if (chunk === undefined) continue;
    const sums = carried.get(place);
    for (let i = 0; i < CHUNK; i++) {
      const held = chunk[i]! + (sums?.[i] ?? 0);
      if (held === 0 || before + held <= rank) {
        before += held;
        continue;
      }
      const bin = (place << CHUNK_BITS) | i;
      return Math.min(max, Math.max(min, base + edge(bin)));
    }
  }
  return max;
}
