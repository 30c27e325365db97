/** Gives each key the number of its first coming, from 0 up. */

import { findNumbers, type KeySlots } from "./key-numbers.kernel.ts";

const FIRST_SLOTS = 4096;

/** Numbers for keys; 24 bytes a key, in an open table that is at most half full. */
export class KeyNumbers {
  #slots: KeySlots = { keys: new Float64Array(FIRST_SLOTS / 2), count: 0, slots: new Uint32Array(FIRST_SLOTS) };
  #numbers = new Uint32Array(0);

  /** How many keys there are. */
  get length(): number {
    return this.#slots.count;
  }

  key(number: number): number {
    return this.#slots.keys[number]!;
  }

  /** The number of each row's key, `NO_KEY` where `bad` is not 0; good until the next call. */
  of(keys: Float64Array, bad: Float64Array | Float32Array, length: number): Uint32Array {
    if (this.#numbers.length < length) this.#numbers = new Uint32Array(length);
    for (let from = 0; from < length; ) {
      from = findNumbers(this.#slots, { keys, bad, length }, from, this.#numbers);
      if (from < length) this.#grow();
    }
    return this.#numbers;
  }

  #grow(): void {
    const { keys, count } = this.#slots;
    const wider: KeySlots = {
      keys: new Float64Array(keys.length * 2),
      count: 0,
      slots: new Uint32Array(keys.length * 4),
    };
    // All keys are different and none is bad: they get the numbers that they had.
    findNumbers(wider, { keys, bad: new Float32Array(count), length: count }, 0, new Uint32Array(count));
    this.#slots = wider;
  }
}
