/** Chunks that were read, kept until others need the room. */

/** What is kept of one chunk, and the bytes that it takes. */
interface Kept<T> {
  readonly value: Promise<T>;
  bytes: number;
}

/** Beyond its bytes, what an entry takes: so that chunks which are not there are bounded too. */
const ENTRY_BYTES = 256;

/** Values by key, those used last, of so many bytes together. One that is being loaded is loaded once, however many ask for it. */
export class ChunkCache<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #most: number;
  readonly #measure: (value: T) => number;
  #bytes = 0;

  constructor(most: number, measure: (value: T) => number) {
    this.#most = most;
    this.#measure = measure;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** The value of a key; loaded where it is not there. A load that fails is forgotten. */
  get(key: string, load: () => Promise<T>): Promise<T> {
    const found = this.#kept.get(key);
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
      return found.value;
    }
    const entry: Kept<T> = { value: load(), bytes: ENTRY_BYTES };
    this.#kept.set(key, entry);
    this.#bytes += entry.bytes;
    entry.value.then(
      (value) => this.#weigh(key, entry, this.#measure(value)),
      () => this.#drop(key, entry),
    );
    return entry.value;
  }

  #weigh(key: string, entry: Kept<T>, bytes: number): void {
    if (this.#kept.get(key) !== entry) return;
    entry.bytes += bytes;
    this.#bytes += bytes;
    for (const [oldest, other] of this.#kept) {
      if (this.#bytes <= this.#most) return;
      this.#drop(oldest, other);
    }
  }

  #drop(key: string, entry: Kept<T>): void {
    if (this.#kept.get(key) !== entry) return;
    this.#kept.delete(key);
    this.#bytes -= entry.bytes;
  }
}
