/** Puts the sentences of a message together again, in whatever order they come, within a fixed amount of memory. */

import { MOST_LETTERS, MOST_PARTS, NO_SEQUENCE, type Sentence } from "./sentence.kernel.ts";

/** Parts whose receive times lie further apart belong to two messages (`ais-pipeline@1` §1). */
const TIMEOUT_SECONDS = 10;
/** Where receive times do not tell, parts that are more AIS sentences apart do: ids come round every ten messages. */
const TIMEOUT_SENTENCES = 100;

const SEQUENCES = NO_SEQUENCE + 1;

/** The parts of one message that have come. */
interface Pending {
  readonly letters: Uint8Array;
  /** Letters of each part; -1 for one that has not come. */
  readonly lengths: Int16Array;
  count: number;
  /** Fill bits of the last part. */
  fill: number;
  /** Receive time of the first part that has one, and of part 1 where it has one. */
  time: number;
  /** Number of the AIS sentence that came first. */
  since: number;
}

function pending(): Pending {
  return {
    letters: new Uint8Array(MOST_PARTS * MOST_LETTERS),
    lengths: new Int16Array(MOST_PARTS).fill(-1),
    count: 0,
    fill: 0,
    time: Number.NaN,
    since: 0,
  };
}

/** What a part completed: a whole message's payload, until the next part comes. */
export interface Assembled {
  readonly letters: Uint8Array;
  /** How many letters there are. */
  length: number;
  /** Bits of the last letter that do not count. */
  fill: number;
  /** Receive time of the first part, else of the first one to come that has one; NaN for none. */
  time: number;
}

/** The messages of which some parts have come: at most one for each id, channel, count of parts, and own or other ship. */
export class Parts {
  readonly #slots: (Pending | undefined)[] = [];
  readonly whole: Assembled = {
    letters: new Uint8Array(MOST_PARTS * MOST_LETTERS),
    length: 0,
    fill: 0,
    time: Number.NaN,
  };
  #incomplete = 0;
  #duplicates = 0;

  /** Parts that became no message so far; those that still wait are not among them. */
  get incomplete(): number {
    return this.#incomplete;
  }

  /** Parts that were there already, byte for byte. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Takes the `since`-th sentence, received at `time` (NaN for not known). Says whether it completed a message, which is then `whole`. */
  take(bytes: Uint8Array, part: Sentence, time: number, since: number): boolean {
    const key = ((part.channel * SEQUENCES + part.sequence) * (MOST_PARTS + 1) + part.total) * 2 + part.own;
    this.#slots[key] ??= pending();
    const slot = this.#slots[key];
    if (slot.count > 0 && this.#isStale(slot, time, since)) this.#drop(slot);
    const index = part.number - 1;
    if (slot.lengths[index]! >= 0) {
      if (isSame(slot, index, bytes.subarray(part.from, part.to))) {
        this.#duplicates += 1;
        return false;
      }
      this.#drop(slot);
    }
    if (slot.count === 0) {
      slot.since = since;
      slot.time = Number.NaN;
    }
    slot.letters.set(bytes.subarray(part.from, part.to), index * MOST_LETTERS);
    slot.lengths[index] = part.to - part.from;
    slot.count += 1;
    if (Number.isNaN(slot.time) || (index === 0 && !Number.isNaN(time))) slot.time = time;
    if (part.number === part.total) slot.fill = part.fill;
    if (slot.count < part.total) return false;
    this.#assemble(slot, part.total);
    return true;
  }

  #isStale(slot: Pending, time: number, since: number): boolean {
    const seconds = Math.abs(time - slot.time);
    return Number.isNaN(seconds) ? since - slot.since > TIMEOUT_SENTENCES : seconds > TIMEOUT_SECONDS;
  }

  #drop(slot: Pending): void {
    this.#incomplete += slot.count;
    clear(slot);
  }

  #assemble(slot: Pending, total: number): void {
    const { whole } = this;
    whole.length = 0;
    for (let index = 0; index < total; index++) {
      const from = index * MOST_LETTERS;
      whole.letters.set(slot.letters.subarray(from, from + slot.lengths[index]!), whole.length);
      whole.length += slot.lengths[index]!;
    }
    whole.fill = slot.fill;
    whole.time = slot.time;
    clear(slot);
  }

  /** No more parts come: those that wait are incomplete. */
  finish(): void {
    for (const slot of this.#slots) if (slot !== undefined) this.#drop(slot);
  }
}

function clear(slot: Pending): void {
  slot.count = 0;
  slot.lengths.fill(-1);
}

function isSame(slot: Pending, index: number, letters: Uint8Array): boolean {
  const from = index * MOST_LETTERS;
  if (slot.lengths[index] !== letters.length) return false;
  return letters.every((letter, i) => slot.letters[from + i] === letter);
}
