/** Keeps what each key said of itself last: the texts of its latest row, of one time the larger. */

import { NO_KEY } from "./key-numbers.kernel.ts";
import type { KeyNumbers } from "./key-numbers.ts";
import type { TabularChunk } from "./tabular.ts";

/** Between the texts of a row where they are compared: no text is meant to hold it. */
const SEPARATOR = "\x1f";

/** By UTF-8 bytes. */
function isLarger(texts: readonly string[], than: readonly string[]): boolean {
  return Buffer.compare(Buffer.from(texts.join(SEPARATOR)), Buffer.from(than.join(SEPARATOR))) > 0;
}

/** The latest texts by the number of their key. A text is decoded only where it may be the latest and is not the one that is kept. */
export class LatestTexts {
  #times = new Float64Array(0);
  #hashes = new Float64Array(0);
  readonly #texts: (readonly string[])[] = [];

  take(chunk: TabularChunk, times: Float64Array | Float32Array, numbers: Uint32Array): void {
    const hashes = chunk.textHash;
    if (hashes === undefined) return;
    for (let row = 0; row < chunk.length; row++) {
      const number = numbers[row]!;
      if (number === NO_KEY) continue;
      if (number >= this.#times.length) this.#grow(number);
      const time = times[row]!;
      const latest = this.#times[number]!;
      if (time < latest) continue;
      if (hashes[row] !== this.#hashes[number]) {
        const texts = chunk.texts(row);
        const kept = this.#texts[number];
        if (time === latest && kept !== undefined && !isLarger(texts, kept)) continue;
        this.#texts[number] = texts;
        this.#hashes[number] = hashes[row]!;
      }
      this.#times[number] = time;
    }
  }

  #grow(number: number): void {
    const length = Math.max(1024, 2 * (number + 1));
    const times = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
    const hashes = new Float64Array(length).fill(Number.NaN);
    times.set(this.#times);
    hashes.set(this.#hashes);
    this.#times = times;
    this.#hashes = hashes;
  }

  /** The texts, by name and trimmed, of each key that has any; keys ascend. */
  byKey(keys: KeyNumbers, names: readonly string[]): Map<number, Readonly<Record<string, string>>> {
    const named = this.#texts.map((texts, number): [number, Readonly<Record<string, string>>] => [
      keys.key(number),
      Object.fromEntries(names.map((name, index) => [name, (texts[index] ?? "").trim()])),
    ]);
    // Holes are skipped by `map` and stay holes: a filter drops them.
    return new Map(named.filter(() => true).sort(([a], [b]) => a - b));
  }
}
