/** Statistics of a stream of numbers in bounded memory: exact counts, bounds and moments, and quantiles from a histogram. */

// A value's bin is the upper bits of its float32, taken so that they ascend with the value: sign, exponent, and at first 17 bits of
// mantissa. Bins come in chunks that are made when first used. Real features have few distinct values and stay as fine as that;
// where chunks become too many, all bins are joined by fours.
const FINEST_DROPPED = 6;
const COARSER_BY = 2;
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;
/** 8 MiB of counts: more would not stay in the processor's cache. */
const MOST_CHUNKS = 512;

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
  /** Bits of a float32 that its bin does without. */
  dropped: number;
  /** Counts of 32 bits, which are faster to raise than others; before one could overflow, all are moved to `carried`. */
  chunks: (Uint32Array | undefined)[];
  used: number;
  carried: Map<number, Float64Array>;
  carriedCount: number;
}

function noChunks(dropped: number): (Uint32Array | undefined)[] {
  return new Array<Uint32Array | undefined>(2 ** (32 - dropped - CHUNK_BITS)).fill(undefined);
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
    dropped: FINEST_DROPPED,
    chunks: noChunks(FINEST_DROPPED),
    used: 0,
    carried: new Map(),
    carriedCount: 0,
  };
}

function chunkAt(into: Sketch, place: number): Uint32Array {
  const chunk = new Uint32Array(CHUNK);
  into.chunks[place] = chunk;
  into.used++;
  return chunk;
}

/** Moves the counts of 32 bits to those that cannot overflow; `joinBits` more bits are dropped on the way. */
function carry(into: Sketch, joinBits: number): void {
  const carried = new Map<number, Float64Array>();
  const add = (place: number, counts: Uint32Array | Float64Array): void => {
    const to = place >>> joinBits;
    const sums = carried.get(to) ?? new Float64Array(CHUNK);
    carried.set(to, sums);
    const from = (place & ((1 << joinBits) - 1)) << (CHUNK_BITS - joinBits);
    for (let i = 0; i < CHUNK; i++) sums[from | (i >>> joinBits)]! += counts[i]!;
  };
  for (const [place, sums] of into.carried) add(place, sums);
  for (const [place, chunk] of into.chunks.entries()) if (chunk !== undefined) add(place, chunk);
  into.carried = carried;
  into.carriedCount = into.count;
  into.dropped += joinBits;
  into.chunks = noChunks(into.dropped);
  into.used = 0;
}

/** Makes room for `more` values. */
function makeRoom(into: Sketch, more: number): void {
  if (into.count - into.carriedCount + more >= 2 ** 32) carry(into, 0);
  // Counts that were carried have 64 bits: half as many of them take the same room.
  if (into.used + 2 * into.carried.size > MOST_CHUNKS) carry(into, COARSER_BY);
}

/** Adds every `stride`-th value from `from` on. A call should bring some thousand values: between calls memory is looked after. */
export function addFloats(into: Sketch, values: Float32Array, from: number, stride: number): void {
  makeRoom(into, values.length);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const { chunks, dropped } = into;
  let { min, max, origin } = into;
  for (let i = from; Number.isNaN(origin) && i < values.length; i += stride) origin = values[i]!;
  let sum = 0;
  let squares = 0;
  let missing = 0;
  let count = 0;
  for (let i = from; i < values.length; i += stride) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      missing++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
    const distance = value - origin;
    sum += distance;
    squares += distance * distance;
    count++;
    // Negative floats descend as their bits ascend.
    const word = bits[i]!;
    const bin = (word ^ ((word >> 31) | 0x80000000)) >>> dropped;
    const chunk = chunks[bin >>> CHUNK_BITS] ?? chunkAt(into, bin >>> CHUNK_BITS);
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
  makeRoom(into, values.length);
  for (let i = from; i < values.length; i += stride) {
    const value = Number(values[i]);
    if (Number.isNaN(value)) {
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
    const bin = (word ^ ((word >> 31) | 0x80000000)) >>> into.dropped;
    const chunk = into.chunks[bin >>> CHUNK_BITS] ?? chunkAt(into, bin >>> CHUNK_BITS);
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

/** How far a quantile may be from the true one, as a fraction of it (of its distance from the first value, for numbers that are no float32). */
export function quantileError({ dropped }: Sketch): number {
  return 2 ** (dropped - 23);
}

/** The edge of a bin that is nearer to zero: bins of whole and of round numbers begin with them. */
function edge(bin: number, dropped: number): number {
  const word = (bin << dropped) | 0;
  oneWord[0] = word < 0 ? word ^ 0x80000000 : ~(word | ((1 << dropped) - 1));
  return oneFloat[0]!;
}

/** The value of rank ⌊p · (count − 1)⌋, within `quantileError`; NaN of nothing. */
export function quantile(of: Sketch, p: number): number {
  const { count, chunks, carried, base, min, max, dropped } = of;
  if (count === 0) return Number.NaN;
  const rank = Math.floor(p * (count - 1));
  let before = 0;
  for (let place = 0; place < chunks.length; place++) {
    const chunk = chunks[place];
    const sums = carried.get(place);
    if (chunk === undefined && sums === undefined) continue;
    for (let i = 0; i < CHUNK; i++) {
      before += (chunk?.[i] ?? 0) + (sums?.[i] ?? 0);
      if (before > rank) return Math.min(max, Math.max(min, base + edge((place << CHUNK_BITS) | i, dropped)));
    }
  }
  return max;
}
