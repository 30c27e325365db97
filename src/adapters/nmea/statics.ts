/** What vessels say of themselves (types 5, 19, 24): name, ship type, size, draught; of each the latest. */

import { bits } from "./payload.kernel.ts";

/** Facts of a vessel as texts, lengths in metres; empty where it never told. */
export interface VesselTexts {
  readonly vessel_type: string;
  readonly vessel_name: string;
  readonly length: string;
  readonly width: string;
  readonly draft: string;
}

/** A vessel's facts, and when it told the latest of them: epoch seconds, −∞ where no time was known. */
export interface VesselFacts {
  readonly mmsi: number;
  readonly t: number;
  readonly texts: VesselTexts;
}

const NAME_LETTERS = 20;
/** A name is four words of 30 bits. */
const NAME_WORDS = 4;
/** The whole numbers of a vessel: its name, then one of each kind. */
const VALUES = NAME_WORDS + 4;
/** Kinds of facts; each has a time. */
const NAME = 0;
const TYPE = 1;
const LENGTH = 2;
const WIDTH = 3;
const DRAUGHT = 4;
const KINDS = 5;

/** Where the facts begin in a message: bits (M.1371-5, tables 50, 69, 77, 78). */
interface FactPlaces {
  readonly name?: number;
  readonly type?: number;
  readonly size?: number;
  readonly draught?: number;
}

const TYPE_5: FactPlaces = { name: 112, type: 232, size: 240, draught: 294 };
const TYPE_19: FactPlaces = { name: 143, type: 263, size: 271 };
const TYPE_24_A: FactPlaces = { name: 40 };
const TYPE_24_B: FactPlaces = { type: 40, size: 132 };
/** A craft associated with a parent ship (MMSI 98…) gives its parent's number in place of its size. */
const TYPE_24_B_AUXILIARY: FactPlaces = { type: 40 };

/** Where a message has its facts; `undefined` for one that has none. */
function placesOf(words: Int32Array, length: number): FactPlaces | undefined {
  const type = bits(words, 0, 6);
  if (type === 5) return TYPE_5;
  if (type === 19) return TYPE_19;
  if (type !== 24 || length < 40) return undefined;
  const part = bits(words, 38, 2);
  if (part > 1) return undefined;
  if (part === 0) return TYPE_24_A;
  return Math.floor(bits(words, 8, 30) / 1e7) === 98 ? TYPE_24_B_AUXILIARY : TYPE_24_B;
}

/** Six-bit text (M.1371-5, table 47) up to its first `@`, without the blanks at its end. */
function nameOf(words: Int32Array): string {
  let text = "";
  for (let i = 0; i < NAME_LETTERS; i++) {
    const code = bits(words, 6 * i, 6);
    if (code === 0) break;
    text += String.fromCharCode(code < 32 ? code + 64 : code);
  }
  return text.trim();
}

const numberText = (value: number) => (value === 0 ? "" : String(value));

/** The facts of all vessels that told any. What a message leaves open does not undo what an earlier one told. */
export class Statics {
  readonly #places = new Map<number, number>();
  readonly #name = new Int32Array(NAME_WORDS);
  #values = new Int32Array(0);
  #times = new Float64Array(0);

  /** Takes a message of `length` bits, told at `t` (epoch seconds; NaN for not known). A field that is not all there is not read. */
  take(words: Int32Array, length: number, t: number): void {
    const mmsi = bits(words, 8, 30);
    const at = placesOf(words, length);
    if (at === undefined || length < 38 || mmsi === 0 || mmsi > 999_999_999) return;
    const vessel = this.#vessel(mmsi);
    const time = Number.isNaN(t) ? Number.NEGATIVE_INFINITY : t;
    const put = (kind: number, from: number, width: number, value: number) => {
      if (value !== 0 && length >= from + width) this.#put(vessel, kind, value, time);
    };
    if (at.name !== undefined && length >= at.name + 6 * NAME_LETTERS) this.#putName(vessel, words, at.name, time);
    if (at.type !== undefined) put(TYPE, at.type, 8, bits(words, at.type, 8));
    if (at.size !== undefined) {
      put(LENGTH, at.size, 18, bits(words, at.size, 9) + bits(words, at.size + 9, 9));
      put(WIDTH, at.size + 18, 12, bits(words, at.size + 18, 6) + bits(words, at.size + 24, 6));
    }
    if (at.draught !== undefined) put(DRAUGHT, at.draught, 8, bits(words, at.draught, 8));
  }

  #vessel(mmsi: number): number {
    const known = this.#places.get(mmsi);
    if (known !== undefined) return known;
    const vessel = this.#places.size;
    this.#places.set(mmsi, vessel);
    if ((vessel + 1) * KINDS > this.#times.length) {
      const room = Math.max(256, 2 * vessel);
      const values = new Int32Array(room * VALUES);
      const times = new Float64Array(room * KINDS).fill(Number.NaN);
      values.set(this.#values);
      times.set(this.#times);
      this.#values = values;
      this.#times = times;
    }
    return vessel;
  }

  /** The later one stays, of one time the larger: the order in which messages come cannot matter. */
  #put(vessel: number, kind: number, value: number, time: number): void {
    const at = vessel * VALUES + NAME_WORDS + kind - 1;
    if (!this.#isNext(vessel, kind, time, value - this.#values[at]!)) return;
    this.#values[at] = value;
  }

  #putName(vessel: number, words: Int32Array, from: number, time: number): void {
    const name = this.#name;
    for (let i = 0; i < NAME_WORDS; i++) name[i] = bits(words, from + 30 * i, 30);
    // A name that begins with @ is none; one of blanks says nothing either.
    if (name[0]! >> 24 === 0 || (name[0]! >> 24 === 32 && nameOf(name) === "")) return;
    const kept = this.#values.subarray(vessel * VALUES, vessel * VALUES + NAME_WORDS);
    const differing = name.findIndex((word, i) => word !== kept[i]);
    if (this.#isNext(vessel, NAME, time, differing < 0 ? 0 : name[differing]! - kept[differing]!)) kept.set(name);
  }

  #isNext(vessel: number, kind: number, time: number, difference: number): boolean {
    const at = vessel * KINDS + kind;
    const latest = this.#times[at]!;
    if (time < latest || (time === latest && difference <= 0)) return false;
    this.#times[at] = time;
    return true;
  }

  /** The facts of each vessel that told any, in the order in which they were first heard. */
  *all(): Iterable<VesselFacts> {
    for (const [mmsi, vessel] of this.#places) {
      const times = this.#times.subarray(vessel * KINDS, (vessel + 1) * KINDS).filter((time) => !Number.isNaN(time));
      if (times.length === 0) continue;
      const [type = 0, length = 0, width = 0, draught = 0] = this.#values.subarray(
        vessel * VALUES + NAME_WORDS,
        (vessel + 1) * VALUES,
      );
      const texts = {
        vessel_type: numberText(type),
        vessel_name: nameOf(this.#values.subarray(vessel * VALUES, vessel * VALUES + NAME_WORDS)),
        length: numberText(length),
        width: numberText(width),
        draft: numberText(draught / 10),
      };
      yield { mmsi, t: Math.max(...times), texts };
    }
  }
}
