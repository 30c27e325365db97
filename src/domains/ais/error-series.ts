/** Figures of a stream of errors: mean, root mean square and means by vessel exact, quantiles exact while they fit in memory. */

/** Metres of a nautical mile. */
export const NAUTICAL_MILE = 1852;
const FAR_METRES = 10 * NAUTICAL_MILE;

// Past the limit a value is held as its bin: the upper bits of its float32, 2048 bins for each doubling from a millionth of a metre up.
const DROPPED_BITS = 12;
const LEAST = 2 ** -20;
const FIRST_BIN = (127 - 20) << (23 - DROPPED_BITS);
/** Half the Earth's circumference is below 2^25 m. */
const BINS = 45 << (23 - DROPPED_BITS);

/** How far a quantile past the limit is from the exact one at most, as a share of it, above a millionth of a metre. */
export const BINNED_QUANTILE_ERROR = 2.5e-4;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function binOf(value: number): number {
  if (value < LEAST) return 0;
  float[0] = value;
  return Math.min(BINS - 1, (word[0]! >>> DROPPED_BITS) - FIRST_BIN);
}

function middleOf(bin: number): number {
  if (bin === 0) return 0;
  word[0] = ((bin + FIRST_BIN) << DROPPED_BITS) | (1 << (DROPPED_BITS - 1));
  return float[0]!;
}

function grown(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const next = new Float64Array(Math.max(length, 2 * array.length));
  next.set(array);
  return next;
}

/** Errors in metres as they come. */
export class ErrorSeries {
  readonly #exactValues: number;
  #values = new Float64Array(256);
  #bins: Float64Array | undefined;
  #vesselSums = new Float64Array(0);
  #vesselCounts = new Float64Array(0);
  #sum = 0;
  #squares = 0;
  #far = 0;
  count = 0;

  /** Quantiles are exact up to so many values. */
  constructor(exactValues: number) {
    this.#exactValues = exactValues;
  }

  /** Whether quantiles are exact. */
  get isExact(): boolean {
    return this.#bins === undefined;
  }

  /** Adds an error; `vessel` is a number from 0, or −1 where it is not known. */
  add(metres: number, vessel: number): void {
    if (this.#bins === undefined && this.count >= this.#exactValues) this.#pour();
    if (this.#bins === undefined) {
      this.#values = grown(this.#values, this.count + 1);
      this.#values[this.count] = metres;
    } else {
      this.#bins[binOf(metres)]! += 1;
    }
    this.count += 1;
    this.#sum += metres;
    this.#squares += metres * metres;
    if (metres > FAR_METRES) this.#far += 1;
    if (vessel < 0) return;
    this.#vesselSums = grown(this.#vesselSums, vessel + 1);
    this.#vesselCounts = grown(this.#vesselCounts, vessel + 1);
    this.#vesselSums[vessel]! += metres;
    this.#vesselCounts[vessel]! += 1;
  }

  #pour(): void {
    this.#bins = new Float64Array(BINS);
    for (let i = 0; i < this.count; i++) this.#bins[binOf(this.#values[i]!)]! += 1;
    this.#values = new Float64Array(0);
  }

  get mean(): number {
    return this.#sum / this.count;
  }

  get rmse(): number {
    return Math.sqrt(this.#squares / this.count);
  }

  /** Share of the errors beyond 10 nautical miles. */
  get farShare(): number {
    return this.#far / this.count;
  }

  /** How many vessels there are, and the mean of their means. */
  byVessel(): { readonly vessels: number; readonly mean: number } {
    let [vessels, sum] = [0, 0];
    for (const [vessel, count] of this.#vesselCounts.entries()) {
      if (count === 0) continue;
      vessels += 1;
      sum += this.#vesselSums[vessel]! / count;
    }
    return { vessels, mean: sum / vessels };
  }

  /** Quantiles, by linear interpolation between the two values around `share · (count − 1)`, as numpy's default. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = this.#bins === undefined ? this.#values.slice(0, this.count).sort() : undefined;
    const nth = (rank: number) => (sorted === undefined ? this.#binned(rank) : sorted[rank]!);
    return shares.map((share) => {
      const place = share * (this.count - 1);
      const low = Math.floor(place);
      const value = nth(low);
      return place === low ? value : value + (nth(low + 1) - value) * (place - low);
    });
  }

  #binned(rank: number): number {
    const bins = this.#bins ?? new Float64Array(0);
    let left = rank;
    for (let bin = 0; bin < bins.length; bin++) {
      left -= bins[bin]!;
      if (left < 0) return middleOf(bin);
    }
    return Number.NaN;
  }
}
